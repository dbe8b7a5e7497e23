"""An imported LAION CLAP at run time: text and audio -> 512-d unit vectors, with the face of `models.clap.Clap`.

Its graphs take the waveform itself, exactly 10 s of it at fixed places, so that the same audio always gives the same
vector (the package's own front end crops at random, LAION-AI/CLAP issue 166). Nothing is quantised to 16 bit on the
way, as in the package's tensor path. No torch and no pickle here; see `models/train/import_clap.py`.
"""

from __future__ import annotations

from pathlib import Path
from typing import cast

import numpy as np
from numpy.typing import NDArray

from models.byte_tokenizer import TEXT_LENGTH, ByteTokenizer
from models.clap import AUDIO_GRAPH, EMBEDDING, TEXT_GRAPH, TOKENIZER, Clap, clap_windows, mono, unit
from models.errors import PackError
from models.log_mel import CLAP_FRAMES, QUIETEST
from models.session import Session, StopSignal

Array = NDArray[np.float32]


class LaionClap:
    """Both encoders of an imported checkpoint, from a folder with its three files."""

    def __init__(self, folder: Path, device: str = "auto", threads: int = 0, stop: StopSignal | None = None) -> None:
        """Raises PackError when the folder holds something else, DeviceError as `Session` does."""
        self.stop = stop or StopSignal()
        self.tokenizer = ByteTokenizer.load(folder / TOKENIZER)
        self._audio = Session(folder / AUDIO_GRAPH, device, threads, self.stop)
        self._text = Session(folder / TEXT_GRAPH, device, threads, self.stop)
        self.sessions = (self._audio, self._text)
        if self._audio.shapes.get("waveform") != (1, CLAP_FRAMES) or self._text.shapes.get("tokens") != (
            1,
            TEXT_LENGTH,
        ):
            raise PackError(f"{folder} holds no imported LAION CLAP: import the checkpoint again.")

    def embed_text(self, text: str) -> Array:
        """A prompt -> unit vector `[512]`."""
        tokens = np.array([self.tokenizer.encode(text, TEXT_LENGTH)], np.int64)
        return unit(self._text.run({"tokens": cast("Array", tokens)}, ["vector"])[0][0])

    def embed_texts(self, texts: list[str]) -> Array:
        """Prompts -> unit vectors `[prompt, 512]`, each independent of the others."""
        return np.array([self.embed_text(text) for text in texts], np.float32).reshape(len(texts), EMBEDDING)

    def embed_audio(self, audio: Array) -> Array:
        """Audio `[channel, frame]` at 48 kHz -> unit vector `[512]`: the mean over its sounding windows of 10 s.

        Raises ContextError for another shape or broken values.
        """
        heard = clap_windows(mono(audio))
        sounding = heard[np.sqrt(np.mean(np.square(heard), axis=1)) > QUIETEST]
        chosen = sounding if len(sounding) else heard[:1]
        vectors = [self._audio.run({"waveform": window[None]}, ["vector"])[0][0] for window in chosen]
        return unit(np.mean(vectors, axis=0))


def open_clap(folder: Path, device: str = "auto", threads: int = 0, stop: StopSignal | None = None) -> Clap | LaionClap:
    """The encoders of a folder, starter or imported, whichever its tokenizer belongs to."""
    try:
        ByteTokenizer.load(folder / TOKENIZER)
    except PackError:
        return Clap(folder, device, threads, stop)
    return LaionClap(folder, device, threads, stop)
