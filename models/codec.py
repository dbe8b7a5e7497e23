"""Encode and decode stereo 48 kHz audio <-> latents with a pack's ONNX graphs.

Decoding is the parallel mode of the M2L2 family: the consistency network sees two chunks at a time, all chunks are
denoised from noise in one step and refined in the next with the pairing shifted by one, so that every border
between chunks lies inside a pair once. Where a pack also predicts phase relations, the first step starts from the
spectrogram that they and the magnitudes describe, the sketch (`models/phase.py`), instead of from noise alone, and what
comes out is brought back to what the sketch knows better (`models/sketch.py`) and made to fit where windows overlap
(`models/griffin_lim.py`). Where a pack tells the temporal envelope, the audio gets it in the end
(`models/envelope.py`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import islice

import numpy as np
from numpy.typing import NDArray

from models.envelope import BANDS, STEPS_PER_STFT_FRAME, EnvelopeShaper, shaped_ring
from models.errors import ContextError, PackError
from models.griffin_lim import GriffinLim, griffin_lim_ring
from models.noise import DECODE, PHASE, gaussian, stream
from models.on_demand import LatentsOnDemand
from models.pack import Pack
from models.phase import DRAWS, PhaseBuilder
from models.ring import CLOSING_FRAMES, closed, ring_audio, turned_around, unrolled
from models.session import Session, StopSignal
from models.sketch import finished, noisiness
from models.spectrogram import (
    BINS,
    CHUNK_FRAMES,
    CHUNK_SHAPE,
    CHUNK_STFT_FRAMES,
    SLOT_FRAMES,
    SLOTS,
    OverlapAdd,
    chunk_spectrograms,
)

Array = NDArray[np.float32]
OnStep = Callable[[int, int], None]

SKETCH_ONLY = ("phase", "anchor", "envelope", "stereo_width")  # parts of a sketch that the decoding step is not given
BATCHES = {"cpu": (2, 1), "cuda": (16, 8)}
"""Chunks per run of the encoder and pairs per run of the decoder. On two cores one pair takes 65 ms alone and 67 in a
batch of two (features and encoder 18 ms per chunk either way), and a stop is answered sooner."""


@dataclass(frozen=True)
class Window:
    """Two neighbouring chunks in the network, and which halves of the result are kept."""

    left: int
    right: int
    keep_left: bool = True
    keep_right: bool = True


@dataclass(frozen=True)
class _Chunk:
    """A chunk on its way through the steps: its estimate `[4, 1024, 32]`, where that began, and its features.

    features: what the denoiser is given; noise `[1024, 1]`: how much of each bin is noise, 0 (or not known) to 1;
    envelope `[4, 256]`: the detail that is told, `[4, 0]` where none is; stereo_width `[6, 32]`, if it is told.
    """

    index: int
    sketch: Array
    estimate: Array
    features: tuple[Array, ...]
    noise: Array
    envelope: Array
    stereo_width: Array | None


class Codec:
    """The codec of one pack. Latents outside are normalised (sigma_data 0.5); inside the graphs they are in -1..1."""

    def __init__(self, pack: Pack, device: str = "auto", stop: StopSignal | None = None, threads: int = 0) -> None:
        self.stop = stop or StopSignal()
        names = ("codec_encode.onnx", "codec_features.onnx", "codec_decode_step.onnx")
        self.sessions = tuple(Session(pack.path(name), device, threads, self.stop) for name in names)
        self._encode, self._features, self._step = self.sessions
        self.device = self._step.device
        self.chunk_batch, self.pair_batch = BATCHES[self.device]
        self._mean, self._std = pack.array("latent_mean.npy"), pack.array("latent_std.npy")
        self._schedule, self._sigmas = pack.manifest.schedule, pack.manifest.decode_sigmas
        self._pull = pack.manifest.sketch_pull
        self.steps = len(self._sigmas)
        self.makes_sketch = "phase" in self._features.outputs
        self.tells_envelope = "envelope" in self._features.outputs
        self._feature_names = tuple(name for name in self._features.outputs if name not in SKETCH_ONLY)
        if set(self._step.inputs) != {"noisy", "sigma", *self._feature_names}:
            raise PackError("The decoder of this pack does not take the features that it makes: fetch it again.")
        if len({"magnitude", "phase"} & set(self._features.outputs)) == 1:
            raise PackError("This pack makes magnitudes without phases, or phases without magnitudes: fetch it again.")

    def encode(self, audio: Array, on_step: OnStep | None = None) -> Array:
        """Audio `[2, frame]` at 48 kHz -> normalised latents `[chunk, 8, 64]`; silence fills the last chunk.

        on_step(done, of) counts chunks. Raises ContextError for another shape and for values that are no numbers.
        """
        return self.encode_on_demand(audio, on_step)[:]

    def encode_on_demand(self, audio: Array, on_step: OnStep | None = None) -> LatentsOnDemand:
        """What `encode` gives, made chunk by chunk as far as slices of it are taken."""
        if audio.ndim != 2 or audio.shape[0] != 2 or audio.shape[1] == 0:
            raise ContextError(f"The codec takes stereo audio [2, frame], not the shape {audio.shape}.")
        if not np.isfinite(audio).all():
            raise ContextError("The context contains values that are no numbers: bounce it again.")
        count = -(-audio.shape[1] // CHUNK_FRAMES)

        def encode(first: int, end: int) -> Array:
            return self._encode_block(audio, first, end - first)

        return LatentsOnDemand(encode, count, self.chunk_batch, on_step)

    def decode(self, latents: Array, seed: int, steps: int | None = None, on_step: OnStep | None = None) -> Array:
        """Normalised latents `[chunk, 8, 64]` -> audio `[2, 32768 chunk]` at 48 kHz.

        The noise of a chunk depends on seed, chunk and step only. steps: how many of the pack's decode steps to make
        (all; 0 gives the sketch alone). on_step(done, of) counts finished chunks. Memory beside the result does not
        grow with length.
        """
        audio, at = np.empty((2, len(latents) * CHUNK_FRAMES), np.float32), 0
        for piece in self.pieces(latents, len(latents), seed, steps, on_step):
            audio[:, at : at + piece.shape[1]] = piece
            at += piece.shape[1]
        return audio

    def pieces(
        self,
        latents: Iterable[Array],
        count: int,
        seed: int,
        steps: int | None = None,
        on_step: OnStep | None = None,
    ) -> Iterator[Array]:
        """The audio of `decode` in pieces `[2, frame]`, each as soon as the latents it needs have come.

        latents: `count` chunks `[8, 64]`, taken one by one. The first piece lacks up to 4,096 frames, the last
        has them.
        """
        sigmas = self._sigmas[:steps]
        chunks: Iterable[_Chunk] = self._begin(latents, seed)
        for step, sigma in enumerate(sigmas):
            chunks = self._refine(chunks, windows(count, step), step, sigma, seed)
        adder, shaper = GriffinLim() if self.makes_sketch else OverlapAdd(), EnvelopeShaper()
        for chunk in _counted(chunks, count, on_step):
            audio = adder.push(self._finished(chunk))
            yield shaper.push(audio, chunk.envelope) if self.tells_envelope else audio
        rest = adder.finish()
        yield shaper.finish(rest) if self.tells_envelope else rest

    def encode_ring(self, audio: Array, on_step: OnStep | None = None) -> Array:
        """A loop `[2, 4096 slots]` -> normalised latents `[slot, 64]`: what lies before its start is its end."""
        slots = audio.shape[1] // SLOT_FRAMES
        count = -(-slots // SLOTS)
        # A chunk more on either side, so that every window of the spectrogram lies inside.
        latents = self.encode(turned_around(audio, CHUNK_FRAMES, (count + 2) * CHUNK_FRAMES), on_step)
        return latents[1:-1].reshape(-1, latents.shape[-1])[:slots]

    def decode_ring(self, latents: Array, seed: int, on_step: OnStep | None = None) -> Array:
        """Normalised latents of a loop `[slot, 64]` -> audio `[2, 4096 slots]` whose end meets its start.

        Chunks of 8 slots may begin at any slot: decoded from another slot on, the log-spectral distance to the original
        differs by 0.05 dB. So the last chunk of a ring runs on into its start, and what is double is left out.
        The border between the last pair of chunks and the first one is one like those between other pairs.
        """
        slots = len(latents)
        count, frames = -(-slots // SLOTS), slots * CHUNK_STFT_FRAMES // SLOTS
        tiles = latents[unrolled(slots, 0, (count + 1) * SLOTS)].reshape(count + 1, SLOTS, -1)
        chunks: Iterable[_Chunk] = _closed(self._begin(tiles, seed), frames)
        for step, sigma in enumerate(self._sigmas):
            chunks = self._refine(chunks, windows(count, step), step, sigma, seed)
        envelopes: list[Array] = []

        def heard() -> Iterator[Array]:
            for chunk in _counted(chunks, count, on_step):
                envelopes.append(chunk.envelope)
                yield self._finished(chunk)

        if self.makes_sketch:
            audio = griffin_lim_ring(np.concatenate([*heard()], axis=-1)[..., :frames])
        else:
            audio = ring_audio(heard(), frames)
        if not self.tells_envelope:
            return audio
        return shaped_ring(audio, np.concatenate(envelopes, axis=1)[:, : frames * STEPS_PER_STFT_FRAME])

    def _encode_block(self, audio: Array, first: int, count: int) -> Array:
        """Normalised latents of some chunks."""
        (latents,) = self._encode.run({"spectrogram": chunk_spectrograms(audio, first, count)})
        return (latents - self._mean) / self._std * np.float32(self._schedule.sigma_data)

    def _begin(self, latents: Iterable[Array], seed: int) -> Iterator[_Chunk]:
        """Every chunk with its features and where its decoding starts.

        One chunk per run, on CUDA too: rounding depends on the batch, and the phases that are built can depend on
        rounding (`models/phase.py`), so that another batch or length would give another sound.
        """
        builder, names = PhaseBuilder(), self._features.outputs
        for index, chunk in enumerate(latents):
            raw = chunk / np.float32(self._schedule.sigma_data) * self._std + self._mean
            raw = np.clip(raw, -1, 1).astype(np.float32)  # what the encoder's tanh can reach
            made = self._features.run({"latents": raw[None]}, names)
            features = {name: maps[0] for name, maps in zip(names, made, strict=True)}
            estimate = _first_estimate(builder, features, stream(seed, PHASE, index))
            maps = tuple(features[name] for name in self._feature_names)
            noise = noisiness(features["phase"]) if self.makes_sketch else np.zeros((BINS, 1), np.float32)
            envelope = features.get("envelope", np.zeros((BANDS, 0), np.float32))
            yield _Chunk(index, estimate, estimate, maps, noise, envelope, features.get("stereo_width"))

    def _refine(
        self, chunks: Iterable[_Chunk], pairing: list[Window], step: int, sigma: float, seed: int
    ) -> Iterator[_Chunk]:
        """One step over all chunks in order; holds no more chunks than a batch of windows needs."""
        source, held = iter(chunks), dict[int, _Chunk]()
        for at in range(0, len(pairing), self.pair_batch):
            batch = pairing[at : at + self.pair_batch]
            missing = batch[-1].right + 1 - (max(held) + 1 if held else 0)
            held.update((chunk.index, chunk) for chunk in islice(source, missing))
            yield from self._run_windows(batch, held, step, sigma, seed)
            held = {index: chunk for index, chunk in held.items() if index >= batch[-1].left}

    def _run_windows(
        self, batch: list[Window], held: dict[int, _Chunk], step: int, sigma: float, seed: int
    ) -> Iterator[_Chunk]:
        """Denoise a batch of windows and give out the halves that are kept."""
        pairs = [(held[window.left], held[window.right]) for window in batch]
        level = np.float32(self._schedule.renoise(sigma))
        noisy = [
            [c.estimate + level * gaussian(stream(seed, DECODE, c.index, step), CHUNK_SHAPE) for c in p] for p in pairs
        ]
        inputs = {"noisy": np.array(noisy), "sigma": np.full((len(batch), 2), sigma, np.float32)}
        for place, name in enumerate(self._feature_names):
            inputs[name] = np.array([[chunk.features[place] for chunk in pair] for pair in pairs])
        (denoised,) = self._step.run(inputs)
        for window, pair, halves in zip(batch, pairs, denoised, strict=True):
            for chunk, half, keep in zip(pair, halves, (window.keep_left, window.keep_right), strict=True):
                if keep:
                    yield replace(chunk, estimate=half)

    def _finished(self, chunk: _Chunk) -> Array:
        """The estimate as it is heard."""
        if not self.makes_sketch:
            return chunk.estimate
        predicted = chunk.features[self._feature_names.index("magnitude")]
        return finished(chunk.estimate, chunk.sketch, predicted, chunk.noise, self._pull, chunk.stereo_width)


def _closed(chunks: Iterator[_Chunk], frames: int) -> Iterator[_Chunk]:
    """The chunks of a ring of `frames` STFT frames with closed phases; one chunk more comes in, where they arrive."""
    held = [next(chunks)]
    first, start = max(frames - CLOSING_FRAMES, 0), held[0].estimate[..., 0]
    for chunk in chunks:
        held.append(chunk)
        if held[0].index < first // CHUNK_STFT_FRAMES:
            yield held.pop(0)
    begin = held[0].index * CHUNK_STFT_FRAMES
    joined = np.concatenate([chunk.estimate for chunk in held], axis=-1)
    joined[..., first - begin :] = closed(joined[..., first - begin :], frames - first, start)
    for chunk, estimate in zip(held[:-1], np.split(joined, len(held), axis=-1), strict=False):
        yield replace(chunk, sketch=estimate, estimate=estimate)


def _counted(chunks: Iterable[_Chunk], count: int, on_step: OnStep | None) -> Iterator[_Chunk]:
    """The chunks, with every one told."""
    for done, chunk in enumerate(chunks, 1):
        yield chunk
        if on_step is not None:
            on_step(done, count)


def _first_estimate(builder: PhaseBuilder, features: dict[str, Array], random: np.random.Generator) -> Array:
    """The spectrogram `[4, 1024, 32]` that magnitudes and phase relations describe; zeros where none are predicted."""
    if "phase" not in features:
        return np.zeros(CHUNK_SHAPE, np.float32)
    noise = gaussian(random, (DRAWS, BINS, CHUNK_STFT_FRAMES))
    return builder.push(features["magnitude"], features["phase"], noise, features.get("anchor"))


def windows(count: int, step: int) -> list[Window]:
    """Pairing of `count` chunks in a step: (0,1),(2,3).. in even steps, shifted by one in odd steps.

    A chunk left over at the start is the left half of (0,1), at the end the right half of (n-2,n-1), and a single
    chunk is paired with itself: the left half never sees the right one.
    """
    if count == 1:
        return [Window(0, 0, keep_right=False)]
    start = step % 2 if count > 2 else 0
    pairs = [Window(left, left + 1) for left in range(start, count - 1, 2)]
    if start == 1:
        pairs.insert(0, Window(0, 1, keep_right=False))
    if (count - start) % 2 == 1:
        pairs.append(Window(count - 2, count - 1, keep_left=False))
    return pairs
