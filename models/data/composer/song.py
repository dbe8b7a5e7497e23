"""What a composed song is made of: plain data, all of it known truth for tests and measures."""

from __future__ import annotations

from dataclasses import dataclass, field

NOTE_NAMES = ("C", "C#", "D", "Eb", "E", "F", "F#", "G", "Ab", "A", "Bb", "B")
SHARP_NAMES = ("C", "C#", "D", "D#", "E", "F", "F#", "G", "G#", "A", "A#", "B")
FLAT_NAMES = ("C", "Db", "D", "Eb", "E", "F", "Gb", "G", "Ab", "A", "Bb", "B")
FLAT_MAJORS = (5, 10, 3, 8, 1)  # F, Bb, Eb, Ab, Db: keys written with flats
SCALES = {
    "major": (0, 2, 4, 5, 7, 9, 11),
    "minor": (0, 2, 3, 5, 7, 8, 10),
}


@dataclass(frozen=True, slots=True)
class Key:
    """Tonic as pitch class (C = 0) and the name of a scale in SCALES."""

    tonic: int
    mode: str

    @property
    def pitch_classes(self) -> tuple[int, ...]:
        """The seven pitch classes of the scale, from the tonic upwards."""
        return tuple((self.tonic + step) % 12 for step in SCALES[self.mode])

    @property
    def name(self) -> str:
        """As a musician writes it: "F# minor"."""
        return f"{self.spell(self.tonic)} {self.mode}"

    def spell(self, pitch_class: int) -> str:
        """Name of a pitch class with the accidentals of the key's signature."""
        relative_major = (self.tonic - SCALES["major"][{"minor": 5}.get(self.mode, 0)]) % 12
        return (FLAT_NAMES if relative_major in FLAT_MAJORS else SHARP_NAMES)[pitch_class]


@dataclass(frozen=True, slots=True)
class Chord:
    """A chord on the song's time line: start and length in beats, root as pitch class."""

    start: float
    beats: float
    root: int
    intervals: tuple[int, ...]
    suffix: str

    @property
    def pitch_classes(self) -> tuple[int, ...]:
        """Pitch classes from the root upwards."""
        return tuple((self.root + interval) % 12 for interval in self.intervals)

    @property
    def name(self) -> str:
        """As a musician writes it: "Bbm7"."""
        return NOTE_NAMES[self.root] + self.suffix


@dataclass(frozen=True, slots=True)
class Section:
    """A part of the form; energy 0..1 sets how many tracks play and how loud."""

    name: str
    first_bar: int
    bars: int
    energy: float


@dataclass(frozen=True, slots=True)
class Event:
    """A note on the grid, before swing and human timing: beats, MIDI pitch, velocity 0..1."""

    beat: float
    beats: float
    pitch: int
    velocity: float


@dataclass(frozen=True, slots=True)
class Note:
    """A note as played: seconds from the start of the song, MIDI pitch, velocity 0..1."""

    start_s: float
    duration_s: float
    pitch: int
    velocity: float


@dataclass(frozen=True, slots=True)
class Sound:
    """Where a track's tone comes from: "synthesis" (a patch by name), or "soundfont" (program, file)."""

    source: str
    patch: str
    seed: str
    program: int = 0
    font: int = 0


@dataclass(frozen=True, slots=True)
class Effects:
    """A track's effects; 0 switches one off."""

    drive_db: float = 0.0
    chorus: float = 0.0
    delay_beats: float = 0.0
    delay_level: float = 0.0
    reverb_level: float = 0.0
    room: int = 0
    low_cut_hz: float = 0.0
    high_cut_hz: float = 0.0
    pump: float = 0.0
    tremolo_hz: float = 0.0


@dataclass(slots=True)
class Track:
    """One stem: exactly one of FAMILIES, its sound, its effects, its notes in order of start."""

    name: str
    family: str
    role: str
    sound: Sound
    effects: Effects
    level_db: float
    pan: float
    notes: list[Note] = field(default_factory=list)


@dataclass(slots=True)
class Song:
    """A whole song. Swing is the share of a swing unit (in beats) before the off-beat; 0.5 is straight."""

    seed: int
    style: str
    tempo_bpm: float
    beats_per_bar: int
    key: Key
    swing: float
    swing_unit: float
    bars: int
    chords: list[Chord]
    sections: list[Section]
    tracks: list[Track] = field(default_factory=list)

    @property
    def seconds_per_beat(self) -> float:
        """Length of a beat in seconds."""
        return 60.0 / self.tempo_bpm

    @property
    def duration_s(self) -> float:
        """Length of the song in seconds, without the tail of the last note."""
        return self.bars * self.beats_per_bar * self.seconds_per_beat

    def time_of(self, beat: float) -> float:
        """Seconds of a beat position, swing included (whole beats are never moved)."""
        units = beat / self.swing_unit
        whole = int(units)
        part = units - whole
        swung = part * 2 * self.swing if part < 0.5 else self.swing + (part - 0.5) * 2 * (1 - self.swing)
        return (whole + swung) * self.swing_unit * self.seconds_per_beat
