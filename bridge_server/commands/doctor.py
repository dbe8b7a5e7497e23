"""`riffbridge doctor`: everything that riffbridge needs, looked at one by one, and one second of playing."""

from __future__ import annotations

import importlib.metadata
import platform
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.markup import escape

from bridge_server.accompany.request import StemRequest
from bridge_server.audio import new_files, safe_paths, wav_file
from bridge_server.audio.waveform import Waveform
from bridge_server.client import RiffClient
from bridge_server.errors import ModelMissing, RiffError
from bridge_server.settings import Settings
from bridge_server.transport.discovery import find_server
from bridge_server.transport.udp import free_port
from models.errors import ModelError
from models.pack import Pack

NEEDED = ("numpy", "python-osc", "soxr", "typer", "rich", "platformdirs")
RUNTIMES = ("onnxruntime", "onnxruntime-gpu")
TEST_SECONDS = 1.0


@dataclass(frozen=True)
class Finding:
    """One thing looked at: `fine` True, False, or None for what works but deserves a word."""

    subject: str
    fine: bool | None
    words: str


Check = Callable[[Settings], Finding]


def doctor(settings: Settings, console: Console) -> int:
    """Look at everything; 1 when something that is needed does not work."""
    failed = False
    with console.status("looking") as status:
        for subject, check in CHECKS.items():
            status.update(subject)
            finding = _look(subject, check, settings)
            failed = failed or finding.fine is False
            console.print(_line(finding), soft_wrap=True)
    console.print("[red]Something is missing; see above.[/]" if failed else "[green]All is well.[/]")
    return int(failed)


def check_program(settings: Settings) -> Finding:
    """Versions of Python and of what is needed."""
    versions = {name: _version(name) for name in NEEDED}
    missing = [name for name, version in versions.items() if version is None]
    if missing:
        return Finding("program", False, f"missing: {', '.join(missing)}; install riffbridge again")
    shown = ", ".join(f"{name} {version}" for name, version in versions.items())
    return Finding("program", True, f"riffbridge {_version('riffbridge') or 'from its folder'}, {_machine()}; {shown}")


def check_runtime(settings: Settings) -> Finding:
    """ONNX Runtime: exactly one of its two builds."""
    found = [f"{name} {version}" for name in RUNTIMES if (version := _version(name))]
    if not found:
        return Finding("runtime", False, "no ONNX Runtime; pip install 'riffbridge[cpu]' or 'riffbridge[gpu]'")
    words = ", ".join(found)
    return Finding("runtime", True if len(found) == 1 else None, words + ("" if len(found) == 1 else ": keep only one"))


def check_pack(settings: Settings) -> Finding:
    """Every file of the pack against its size and SHA-256."""
    began = time.perf_counter()
    try:
        manifest = Pack.open(settings.pack_folder).manifest
    except ModelError as error:
        return Finding("pack", False, str(error))
    size = sum(file.bytes for file in manifest.files) / 1e6
    took = time.perf_counter() - began
    words = f"{manifest.name} {manifest.version}, {len(manifest.files)} files, {size:.1f} MB, verified in {took:.1f} s"
    return Finding("pack", True, f"{words}; {manifest.licence}")


def check_folders(settings: Settings) -> Finding:
    """State and exchange folder take files, and there is room."""
    for folder in (settings.state_folder, settings.exchange_folder):
        made = safe_paths.out_folder(str(folder))
        new_files.require_space(made, 0)
    return Finding("folders", True, f"state {settings.state_folder}, exchange {settings.exchange_folder}")


def check_port(settings: Settings) -> Finding:
    """A running server answers, or there is a port for one."""
    found = find_server(settings.state_folder)
    if found is None:
        port = free_port(settings)
        words = f"no server runs; one would listen at {settings.host}:{port}"
        return Finding("server", True if port == settings.port or not settings.port else None, words)
    with RiffClient.find(settings.state_folder) as client:
        words = f"runs at {found.host}:{found.port}, process {found.pid}, answers in {1000 * client.ping():.1f} ms"
    return Finding("server", True, words)


def check_playing(settings: Settings) -> Finding:
    """Load the models, make one second of stem for a made-up context, and tell where that really ran."""
    from bridge_server.accompany.pipeline import Accompanist

    with tempfile.TemporaryDirectory(prefix="riffbridge-doctor-") as folder:
        began = time.perf_counter()
        accompanist = Accompanist(settings.pack_folder, settings.device)
        loaded = time.perf_counter()
        (stem,) = accompanist.run(_test_request(Path(folder)), lambda fraction, stage: None, lambda stem: None)
        took = time.perf_counter() - loaded
        peak = wav_file.read_file(Path(stem.path)).peak
    where = f"{accompanist.device} ({accompanist.provider}) with {accompanist.threads} threads"
    words = f"{where}; models loaded in {loaded - began:.1f} s, "
    words += f"{TEST_SECONDS:.0f} s of stem in {took:.2f} s, peak {peak:.2f}"
    return Finding("playing", True, words)


CHECKS: dict[str, Check] = {
    "program": check_program,
    "runtime": check_runtime,
    "pack": check_pack,
    "folders": check_folders,
    "server": check_port,
    "playing": check_playing,
}


def _look(subject: str, check: Check, settings: Settings) -> Finding:
    """A check's finding; what it raises is a finding, too."""
    try:
        return check(settings)
    except RiffError as error:
        # The usual hint for a missing model is to run this very command.
        return Finding(subject, False, error.sentence if error.hint == ModelMissing.usual_hint else str(error))
    except (OSError, ImportError) as error:
        return Finding(subject, False, str(error))


def _test_request(folder: Path) -> StemRequest:
    """One second of a chord that pulses, and the wish for a bass."""
    time_s = np.arange(round(TEST_SECONDS * 48_000)) / 48_000
    chord = sum(np.sin(2 * np.pi * hz * time_s) for hz in (220.0, 277.2, 329.6)) * (time_s % 0.25 < 0.15)
    context = Waveform((0.2 * chord[None]).astype(np.float32), 48_000)
    path = wav_file.write_stem(folder, "context", context, "wav24").path
    return StemRequest("doctor", str(folder), seed=0, context=str(path), prompt="bass")


def _line(finding: Finding) -> str:
    mark = {True: "[green]ok  [/]", False: "[red]no  [/]", None: "[yellow]note[/]"}[finding.fine]
    return f"{mark} {finding.subject:8} {escape(finding.words)}"


def _version(distribution: str) -> str | None:
    try:
        return importlib.metadata.version(distribution)
    except importlib.metadata.PackageNotFoundError:
        return None


def _machine() -> str:
    return f"Python {platform.python_version()} on {platform.system()} {platform.machine()}"
