"""A request becomes stems: read the context, let the models play, write each stem with its recipe.

Runs in the worker process (and in `riffbridge replay`), the only places where the inference libraries are loaded.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from bridge_server.accompany import recipe as recipes
from bridge_server.accompany import variations
from bridge_server.accompany.context import MODEL_RATE_HZ, Context, read_context
from bridge_server.accompany.draws import DRAWS, is_silent
from bridge_server.accompany.init import Init, read_init
from bridge_server.accompany.length import Length, stem_length
from bridge_server.accompany.levels import leveled, require_numbers
from bridge_server.accompany.loop import Loop
from bridge_server.accompany.parts import OnPart, PartsOf, PartWriter
from bridge_server.accompany.playing import Material, Playing
from bridge_server.accompany.progress import OnProgress, Progress
from bridge_server.accompany.recipe import Player, Recipe
from bridge_server.accompany.reference import Reference, read_reference
from bridge_server.accompany.region import Region
from bridge_server.accompany.request import StemRequest
from bridge_server.accompany.stopwatch import StageWatch, timed
from bridge_server.accompany.straight import Straight
from bridge_server.accompany.style import Style
from bridge_server.accompany.variations import StemResult, Variation
from bridge_server.audio import new_files, safe_paths, wav_file
from bridge_server.audio.waveform import Samples, Waveform
from bridge_server.errors import BadArguments, Cancelled, FormatNotSupported, Internal, ModelMissing, OutOfMemory
from models.errors import ContextError, DeviceError, ModelError, PackError, Stopped
from models.generator import Generator
from models.session import StopSignal, runtime_version, sensible_threads

OnStem = Callable[[StemResult], None]


@dataclass
class _Job:
    """What all variations of one request share. `frames` and `rate` are those of the stems."""

    request: StemRequest
    context: Context | None
    init: Init | None
    reference: Reference | None
    playing: Playing
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
            _require_same(job, recipe)
            result = self._make(job, variations.plan(recipe.request)[recipe.index], (recipe.attempt,))
            job.progress.finish()
            return result

    def _begin(
        self, request: StemRequest, progress: Progress, context_file: Path | None, folder: Path | None = None
    ) -> _Job:
        """Everything before the first note: folder, context, stem to vary, length, and what the models hear of them."""
        out = safe_paths.out_folder(str(folder or request.out_dir))
        seconds: dict[str, float] = {}
        context, init, reference = None, None, None
        with timed(seconds, "reading"):
            if {request.context, request.init, request.reference} != {None}:
                progress.reading()
            if request.context is not None:
                context = read_context(request, context_file, self.stop.check)
            if request.init is not None:
                init = read_init(request, self.stop.check)
            if request.reference is not None:
                reference = read_reference(request, self.stop.check)
        length = stem_length(request, _length_of(context), _length_of(init))
        with timed(seconds, "encoding"):
            style = Style(self._generator.stylist, request, None if reference is None else reference.audio)
            material = Material(
                self._generator, request, context, init, style, length, self.stop.check, progress.encoding
            )
            playing = _way(request)(material)
        return _Job(request, context, init, reference, playing, length.frames, length.rate, out, progress, seconds)

    def _make(self, job: _Job, variation: Variation, attempts: Iterable[int] = range(DRAWS)) -> StemResult:
        """One stem: played until it sounds, brought to its rate, length and loudness, written with its recipe."""
        seconds = dict(job.seconds)
        for attempt in attempts:
            audio = self._play(job, variation, seconds, attempt)
            if not (silent := is_silent(job.playing.judged(audio))):
                break
        with timed(seconds, "writing"):
            job.progress.writing(variation.index)
            stem, gain = leveled(_levels(job), job.context_lufs, audio, job.rate, job.frames, self.stop.check)
            written = wav_file.write_stem(
                job.folder, variation.name, stem, job.request.format, variation.seed, self.stop.check
            )
        recipe = Recipe(
            request=job.request,
            index=variation.index,
            seed=variation.seed,
            player=self.player,
            context=None if job.context is None else job.context.mark,
            init=None if job.init is None else job.init.mark,
            reference=None if job.reference is None else job.reference.mark,
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
        """What hears the stem while it is made, where that is from its beginning on."""
        on_part = job.on_part if job.playing.goes_straight else None
        stem = PartsOf(job.request, variation, job.folder, job.frames, job.rate, job.context_lufs)
        return PartWriter(stem, MODEL_RATE_HZ, on_part, self.stop.check)

    def _play(self, job: _Job, variation: Variation, seconds: dict[str, float], attempt: int) -> Waveform:
        """The stem as the models make it, 48 kHz stereo, at least as long as wished."""
        watch, parts = StageWatch(seconds), self._parts(job, variation)

        def hear(piece: Samples) -> None:
            watch.enter("decoding")
            parts.take(piece)
            watch.enter("parts")

        def report(fraction: float, stage: str) -> None:
            watch.enter(stage)
            job.progress.playing(variation.index, fraction, watch.stage + (" again" if attempt else ""))

        watch.enter("playing")
        audio = job.playing.play(variation.seed, attempt, report, hear if parts.wanted else None)
        watch.leave()
        parts.finish()
        require_numbers(audio.samples)
        return audio


def _levels(job: _Job) -> StemRequest:
    """The request as far as levels go: what is finished in level is left as it is."""
    return replace(job.request, loudness="raw") if job.playing.keeps_level else job.request


def _length_of(heard: Context | Init | None) -> Length | None:
    return None if heard is None else Length(heard.mark.frames, heard.mark.sample_rate)


def _way(request: StemRequest) -> Callable[[Material], Playing]:
    """How a request is played."""
    if request.redo_start is not None:
        return Region
    return Loop if request.loop else Straight


def _require_same(job: _Job, recipe: Recipe) -> None:
    """Refuse to replay with other files than those of the recipe."""
    for what, path, now, then in (
        ("context", job.request.context, None if job.context is None else job.context.mark, recipe.context),
        ("stem to vary", job.request.init, None if job.init is None else job.init.mark, recipe.init),
        ("reference", job.request.reference, None if job.reference is None else job.reference.mark, recipe.reference),
    ):
        if now != then:
            raise BadArguments(f"The {what} is not the one of the recipe any more.", f"Restore {path}")


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
