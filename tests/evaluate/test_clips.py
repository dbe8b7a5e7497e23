"""What is listened to: reproducible, in range, and from where it says."""

from __future__ import annotations

import numpy as np
import pytest
import soundfile

from models.data.composer import soundfont
from models.evaluate.clips import composed_parts, wav_clips
from models.evaluate.excerpts import FRAMES, excerpt, excerpts_with, plays
from models.evaluate.foreign_sounds import FOREIGN_SOUNDS
from models.evaluate.listen import log_spectrogram, picture

FIRST = 9_000_000


@pytest.fixture(autouse=True)
def own_synthesis():
    """No sound font: the same audio on every machine."""
    soundfont.load([])


@pytest.mark.parametrize("name", FOREIGN_SOUNDS)
def test_foreign_sounds_are_reproducible_and_in_range(name):
    first, second = FOREIGN_SOUNDS[name](100_000), FOREIGN_SOUNDS[name](100_000)
    assert first.shape == (2, 100_000)
    assert np.array_equal(first, second)
    assert 0.1 < np.abs(first).max() < 1


def test_an_excerpt_is_reproducible_and_a_context_lacks_its_family():
    first, second = (next(excerpts_with("bass", 1)) for _ in range(2))
    assert np.array_equal(first.mix, second.mix)
    assert first.mix.shape == (2, FRAMES)
    assert np.abs(first.mix).max() <= 0.951
    others = sum(stem for family, stem in first.stems.items() if family != "bass")
    context = first.context_for("bass")
    assert np.corrcoef(context.ravel(), others.ravel())[0, 1] == pytest.approx(1)
    bass = next(track for track in first.song.tracks if track.family == "bass")
    assert plays(bass, first.start_s) >= 0.75


def test_seeds_give_different_songs():
    assert not np.array_equal(excerpt(FIRST).mix, excerpt(FIRST + 1).mix)


def test_parts_are_stems_and_their_mix():
    parts = composed_parts(FIRST, ("drums", "bass"))
    assert [name.split()[0] for name in parts] == ["drums", "bass", "mix"]
    assert all(np.abs(audio).max() > 0.01 for audio in parts.values())


def test_wavs_of_any_rate_become_stereo_at_48_khz(tmp_path):
    (tmp_path / "folder with ä").mkdir()
    soundfile.write(tmp_path / "folder with ä" / "mono.wav", 0.1 * np.ones(88_200), 44_100)
    soundfile.write(tmp_path / "short.wav", np.zeros(100), 48_000)
    (clip,) = wav_clips(tmp_path)
    assert clip.name == "mono"
    assert clip.audio.shape == (2, 96_000)
    assert clip.audio[1, 48_000] == pytest.approx(0.1, abs=0.001)


def test_a_folder_without_wavs_is_refused(tmp_path):
    with pytest.raises(ValueError, match="no WAV"):
        wav_clips(tmp_path)


@pytest.mark.parametrize("frequency_hz", [110, 1000, 8000])
def test_a_sine_shows_at_its_place_in_the_spectrogram(frequency_hz):
    sine = np.sin(2 * np.pi * frequency_hz * np.arange(48_000) / 48_000)
    levels = log_spectrogram(np.stack([sine, sine]))
    row = levels[:, 40].argmax()
    assert 30 * (22_000 / 30) ** (row / 255) == pytest.approx(frequency_hz, rel=0.03)


def test_the_picture_is_written(tmp_path, band_clip):
    picture([("one", band_clip), ("two", band_clip * 0.1)], tmp_path / "new" / "clips.png", columns=2)
    assert (tmp_path / "new" / "clips.png").read_bytes().startswith(b"\x89PNG")
