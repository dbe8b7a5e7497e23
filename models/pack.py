"""A pack: one folder with `manifest.json`, ONNX graphs and small arrays, verified before anything of it is used."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.errors import PackError
from models.manifest import Manifest, PackFile, parse_manifest
from models.onnx_file import external_files

MANIFEST = "manifest.json"
_MANIFEST_BYTES = 1 << 20  # a manifest of a pack is about 3 kB; more than 1 MiB is not one


@dataclass(frozen=True)
class Pack:
    """A verified pack. Make it with `Pack.open`."""

    folder: Path
    manifest: Manifest

    @classmethod
    def open(cls, folder: Path | str) -> Pack:
        """Read the manifest and check every file's size and SHA-256 (0.1 s for 45 MB).

        Raises PackError, with a sentence for a person, for a missing or changed file, a name that leads out of
        the folder, a newer format, an unknown key, and a graph that reads files which the manifest does not list.
        """
        folder = Path(folder)
        manifest = parse_manifest(_read_manifest(folder))
        for file in manifest.files:
            _verify(folder, file)
        _check_graphs(folder, manifest)
        return cls(folder, manifest)

    def path(self, name: str) -> Path:
        """Path of a listed file; PackError when the pack has no such file."""
        if name not in {file.name for file in self.manifest.files}:
            raise PackError(f"The pack {self.manifest.name!r} has no {name}: fetch a complete pack.")
        return self.folder / name

    def array(self, name: str) -> NDArray[np.float32]:
        """A listed .npy file as float32."""
        try:
            loaded = np.load(self.path(name), allow_pickle=False)
        except ValueError as error:
            raise PackError(f"{name} in the pack is not a plain array: fetch the pack again.") from error
        return np.asarray(loaded, dtype=np.float32)


def _read_manifest(folder: Path) -> Any:
    """The manifest's JSON value."""
    path = folder / MANIFEST
    if not path.is_file():
        raise PackError(f"There is no pack at {folder}: {MANIFEST} is missing.")
    if path.stat().st_size > _MANIFEST_BYTES:
        raise PackError(f"The file {path} is too large to be a manifest: fetch the pack again.")
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (ValueError, RecursionError) as error:
        raise PackError(f"The manifest {path} is not readable as JSON: fetch the pack again.") from error


def _verify(folder: Path, file: PackFile) -> None:
    """Refuse a file that is missing, lies outside the folder, or has other bytes than the manifest says."""
    path = folder / file.name
    if not path.is_file():
        raise PackError(f"The pack at {folder} is incomplete: {file.name} is missing. Fetch it again.")
    if path.resolve().parent != folder.resolve():
        raise PackError(f"{file.name} in the pack at {folder} leads out of the folder: do not trust this pack.")
    size = path.stat().st_size
    if size != file.bytes:
        raise PackError(f"{file.name} has {size} bytes instead of {file.bytes}: the pack is damaged, fetch it again.")
    with path.open("rb") as stream:
        digest = hashlib.file_digest(stream, "sha256").hexdigest()
    if digest != file.sha256:
        raise PackError(
            f"{file.name} is not the file that the manifest describes: the pack is damaged, fetch it again."
        )


def _check_graphs(folder: Path, manifest: Manifest) -> None:
    """Refuse graphs that are no graphs, or that keep weights in files outside the manifest."""
    listed = {file.name for file in manifest.files}
    for name in sorted(name for name in listed if name.endswith(".onnx")):
        try:
            foreign = external_files(folder / name) - listed
        except ValueError as error:
            raise PackError(f"{name} in the pack cannot be read ({error}): fetch the pack again.") from error
        if foreign:
            raise PackError(
                f"{name} reads {min(foreign)[:120]!r}, which is not a file of the pack: do not trust this pack."
            )
