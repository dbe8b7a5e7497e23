"""Renders the demo's context: eight bars with drums, a chord instrument and a tune, without bass and pad.

python -m models.data.composer.demo_context OUT.wav [--seed N] [--style pop] [--sound-font X.sf3]

The JSON beside the WAV says what a musician would: tempo, key, chords, beats and downbeats in seconds.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import soundfile

from models.data.composer import Rendered, Song, compose, render, soundfont
from models.data.composer.song import Section
from models.data.composer.wavetable import RATE

BARS = 8
FAMILIES = ("drums", "piano", "lead")


def eight_bars(seed: int, style: str, families: tuple[str, ...]) -> tuple[Song, Rendered, Section]:
    """The first chorus of eight bars (or the fullest section) of a song between 100 and 120 bpm."""
    song = compose(seed, style, families, tempo=(100.0, 120.0))
    long = [section for section in song.sections if section.bars == BARS]
    section = max(long or song.sections, key=lambda s: (s.name == "chorus", -s.first_bar))
    bar = song.seconds_per_beat * song.beats_per_bar
    return song, render(song, section.first_bar * bar, round(BARS * bar * RATE)), section


def truth(song: Song, rendered: Rendered) -> dict[str, object]:
    """What is known about the excerpt, as JSON values; times in seconds."""
    chords = [(round(a, 4), round(b, 4), song.key.spell(c.root) + c.suffix) for a, b, c in rendered.chords]
    return {
        "seed": song.seed,
        "style": song.style,
        "tempo_bpm": song.tempo_bpm,
        "beats_per_bar": song.beats_per_bar,
        "key": song.key.name,
        "families": rendered.families,
        "chords": [{"start": start, "end": end, "name": name} for start, end, name in chords],
        "beats": [round(float(t), 4) for t in rendered.beats_s],
        "downbeats": [round(float(t), 4) for t in rendered.downbeats_s],
    }


def main(arguments: list[str] | None = None) -> None:
    """Command line of this module."""
    parser = argparse.ArgumentParser(description="Renders the demo's context.")
    parser.add_argument("out", type=Path)
    parser.add_argument("--seed", type=int, default=8)
    parser.add_argument("--style", default="pop")
    parser.add_argument("--families", default=",".join(FAMILIES))
    parser.add_argument("--sound-font", type=Path, action="append", default=[])
    options = parser.parse_args(arguments)
    soundfont.load(options.sound_font)
    song, rendered, _ = eight_bars(options.seed, options.style, tuple(options.families.split(",")))
    mix = rendered.stems.sum(0)
    soundfile.write(options.out, mix.T, RATE, subtype="PCM_24")
    options.out.with_suffix(".json").write_text(json.dumps(truth(song, rendered), indent=1) + "\n")


if __name__ == "__main__":
    main()
