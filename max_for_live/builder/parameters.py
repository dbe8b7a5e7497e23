"""Everything a performer can set, press, map or automate: once, for patch, face, Push, hover texts and manual.

Long names are a contract: automation, mappings and saved sets are keyed by them. They are never changed.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from bridge_server.protocol.table import MAX_INT
from max_for_live.builder.patcher import Rect

Kind = Literal["button", "toggle", "menu", "tab", "dial", "number", "text", "drop"]

MAXCLASS: dict[Kind, str] = {
    "button": "live.text",
    "toggle": "live.text",
    "menu": "live.menu",
    "tab": "live.tab",
    "dial": "live.dial",
    "number": "live.numbox",
    "text": "textedit",
    "drop": "live.drop",
}
AUTOMATED, STORED, HIDDEN = 0, 1, 2
VISIBILITY = ("automated and mappable", "saved with the set", "neither saved nor mapped")
FLOAT, ENUM, BLOB = 0, 2, 3
INT_STYLE, FLOAT_STYLE, DB_STYLE, PERCENT_STYLE, CUSTOM_STYLE = 0, 1, 4, 5, 9


@dataclass(frozen=True)
class Parameter:
    """One control.

    - long_name: the contract. - short_name: on the face and on Push.
    - word: what the Live script is told, followed by the value; a button says just the word.
    - help: hover text and manual. - rect: x, y, width, height on the face; None = only on Push and in automation.
    - choices: of menu and tab. - lowest, highest, initial: of numbers; `initial` counts from 0 in choices.
    """

    long_name: str
    short_name: str
    kind: Kind
    word: str
    help: str
    rect: Rect | None
    visibility: int = AUTOMATED
    choices: tuple[str, ...] = ()
    lowest: float = 0
    highest: float = 1
    initial: float = 0
    style: int = INT_STYLE
    units: str = ""

    @property
    def maxclass(self) -> str:
        """The Max object."""
        return MAXCLASS[self.kind]

    @property
    def names(self) -> tuple[str, ...]:
        """What the values of an enumeration are called."""
        return ("off", "on") if self.kind in ("button", "toggle") else self.choices

    def valueof(self) -> dict[str, Any]:
        """The parameter block of the box."""
        held: dict[str, Any] = {"parameter_longname": self.long_name, "parameter_shortname": self.short_name}
        held |= {"parameter_invisible": self.visibility, "parameter_annotation_name": self.long_name}
        held |= {"parameter_info": self.help, "parameter_modmode": 0}
        if self.kind == "text":
            return held | {"parameter_type": BLOB}
        if self.names:
            held |= {"parameter_type": ENUM, "parameter_enum": list(self.names), "parameter_mmax": len(self.names) - 1}
        else:
            held |= {
                "parameter_type": FLOAT,
                "parameter_mmin": float(self.lowest),
                "parameter_mmax": float(self.highest),
            }
            held |= {"parameter_unitstyle": self.style} | ({"parameter_units": self.units} if self.units else {})
        if self.kind != "button":
            held |= {"parameter_initial_enable": 1, "parameter_initial": [self.initial]}
        return held


PARTS = (
    *("As prompted", "Drums", "Bass", "Piano", "El. piano", "Organ", "Guitar"),
    *("Strings", "Brass", "Winds", "Mallets", "Pad", "Lead"),
)
"""In the order of the script's own list, which holds the words that go into the prompt."""

