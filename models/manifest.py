"""The manifest of a pack: what `manifest.json` may say, read strictly into frozen values.

A manifest is data from outside (packs are downloaded), so every value is checked and every refusal is a sentence.
"""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass, field
from typing import Any, TypeVar

from models.errors import PackError
from models.guidance import Guidance
from models.schedule import Schedule

FORMAT = 2
"""2: conditioned on CLAP vectors, with the graphs that make them; 1 had a table of instrument families instead."""
FILE_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]*(\.[A-Za-z0-9_-]+)*")
"""One plain path component: no separator, no drive, no leading dot, no `..`."""
_SHA256 = re.compile(r"[0-9a-f]{64}")
_Value = TypeVar("_Value")


@dataclass(frozen=True)
class PackFile:
    """One file of the pack: its name, its size and the SHA-256 of its bytes in lower-case hex."""

    name: str
    bytes: int
    sha256: str


@dataclass(frozen=True)
class Dimensions:
    """Sizes shared by all graphs of a pack."""

    sample_rate: int = 48_000
    chunk_frames: int = 32_768
    slots: int = 8
    latent: int = 64
    window_chunks: int = 15
    clap: int = 512


@dataclass(frozen=True)
class Manifest:
    """Everything a pack says about itself."""

    name: str
    version: str
    licence: str
    description: str
    trained_on: str
    conditioning: str
    dimensions: Dimensions
    schedule: Schedule
    steps: int
    decode_sigmas: tuple[float, ...]
    sketch_pull: float
    """Share of the way, in log magnitude, from what the decoder made back to the magnitudes it was given: 0 to 1."""
    latent_limit: float
    guidance: Guidance
    """How strongly context and prompt are followed when nobody says; as trained where a pack of before says nothing."""
    files: tuple[PackFile, ...]
    providers: dict[str, Any] = field(default_factory=dict)
    provenance: dict[str, Any] = field(default_factory=dict)


_KEYS = {
    "format",
    "name",
    "version",
    "licence",
    "description",
    "trained_on",
    "conditioning",
    "dimensions",
    "schedule",
    "files",
    "providers",
    "provenance",
}


def parse_manifest(data: object) -> Manifest:
    """Check the parsed JSON of a manifest; PackError with a sentence for anything that is not format 2."""
    top = _mapping(data, "The manifest")
    _check_format(top)
    _only(top, _KEYS, "the manifest")
    texts = ("name", "version", "licence", "description", "trained_on", "conditioning")
    known = {
        *Schedule.__dataclass_fields__,
        "steps",
        "decode_sigmas",
        "sketch_pull",
        "latent_limit",
        "guidance",
        "prompt_guidance",
    }
    schedule = _section(top, "schedule", known)
    letters = {key: _positive(schedule, key) for key in Schedule.__dataclass_fields__}
    text = {key: str(_get(top, key, str)) for key in texts}
    return Manifest(
        name=text["name"],
        version=text["version"],
        licence=text["licence"],
        description=text["description"],
        trained_on=text["trained_on"],
        conditioning=text["conditioning"],
        dimensions=_dimensions(top),
        schedule=Schedule(**letters),
        steps=int(_positive(schedule, "steps")),
        decode_sigmas=_sigmas(schedule),
        sketch_pull=_share(schedule, "sketch_pull"),
        latent_limit=_positive(schedule, "latent_limit"),
        guidance=Guidance(*(_positive({key: 1.0} | schedule, key) for key in ("guidance", "prompt_guidance"))),
        files=_files(top),
        providers=_mapping(top.get("providers", {}), "The manifest's 'providers'"),
        provenance=_mapping(top.get("provenance", {}), "The manifest's 'provenance'"),
    )


def _check_format(top: dict[str, Any]) -> None:
    """Refuse a format that this version does not know, before anything else is looked at."""
    version = _get(top, "format", int)
    if version > FORMAT:
        raise PackError(
            f"This pack has format {version}, and this version of riffbridge reads up to {FORMAT}: update riffbridge."
        )
    if version < FORMAT:
        raise PackError(f"This pack has format {version}, which is of an earlier riffbridge: fetch the pack again.")


