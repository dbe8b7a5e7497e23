"""The ReaPack package: its header file, and index.xml with a hash of every file that it installs."""

from __future__ import annotations

import hashlib
from pathlib import Path
from urllib.parse import quote
from xml.etree import ElementTree

from bridge_server import __version__
from reaper_scripts.making.actions import actions

REPOSITORY = "https://github.com/riffbridge/riffbridge"
"""Where the project will be published: ReaPack fetches every file from the tag of its version there."""

RELEASED = "2026-11-25T00:00:00Z"
CATEGORY = "Riffbridge"
PACKAGE = "Riffbridge.lua"
CHANGELOG = "First version."
ABOUT = "Accompaniment for the time selection, made by the Riffbridge server on this computer."
SHA256_MULTIHASH = "1220"  # what ReaPack calls a hash: function 0x12, 32 bytes


def package_file() -> str:
    """The header that `reapack-index` reads; the file itself is not installed."""
    provided = "\n".join(f"--   [main] {action.file_name}" for action in actions())
    return (
        "-- @description Riffbridge\n"
        f"-- @version {__version__}\n"
        "-- @author Riffbridge\n"
        f"-- @link {REPOSITORY}\n"
        f"-- @about {ABOUT}\n"
        f"-- @changelog {CHANGELOG}\n"
        "-- @metapackage\n"
        "-- @provides\n"
        f"{provided}\n"
        "--   [nomain] riff/*.lua\n"
        "--   [data] toolbar_icons/**/*.png\n"
    )


def index_xml(scripts: Path) -> str:
    """index.xml for the files below `scripts`/Riffbridge as they are now."""
    root = ElementTree.Element("index", version="1", name="Riffbridge", commit=f"v{__version__}")
    category = ElementTree.SubElement(root, "category", name=CATEGORY)
    package = ElementTree.SubElement(category, "reapack", name=PACKAGE, type="script", desc="Riffbridge")
    metadata = ElementTree.SubElement(package, "metadata")
    ElementTree.SubElement(metadata, "description").text = rf"{{\rtf1 {ABOUT}}}"
    ElementTree.SubElement(metadata, "link", rel="website", href=REPOSITORY)
    version = ElementTree.SubElement(package, "version", name=__version__, author="Riffbridge", time=RELEASED)
    ElementTree.SubElement(version, "changelog").text = CHANGELOG
    for path in installed_files(scripts):
        _add_source(version, scripts, path)
    ElementTree.indent(root)
    return '<?xml version="1.0" encoding="utf-8"?>\n' + ElementTree.tostring(root, encoding="unicode") + "\n"


def installed_files(scripts: Path) -> list[Path]:
    """Every file that ReaPack puts on the user's disk."""
    folder = scripts / CATEGORY
    lua = [path for path in folder.rglob("*.lua") if path.name != PACKAGE]
    return sorted(lua) + sorted((folder / "toolbar_icons").rglob("*.png"))


def _add_source(version: ElementTree.Element, scripts: Path, path: Path) -> None:
    relative = path.relative_to(scripts / CATEGORY).as_posix()
    attributes = {"file": relative}
    if path.suffix == ".png":
        attributes["type"] = "data"
    elif path.parent.name == CATEGORY:
        attributes["main"] = "main"
    attributes["hash"] = SHA256_MULTIHASH + hashlib.sha256(path.read_bytes()).hexdigest()
    source = ElementTree.SubElement(version, "source", attributes)
    source.text = f"{REPOSITORY}/raw/v{__version__}/reaper_scripts/{CATEGORY}/{quote(relative)}"
