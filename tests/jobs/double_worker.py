"""A double of the worker's player: no models, but real WAV files, real time in steps, and it obeys `stop`.

It is strict: a request that is not as the real one demands fails the job. What it does is steered by the prompt,
words of the form `name=number`:

    steps=N        denoising steps for each stem (default 4)      step_ms=N     time of one step (default 10)
    die=N          kill -9 itself at step N, in every try         die_once=N    the same, in the first try only
    die_in_write=1 die with half a stem written, once             hang=N        stop moving at step N, deaf to `stop`
    fail=1         raise an error that is none of ours            full=1        raise ENOSPC
    segv=1         crash as a library in C does
"""

from __future__ import annotations

import ctypes
import errno
import hashlib
import os
import signal
import struct
import sys
import threading
import time
import wave
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, BinaryIO

from bridge_server.audio.new_files import create_part, publish
from bridge_server.errors import Cancelled, FileNotReady, ModelMissing
from bridge_server.jobs.worker import serve

KEYS = {"request_id", "context", "out_dir", "name", "prompt", "variations", "seed", "sample_rate", "frames"}
Progress = Callable[[float, str], None]


def knobs(prompt: str) -> dict[str, int]:
    """The numbers in a prompt."""
    pairs = (word.split("=") for word in prompt.split() if "=" in word)
    return {name: int(value) for name, value in pairs}


def die() -> None:
    """End this process as the kernel would."""
    os.kill(os.getpid(), signal.SIGKILL)


class DoublePlayer:
    """See the module's text."""

    def __init__(self, pack_folder: str, device: str) -> None:
        if not Path(pack_folder).is_dir():
            raise ModelMissing(f"There is no pack at {pack_folder}.")
        print("a library that prints to stdout while it loads")  # must not disturb the line protocol
        time.sleep(0.05)
        self.device = f"double-{device}"
        self.provider = "DoubleExecutionProvider"
        self.pack = "double"
        self._stop = threading.Event()

    def run(
        self,
        request: Mapping[str, Any],
        context_file: Path | None,
        on_progress: Progress,
        on_stem: Callable[[Mapping[str, Any]], None],
        on_part: Callable[[Mapping[str, Any]], None],
    ) -> None:
        assert set(request) == KEYS, f"unexpected request {sorted(request)}"
        if request["context"]:
            _read_context(context_file or Path(request["context"]))
        for index in range(request["variations"]):
            self._steps(request, index, on_progress)
            on_stem(_written(request, index, knobs(request["prompt"])))

    def stop(self) -> None:
        self._stop.set()

    def clear(self) -> None:
        self._stop.clear()

    def _steps(self, request: Mapping[str, Any], index: int, on_progress: Progress) -> None:
        knob = knobs(request["prompt"])
        count, variations = knob.get("steps", 4), request["variations"]
        for step in range(count):
            on_progress((index + step / count) / variations, f"playing ({index + 1} of {variations})")
            _misbehave(knob, index * count + step, Path(request["out_dir"]))
            if self._stop.wait(knob.get("step_ms", 10) / 1000):
                raise Cancelled()


def _misbehave(knob: Mapping[str, int], step: int, folder: Path) -> None:
    if knob.get("die") == step or (knob.get("die_once") == step and _is_first_try(folder)):
        die()
    if knob.get("hang") == step:
        time.sleep(3600)
    if knob.get("segv"):
        ctypes.string_at(0)
    if knob.get("fail"):
        raise ZeroDivisionError("a fault on purpose")
    if knob.get("full"):
        raise OSError(errno.ENOSPC, "no space left, on purpose")


def _is_first_try(folder: Path) -> bool:
    mark = folder / "died-once"
    first = not mark.exists()
    mark.touch()
    return first


def _read_context(path: Path) -> None:
    with wave.open(str(path)) as context:
        if len(context.readframes(context.getnframes())) == 0:
            raise FileNotReady()


def _written(request: Mapping[str, Any], index: int, knob: Mapping[str, int]) -> dict[str, Any]:
    """Write one stem whose samples tell its seed; a stem of an earlier try is reported as it is."""
    final = Path(request["out_dir"]) / f"{request['name']}_{request['request_id'][:8]}_v{index}.wav"
    if not final.exists():
        part, handle = create_part(final.parent, final.name)
        with handle:
            _write_wav(handle, request, index, knob)
            os.fsync(handle.fileno())
        publish(part, final)
    return {
        "index": index,
        "count": request["variations"],
        "path": str(final),
        "frames": request["frames"],
        "sample_rate": request["sample_rate"],
        "seed": request["seed"] + index,
        "sha256": hashlib.sha256(final.read_bytes()).hexdigest(),
        "recipe": str(final.with_suffix(".json")),
        "recipe_json": "{}",
    }


def _write_wav(handle: BinaryIO, request: Mapping[str, Any], index: int, knob: Mapping[str, int]) -> None:
    sample = struct.pack("<h", (request["seed"] + index) % 30_000)
    with wave.open(handle, "wb") as stem:
        stem.setnchannels(2)
        stem.setsampwidth(2)
        stem.setframerate(request["sample_rate"])
        stem.writeframes(sample * request["frames"])
        if knob.get("die_in_write") and _is_first_try(Path(request["out_dir"])):
            handle.flush()
            die()
        stem.writeframes(sample * request["frames"])


if __name__ == "__main__":
    sys.stdout.reconfigure(line_buffering=True)  # type: ignore[union-attr]
    serve(DoublePlayer)
