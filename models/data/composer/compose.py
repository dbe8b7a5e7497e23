"""`compose(seed)`: a whole song from one integer."""

from __future__ import annotations

from collections.abc import Callable

from models.data.composer import arrangement
from models.data.composer.dice import Dice
from models.data.composer.ensemble import Chair, seat, track_of
from models.data.composer.harmony import enrich, progression
from models.data.composer.parts import bass, chords, melody
from models.data.composer.rhythm import Drummer
from models.data.composer.song import Chord, Event, Key, Note, Section, Song
from models.data.composer.styles import BEATS_PER_BAR, STYLES, Style

LOWEST_PITCH, HIGHEST_PITCH = 21, 108
LAG_S = {"bass": 0.004, "comping": 0.003, "pad": 0.0, "lead": 0.006, "drums": 0.0}


def compose(
    seed: int, style: str | None = None, families: tuple[str, ...] | None = None,
    tempo: tuple[float, float] | None = None,
) -> Song:  # fmt: skip
    """Writes a song. The same seed gives the same song; style, families and tempo range can be asked for."""
    dice = Dice(seed)
    name = style or dice.pick(tuple(STYLES))
    plan = STYLES[name]
    song = _frame(seed, name, plan, dice.fork("frame"), tempo or plan.tempo)
    chairs = seat(plan, dice.fork("ensemble"), families)
    looseness = dice.pick((0.0, 0.5, 1.0, 1.0, 1.6)) * (0.4 if plan.electronic > 0.8 else 1.0)
    for chair in chairs:
        track = track_of(chair, song, plan, dice.fork(f"track {chair.family}"))
        events = _write(chair, song, plan, dice.fork(f"part {chair.family}"))
        track.notes = _perform(events, song, chair.role, looseness, dice.fork(f"hands {chair.family}"))
        song.tracks.append(track)
    return song


def _frame(seed: int, name: str, plan: Style, dice: Dice, tempo: tuple[float, float]) -> Song:
    minor = dice.chance(plan.minor)
    key = Key(dice.integer(0, 11), "minor" if minor else "major")
    sections = arrangement.form(dice)
    beats_per_bar = BEATS_PER_BAR.get(name, 4)
    swing = dice.pick(plan.swing)
    bars = sections[-1].first_bar + sections[-1].bars
    harmony = _harmony(plan, key, minor, sections, beats_per_bar, dice)
    bpm = round(dice.log_between(*tempo), 1)
    return Song(seed, name, bpm, beats_per_bar, key, swing, plan.swing_unit, bars, harmony, sections)


def _harmony(
    plan: Style, key: Key, minor: bool, sections: list[Section], beats_per_bar: int, dice: Dice
) -> list[Chord]:
    pool = plan.minor_progressions if minor else plan.major_progressions
    main, other = dice.pick(pool), dice.pick(pool)
    rich = dice.weighted(dict(enumerate(plan.rich)))
    harmony: list[Chord] = []
    for section in sections:
        text = other if section.name in ("chorus", "bridge") else main
        first = section.first_bar * beats_per_bar
        harmony += progression(text, key, float(first), section.bars, beats_per_bar)
    return [enrich(chord, rich) for chord in harmony]


def _write(chair: Chair, song: Song, plan: Style, dice: Dice) -> list[Event]:
    """The notes of one player through the whole form, on the grid."""
    if chair.role == "drums":
        player = Drummer(dice.pick(plan.grooves), dice, song.beats_per_bar)
        parts = [player.play(section) for section in song.sections if arrangement.plays("drums", section, dice)]
        return [event for part in parts for event in part]
    play = _player(chair, song, plan, dice)
    events: list[Event] = []
    for section in song.sections:
        if not arrangement.plays(chair.role, section, dice):
            continue
        first, last = section.first_bar * song.beats_per_bar, (section.first_bar + section.bars) * song.beats_per_bar
        own = [chord for chord in song.chords if first <= chord.start < last]
        loud = 0.75 + 0.3 * section.energy
        events += [Event(e.beat, e.beats, e.pitch, min(1.0, e.velocity * loud)) for e in play(own)]
    return events


def _player(chair: Chair, song: Song, plan: Style, dice: Dice) -> Callable[[list[Chord]], list[Event]]:
    """A function from the chords of a section to events, with this player's idea fixed for the song."""
    centre = chair.centre
    if chair.role == "bass":
        line = dice.pick(plan.bass)
        floor = dice.pick((24, 28, 28, 31))
        if line == "walk":
            return lambda own: bass.walking_bass(own, song.key, dice, 28)
        return lambda own: bass.pattern_bass(line, own, song.key, dice, floor)
    if chair.role == "pad":
        low = dice.chance(0.25)
        voices = dice.pick((3, 4, 4))
        return lambda own: chords.pad(own, centre, dice, voices, low)
    if chair.role == "arpeggio":
        length = dice.pick((0.25, 0.5, 0.5)) if song.tempo_bpm < 135 else 0.5
        shape, span = dice.pick(("up", "down", "updown", "skip")), dice.pick((1, 1, 2))
        return lambda own: chords.arpeggio(own, centre, length, shape, span)
    if chair.role == "stabs":
        hits = dice.pick(melody.STABS)
        return lambda own: melody.stabs(hits, own, centre, song.beats_per_bar, dice)
    if chair.role == "comping":
        rhythm = dice.pick(plan.comping)
        strum = dice.between(0.01, 0.05) * song.tempo_bpm / 120 if chair.family == "guitar" else 0.0
        return lambda own: chords.comping(rhythm, own, centre, strum, dice)
    rhythms = melody.RIFFS if plan.electronic > 0.8 and dice.chance(0.5) else melody.RHYTHMS
    tune = melody.Melody(song.key, centre, rhythms, dice, plan.melody_density)
    return lambda own: tune.play(own, song.beats_per_bar)


def _perform(events: list[Event], song: Song, role: str, looseness: float, dice: Dice) -> list[Note]:
    """Swing, human timing and touch. Timing spread is 5 ms at looseness 1; a player's lag is constant."""
    lag = LAG_S.get(role, 0.003) * looseness + dice.normal(0.002 * looseness)
    touch = dice.between(0.6, 1.0)
    notes = []
    for event in events:
        start = song.time_of(event.beat)
        end = song.time_of(event.beat + event.beats)
        shift = lag + dice.normal(0.005 * looseness)
        velocity = min(1.0, max(0.08, event.velocity * touch + dice.normal(0.04)))
        pitch = min(HIGHEST_PITCH, max(LOWEST_PITCH, event.pitch))
        notes.append(Note(max(0.0, start + shift), max(0.03, end - start), pitch, velocity))
    notes.sort(key=lambda note: (note.start_s, note.pitch))
    return notes
