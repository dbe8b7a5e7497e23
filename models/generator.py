"""Everything a worker needs of a pack: context in, stems out, on one verified device."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from models.canvas import Canvas, Heard
from models.codec import Codec
from models.errors import DeviceError, ModelError, PackError, Stopped
from models.guidance import UNGUIDED, Guidance
from models.joins import YIELDING_CHUNKS, sigmas_from, spans
from models.latent_graph import LatentGraph
from models.on_demand import LatentsOnDemand
from models.pack import Pack
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
        self._nulls = self.pack.array("null_clap.npy"), self.pack.array("null_context.npy")
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
        slots, size = self._silence.shape[1:]
        levels, start = self.beginning(steps, under)
        plan = spans(chunks, self.pack.manifest.dimensions.window_chunks)
        orders = [np.arange(span.start * slots, span.end * slots) for span in plan]

        heard = None if context_latents is None else self._heard(context_latents)
        empty, nothing = np.zeros((chunks * slots, size), np.float32), np.zeros(chunks * slots, bool)
        canvas = self.canvas(empty, nothing, heard, style, guidance)
        start = None if start is None else start.reshape(-1, size)
        written, told = canvas.write_windows(orders, levels, start, seed, attempt, on_step), 0
        for span, _ in zip(plan, written, strict=True):
            final = span.end if span is plan[-1] else span.end - YIELDING_CHUNKS
            yield canvas.latents[told * slots : final * slots].reshape(-1, slots, size).copy()
            told = final

    def canvas(
        self,
        latents: Array,
        known: NDArray[np.bool_],
        context: Array | Heard | None,
        style: Array | None,
        guidance: Guidance,
    ) -> Canvas:
        """A piece in the making, `[slot, 64]`; the other arguments are as in `generate`."""
        return Canvas(self._graph, self.schedule, latents, known, context, style, guidance)

    def beginning(self, steps: int | None, under: Underlay | None) -> tuple[Sequence[float], Array | None]:
        """Noise levels of a piece, and what lies under the noise of the first (None: noise alone)."""
        sigmas = self.schedule.sigmas(steps or self.pack.manifest.steps)
        if under is None or under.ignores_all:
            return sigmas, None
        return sigmas_from(sigmas, self.schedule.sigma(under.index)), under.latents

    def _heard(self, latents: Array | LatentsOnDemand) -> Heard:
        """Context `[slot, 64]` for the slots before an end, that of a chunk: cut, or followed by silence."""
        slots, size = self._silence.shape[1:]

        def heard(end: int) -> Array:
            given = latents[: end // slots]
            return np.concatenate([given, np.repeat(self._silence, end // slots - len(given), 0)]).reshape(-1, size)

        return heard

    def _check_arrays(self) -> None:
        """Refuse tables of the wrong size."""
        size = self.pack.manifest.dimensions
        shapes = tuple(array.shape for array in self._nulls)
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
        dit = Session(self.pack.path("c_dit.onnx"), device, threads, self.stop)
        self._graph = LatentGraph(dit, *self._nulls, self.pack.manifest.latent_limit)
        self.stylist = Stylist(self.pack, device, threads, self.stop)
        sessions = (*self.codec.sessions, dit)
        if len({session.provider for session in sessions}) > 1:
            raise DeviceError("Some of the models run on the GPU and some do not: choose the CPU.")
        self.device, self.provider = dit.device, dit.provider

    def _verify(self) -> None:
        """One chunk of silence through every graph; also the first run, which is slow, is over then."""
        self._silence = self.codec.encode(np.zeros((2, CHUNK_FRAMES), np.float32))
        audio = self.generate(self._silence, 1, self.stylist.of_words("", 0), seed=0, steps=1)
        if audio.shape != (2, CHUNK_FRAMES) or not np.isfinite(audio).all():
            raise DeviceError(f"The models give no finite audio on {self.device}.")
