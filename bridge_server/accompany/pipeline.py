"""A request becomes stems: read the context, let the models play, write each stem with its recipe.

Runs in the worker process (and in `riffbridge replay`), the only places where the inference libraries are loaded.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from bridge_server.accompany import recipe as recipes
from bridge_server.accompany import variations
from bridge_server.accompany.context import MODEL_RATE_HZ, Context, read_context
from bridge_server.accompany.draws import DRAWS, is_silent
from bridge_server.accompany.levels import leveled, require_numbers
from bridge_server.accompany.parts import OnPart, PartsOf, PartWriter
from bridge_server.accompany.progress import OnProgress, Progress
from bridge_server.accompany.recipe import Player, Recipe
from bridge_server.accompany.request import StemRequest
from bridge_server.accompany.stopwatch import StageWatch, timed
from bridge_server.accompany.variations import StemResult, Variation
from bridge_server.audio import new_files, safe_paths, wav_file
from bridge_server.audio.regions import check_length
from bridge_server.audio.resample import frames_at
from bridge_server.audio.waveform import Waveform
from bridge_server.errors import BadArguments, Cancelled, FormatNotSupported, Internal, ModelMissing, OutOfMemory
from models.errors import ContextError, DeviceError, ModelError, PackError, Stopped
from models.generator import Generator
from models.on_demand import LatentsOnDemand
from models.session import StopSignal, runtime_version, sensible_threads

OnStem = Callable[[StemResult], None]


@dataclass
class _Job:
    """What all variations of one request share. `frames` and `rate` are those of the stems."""

    request: StemRequest
    context: Context | None
    latents: NDArray[np.float32] | LatentsOnDemand | None
    frames: int
    rate: int
    folder: Path
    progress: Progress
    seconds: dict[str, float] = field(default_factory=dict)
    on_part: OnPart | None = None

    @property
    def context_lufs(self) -> float | None:
        """Loudness of the context, if there is one."""
        return None if self.context is None else self.context.lufs


class Accompanist:
    """The loaded models and what they are used for. Not for several threads, apart from `stop`."""

    def __init__(self, pack_folder: Path, device: str = "auto", threads: int | None = None) -> None:
        """Load, verify and warm up (seconds). Raises ModelMissing with what is wrong and what helps."""
        self.stop = StopSignal()
        self.threads = threads or sensible_threads()
        with _as_riff_errors():
            self._generator = Generator(pack_folder, device, self.threads, self.stop)
        manifest = self._generator.pack.manifest
        self.device, self.provider = self._generator.device, self._generator.provider
        self.pack_name, self.default_steps = manifest.name, manifest.steps
        self.player = Player(
            pack=manifest.name,
            pack_version=manifest.version,
            manifest_sha256=_manifest_sha256(pack_folder),
            device=self.device,
            threads=self.threads,
            runtime=f"onnxruntime {runtime_version()}, numpy {np.__version__}",
        )

    def run(
        self,
        request: StemRequest,
        on_progress: OnProgress,
        on_stem: OnStem,
        context_file: Path | None = None,
        on_part: OnPart | None = None,
    ) -> list[StemResult]:
        """Make all stems of a request; stems it finished before a crash are reported and not made again.

        Args:
            on_progress: called with a fraction that never falls and the name of the stage, at least once per
                denoising step and decoded chunk.
            on_stem: called as soon as a stem lies on the disk under its final name.
            context_file: a private copy to read instead of `request.context`.
            on_part: called with each part of a stem that is still being made, if the request asks for `stream`.

        Raises only RiffError; Cancelled after `stop.stop()`.
        """
        with _as_riff_errors():
            progress = Progress(on_progress, request.variations)
            job, results = None, []
            for variation in variations.plan(request):
                result = recipes.finished(request, variation, Path(request.out_dir))
                if result is None:
                    job = job or replace(self._begin(request, progress, context_file), on_part=on_part)
                    result = self._make(job, variation)
                results.append(result)
                on_stem(result)
            progress.finish()
            return results

    def replay(self, recipe: Recipe, folder: Path, on_progress: OnProgress) -> StemResult:
        """Make the stem of a recipe again in `folder`; its `sha256` tells whether the bytes are the same.

        Raises BadArguments when pack or context are not those of the recipe, so that a difference means something.
        """
        if recipe.player.manifest_sha256 != self.player.manifest_sha256:
            made_with = f"{recipe.player.pack} {recipe.player.pack_version}"
            raise BadArguments(
                f"The stem was made with the pack {made_with}, and another one is loaded.",
                "Give the folder of that pack with --pack.",
            )
        with _as_riff_errors():
            job = self._begin(recipe.request, Progress(on_progress, 1), None, folder)
            if job.context is not None and job.context.mark != recipe.context:
                raise BadArguments(
                    "The context is not the one of the recipe any more.", f"Restore {recipe.request.context}"
                )
            result = self._make(job, variations.plan(recipe.request)[recipe.index], (recipe.attempt,))
            job.progress.finish()
            return result

    def _begin(
        self, request: StemRequest, progress: Progress, context_file: Path | None, folder: Path | None = None
    ) -> _Job:
        """Everything before the first note: folder, context, latents of the context, length of the stems."""
        out = safe_paths.out_folder(str(folder or request.out_dir))
        seconds: dict[str, float] = {}
        if request.context is None:
            rate = request.sample_rate or MODEL_RATE_HZ
            frames = request.length_frames or 0
            check_length(frames, rate)
            return _Job(request, None, None, frames, rate, out, progress, seconds)
        with timed(seconds, "reading"):
            progress.reading()
            context = read_context(request, context_file, self.stop.check)
        with timed(seconds, "encoding"):
            latents = self._encode(request, context, progress)
        rate = request.sample_rate or context.mark.sample_rate
        frames = frames_at(context.mark.frames, context.mark.sample_rate, rate)
        return _Job(request, context, latents, frames, rate, out, progress, seconds)

    def _encode(
        self, request: StemRequest, context: Context, progress: Progress
    ) -> NDArray[np.float32] | LatentsOnDemand:
        """The context's latents; for a stem that is told in parts, encoded while it is played."""
        progress.encoding(0.0)
        encode = self._generator.encode_on_demand if request.stream else self._generator.encode_context
        return encode(context.audio.samples, lambda done, of: progress.encoding(done / of))

    def _make(self, job: _Job, variation: Variation, attempts: Iterable[int] = range(DRAWS)) -> StemResult:
        """One stem: played until it sounds, brought to its rate, length and loudness, written with its recipe."""
        seconds, wished = dict(job.seconds), frames_at(job.frames, job.rate, MODEL_RATE_HZ)
        for attempt in attempts:
            audio = self._play(job, variation, seconds, attempt)
            if not (silent := is_silent(audio.samples[:, :wished])):
                break
        with timed(seconds, "writing"):
            job.progress.writing(variation.index)
            stem, gain = leveled(job.request, job.context_lufs, audio, job.rate, job.frames, self.stop.check)
            written = wav_file.write_stem(
                job.folder, variation.name, stem, job.request.format, variation.seed, self.stop.check
            )
        recipe = Recipe(
            request=job.request,
            index=variation.index,
            seed=variation.seed,
            player=self.player,
            context=None if job.context is None else job.context.mark,
            gain=gain,
            file=written.path.name,
            sha256=written.sha256,
            frames=stem.frames,
            sample_rate=stem.sample_rate,
            seconds={stage: round(time_s, 4) for stage, time_s in seconds.items()},
            attempt=attempt,
            silent=silent,
            cut=None if job.context is None else job.context.cut,
        )
        recipes.save(recipe, job.folder)
        return recipe.result(job.folder, variation.count)

    def _parts(self, job: _Job, variation: Variation) -> PartWriter:
        """What hears the stem while it is made."""
        stem = PartsOf(job.request, variation, job.folder, job.frames, job.rate, job.context_lufs)
        return PartWriter(stem, MODEL_RATE_HZ, job.on_part, self.stop.check)

    def _style(self, job: _Job, variation: Variation) -> NDArray[np.float32] | None:
        """What the stem shall sound like, another such sound for every seed; None: the model's choice."""
        prompt = job.request.prompt.strip()
        return self._generator.stylist.of_words(prompt, variation.seed) if prompt else None

    def _play(self, job: _Job, variation: Variation, seconds: dict[str, float], attempt: int) -> Waveform:
        """The stem as the models make it, 48 kHz stereo, at least as long as wished."""
        chunks = self._generator.chunks_for(frames_at(job.frames, job.rate, MODEL_RATE_HZ))
        watch, parts = StageWatch(seconds), self._parts(job, variation)

        def hear(piece: NDArray[np.float32]) -> None:
            watch.enter("decoding")
            parts.take(piece)
            watch.enter("parts")

        def report(fraction: float, stage: str) -> None:
            watch.enter(stage)
            job.progress.playing(variation.index, fraction, watch.stage + (" again" if attempt else ""))

        watch.enter("playing")
        samples = self._generator.generate(
            job.latents,
            chunks,
            self._style(job, variation),
            variation.seed,
            job.request.steps,
            report,
            attempt,
            on_audio=hear if parts.wanted else None,
        )
        watch.leave()
        parts.finish()
        require_numbers(samples)
        return Waveform(np.asarray(samples, np.float32), MODEL_RATE_HZ)


def _manifest_sha256(pack_folder: Path) -> str:
    with safe_paths.open_file(str((pack_folder / "manifest.json").absolute())) as file:
        return wav_file.sha256_of(file.handle)


@contextmanager
def _as_riff_errors() -> Iterator[None]:
    """What models, memory and disk raise, as errors of the protocol."""
    try:
        yield
    except Stopped as error:
        raise Cancelled() from error
    except (PackError, DeviceError) as error:
        raise ModelMissing(str(error)) from error
    except ContextError as error:
        raise FormatNotSupported(str(error)) from error
    except (MemoryError, ModelError) as error:
        if isinstance(error, MemoryError) or "allocate" in str(error) or "memory" in str(error).lower():
            raise OutOfMemory() from error
        raise Internal(str(error)) from error
    except OSError as error:
        raise new_files.write_error(error, Path(error.filename or ".")) from error
