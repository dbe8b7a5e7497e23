"""One ONNX graph ready to run. The only module that imports onnxruntime."""

from __future__ import annotations

import io
import os
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, redirect_stdout
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
from numpy.typing import NDArray

from models.errors import DeviceError, ModelError, Stopped

Array = NDArray[np.float32]
_CUDA = "CUDAExecutionProvider"
_CPU = "CPUExecutionProvider"
onnxruntime.set_default_logger_severity(3)  # errors only; its warnings are for authors of graphs


class StopSignal:
    """Ends runs in progress, from any thread. Share one among all sessions of a job."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._stopped = False
        self._running: set[Any] = set()

    @property
    def is_set(self) -> bool:
        """True from `stop` until `clear`."""
        return self._stopped

    def stop(self) -> None:
        """End every run in progress at its next graph node and refuse new ones."""
        with self._lock:
            self._stopped = True
            for options in self._running:
                options.terminate = True

    def clear(self) -> None:
        """Allow runs again."""
        with self._lock:
            self._stopped = False

    def check(self) -> None:
        """Raise Stopped when the signal is set; for loops between runs."""
        if self._stopped:
            raise Stopped

    @contextmanager
    def watched(self) -> Iterator[Any]:
        """RunOptions that `stop` terminates while the block runs."""
        options = onnxruntime.RunOptions()
        with self._lock:
            self.check()
            self._running.add(options)
        try:
            yield options
        finally:
            with self._lock:
                self._running.discard(options)


class Session:
    """A loaded graph on one device.

    device is `cpu`, `cuda`, or `auto`: CUDA when it loads, else the CPU. Loading is no proof that a device works;
    `models.generator` makes one real run before it reports a device. `provider` is the execution provider that
    ONNX Runtime names for this session, such as CUDAExecutionProvider.
    """

    def __init__(self, path: Path, device: str = "auto", threads: int = 0, stop: StopSignal | None = None) -> None:
        self.stop = stop or StopSignal()
        self._session = _load(path, device, threads)
        self.provider = str(self._session.get_providers()[0])
        self.device = "cuda" if self.provider == _CUDA else "cpu"
        self.inputs = tuple(item.name for item in self._session.get_inputs())
        self.outputs = tuple(item.name for item in self._session.get_outputs())
        self.shapes: dict[str, tuple[int | str | None, ...]] = {
            item.name: tuple(item.shape) for item in (*self._session.get_inputs(), *self._session.get_outputs())
        }

    def run(self, inputs: Mapping[str, Array], outputs: Sequence[str] | None = None) -> list[Array]:
        """Run the graph; raises Stopped within one graph node of `stop.stop()`, ModelError for anything else."""
        with self.stop.watched() as options:
            try:
                results: list[Array] = self._session.run(outputs, dict(inputs), options)
            except Exception as error:  # onnxruntime raises many types, none of them its own base class
                if self.stop.is_set:
                    raise Stopped from error
                raise ModelError(f"The model could not be run on {self.device}: {error}") from error
        self.stop.check()
        return results


def sensible_threads() -> int:
    """Threads that serve a machine where a DAW plays at the same time.

    All processors up to four; above that half of them, which is the number of real cores where there are two
    hardware threads each: a second thread on a core gains little in matrix products and takes it from the DAW.
    """
    processors = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return processors if processors <= 4 else max(4, processors // 2)


def cuda_is_offered() -> bool:
    """True when the installed ONNX Runtime was built with CUDA; whether it works is another question."""
    return _CUDA in onnxruntime.get_available_providers()


def runtime_version() -> str:
    """Version of ONNX Runtime, for recipes and `doctor`."""
    return str(onnxruntime.__version__)


def _load(path: Path, device: str, threads: int) -> Any:
    """Load on the wished device; `auto` falls back to the CPU, `cuda` does not."""
    if device not in ("auto", "cpu", "cuda"):
        raise DeviceError(f"There is no device {device!r}: choose auto, cpu or cuda.")
    if device == "cpu" or (device == "auto" and not cuda_is_offered()):
        return _create(path, threads, [_CPU])
    if not cuda_is_offered():
        raise DeviceError("The installed ONNX Runtime has no CUDA: install riffbridge[gpu], or choose the CPU.")
    session = _create_cuda(path, threads)
    if session is None and device == "cuda":
        raise DeviceError("CUDA did not start on this machine: check the driver, or choose the CPU.")
    return session if session is not None else _create(path, threads, [_CPU])


def _create_cuda(path: Path, threads: int) -> Any:
    """A session that really got CUDA, or None: ONNX Runtime falls back to the CPU with a warning only."""
    try:
        with redirect_stdout(io.StringIO()):  # preload_dlls prints what it does not find
            onnxruntime.preload_dlls(directory="")  # the libraries of the nvidia wheels, not those of torch
        session = _create(path, threads, [_CUDA, _CPU])
    except Exception:  # a missing driver shows as one of many error types
        return None
    return session if session.get_providers()[0] == _CUDA else None


def _create(path: Path, threads: int, providers: list[str]) -> Any:
    """An InferenceSession with our options; the optimised graph stays in memory."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads or sensible_threads()
    options.inter_op_num_threads = 1
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_ALL
    # Waiting threads sleep instead of spinning. On two cores with busy neighbours (a DAW playing) a decode step
    # took 195 to 330 ms of wall time without spinning and 620 to 790 with it, and 130 against 200 ms of processor time.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    try:
        return onnxruntime.InferenceSession(str(path), options, providers=providers)
    except Exception as error:
        raise ModelError(f"{path.name} could not be loaded by ONNX Runtime: {error}") from error
