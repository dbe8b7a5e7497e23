"""A real server in a process of its own, with the double player: `python -m tests.jobs.double_server FOLDER`."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
import wave
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from bridge_server import app
from bridge_server.audio.safe_paths import open_file, out_folder
from bridge_server.audio.wav_gate import read_header
from bridge_server.client import RiffClient
from bridge_server.settings import Limits, Settings
from bridge_server.transport.discovery import find_server

WORKER = (sys.executable, "-m", "tests.jobs.double_worker")
ROOT = Path(__file__).resolve().parents[2]


def settings_in(folder: Path, **limits: Any) -> Settings:
    """Settings of a server that lives under one folder and takes any free port."""
    (folder / "pack").mkdir(parents=True, exist_ok=True)
    return Settings(
        port=0,
        state_folder=folder / "state",
        exchange_folder=folder / "exchange",
        pack_folder=folder / "pack",
        device="cpu",
        limits=Limits(**limits),
    )


class DoubleAdmission:
    """As `accompany.admission`: path rules and the WAV header, nothing else."""

    def __init__(self, exchange: Path) -> None:
        self._exchange = exchange

    def __call__(
        self, request_id: str, pairs: Mapping[str, Any], roots: Sequence[Path] | None, seed: int
    ) -> tuple[dict[str, Any], float]:
        frames, rate, context = pairs.get("length_frames", 4800), 48_000, None
        if "context" in pairs:
            with open_file(pairs["context"], roots) as file:
                header = read_header(file.handle)
            frames, rate, context = header.frames, header.sample_rate, str(file.path)
        folder = out_folder(str(pairs.get("out_dir", self._exchange)), roots)
        request = {
            "request_id": request_id,
            "context": context,
            "out_dir": str(folder),
            "name": pairs.get("name", "stem"),
            "prompt": pairs.get("prompt", ""),
            "variations": pairs.get("variations", 1),
            "seed": seed,
            "sample_rate": rate,
            "frames": frames,
        }
        return request, frames / rate


class ServerProcess:
    """Starts, kills and restarts a server in its folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.stems = folder / "exchange"
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> ServerProcess:
        """Start and wait until it can be found."""
        command = [sys.executable, "-m", "tests.jobs.double_server", str(self.folder)]
        self._process = subprocess.Popen(command, cwd=ROOT)
        wait_for(lambda: (found := find_server(self.folder / "state")) and found.pid == self._process.pid)
        return self

    def client(self, name: str = "daw") -> RiffClient:
        """A greeted client with the token."""
        return RiffClient.find(self.folder / "state", name=name)

    def kill(self) -> None:
        """kill -9."""
        assert self._process is not None
        self._process.kill()
        self._process.wait()

    def end(self) -> int:
        """SIGTERM, and wait; returns the exit code."""
        assert self._process is not None
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGTERM)
        return self._process.wait(timeout=20)

    def context(self, name: str = "bounce.wav", frames: int = 4800) -> str:
        """A small context in the folder."""
        path = self.folder / name
        with wave.open(str(path), "wb") as file:
            file.setnchannels(2)
            file.setsampwidth(2)
            file.setframerate(48_000)
            file.writeframes(b"\1\0\2\0" * frames)
        return str(path)


def wait_for(condition: Any, limit_s: float = 20.0) -> Any:
    """Look until the condition holds; what it returned."""
    end = time.monotonic() + limit_s
    while time.monotonic() < end:
        if held := condition():
            return held
        time.sleep(0.01)
    raise AssertionError("what was waited for did not come")


def kill_process(pid: int) -> None:
    """kill -9 one process."""
    os.kill(pid, signal.SIGKILL)


if __name__ == "__main__":
    chosen = settings_in(Path(sys.argv[1]))
    sys.exit(app.run(chosen, admit=DoubleAdmission(chosen.exchange_folder), worker_command=WORKER))
