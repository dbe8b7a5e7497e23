"""What the codec is judged on: held-out songs, sounds from formulas, and any folder of WAVs."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from models.evaluate.codec_metrics import SAMPLE_RATE_HZ, Audio
from models.evaluate.excerpts import FRAMES, excerpt, excerpts_with, load_font
from models.evaluate.foreign_sounds import FOREIGN_SOUNDS
from models.evaluate.listen import read_wav

SHORTEST_S = 1.0


@dataclass(frozen=True)
class Clip:
    """Audio `[2, frame]` at 48 kHz with a name for the report."""

    name: str
    audio: Audio


def composed_clips(count: int, first_seed: int) -> dict[str, list[Clip]]:
    """Mixes of held-out songs: with the sounds of training, and with a sound font that training never loads."""
    groups = {}
    for held_out, group in ((False, "composed songs"), (True, "composed songs, unheard sound font")):
        if load_font(held_out) or not held_out:
            seeds = range(first_seed, first_seed + count)
            groups[group] = [Clip(f"song {seed}", excerpt(seed, from_font=held_out).mix) for seed in seeds]
    load_font(held_out=False)
    return groups


def composed_parts(first_seed: int, families: tuple[str, ...]) -> dict[str, Audio]:
    """Stems of the first held-out song that has all families playing at once, and its full mix."""
    load_font(held_out=False)
    chosen = next(e for e in excerpts_with(families[0], 100, first_seed) if set(families) <= set(e.stems))
    parts = {f"{family} of song {chosen.song.seed}": chosen.stems[family] for family in families}
    return parts | {f"mix of song {chosen.song.seed}": chosen.mix}


def foreign_clips() -> list[Clip]:
    """The sounds of `foreign_sounds`, one window each."""
    return [Clip(name, make(FRAMES)) for name, make in FOREIGN_SOUNDS.items()]


def wav_clips(folder: Path) -> list[Clip]:
    """The first window of every WAV of a folder (and below) that is at least a second long, by name."""
    clips = [Clip(path.stem, read_wav(path)[:, :FRAMES]) for path in sorted(folder.rglob("*.wav"))]
    clips = [clip for clip in clips if clip.audio.shape[1] >= SHORTEST_S * SAMPLE_RATE_HZ]
    if not clips:
        raise ValueError(f"There is no WAV of at least {SHORTEST_S:g} s in {folder}.")
    return clips