PARAMETERS: tuple[Parameter, ...] = (
    Parameter(
        "Prompt",
        "Prompt",
        "text",
        "prompt",
        "What to play, in words. Return takes it. With a part chosen, both are sent.",
        (8, 24, 176, 32),
        STORED,
    ),
    Parameter(
        "Part",
        "Part",
        "menu",
        "part",
        "The instrument to generate. 'As prompted' leaves it to the prompt.",
        (48, 64, 136, 16),
        choices=PARTS,
        initial=2,
    ),
    Parameter(
        "Bars",
        "Bars",
        "tab",
        "bars",
        "How many of the bars just played are the context.",
        (48, 88, 136, 16),
        choices=("1", "2", "4", "8", "16"),
        initial=2,
    ),
    Parameter(
        "Variations",
        "Count",
        "tab",
        "variations",
        "How many stems one press of Generate makes.",
        (48, 112, 136, 16),
        choices=("1", "2", "3", "4"),
        initial=2,
    ),
    Parameter(
        "Influence",
        "Influence",
        "dial",
        "influence",
        "How strongly the context leads. 50 % is what the model pack was tuned for.",
        (192, 8, 48, 48),
        highest=100,
        initial=50,
        style=PERCENT_STYLE,
    ),
    Parameter(
        "Strength",
        "Strength",
        "dial",
        "strength",
        "For Vary: 0 % keeps what plays, 100 % makes something else.",
        (240, 8, 48, 48),
        highest=100,
        initial=50,
        style=PERCENT_STYLE,
    ),
    Parameter(
        "Seed",
        "Seed",
        "number",
        "seed",
        "The same seed and context give the same stems. Variation k adds k to it.",
        (192, 64, 32, 16),
        STORED,
        highest=9999,
    ),
    Parameter(
        "Seed Lock",
        "Lock seed",
        "toggle",
        "seed_lock",
        "Keep the seed instead of drawing a new one at each press.",
        (232, 64, 56, 16),
        STORED,
    ),
    Parameter(
        "Quality",
        "Quality",
        "menu",
        "quality",
        "Draft is fastest; Fine takes more steps than the pack would.",
        (192, 88, 48, 16),
        choices=("Draft", "Normal", "Fine"),
        initial=1,
    ),
    Parameter("No Style", "No style", "button", "clear_style", "Forget the style file.", (248, 88, 40, 16), HIDDEN),
    Parameter(
        "Loop",
        "Loop",
        "toggle",
        "loop",
        "The stem's end meets its start without a seam.",
        (192, 112, 40, 16),
        initial=1,
    ),
    Parameter(
        "Nudge",
        "Nudge",
        "number",
        "nudge",
        "If stems sound early or late against the context: shift the capture. The manual says how to measure it.",
        (240, 112, 48, 16),
        STORED,
        lowest=-200,
        highest=200,
        style=CUSTOM_STYLE,
        units="%.0f ms",
    ),
    Parameter(
        "Generate",
        "Generate",
        "button",
        "generate",
        "Take the last bars, make variations of the part and put them into clip slots.",
        (296, 8, 96, 40),
    ),
    Parameter(
        "Vary",
        "Vary",
        "button",
        "vary",
        "Make the variation that plays anew: near to it or far from it, see Strength.",
        (296, 56, 40, 16),
    ),
    Parameter(
        "Cancel", "Cancel", "button", "cancel", "Stop the request. Stems that are finished stay.", (344, 56, 48, 16)
    ),
    Parameter(
        "Context File",
        "Context",
        "drop",
        "drop_context",
        "Drop a WAV here to use it as context instead of what was played.",
        (296, 80, 40, 24),
        HIDDEN,
    ),
    Parameter(
        "Style File",
        "Style",
        "drop",
        "drop_style",
        "Drop a WAV here whose sound the stems shall follow. 'No style' takes it away.",
        (344, 80, 48, 24),
        HIDDEN,
    ),
    Parameter(
        "Source",
        "Source",
        "menu",
        "source",
        "The context: the last bars that were played here, the file of the selected audio clip, or the dropped file.",
        (296, 112, 96, 16),
        STORED,
        choices=("Last bars", "Selected clip", "Dropped file"),
    ),
    *(
        Parameter(
            f"Fire {k}",
            f"Fire {k}",
            "button",
            f"fire {k}",
            f"Launch variation {k} on the next bar. Map it to a pad or pedal.",
            (360 + 40 * k, 8, 32, 32),
        )
        for k in (1, 2, 3, 4)
    ),
    Parameter("Next", "Next", "button", "next", "Launch the next variation.", (400, 48, 72, 16)),
    Parameter("Stop", "Stop", "button", "stop", "Stop the variations' track and the audition.", (480, 48, 72, 16)),
    Parameter(
        "Audition",
        "Audition",
        "toggle",
        "audition_on",
        "Fire plays inside the device instead of launching clips: instant, and nothing touches the set.",
        (400, 72, 72, 16),
    ),
    Parameter(
        "Gain",
        "Gain",
        "number",
        "",
        "Level of the audition.",
        (400, 96, 72, 16),
        lowest=-70,
        highest=6,
        initial=0,
        style=DB_STYLE,
    ),
    Parameter(
        "Insert",
        "Insert",
        "menu",
        "place",
        "Where stems go: clip slots, the arrangement where the context was heard, take lanes, or nowhere.",
        (480, 96, 72, 16),
        STORED,
        choices=("To slots", "To arrange", "To lanes", "Preview"),
    ),
    Parameter(
        "Start Server",
        "Start",
        "button",
        "start_server",
        "Start riffbridge, if it does not run yet.",
        (400, 120, 48, 16),
        HIDDEN,
    ),
    Parameter(
        "Reveal",
        "Reveal",
        "button",
        "reveal",
        "Show the chosen stem's file, to drag it anywhere.",
        (456, 120, 48, 16),
        HIDDEN,
    ),
    Parameter(
        "Self-test",
        "Test",
        "button",
        "selftest",
        "Write a report about this Live, Max and the server as a file. Changes nothing in the set.",
        (512, 120, 40, 16),
        HIDDEN,
    ),
    Parameter(
        "Variation",
        "Variation",
        "tab",
        "variation",
        "Launch a variation by its number (for Push and automation).",
        None,
        choices=("1", "2", "3", "4"),
    ),
)  # fmt: skip  (a table: the formatter would make it three times as long)

BANKS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("Ask", ("Generate", "Part", "Bars", "Variations", "Influence", "Strength", "Vary", "Cancel")),
    ("Play", ("Fire 1", "Fire 2", "Fire 3", "Fire 4", "Next", "Stop", "Audition", "Gain")),
    ("More", ("Variation", "Loop", "Quality")),
)
"""What Push and other controllers show, eight at a time."""

STATE_NAME = "State"
"""Long name of the parameter that holds the device's id, the open request and the last stems."""

assert max(p.highest for p in PARAMETERS) < MAX_INT


def table() -> str:
    """The table of the manual."""
    lines = ["| parameter | values | | |", "|---|---|---|---|"]
    for p in PARAMETERS:
        if p.kind == "drop":
            values = "a file"
        elif p.choices:
            values = ", ".join(p.choices)
        elif p.kind in ("dial", "number"):
            values = f"{p.lowest:g} to {p.highest:g}" + {PERCENT_STYLE: " %", DB_STYLE: " dB", CUSTOM_STYLE: " ms"}.get(
                p.style, ""
            )
        else:
            values = {"button": "press", "toggle": "off, on", "text": "text"}[p.kind]
        lines.append(f"| {p.long_name} | {values} | {p.help} | {VISIBILITY[p.visibility]} |")
    return "\n".join(lines) + "\n"
