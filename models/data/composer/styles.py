"""Fourteen styles as data: tempo, swing, harmony, grooves, bass lines, comping rhythms and who plays.

Rhythms are strings of sixteenths, one string per bar (12 steps in 3/4). Drums: x = hit, X = accent, o = ghost.
Bass: R root, 5 fifth, 8 octave, 3 third, A approach to the next root, - hold, . rest; "walk" walks.
Comping: x = short, X = long accent, - = hold, . = rest; digits pick single voices (a broken chord).
"""

# ruff: noqa: E501 (a table of grooves reads better in long rows)
from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Style:
    """One style. `ensemble` weighs the chord and colour instruments; `rich` weighs chord extensions 0..2."""

    tempo: tuple[float, float]
    swing: tuple[float, ...]
    swing_unit: float
    minor: float
    major_progressions: tuple[str, ...]
    minor_progressions: tuple[str, ...]
    grooves: tuple[dict[str, str], ...]
    bass: tuple[str, ...]
    comping: tuple[str, ...]
    ensemble: dict[str, float]
    rich: tuple[float, float, float] = (0.6, 0.3, 0.1)
    electronic: float = 0.4
    pump: float = 0.0
    melody_density: float = 0.5


POP_MAJOR = (
    "I | V | vi | IV",
    "I | vi | IV | V",
    "vi | IV | I | V",
    "I | IV | vi | V",
    "IV | I | V | vi",
    "I | iii | IV | iv",
    "I | V | ii | IV",
)
POP_MINOR = (
    "i | bVI | bIII | bVII",
    "i | bVII | bVI | bVII",
    "i | iv | bVI | V",
    "i | bIII | bVII | iv",
    "i | i | bVI | V",
    "bVI | bVII | i | i",
)
LOOP_MINOR = ("i | i | bVI | bVII", "i | iv", "i | i | iv | v", "i | bVII", "i", "i | bVI", "i | bIII | iv | bVI")

