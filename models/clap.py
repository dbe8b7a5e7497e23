"""Text and audio -> 512-d unit vectors in one space, with two ONNX graphs and a tokenizer.

Audio of any length is heard in windows of exactly 10 s, at fixed places: the same audio always gives the same vector
(LAION's own front end crops at random, see LAION-AI/CLAP issue 166). No torch here.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from models.errors import ContextError, PackError
from models.log_mel import BANDS, CLAP_FRAMES, COLUMNS, QUIETEST, SAMPLE_RATE, log_mel
from models.session import Session, StopSignal
from models.tokenizer import Tokenizer

Array = NDArray[np.float32]

AUDIO_GRAPH, TEXT_GRAPH, TOKENIZER = "clap_audio.onnx", "clap_text.onnx", "clap_tokenizer.json"
EMBEDDING = 512
SHORTEST_REST = SAMPLE_RATE  # what is left after the last whole window counts from 1 s on


class Clap:
    """Both encoders of the starter CLAP, from a folder with its three files."""

    def __init__(self, folder: Path, device: str = "auto", threads: int = 0, stop: StopSignal | None = None) -> None:
        """Raises PackError when the graphs have another shape than the tokenizer and the log-mel, DeviceError as
        `Session` does."""
        self.stop = stop or StopSignal()
        self.tokenizer = Tokenizer.load(folder / TOKENIZER)
        self._audio = Session(folder / AUDIO_GRAPH, device, threads, self.stop)
        self._text = Session(folder / TEXT_GRAPH, device, threads, self.stop)
        self.sessions = (self._audio, self._text)
        self.text_length = _checked_shapes(self._audio, self._text)

    def embed_text(self, text: str) -> Array:
        """A prompt -> unit vector `[512]`; a text of nothing but blanks has a vector too."""
        vector: Array = self.embed_texts([text])[0]
        return vector

    def embed_texts(self, texts: list[str]) -> Array:
        """Prompts -> unit vectors `[prompt, 512]`, each independent of the others."""
        numbers = [np.array([self.tokenizer.encode(text, self.text_length)], np.int64) for text in texts]
        # One at a time: rounding depends on the batch, and a prompt must not depend on its neighbours.
        vectors = [self._text.run({"tokens": cast("Array", row)}, ["vector"])[0][0] for row in numbers]
        return np.array(vectors, np.float32).reshape(len(texts), EMBEDDING)

    def embed_audio(self, audio: Array) -> Array:
        """Audio `[channel, frame]` at 48 kHz -> unit vector `[512]`: the mean over its windows.

        Silent windows are left out unless all are silent. Raises ContextError for another shape or broken values.
        """
        heard = clap_windows(mono(audio))
        sounding = heard[np.sqrt(np.mean(np.square(heard), axis=1)) > QUIETEST]
        chosen = sounding if len(sounding) else heard[:1]
        vectors = [self._audio.run({"log_mel": log_mel(window)[None]}, ["vector"])[0][0] for window in chosen]
        return unit(np.mean(vectors, axis=0))


def mono(audio: Array) -> Array:
    """Audio `[channel, frame]` -> `[frame]`; channels that cancel each other out are not mixed: the first is heard.

    Raises ContextError for another shape, no frames, and values that are no numbers.
    """
    if audio.ndim != 2 or 0 in audio.shape:
        raise ContextError(f"CLAP takes audio [channel, frame], not the shape {audio.shape}.")
    if not np.isfinite(audio).all():
        raise ContextError("The audio contains values that are no numbers: bounce it again.")
    mixed = np.asarray(audio, np.float32).mean(0, dtype=np.float32)
    loudest, left = float(np.abs(mixed).max()), float(np.abs(audio[0]).max())
    return np.asarray(audio[0], np.float32) if loudest < 0.01 * left else mixed


def clap_windows(audio: Array) -> Array:
    """Mono audio `[frame]` -> windows `[n, 480000]`.

    Shorter audio is repeated to 10 s. Longer audio is cut every 10 s; what is left at the end, if it is at least
    1 s, is heard in a window that ends where the audio ends.
    """
    if len(audio) <= CLAP_FRAMES:
        return np.resize(audio, CLAP_FRAMES)[None]
    starts = list(range(0, len(audio) - CLAP_FRAMES + 1, CLAP_FRAMES))
    if len(audio) - starts[-1] - CLAP_FRAMES >= SHORTEST_REST:
        starts.append(len(audio) - CLAP_FRAMES)
    return np.stack([audio[start : start + CLAP_FRAMES] for start in starts])


def unit(vector: NDArray[Any]) -> Array:
    """The vector with length 1, float32."""
    return np.asarray(vector / max(float(np.linalg.norm(vector)), 1e-9), np.float32)


def _checked_shapes(audio: Session, text: Session) -> int:
    """Tokens per text. PackError when the graphs are not those of a starter CLAP."""
    heard, read = audio.shapes.get("log_mel", ()), text.shapes.get("tokens", ())
    made = {session.shapes.get("vector", ())[1:] for session in (audio, text)}
    if heard[1:] != (BANDS, COLUMNS) or made != {(EMBEDDING,)} or len(read) != 2 or not isinstance(read[1], int):
        raise PackError("The text and audio encoders of this pack do not fit this version: fetch the pack again.")
    return read[1]
