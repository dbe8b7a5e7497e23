"""The actions, once: from this table come the action files, their manual pages and the index."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Action:
    """One action of REAPER's action list.

    - title: what the user reads, without "Riffbridge:". - name: its name as a client of the server.
    - options: what `riff.actions` gets besides. - needs, gives, notes: its manual page.
    """

    title: str
    name: str
    options: dict[str, str]
    needs: str
    gives: str
    notes: tuple[str, ...] = field(default=())

    @property
    def file_name(self) -> str:
        """Of the action file."""
        return f"Riffbridge_{self.title}.lua"

    @property
    def page_name(self) -> str:
        """Of its manual page."""
        return f"{self.title}.md"


PARTS = {
    "bass": "a bass line",
    "drums": "a drum part",
    "chords": "piano chords",
    "pad": "a pad",
    "lead": "a lead line",
}
PRESS_AGAIN = "The same key again, Esc in the window, or the action *Cancel* stops it within a second."
ONE_UNDO = "One undo takes the item (and the track, if it was new) away again; the audio files stay on the disk."
WAIT = "REAPER stays usable meanwhile; only the bounce itself, at the start, shows REAPER's own render window."
TAKES = "Further variations are takes of the same item: 40125 and 40126 (next and previous take) switch between them."


def actions() -> tuple[Action, ...]:
    """All of them, in the order of the manual."""
    presets = [action for part, what in PARTS.items() for action in _generating(part, what, part.capitalize())]
    return (*presets, *_generating("", "what you name in a small form", "Ask"), *_refining(), *_managing())


def _generating(part: str, what: str, short: str) -> Iterator[Action]:
    key = part or "ask"
    verb = f"Generate {part}" if part else "Ask and generate"
    options = {"action": "generate"} | ({"part": part} if part else {})
    asks = () if part else ("Name an instrument, for instance *strings*; the last answer is offered again.",)
    yield Action(
        f"{verb} on a new track",
        f"{key}-new",
        {**options, "target": "new track"},
        "a time selection. The new track goes behind the last selected track, or to the end.",
        f"{what} for the time selection, playing along with everything that is heard, on a new track.",
        (*asks, TAKES, WAIT, PRESS_AGAIN, ONE_UNDO),
    )
    yield Action(
        f"{verb} on the selected track",
        f"{key}-selected",
        {**options, "target": "selected track"},
        "a time selection and a selected track (the first one counts).",
        f"{what} on that track, playing along with everything but that track. Pressed again for the same bars, the"
        " new stems become further takes of the same item.",
        (*asks, "If the track is a folder, its children are left out of what is played along with, too.", TAKES,
         WAIT, PRESS_AGAIN, ONE_UNDO),
    )  # fmt: skip
    yield Action(
        f"{verb} with the selected tracks",
        f"{key}-with",
        {**options, "target": "new track", "context": "selected tracks"},
        "a time selection and the selected tracks that shall be played along with.",
        f"{what} on a new track, playing along with the selected tracks alone.",
        (*asks, TAKES, WAIT, PRESS_AGAIN, ONE_UNDO),
    )


def _refining() -> tuple[Action, ...]:
    return (
        Action(
            "Regenerate as further takes",
            "again",
            {"action": "again"},
            "a selected item that Riffbridge made.",
            "the same request once more with the next seeds, as further takes of that item; the first new one is"
            " active. The project is bounced anew, so changes around the item are heard.",
            (TAKES, PRESS_AGAIN, "One undo takes the new takes away."),
        ),
        Action(
            "Vary the selected take",
            "vary",
            {"action": "vary"},
            "a selected item; its active take is varied as it sounds, with trims and play rate.",
            "variations of it as further takes. How far they go from it is *strength* in the settings.",
            (PRESS_AGAIN, "One undo takes the new takes away."),
        ),
        Action(
            "Redo the time selection in the selected take",
            "redo",
            {"action": "redo"},
            "a selected item and a time selection that lies in it.",
            "further takes in which only the selected time is made anew; the rest is kept.",
            (PRESS_AGAIN, "One undo takes the new takes away."),
        ),
        Action(
            "Generate like the selected item",
            "reference",
            {"action": "reference", "target": "new track"},
            "a time selection, and a selected item that has the sound you want.",
            "a part on a new track in the style of that item. *blend* in the settings says how much the item counts"
            " against the words.",
            (TAKES, PRESS_AGAIN, ONE_UNDO),
        ),
    )


def _managing() -> tuple[Action, ...]:
    return (
        Action(
            "Cancel",
            "cancel",
            {"action": "cancel"},
            "nothing.",
            "an end to everything that Riffbridge is making for this REAPER, within a second. Nothing stays behind.",
        ),
        Action(
            "Settings",
            "settings",
            {"action": "settings"},
            "nothing.",
            "a form: variations, strength, seed, loudness, format, fades, kind of bounce, window or line, connection."
            " Kept for all actions. An answer that cannot be used is left as it was, and named.",
        ),
        Action(
            "Self-test",
            "self-test",
            {"action": "self-test"},
            "an empty project (a new tab).",
            "a text report in REAPER's resource folder on what this REAPER does where its documentation is silent."
            " Send it along when something does not work.",
            ("It renders one second, adds a few tracks and items and undoes them.",),
        ),
    )


def action_file(action: Action) -> str:
    """The Lua of an action: a header, and a few words for the core."""
    options = {"action": action.options["action"], "name": action.name, **action.options}
    inside = "".join(f'  {key} = "{value}",\n' for key, value in options.items())
    return (
        f"-- @description Riffbridge: {action.title}\n"
        "-- @noindex\n"
        "-- Made by `python -m reaper_scripts.making`; change reaper_scripts/making/actions.py instead.\n\n"
        'local folder = debug.getinfo(1, "S").source:match("^@?(.*[/\\\\])")\n'
        'package.path = folder .. "?.lua;" .. package.path\n'
        f'require("riff.actions").run({{\n{inside}}})\n'
    )


def manual_page(action: Action) -> str:
    """The manual page of an action."""
    notes = "".join(f"- {note}\n" for note in action.notes)
    return f"# {action.title}\n\n**Select** {action.needs}\n\n**You get** {action.gives}\n" + (
        f"\n{notes}" if notes else ""
    )
