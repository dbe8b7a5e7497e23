"""What users get: a folder for the User Library, a Max package with the same files, both in one zip."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path

from max_for_live.builder.wiring import BRIDGE_FILE, LIVE_FILE

NAME = "Riffbridge"
DEVICE_FILE, PICTURE_FILE, MANUAL_FILE = f"{NAME}.amxd", "face.png", "README.md"
DATE = (2026, 11, 1, 0, 0, 0)
"""Of every file in the zip, so that the same files give the same zip."""


def package_info() -> str:
    """What Max's package manager reads."""
    info = {
        "name": NAME,
        "displayname": "Riffbridge",
        "version": "1.0.0",
        "author": "the riffbridge authors",
        "description": "Plays along inside Live: variations of a part in clip slots, made on your own computer.",
        "tags": ["Max for Live", "generation", "accompaniment"],
        "max_version_min": "8.5",
        "max_version_max": "none",
        "os": {"macintosh": {"platform": ["x64", "aarch64"]}, "windows": {"platform": ["x64"]}},
        "extensible": 0,
    }
    return json.dumps(info, indent=1) + "\n"


def files(folder: Path, licence: Path) -> dict[str, bytes]:
    """Path in the zip and content of everything that is shipped."""
    device = folder / DEVICE_FILE
    scripts = [folder / name for name in (BRIDGE_FILE, LIVE_FILE)]
    papers = [folder / MANUAL_FILE, folder / PICTURE_FILE, licence]
    library, package = f"{NAME} for the User Library/{NAME}", f"{NAME} Max package/{NAME}"
    held = {f"{library}/{path.name}": path.read_bytes() for path in (device, *scripts, *papers)}
    held[f"{package}/package-info.json"] = package_info().encode()
    held[f"{package}/devices/{device.name}"] = device.read_bytes()
    held |= {f"{package}/javascript/{path.name}": path.read_bytes() for path in scripts}
    return held | {f"{package}/docs/{path.name}": path.read_bytes() for path in papers}


def write(held: dict[str, bytes], target: Path) -> Path:
    """The folders and `Riffbridge.zip` in `target`; returns the zip. The same files give the same bytes."""
    for name, content in held.items():
        path = target / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    made = target / f"{NAME}.zip"
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in sorted(held.items()):
            entry = zipfile.ZipInfo(name, DATE)
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, content, zipfile.ZIP_DEFLATED)
    return made
