"""Who may import whom: the arrows of the architecture, read from the source and seen in running processes."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from bridge_server.settings import default_pack_folder

ROOT = Path(__file__).resolve().parents[1]
RUNTIME_OF_MODELS = {
    "byte_tokenizer",
    "canvas",
    "clap",
    "codec",
    "envelope",
    "errors",
    "families",
    "gap_bridge",
    "generator",
    "griffin_lim",
    "guidance",
    "inpainting",
    "joins",
    "laion_clap",
    "latent_graph",
    "log_mel",
    "loop",
    "manifest",
    "noise",
    "on_demand",
    "onnx_file",
    "pack",
    "phase",
    "recall",
    "ring",
    "sampler",
    "schedule",
    "session",
    "sketch",
    "spectrogram",
    "stereo_width",
    "style",
    "tokenizer",
    "underlay",
}
RUNTIME = tuple(f"models.{name}" for name in sorted(RUNTIME_OF_MODELS))
MAKING = ("models.nets", "models.train", "models.data", "models.evaluate", "models.export")
ANY_SERVER = ("bridge_server.errors", "bridge_server.clock", "bridge_server.settings", "bridge_server.protocol")

MAY_IMPORT: dict[str, tuple[str, ...]] = {
    "bridge_server.errors": (),
    "bridge_server.clock": (),
    "bridge_server.protocol": ("bridge_server.errors", "bridge_server.protocol"),
    "bridge_server.settings": ("bridge_server.protocol",),
    "bridge_server.transport": (*ANY_SERVER, "bridge_server.transport"),
    "bridge_server.client": (*ANY_SERVER, "bridge_server.transport"),
    "bridge_server.audio": ("bridge_server.errors", "bridge_server.audio"),
    "bridge_server.accompany": ("bridge_server.errors", "bridge_server.audio", "bridge_server.accompany", *RUNTIME),
    "bridge_server.jobs.worker": ("bridge_server.errors", "bridge_server.accompany"),
    "bridge_server.jobs": (
        "bridge_server.errors",
        "bridge_server.clock",
        "bridge_server.protocol.messages",
        "bridge_server.audio.safe_paths",
        "bridge_server.audio.new_files",
        "bridge_server.jobs",
    ),
    "bridge_server.service": (*ANY_SERVER, "bridge_server.jobs", "bridge_server.transport.service"),
    "bridge_server.app": (
        *ANY_SERVER,
        "bridge_server.transport",
        "bridge_server.jobs",
        "bridge_server.service",
        "bridge_server.accompany.admission",
    ),
    "bridge_server.demo": ("bridge_server.errors", "bridge_server.audio"),
    "bridge_server.commands": ("bridge_server", *RUNTIME),
    "bridge_server.cli": ("bridge_server.errors", "bridge_server.settings", "bridge_server.commands"),
    **{name: RUNTIME for name in RUNTIME},
    "models.nets": (*RUNTIME, "models.nets"),
    "models": ("models",),
}
"""Module or package (the longest that fits counts) -> what of our own it may import. `bridge_server` itself (the
version) may be imported by all."""

ONLY_IN: dict[str, tuple[str, ...]] = {
    "onnxruntime": ("models.session",),
    "torch": MAKING,
    "onnx": MAKING,
    "soxr": ("bridge_server.audio.resample", *MAKING),
    "loudness": ("bridge_server.audio.loudness",),
    "soundfile": MAKING,
    "scipy": MAKING,
    "matplotlib": ("bridge_server.demo.picture", *MAKING),
    "sqlite3": ("bridge_server.jobs.store", "bridge_server.jobs.store_file", "bridge_server.app"),
    "socket": ("bridge_server.transport",),
    "pythonosc": ("bridge_server.transport", "bridge_server.protocol"),
    "typer": ("bridge_server.cli", *MAKING),
    "rich": ("bridge_server.cli", "bridge_server.commands", *MAKING),
}
"""Library -> the modules that may know it. (`app` names sqlite3's error to say it in a sentence.)"""

HEAVY = ("onnxruntime", "loudness", "torch", "soundfile", "soxr", "scipy", "matplotlib")
SERVER_MODULES = (
    "bridge_server.app",
    "bridge_server.service",
    "bridge_server.client",
    "bridge_server.cli",
    "bridge_server.accompany.admission",
    "bridge_server.audio.safe_paths",
    "bridge_server.audio.wav_gate",
    "bridge_server.transport.udp",
    "bridge_server.jobs.scheduler",
    "bridge_server.commands.serve",
    "bridge_server.commands.generate",
    "bridge_server.commands.status",
)


def modules() -> Iterator[tuple[str, Path]]:
    """Dotted name and file of every module of ours."""
    for top in ("bridge_server", "models"):
        for path in sorted((ROOT / top).rglob("*.py")):
            parts = path.relative_to(ROOT).with_suffix("").parts
            yield ".".join(parts[:-1] if parts[-1] == "__init__" else parts), path


NAMES = {name for name, _ in modules()}


@cache
def imports_of(path: Path) -> set[str]:
    """Modules that a file imports anywhere, also inside functions; relative imports are refused."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path} uses a relative import"
            module = node.module or ""
            found |= {f"{module}.{a.name}" if f"{module}.{a.name}" in NAMES else module for a in node.names}
    return found


def under(name: str, prefixes: tuple[str, ...]) -> bool:
    return any(name == prefix or name.startswith(prefix + ".") for prefix in prefixes)


def rule_of(name: str) -> tuple[str, ...]:
    fitting = [prefix for prefix in MAY_IMPORT if under(name, (prefix,))]
    assert fitting, f"{name} has no rule: add one, after thinking about where it belongs"
    return MAY_IMPORT[max(fitting, key=len)]


@pytest.mark.parametrize(("name", "path"), [m for m in modules() if m[0] not in ("bridge_server", "models")])
def test_arrows_between_our_modules(name: str, path: Path) -> None:
    ours = {i for i in imports_of(path) if i.split(".")[0] in ("bridge_server", "models")} - {"bridge_server"}
    wrong = {imported for imported in ours if not under(imported, rule_of(name)) and imported != name}
    assert not wrong, f"{name} may not import {sorted(wrong)}"


@pytest.mark.parametrize("library", ONLY_IN)
def test_libraries_stay_where_they_belong(library: str) -> None:
    users = {name for name, path in modules() if any(under(i, (library,)) for i in imports_of(path))}
    assert {user for user in users if not under(user, ONLY_IN[library])} == set()


def test_the_runtime_is_listed_completely() -> None:
    files = {path.stem for path in (ROOT / "models").glob("*.py")} - {"__init__", "export"}
    assert files == RUNTIME_OF_MODELS


def test_accompany_opens_no_files_itself() -> None:
    doors = {"open", "read_bytes", "read_text", "write_bytes", "write_text"}
    for path in (ROOT / "bridge_server" / "accompany").glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call):
                called = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
                assert called not in doors, f"{path.name} line {node.lineno}: files are opened in audio only"


def python(script: str, *arguments: str) -> str:
    """Run a script in a fresh interpreter and return what it printed."""
    done = subprocess.run(
        [sys.executable, "-c", script, *arguments], cwd=ROOT, capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_the_server_process_loads_neither_inference_nor_audio_libraries() -> None:
    script = f"""
import importlib, sys
for name in {SERVER_MODULES!r}:
    importlib.import_module(name)
print([name for name in {HEAVY!r} if name in sys.modules])
"""
    assert python(script) == "[]"


def test_a_server_that_has_taken_a_job_has_still_not_loaded_them(tmp_path: Path) -> None:
    script = f"""
import sys, threading, wave
from pathlib import Path
from bridge_server import app
from bridge_server.client import RiffClient
from bridge_server.settings import Settings

folder = Path(sys.argv[1])
with wave.open(str(folder / "context.wav"), "wb") as file:
    file.setnchannels(1), file.setsampwidth(2), file.setframerate(48000), file.writeframes(b"\\1\\2" * 48000)

def visit(announcement):
    def talk():
        with RiffClient.find(folder / "state") as client:
            client.generate(context=str(folder / "context.wav"), prompt="bass")
            client.status()
            client.quit()
    threading.Thread(target=talk).start()

settings = Settings(port=0, state_folder=folder / "state", exchange_folder=folder / "exchange", pack_folder=folder)
silent_worker = [sys.executable, "-c", "import sys; sys.stdin.read()"]
app.run(settings, on_ready=visit, worker_command=silent_worker)
print([name for name in {HEAVY!r} if name in sys.modules])
"""
    assert python(script, str(tmp_path)).splitlines()[-1] == "[]"


BLOCKED = """
import sys
for name in ("torch", "onnx", "onnxscript", "soundfile", "scipy", "matplotlib", "laion_clap"):
    sys.modules[name] = None  # importing it raises ImportError
"""


def test_the_runtime_is_importable_without_torch() -> None:
    script = f"""{BLOCKED}
import importlib
for name in {(*RUNTIME, "bridge_server.jobs.worker", "bridge_server.accompany.pipeline")!r}:
    importlib.import_module(name)
print("imported")
"""
    assert python(script) == "imported"


@pytest.mark.skipif(not (default_pack_folder() / "manifest.json").is_file(), reason="the starter pack is not there")
def test_the_runtime_plays_without_torch(tmp_path: Path) -> None:
    script = f"""{BLOCKED}
from pathlib import Path
from bridge_server.accompany.pipeline import Accompanist
from bridge_server.accompany.request import StemRequest
from bridge_server.settings import default_pack_folder
request = StemRequest("id", sys.argv[1], seed=1, length_frames=32_768, prompt="bass")
accompanist = Accompanist(default_pack_folder(), "cpu")
(stem,) = accompanist.run(request, lambda fraction, stage: None, lambda stem: None)
print(stem.frames)
"""
    assert python(script, str(tmp_path)) == "32768"