STYLES: dict[str, Style] = {
    "rock": Style(
        (95, 160), (0.5,), 1.0, 0.45,
        ("I | bVII | IV | I", "I | IV | V | IV", "I | V | vi | IV", "I | IV | I | V"),
        ("i | bVII | bVI | bVII", "i | bIII | bVII | IV", "i | bVI | bIII | bVII", "i | iv | bVII | i"),
        (
            {"kick": "X.......x.x.....", "snare": "....X.......X...", "hat": "x.x.x.x.x.x.x.x."},
            {"kick": "X..x....x.x.....", "snare": "....X.......X..o", "hat": "X.x.X.x.X.x.X.x."},
            {"kick": "X.x.....x.x...x.", "snare": "....X.......X...", "ride": "x.x.x.x.x.x.x.x."},
            {"kick": "X.....x.x.......", "snare": "....X..o.o..X...", "open": "x...x...x...x..."},
        ),
        ("R-R-R-R-R-R-R-R-", "R---R-R-R---5-A-", "R-R-R-5-R-R-8-A-", "R-----R-R-R-R-A-"),
        ("X-------X-------", "x.x.x.x.x.x.x.x.", "X--X--X-X--X----", "X-----X---X-x.x."),
        {"guitar": 5, "piano": 1, "organ": 2, "lead": 1, "strings": 0.5, "electric piano": 0.4, "pad": 0.4},
        (0.9, 0.1, 0.0), 0.1,
    ),
    "pop": Style(
        (85, 130), (0.5, 0.5, 0.54), 0.5, 0.35, POP_MAJOR, POP_MINOR,
        (
            {"kick": "X.....x.x.......", "snare": "....X.......X...", "hat": "x.x.x.x.x.x.x.x."},
            {"kick": "X..x..x...x.....", "clap": "....X.......X...", "hat": "x.xxx.x.x.xxx.x.", "shaker": "x.x.x.x.x.x.x.x."},
            {"kick": "X.......X.x.....", "snare": "....X.......X...", "hat": "xxxxxxxxxxxxxxxx"},
            {"kick": "X...X...X...X...", "clap": "....X.......X...", "hat": "..x...x...x...x."},
        ),
        ("R-----R-R-----A-", "R---R---R---5-A-", "R-R-R-R-R-R-R-R-", "R--R--R-R--R--5-"),
        ("X-------X-------", "X--X--X-X--X--X-", "X---------------", "1-2-3-4-3-2-3-2-", "x.x.x.x.x.x.x.x."),
        {"piano": 3, "guitar": 3, "electric piano": 1.5, "strings": 1.5, "pad": 2, "lead": 1.5, "organ": 0.7,
         "mallets": 0.7, "brass": 0.4, "winds": 0.3},
    ),
    "house": Style(
        (118, 130), (0.5, 0.53, 0.56), 0.5, 0.7, ("ii7 | V7 | Imaj7 | vi7", "IVmaj7 | iii7 | vi7 | V", "I | vi | ii | IV"),
        ("i7 | iv7", "i7 | bVImaj7 | bVII | v7", "i7 | bIII | iv7 | v7", "bVImaj7 | bVII | i7 | i7"),
        (
            {"kick": "X...X...X...X...", "clap": "....X.......X...", "open": "..x...x...x...x.", "hat": "xxxxxxxxxxxxxxxx"},
            {"kick": "X...X...X...X..x", "snare": "....x.......x...", "open": "..X...X...X...X.", "shaker": "x.xxx.xxx.xxx.xx"},
            {"kick": "X...X...X...X...", "clap": "....X..x....X...", "hat": "..x...xx..x...x.", "conga": "..x..x..x..x..xx"},
        ),
        ("..R-..R-..R-..R-", "R..R..R.R..R..8.", "..R...8...R...A.", "R..8..R..R.8..5."),
        ("x..x..x...x..x..", "..x...x...x...x.", "X-.x..X-.x..x.x.", "X---------------"),
        {"piano": 2, "organ": 2, "electric piano": 2, "pad": 3, "lead": 2, "strings": 1.5, "brass": 0.7, "mallets": 0.7},
        (0.1, 0.5, 0.4), 0.85, 0.6, 0.35,
    ),
    "techno": Style(
        (122, 148), (0.5,), 0.5, 0.95, ("I | I | I | bVII",), LOOP_MINOR,
        (
            {"kick": "X...X...X...X...", "hat": "..x...x...x...x.", "clap": "....x.......x..."},
            {"kick": "X...X...X...X...", "open": "..X...X...X...X.", "hat": "xoxoxoxoxoxoxoxo", "rim": "...x..x....x..x."},
            {"kick": "X...X..xX...X...", "ride": "..x...x...x...x.", "tom": "...x.....x....x."},
        ),
        ("..RR..RR..RR..RR", "R.RR.R.RR.RR.R.8", "RRRRRRRRRRRRRRRR", "...R..R....R..8."),
        ("x..x..x.........", "......x.......x.", "1.2.3.1.2.3.1.2.", "X---------------", "x...x..x..x....."),
        {"lead": 4, "pad": 4, "organ": 0.5, "mallets": 0.7, "strings": 0.5, "electric piano": 0.7},
        (0.4, 0.4, 0.2), 1.0, 0.5, 0.3,
    ),
    "hip-hop": Style(
        (68, 100), (0.5, 0.56, 0.6), 0.5, 0.75, ("Imaj7 | vi7", "ii9 | V9 | Imaj9 | vi7", "IVmaj7 | iii7"),
        ("i7 | bVImaj7", "i9 | iv9", "i | bVI | bVII | v", "i7 | i7 | bVImaj7 | V7", "i | bII"),
        (
            {"kick": "X..x..x...x.....", "snare": "....X.......X...", "hat": "x.x.x.x.x.x.x.x."},
            {"kick": "X.....x...x..x..", "snare": "....X..o....X.o.", "hat": "x.xxx.x.x.x.xxx."},
            {"kick": "X......x..x.....", "clap": "........X.......", "hat": "x.x.xxx.x.x.x.xx"},
            {"kick": "X.........X..x..", "rim": "........X.......", "hat": "x.x.x.x.x.x.x.x.", "open": "..............x."},
        ),
        ("R-------..R-----", "R--.......R--A--", "R-----R---------", "R..R......8.R..."),
        ("X---------------", "X-----X---------", "x..x......x.....", "1---2---3---4---"),
        {"electric piano": 3, "piano": 2, "pad": 2, "mallets": 1.2, "strings": 1.5, "winds": 1, "guitar": 1.2, "lead": 1.5,
         "brass": 0.7},
        (0.2, 0.5, 0.3), 0.6, 0.15, 0.35,
    ),
    "funk": Style(
        (92, 122), (0.5, 0.54, 0.57), 0.5, 0.4, ("I9 | I9 | IV9 | I9", "I7 | IV7", "ii9 | V9", "Imaj7 | ii7 | iii7 | IVmaj7"),
        ("i7 | IV9", "i9 | i9 | iv9 | v7", "i7 | bVII | bVImaj7 | V7"),
        (
            {"kick": "X..x..x...x..x..", "snare": "....X..o.o..X..o", "hat": "xxxxxxxxxxxxxxxx"},
            {"kick": "X.x.......xx....", "snare": "....X..o.o.oX...", "hat": "x.x.x.xxx.x.x.x.", "open": "..............x."},
            {"kick": "X.....x..xx.....", "snare": "....X..o....X.oo", "hat": "X.x.X.x.X.x.X.x.", "conga": "..xx..x...xx.x.x"},
        ),
        ("R..R..8.R..5..AA", "R...R.8...R.5.A.", "R.RR..8.5..R..8.", "R--.R.-8..R.3.A."),
        ("..x.x..x..x.x...", "x..x..x.....x.x.", "....x.x.....x..x", "xx.x..xx.x..x.x."),
        {"guitar": 4, "electric piano": 3, "organ": 2, "brass": 3, "winds": 1.5, "strings": 1, "lead": 0.8, "piano": 1},
        (0.0, 0.4, 0.6), 0.15, 0.0, 0.6,
    ),
    "reggae": Style(
        (66, 92), (0.5, 0.57, 0.62), 0.5, 0.5, ("I | IV | V | IV", "I | ii | I | V", "I | vi | ii | V", "I | IV"),
        ("i | bVII", "i | iv | i | v", "i | bVI | bVII | i"),
        (
            {"kick": "........X.......", "rim": "........X.......", "hat": "x.x.x.x.x.x.x.x."},
            {"kick": "X...X...X...X...", "rim": "........X......x", "hat": "..x...x...x...x."},
            {"kick": "........X.....x.", "snare": "........X.......", "hat": "x.xox.xox.xox.xo"},
        ),
        ("R-..R-5-....R-5-", "....R-R-5---A---", "R---..R.5-..8-5-", "R-R-....5-5-R---"),
        ("....x.......x...", "..x...x...x...x.", "....x.x.....x.x."),
        {"guitar": 4, "organ": 4, "brass": 1.5, "winds": 1, "piano": 1.5, "lead": 0.7, "pad": 0.5, "electric piano": 0.5},
        (0.8, 0.2, 0.0), 0.25,
    ),
    "jazz": Style(
        (95, 175), (0.62, 0.66), 1.0, 0.35,
        ("ii7 | V7 | Imaj7 | vi7", "Imaj7 vi7 | ii7 V7 | iii7 VI7 | ii7 V7", "Imaj7 | IVmaj7 | iii7 | VI7 | ii7 | V7 | I6 | V7",
         "I7 | IV7 | I7 | I7 | IV7 | IV7 | I7 | VI7 | ii7 | V7 | I7 | V7"),
        ("i6 | iim7b5 V7 | i6 | V7", "iv7 | bVII7 | bIIImaj7 | bVImaj7 | iim7b5 | V7 | i6 | i6"),
        (
            {"ride": "x...x.x.x...x.x.", "pedal": "....x.......x...", "kick": "o...o...o...o...", "snare": "......o.......o."},
            {"ride": "x...x.x.x...x.x.", "pedal": "....x.......x...", "kick": "o.........o.....", "snare": "..o....o......o."},
            {"brush": "x.x.X.x.x.x.X.x.", "pedal": "....x.......x...", "kick": "o.......o......."},
        ),
        ("walk", "walk", "R-------5-------"),
        ("X-....x.........", "......x-......x.", "x.....X---......", "X-......x.x....."),
        {"piano": 5, "guitar": 2, "winds": 3, "brass": 2.5, "mallets": 1.5, "electric piano": 1, "organ": 1, "strings": 0.4},
        (0.0, 0.5, 0.5), 0.05, 0.0, 0.7,
    ),
    "bossa": Style(
        (112, 150), (0.5,), 1.0, 0.4, ("Imaj7 | II7 | ii7 | V7", "Imaj9 | vi7 | ii9 | V7", "Imaj7 | bIImaj7 | ii7 | V7"),
        ("i7 | iv7 | V7 | i7", "i6 | bVII7 | bIIImaj7 | V7", "i9 | iim7b5 V7"),
        (
            {"kick": "x..xx..xx..xx..x", "rim": "x..x..x...x..x..", "hat": "xxxxxxxxxxxxxxxx"},
            {"kick": "x..xx..xx..xx..x", "rim": "..x..x..x..x....", "shaker": "xxxxxxxxxxxxxxxx", "conga": "....xx......xx.x"},
        ),
        ("R--55--5R--55--A", "R--.5--.R--.5--A", "R-----5-R-----5-"),
        ("x..x..x...x..x..", "X-.x..X-.x..x...", "..x..x..x..x...."),
        {"guitar": 5, "piano": 3, "winds": 2.5, "electric piano": 1.5, "strings": 1.5, "mallets": 1.5, "brass": 0.8},
        (0.0, 0.5, 0.5), 0.1,
    ),
    "latin": Style(
        (90, 118), (0.5,), 1.0, 0.6, ("I | IV | V | IV", "I | ii | V | I", "I V | V I"),
        ("i | iv | V | iv", "i | bVII | bVI | V", "i V7 | V7 i", "iv | i | V | i"),
        (
            {"kick": "x...x...x...x...", "snare": "...x..x....x..x.", "shaker": "x.xxx.xxx.xxx.xx"},
            {"conga": "x.x.x.xxx.x.x.xx", "cowbell": "x...x.x.x...x.x.", "rim": "x..x..x...x.x...", "kick": "......x.......x."},
            {"conga": "..xx..xx..xx..xx", "timbale": "x.xx.x.xx.xx.x.x", "kick": "x.......x......."},
        ),
        ("...5..8-...5..A-", "R--5--8-R--5--A-", "R..R..5.R..R..8."),
        ("x.x..x.x.x.x..x.", "x..x..x...x.x...", "..xx..x...xx..x.", "1.3.2.4.1.3.2.4."),
        {"piano": 5, "brass": 3, "guitar": 2, "winds": 1.2, "mallets": 1, "strings": 0.8, "lead": 0.5, "organ": 0.5},
        (0.5, 0.4, 0.1), 0.15, 0.0, 0.6,
    ),
    "ballad": Style(
        (65, 84), (0.5,), 1.0, 0.4, (*POP_MAJOR, "I | V | vi | iii | IV | I | ii7 | V"), POP_MINOR,
        (
            {"kick": "X.......x.......", "snare": "....x.......x...", "hat": "x.x.x.x.x.x.x.x."},
            {"kick": "X.....x.x.......", "rim": "....x.......x...", "ride": "x...x...x...x..."},
            {"kick": "X.........x.....", "snare": "........X.......", "shaker": "x.x.x.x.x.x.x.x."},
        ),
        ("R---------------", "R-------5---A---", "R-----5-R-----A-"),
        ("1-2-3-4-3-2-3-2-", "X-------X-------", "1-3-4-3-1-3-4-3-", "X---x---X---x---"),
        {"piano": 5, "strings": 4, "guitar": 3, "pad": 2, "electric piano": 2, "winds": 1.2, "organ": 0.7, "mallets": 0.6,
         "brass": 0.6, "lead": 0.6},
        (0.5, 0.3, 0.2), 0.2, 0.0, 0.35,
    ),
    "synthwave": Style(
        (80, 120), (0.5,), 1.0, 0.8, ("I | V | vi | IV", "vi | IV | I | V"), POP_MINOR,
        (
            {"kick": "X...X...X...X...", "snare": "....X.......X...", "hat": "x.x.x.x.x.x.x.x."},
            {"kick": "X.......X.x.....", "snare": "....X.......X...", "hat": "xxxxxxxxxxxxxxxx", "tom": "..............xx"},
            {"kick": "X.....x...x.....", "snare": "....X.......X...", "open": "..x...x...x...x."},
        ),
        ("RRRRRRRRRRRRRRRR", "R.R8R.R8R.R8R.R8", "..RR..RR..RR..RR", "R-R-8-R-R-R-8-5-"),
        ("1234123412341234", "1.2.3.4.3.2.1.2.", "X---------------", "x..x..x...x..x.."),
        {"pad": 4, "lead": 5, "electric piano": 1.2, "strings": 1, "brass": 1, "guitar": 0.8, "mallets": 0.6},
        (0.7, 0.2, 0.1), 0.95, 0.3, 0.5,
    ),
    "folk": Style(
        (84, 132), (0.5, 0.5, 0.58), 1.0, 0.35, ("I | IV | I | V", "I | V | vi | IV", "I | vi | IV | V", "I | bVII | IV | I"),
        ("i | bVII | i | bVII", "i | bVI | bVII | i", "i | iv | bVII | bIII"),
        (
            {"kick": "x...x...x...x...", "shaker": "x.x.x.x.x.x.x.x."},
            {"kick": "X.......x.......", "snare": "....o.......o...", "tambourine": "..x...x...x...x."},
            {"brush": "x.x.X.x.x.x.X.x."},
        ),
        ("R---5---R---5---", "R-------5-----A-", "R---R---5---A---"),
        ("1.3.2.4.1.3.2.4.", "X-x.x-x.X-x.xxx.", "X---x-x.X---x-x.", "1-3-2-3-4-3-2-3-"),
        {"guitar": 6, "winds": 2, "strings": 2.5, "piano": 1.2, "mallets": 1.2, "organ": 1},
        (0.8, 0.2, 0.0), 0.05, 0.0, 0.5,
    ),
    "waltz": Style(
        (90, 165), (0.5, 0.58), 1.0, 0.45, ("I | vi | ii | V", "I | IV | I | V", "I | V | vi | iii | IV | I | IV | V"),
        ("i | iv | V | i", "i | bVI | bIII | V", "i | bVII | bVI | V"),
        (
            {"kick": "X...........", "snare": "....o...o...", "hat": "x.x.x.x.x.x."},
            {"kick": "x...........", "brush": "....x...x...", "ride": "x...x.x.x..."},
        ),
        ("R---....5---", "R-----------", "R---5---A---"),
        ("....x...x...", "X---x...x...", "1-2-3-4-3-2-", "X-----------"),
        {"piano": 4, "guitar": 3, "strings": 3, "winds": 2, "organ": 1.5, "mallets": 1.2, "pad": 0.8, "brass": 0.6},
        (0.6, 0.3, 0.1), 0.1, 0.0, 0.4,
    ),
}  # fmt: skip
BEATS_PER_BAR = {"waltz": 3}
