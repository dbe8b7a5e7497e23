"""Build the device: `python -m max_for_live.build_device [FOLDER]`.

Writes into `max_for_live/` (or FOLDER): the two scripts, Riffbridge.amxd, Riffbridge.maxpat (the same patch, to read),
face.png, the parameter table of the manual; and into `build/` there: the folder for the User Library, the Max package
and Riffbridge.zip. Nothing is written by hand into what it makes, and the same sources give the same bytes. It fails,
and says why, when a check finds a fault.
"""

from __future__ import annotations

import sys
from pathlib import Path

from max_for_live.builder import amxd, checks, package, parameters, scripts, wiring
from max_for_live.builder.picture import Face

HERE = Path(__file__).resolve().parent
LICENCE = HERE.parent / "LICENSE"
START_MARK = "<!-- parameters: made by `python -m max_for_live.build_device` -->"
END_MARK = "<!-- end of parameters -->"


def build(folder: Path = HERE) -> list[str]:
    """Write everything; returns the faults, and writes no device when there are any."""
    folder.mkdir(parents=True, exist_ok=True)
    _write(folder / wiring.LIVE_FILE, scripts.live_script())
    _write(folder / wiring.BRIDGE_FILE, scripts.bridge_script())
    patcher = wiring.patcher()
    face = Face(patcher)
    faults = checks.faults(patcher, folder) + [f"{text!r} does not fit on the face" for text in face.overflowing]
    if faults:
        return faults
    (folder / package.DEVICE_FILE).write_bytes(amxd.pack(patcher))
    _write(folder / f"{package.NAME}.maxpat", amxd.patcher_text(patcher))
    face.image.save(folder / package.PICTURE_FILE, optimize=True)
    _write(folder / package.MANUAL_FILE, renewed_manual((HERE / package.MANUAL_FILE).read_text(encoding="utf-8")))
    package.write(package.files(folder, LICENCE), folder / "build")
    return []


def renewed_manual(text: str) -> str:
    """The manual with a fresh table between its marks; raises ValueError without them."""
    before, start, rest = text.partition(START_MARK)
    _, end, after = rest.partition(END_MARK)
    if not start or not end:
        raise ValueError(f"The manual needs the lines {START_MARK!r} and {END_MARK!r}.")
    return f"{before}{START_MARK}\n{parameters.table()}{END_MARK}{after}"


def _write(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8", newline="\n")


def main(arguments: list[str]) -> None:
    """Build, and end with 1 when something is wrong."""
    faults = build(Path(arguments[0]).resolve() if arguments else HERE)
    if faults:
        sys.exit("The device was not built:\n" + "\n".join(f"  {fault}" for fault in faults))


if __name__ == "__main__":
    main(sys.argv[1:])
