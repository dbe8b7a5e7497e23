"""The double's project as the text of an .RPP file (structure as in REAPER's own files)."""

from __future__ import annotations

from collections.abc import Iterator

from tests.clients.reaper.reaper_double.model import Item, Project, Take, Track


def rpp_text(project: Project) -> str:
    """The whole project."""
    tempo = project.tempos[0]
    head = [
        '<REAPER_PROJECT 0.1 "7.60/linux-x86_64" 0',
        f"  TEMPO {tempo.bpm:.10g} {tempo.beats} {tempo.unit}",
        "  SELECTION {:.14g} {:.14g}".format(*project.selection),
        f"  SAMPLERATE {project.numbers['PROJECT_SRATE']:.0f} 1 0",
    ]
    tracks = [f"  {line}" for track in project.tracks for line in _track(track)]
    return "\n".join([*head, *tracks, ">", ""])


def _track(track: Track) -> Iterator[str]:
    depth = int(track.values["I_FOLDERDEPTH"])
    yield f"<TRACK {track.guid}"
    yield f"  NAME {_quoted(track.texts['P_NAME'])}"
    yield f"  PEAKCOL {track.values['I_CUSTOMCOLOR']:.0f}"
    yield f"  MUTESOLO {track.values['B_MUTE']:.0f} {track.values['I_SOLO']:.0f} 0"
    yield f"  ISBUS {1 if depth == 1 else 2 if depth < 0 else 0} {depth}"
    yield f"  TRACKID {track.guid}"
    for item in track.items:
        yield from (f"  {line}" for line in _item(item))
    yield ">"


def _item(item: Item) -> Iterator[str]:
    values = item.values
    yield "<ITEM"
    yield f"  POSITION {values['D_POSITION']:.14g}"
    yield f"  LENGTH {values['D_LENGTH']:.14g}"
    yield f"  LOOP {values['B_LOOPSRC']:.0f}"
    yield f"  ALLTAKES {values['B_ALLTAKESPLAY']:.0f}"
    yield f"  FADEIN 1 {values['D_FADEINLEN']:.10g} 0 1 0 0 0"
    yield f"  FADEOUT 1 {values['D_FADEOUTLEN']:.10g} 0 1 0 0 0"
    yield f"  MUTE {values['B_MUTE']:.0f} 0"
    yield f"  IGUID {item.guid}"
    for place, take in enumerate(item.takes):
        if place:
            yield "  TAKE SEL" if place == item.active else "  TAKE"
        yield from (f"  {line}" for line in _take(take))
    yield ">"


def _take(take: Take) -> Iterator[str]:
    yield f"NAME {_quoted(take.texts['P_NAME'])}"
    yield f"VOLPAN 1 0 {take.values['D_VOL']:.10g} -1"
    yield f"SOFFS {take.values['D_STARTOFFS']:.14g}"
    yield f"PLAYRATE {take.values['D_PLAYRATE']:.14g} 1 0 -1 0 0.0025"
    yield f"GUID {take.guid}"
    if take.source:
        yield "<SOURCE WAVE"
        yield f"  FILE {_quoted(take.source.path)}"
        yield ">"


def _quoted(text: str) -> str:
    """Within the first kind of quotes that the text does not hold, as REAPER does it."""
    mark = next(mark for mark in "\"'`" if mark not in text)
    return f"{mark}{text}{mark}"