def _dimensions(top: dict[str, Any]) -> Dimensions:
    """Sizes of the graphs. The runtime has all of them built in but the window, so others would sound wrong unseen."""
    section = _section(top, "dimensions", Dimensions.__dataclass_fields__)
    found = Dimensions(**{key: int(_positive(section, key)) for key in Dimensions.__dataclass_fields__})
    for key, built_in in asdict(Dimensions(window_chunks=found.window_chunks)).items():
        if getattr(found, key) != built_in:
            raise PackError(
                f"This pack has {key} {getattr(found, key)}, and this version of riffbridge plays packs with"
                f" {built_in} only: update riffbridge or take another pack."
            )
    return found


def _files(top: dict[str, Any]) -> tuple[PackFile, ...]:
    """The list of files, each with a plain name that is there once."""
    files = tuple(_file(item) for item in _get(top, "files", list))
    names = [file.name.lower() for file in files]
    if len(set(names)) < len(names):
        raise PackError("The manifest lists a file twice: fetch the pack again.")
    return files


def _file(item: object) -> PackFile:
    """One entry of the list of files."""
    entry = _mapping(item, "A file in the manifest")
    _only(entry, PackFile.__dataclass_fields__, "a file of the manifest")
    name, digest = _get(entry, "name", str), _get(entry, "sha256", str)
    if not FILE_NAME.fullmatch(name) or len(name) > 100:
        raise PackError(
            f"The pack lists {name[:120]!r}, which is not a plain file name inside the pack: do not trust it."
        )
    if not _SHA256.fullmatch(digest):
        raise PackError(f"The manifest has no proper SHA-256 for {name}: fetch the pack again.")
    return PackFile(name, int(_positive(entry, "bytes")), digest)


def _sigmas(schedule: dict[str, Any]) -> tuple[float, ...]:
    """Noise levels of the decoder, falling."""
    sigmas = tuple(_get({"sigma": value}, "sigma", (int, float)) for value in _get(schedule, "decode_sigmas", list))
    if not sigmas or any(sigma <= 0 for sigma in sigmas) or list(sigmas) != sorted(sigmas, reverse=True):
        raise PackError("The manifest's 'decode_sigmas' must be falling numbers above 0: fetch the pack again.")
    return tuple(float(sigma) for sigma in sigmas)


def _share(entry: dict[str, Any], key: str) -> float:
    """A number from 0 to 1; 0 where a pack of before says nothing."""
    value = float(_get({key: 0.0} | entry, key, (int, float)))
    if not 0 <= value <= 1:
        raise PackError(f"The manifest has no proper {key!r}: fetch the pack again.")
    return value


def _section(top: dict[str, Any], key: str, allowed: Any) -> dict[str, Any]:
    """A nested object with only the allowed keys."""
    section = _mapping(top.get(key), f"The manifest's {key!r}")
    _only(section, allowed, f"the manifest's {key!r}")
    return section


def _only(entry: dict[str, Any], allowed: Any, where: str) -> None:
    """Refuse keys that the format does not have: a misspelt key would otherwise be a silent default."""
    unknown = sorted(set(entry) - set(allowed))
    if unknown:
        raise PackError(
            f"There is an unknown key {unknown[0]!r} in {where}: update riffbridge or fetch the pack again."
        )


def _mapping(value: object, what: str) -> dict[str, Any]:
    """The value, when it is a JSON object."""
    if not isinstance(value, dict):
        raise PackError(f"{what} is not a JSON object: fetch the pack again.")
    return value


def _get(entry: dict[str, Any], key: str, kind: type[_Value] | tuple[type, ...]) -> Any:
    """A value of the wished kind; a JSON true is no number."""
    value = entry.get(key)
    if not isinstance(value, kind) or isinstance(value, bool):
        raise PackError(f"The manifest has no proper {key!r}: fetch the pack again.")
    return value


def _positive(entry: dict[str, Any], key: str) -> float:
    """A finite number above 0."""
    value = float(_get(entry, key, (int, float)))
    if not 0 < value < 1e15:
        raise PackError(f"The manifest has no proper {key!r}: fetch the pack again.")
    return value
