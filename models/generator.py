"""Everything a worker needs of a pack: context in, stems out, on one verified device."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from models.codec import Codec
from models.errors import DeviceError, ModelError, PackError, Stopped
from models.guidance import UNGUIDED, Guidance, mix
from models.joins import YIELDING_CHUNKS, Span, held, sigmas_from, sigmas_to_go_on, spans
from models.noise import latents_stream
from models.on_demand import LatentsOnDemand
from models.pack import Pack
from models.recall import recalled
from models.sampler import Denoise, Known, sample
from models.schedule import Schedule
from models.session import Session, StopSignal
from models.spectrogram import CHUNK_FRAMES
from models.style import Stylist
from models.underlay import Underlay

Array = NDArray[np.float32]
OnProgress = Callable[[float, str], None]
"""Called with the fraction done (0..1) of one stem and the stage: `playing` (latents) or `decoding` (audio)."""

OnAudio = Callable[[Array], None]
"""Called with a piece of finished audio `[2, frame]`, from the beginning of the stem on."""


class Generator:
    """A loaded pack. Not for several threads at once, apart from `stop`."""

    def __init__(
        self, pack_folder: Path | str, device: str = "auto", threads: int = 0, stop: StopSignal | None = None
    ) -> None:
        """Verify and load the pack and make one small real run on the device (PackError, DeviceError)."""
        self.pack = Pack.open(pack_folder)
        self.stop = stop or StopSignal()
        self._null_clap, self._null_context = self.pack.array("null_clap.npy"), self.pack.array("null_context.npy")
        self._check_arrays()
        self._load_verified(device, threads)

    @property
    def sample_rate(self) -> int:
        """Frames per second of all audio here."""
        return self.pack.manifest.dimensions.sample_rate

    @property
    def chunk_frames(self) -> int:
        """Audio frames of a chunk."""
        return CHUNK_FRAMES

    def chunks_for(self, frames: int) -> int:
        """Whole chunks that hold a number of 48 kHz frames."""
        return max(1, -(-frames // CHUNK_FRAMES))

    @property
    def guidance(self) -> Guidance:
        """How strongly context and prompt are followed when nobody says."""
        return self.pack.manifest.guidance

    @property
    def schedule(self) -> Schedule:
        """Noise levels of the pack."""
        return self.pack.manifest.schedule

    def encode_context(self, audio: Array, on_step: Callable[[int, int], None] | None = None) -> Array:
        """Audio `[2, frame]` at 48 kHz -> latents `[chunk, 8, 64]`; silence fills the last chunk.

        on_step(done, of) counts chunks. Raises ContextError for another shape and for values that are no numbers.
        """
        return self.codec.encode(np.asarray(audio, np.float32), on_step)

    def encode_on_demand(self, audio: Array, on_step: Callable[[int, int], None] | None = None) -> LatentsOnDemand:
        """The same as `encode_context`, but encoded window by window while `generate` plays."""
        return self.codec.encode_on_demand(np.asarray(audio, np.float32), on_step)

    def generate(
        self,
        context_latents: Array | LatentsOnDemand | None,
        chunks: int,
        style: Array | None = None,
        seed: int = 0,
        steps: int | None = None,
        on_progress: OnProgress | None = None,
        attempt: int = 0,
        guidance: Guidance = UNGUIDED,
        under: Underlay | None = None,
        on_audio: OnAudio | None = None,
    ) -> Array:
        """One stem `[2, 32768 chunks]` at 48 kHz; the same arguments give the same bytes on the same machine.

        Context and style may each be missing (None): every combination was trained. Variations are made one by one, so
        that the first is there early: a batch of four would save 3 of the 16 ms of a DiT step on two cores, 0.01 s of
        the 2.7 s that a stem of 10.24 s takes.

        Args:
            style: unit vector `[512]` of a sound, see `stylist`.
            under: a piece of as many chunks to vary.
            on_audio: hears the stem from its beginning in pieces `[2, frame]`, while the rest is made.
        """
        report, shares = on_progress or (lambda fraction, stage: None), [0.0, 0.0]

        def played(done: int, of: int) -> None:
            shares[0] = 0.2 * done / of
            report(sum(shares), "playing")

        def decoded(done: int, of: int) -> None:
            shares[1] = 0.8 * done / of
            report(sum(shares), "decoding")

        written = self.windows(context_latents, chunks, style, seed, steps, played, attempt, guidance, under)
        latents = (chunk for window in written for chunk in window)
        audio, at = np.empty((2, chunks * CHUNK_FRAMES), np.float32), 0
        for piece in self.codec.pieces(latents, chunks, seed, on_step=decoded):
            audio[:, at : at + piece.shape[1]] = piece
            at += piece.shape[1]
            if on_audio is not None:
                on_audio(piece)
        return audio

    def write(
        self,
        context_latents: Array | LatentsOnDemand | None,
        chunks: int,
        style: Array | None = None,
        seed: int = 0,
        steps: int | None = None,
        on_step: Callable[[int, int], None] | None = None,
        attempt: int = 0,
        guidance: Guidance = UNGUIDED,
        under: Underlay | None = None,
    ) -> Array:
        """Latents `[chunk, 8, 64]` of one stem."""
        written = self.windows(context_latents, chunks, style, seed, steps, on_step, attempt, guidance, under)
        return np.concatenate(list(written))

    def windows(
        self,
        context_latents: Array | LatentsOnDemand | None,
        chunks: int,
        style: Array | None = None,
        seed: int = 0,
        steps: int | None = None,
        on_step: Callable[[int, int], None] | None = None,
        attempt: int = 0,
        guidance: Guidance = UNGUIDED,
        under: Underlay | None = None,
    ) -> Iterator[Array]:
        """Latents of one stem, window after window: the chunks `[chunk, 8, 64]` that no later window changes."""
        if under is not None and under.keeps_all:
            yield under.latents
            return
        manifest = self.pack.manifest
        sigmas, below = self.beginning(steps, under)
        going_on = sigmas_to_go_on(sigmas, manifest.schedule)
        latents: Array = np.zeros((chunks, *self._silence.shape[1:]), np.float32)
        plan = spans(chunks, manifest.dimensions.window_chunks)
        done, told, total = 0, 0, len(sigmas) + (len(plan) - 1) * len(going_on)
        for place, span in enumerate(plan):
            first = span.known == span.start
            levels = sigmas if first else going_on
            heard = None if context_latents is None else self._context(context_latents, span.end)
            start = None if first else _as_tokens(carried_on(latents, span, heard))
            if below is not None and (first or sigmas[0] <= going_on[0]):
                start = _as_tokens(below[span.start : span.end])
            given = None if heard is None else _as_tokens(heard[span.start :])
            denoise = self.denoiser(given, style, guidance, levels[-1])
            tokens = _as_tokens(latents[span.start : span.end])
            known = _known(tokens, (span.known - span.start) * latents.shape[1])
            step = None if on_step is None else _shifted(on_step, done, total)
            rng = latents_stream(seed, place, attempt)
            drawn = sample(denoise, tokens.shape, levels, rng, known, step, manifest.schedule, start)
            drawn = np.clip(drawn, -manifest.latent_limit, manifest.latent_limit)
            latents[span.start : span.end] = drawn.reshape(span.end - span.start, *latents.shape[1:])
            done += len(levels)
            final = span.end if span is plan[-1] else span.end - YIELDING_CHUNKS
            yield latents[told:final].copy()
            told = final

    def beginning(self, steps: int | None, under: Underlay | None) -> tuple[Sequence[float], Array | None]:
        """Noise levels of a piece, and what lies under the noise of the first (None: noise alone)."""
        sigmas = self.schedule.sigmas(steps or self.pack.manifest.steps)
        if under is None or under.ignores_all:
            return sigmas, None
        return sigmas_from(sigmas, self.schedule.sigma(under.index)), under.latents

    def denoiser(self, context: Array | None, style: Array | None, guidance: Guidance, last: float) -> Denoise:
        """The C-DiT with its conditions filled in, context as tokens `[1, token, 64]`; unguided at sigma `last`.

        The evaluations of a guided step are one batch; what they add up to is kept in the range of the training.
        """
        clap = self._null_clap if style is None else style
        if clap.shape != self._null_clap.shape:
            raise ModelError(f"A style has {len(self._null_clap)} numbers, and this one the shape {clap.shape}.")
        limit = self.pack.manifest.latent_limit

        def denoise(noisy: Array, sigma: float) -> Array:
            terms = guidance.terms(sigma if sigma > last else 0.0, context is not None, style is not None)
            none = np.broadcast_to(self._null_context, noisy.shape)
            inputs = {
                "noisy": np.repeat(noisy, len(terms), 0),
                "sigma": np.full(len(terms), sigma, np.float32),
                "context": np.concatenate([none if context is None or not term.context else context for term in terms]),
                "clap": np.stack([clap if term.prompt else self._null_clap for term in terms]),
            }
            (estimates,) = self._dit.run(inputs)
            guided: Array = mix(terms, [estimates[row : row + 1] for row in range(len(terms))])
            return guided if len(terms) == 1 else np.clip(guided, -limit, limit)

        return denoise

    def _context(self, latents: Array | LatentsOnDemand, end: int) -> Array:
        """Context for the chunks before `end`, `[end, 8, 64]`: cut, or followed by silence."""
        given = latents[:end]
        return np.concatenate([given, np.repeat(self._silence, end - len(given), 0)])

    def _check_arrays(self) -> None:
        """Refuse tables of the wrong size."""
        size = self.pack.manifest.dimensions
        shapes = (self._null_clap.shape, self._null_context.shape)
        if shapes != ((size.clap,), (size.latent,)):
            raise PackError(f"The tables of this pack have the wrong shapes {shapes}: fetch it again.")

    def _load_verified(self, device: str, threads: int) -> None:
        """Load on the device and run; `auto` goes on to the CPU when CUDA loads but does not run."""
        try:
            self._load(device, threads)
            self._verify()
        except (PackError, Stopped):
            raise
        except ModelError as error:
            if device == "cuda" and not isinstance(error, DeviceError):
                raise DeviceError(f"CUDA loads but does not run the models: {error}") from error
            if device != "auto":
                raise
            self._load("cpu", threads)
            self._verify()

    def _load(self, device: str, threads: int) -> None:
        self.codec = Codec(self.pack, device, self.stop, threads)
        self._dit = Session(self.pack.path("c_dit.onnx"), device, threads, self.stop)
        self.stylist = Stylist(self.pack, device, threads, self.stop)
        sessions = (*self.codec.sessions, self._dit)
        if len({session.provider for session in sessions}) > 1:
            raise DeviceError("Some of the models run on the GPU and some do not: choose the CPU.")
        self.device, self.provider = self._dit.device, self._dit.provider

    def _verify(self) -> None:
        """One chunk of silence through every graph; also the first run, which is slow, is over then."""
        self._silence = self.codec.encode(np.zeros((2, CHUNK_FRAMES), np.float32))
        audio = self.generate(self._silence, 1, self.stylist.of_words("", 0), seed=0, steps=1)
        if audio.shape != (2, CHUNK_FRAMES) or not np.isfinite(audio).all():
            raise DeviceError(f"The models give no finite audio on {self.device}.")


def carried_on(latents: Array, span: Span, context: Array | None) -> Array:
    """First estimate of a window `[chunk, 8, 64]`: what is known, then what fits from before the join."""
    slots = latents.shape[1]
    flat, first = latents.reshape(-1, latents.shape[-1]), span.known * slots
    beside = None if context is None else context.reshape(-1, flat.shape[1])
    again = recalled(flat, np.arange(len(flat)) < first, beside, first, (span.end - span.known) * slots)
    return np.concatenate([latents[span.start : span.known], again.reshape(-1, *latents.shape[1:])])


def _as_tokens(latents: Array) -> Array:
    """Latents `[chunk, 8, 64]` as a batch of one `[1, token, 64]`."""
    return latents.reshape(1, -1, latents.shape[-1])


def _known(tokens: Array, count: int) -> Known | None:
    """The first `count` tokens of `[1, token, 64]` as what is known."""
    if count == 0:
        return None
    return tokens, held(np.arange(tokens.shape[1]) < count)[None, :, None]


def _shifted(on_step: Callable[[int, int], None], before: int, of: int) -> Callable[[int, int], None]:
    """Steps of one window counted among the steps of all."""
    return lambda done, _: on_step(before + done, of)
