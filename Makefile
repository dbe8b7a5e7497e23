# `make demo` and `make test` work on a fresh machine with Python 3.11 to 3.13 and nothing else.
PYTHON ?= python3
VENV   ?= .venv
BIN     = $(VENV)/bin

.PHONY: demo test test-slow test-gpu test-soak check figures clean

demo: $(VENV)/.runtime
	$(BIN)/riffbridge demo

# Neighbouring tests stay in one process, since they share servers and packs, until a process has nothing left to do.
# Compiled files are kept, also where the environment says otherwise: tests start Python hundreds of times, and each
# process would rewrite the assertions of all tests anew.
test: $(VENV)/.dev
	PYTHONDONTWRITEBYTECODE= OMP_NUM_THREADS=1 $(BIN)/python -m pytest -n auto --dist worksteal

test-slow: $(VENV)/.dev
	$(BIN)/python -m pytest -m slow

test-gpu: $(VENV)/.dev
	$(BIN)/python -m pytest -m gpu

test-soak: $(VENV)/.dev
	$(BIN)/python -m pytest -m soak

check: $(VENV)/.dev
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy

figures: $(VENV)/.dev
	$(BIN)/python -m tests.figures.generate

$(BIN)/python:
	$(PYTHON) -m venv $(VENV)

$(VENV)/.runtime: $(BIN)/python pyproject.toml
	$(BIN)/python -m pip install -q -e '.[cpu,picture]'
	touch $@

$(VENV)/.dev: $(BIN)/python pyproject.toml
	$(BIN)/python -m pip install -q -e '.[cpu,dev]'
	$(BIN)/python -m pip install -q --no-deps tinysoundfont
	touch $@ $(VENV)/.runtime

clean:
	rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache build dist
