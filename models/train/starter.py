"""The starter pack from nothing (or from a pack) in a given time on one, two or four GPUs: all stages, by wall clock.

    python -m models.train.starter --minutes 28 --out runs --sound-font MuseScore_General_Lite.sf3
    python -m models.train.starter --minutes 26 --gpus 2 --out runs --from models/packs/starter --sound-font ...

Songs are rendered all the while by CPU workers. The stages of a lane follow each other, each until its share of the
time is over; two GPUs have a lane each, the codec on one, what is learnt from latents on the other, since latents ask
for the encoder only; the U-Net, a baseline for the tables, has the DiT's time where the codec is done. Four GPUs share
one beginning, the encoder on three of them at once and CLAP on the last, and then have three lanes: the decoder on one,
the DiT and then the C-DiT on two at once, and on the last the U-Net, for twice the DiT's time, which on one GPU is as
much work. A stage on several GPUs is data-parallel, see `models.train.several`. Beside the lanes: a few steps of the
decoder stage are rehearsed, which fills torch's compile cache and saves up to two minutes later; finished songs are
encoded into latents; the bridge learns from the pairs that the CLAP stage leaves behind.
`--keep encoder` leaves the encoder stage out: latents, and what was trained on them, stay valid; the decoder's time
then begins with the pre-decoder alone (stage `sketch` of `models.train.codec`). `--keep encoder clap` leaves words and
bridge as they are, too, and latents are encoded from the start; `--keep clap` leaves only these two as they are.
`--keep decoder` trains the encoder for the decoder that there is (stage `hearing`). `--keep encoder decoder clap` is
for the latent models alone: of four GPUs the one of the decoder encodes latents, too, which they never have enough of.
Ends with the commands that export and judge the pack. `--dry-run` prints the plan: when each step must be over, the
GPUs it runs on, its command. New words alone need none, see `models.train.paraphrase`.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import time
from dataclasses import dataclass, replace
from pathlib import Path

CLAP, ENCODER, SKETCH, DECODER, DIT, CONSISTENCY, UNET = "clap", "encoder", "sketch", "decoder", "dit", "c_dit", "unet"
SKETCH_SHARE = 0.4  # of the decoder's time, for the pre-decoder alone, where the encoder is kept
BRIDGE_S = 200.0
REHEARSAL_S = 110.0  # when the stage before it has been compiled, and compiling the next does not slow it down
SONGS_PER_S = {1: 8.0, 2: 20.0, 4: 60.0}  # encoded into latents beside other stages
PATIENCE_S = 300.0
POLL_S = 0.1


@dataclass(frozen=True)
class Stage:
    """The place of a training stage in a plan."""

    share: float  # of the time that its lane takes
    after: tuple[str, ...] = ()  # stages that it follows in its lane; several lanes may begin with the same ones
    gpus: tuple[int, ...] = (0,)
    spare: float = 0.0  # share of the time that nothing follows it in


# The shares include compilation: measured 80 to 150 s for a codec stage, 25 to 45 s for the others.
LANES: dict[int, dict[str, Stage]] = {
    1: {
        CLAP: Stage(0.12),
        ENCODER: Stage(0.19, (CLAP,)),
        DECODER: Stage(0.38, (ENCODER,)),
        DIT: Stage(0.13, (DECODER,)),
        CONSISTENCY: Stage(0.18, (DIT,)),
    },
    2: {
        ENCODER: Stage(0.30),
        DECODER: Stage(0.42, (ENCODER,)),
        UNET: Stage(0.28, (DECODER,)),
        CLAP: Stage(0.30, gpus=(1,)),
        DIT: Stage(0.28, (CLAP,), gpus=(1,)),
        CONSISTENCY: Stage(0.42, (DIT,), gpus=(1,)),
    },
    4: {
        ENCODER: Stage(0.30, gpus=(0, 1, 2)),
        CLAP: Stage(0.30, gpus=(3,)),
        DECODER: Stage(0.70, (ENCODER,)),
        DIT: Stage(0.26, (ENCODER, CLAP), gpus=(1, 2)),
        CONSISTENCY: Stage(0.44, (DIT,), gpus=(1, 2)),
        UNET: Stage(0.52, (ENCODER, CLAP), gpus=(3,), spare=0.18),
    },
}
LATENTS_GPU = {1: 0, 2: 0, 4: 3}  # beside the stages that matter less than the latent models; unused GPUs join it


@dataclass(frozen=True)
class Step:
    """One command of the plan: a process, or, for a stage on several GPUs, one for each of them."""

    name: str
    arguments: tuple[str, ...]
    until_s: float  # seconds from the start when it must be over
    after: tuple[str, ...] = ()  # steps that must be over before it begins
    needs: tuple[Path, ...] = ()  # files that must be there
    delay_s: float = 0.0  # seconds from the start before which it does not begin
    gpus: tuple[int, ...] = ()  # none: it runs on the processor
    beside: bool = False  # no stage of a lane
    may_fail: bool = False  # saves time when it works, and nothing reads what it makes

    @property
    def is_data_parallel(self) -> bool:
        """Whether torchrun starts it; what lies beside sees all of its GPUs in one process."""
        return len(self.gpus) > 1 and not self.beside

    @property
    def command(self) -> tuple[str, ...]:
        """The module that Python runs, and its arguments."""
        if not self.is_data_parallel:
            return self.arguments
        return ("torch.distributed.run", "--standalone", "--nproc-per-node", str(len(self.gpus)), "-m", *self.arguments)

    @property
    def environment(self) -> dict[str, str]:
        """Variables that its command gets besides those of this process."""
        variables = {}
        if self.gpus not in ((), (0,)):
            variables["CUDA_VISIBLE_DEVICES"] = ",".join(map(str, self.gpus))
        if self.is_data_parallel:
            variables["NCCL_NVLS_ENABLE"] = "0"  # multicast over NVLink is not available on every machine
        return variables


def plan(options: argparse.Namespace, now: float) -> list[Step]:
    """All processes in order; `now` is the start in Unix seconds."""
    run = {name: str(options.out / name) for name in (CLAP, ENCODER, SKETCH, DECODER, DIT, CONSISTENCY, UNET)}
    latents, pool, pairs = str(options.latents), str(options.pool), str(options.pairs)
    start = ("--from", str(options.start)) if options.start else ()
    pack = (options.start / "manifest.json",) if options.start else ()
    made = {CLAP, ENCODER} - set(options.keep)
    encoder, words_of = (run[name] if name in made else str(options.start) for name in (ENCODER, CLAP))
    learn = "hearing" if DECODER in options.keep else "encoder"
    stages, last_gpu = _stages(options), (options.gpus - 1,)
    codec, clap, latent = "models.train.codec", "models.train.clap", "models.train.latent"
    sketched = run[SKETCH] if SKETCH in stages else encoder
    words = {
        CLAP: (clap, "--pool", pool, "--pairs", pairs, "--workers", "6", *start),
        ENCODER: (codec, learn, "--pool", pool, "--batch", "192", "--wait-for", "130", *start),
        SKETCH: (codec, "sketch", "--pool", pool, "--batch", "192", "--wait-for", "130", *start),
        DECODER: (codec, "decoder", "--pool", pool, "--wait-for", "130", "--from", sketched),
        DIT: (latent, "dit", "--latents", latents, "--wait-for", "400", *(() if DIT in options.anew else start)),
        CONSISTENCY: (latent, "consistency", "--latents", latents, "--from", run[DIT]),
        UNET: (latent, "dit", "--net", "unet", "--latents", latents, "--wait-for", "400"),
    }
    songs = Path(f"{pool}.serial")  # the last file that a new pool gets
    asks = {name: (*pack, songs) for name in (ENCODER, SKETCH, DECODER, CLAP)} | {DIT: pack}
    follows = {DECODER: made & {ENCODER}, DIT: made, UNET: made}
    ends = _ends(stages, options.minutes * 60)
    last_s = max(ends.values())
    steps = [Step("songs", _songs(options, last_s), last_s, beside=True)]
    if options.start and DECODER in stages:
        before = SKETCH if SKETCH in stages else ENCODER
        # A pack may lack what the encoder stage adds, and would be compiled in another form: then without its weights.
        known = start if before == SKETCH else ()
        rehearsal = (codec, "decoder", "--pool", pool, "--steps", "6", *known, "--out", str(options.out / "rehearsal"))
        wait = ((), (*pack, songs), REHEARSAL_S)
        steps.append(Step("rehearsal", rehearsal, ends[before], *wait, last_gpu, beside=True, may_fail=True))
    for name, stage in stages.items():
        until = ("--until", f"{now + ends[name]:.0f}", "--out", run[name])
        after = tuple(sorted({*stage.after, *follows.get(name, ())}))
        steps.append(Step(name, (*words[name], *until), ends[name], after, asks.get(name, ()), 0.0, stage.gpus))
    begins_s = max((ends[name] for name in made), default=0.0)
    worth_it_s = ends[DECODER] if options.gpus > 1 and DECODER in stages else ends[CONSISTENCY] - 150
    encode_s = max(60.0, worth_it_s - begins_s)
    encode = ("models.train.latents", "--codec", encoder, "--clap", words_of, "--pool", pool, "--out", latents,
              "--seconds", f"{encode_s:.0f}", "--songs-per-s", str(SONGS_PER_S[options.gpus]))  # fmt: skip
    bridge = (
        "models.train.gap_bridge",
        "--pairs",
        pairs,
        "--out",
        str(options.out / "bridge"),
        "--seconds",
        f"{BRIDGE_S:.0f}",
    )
    after, read = tuple(sorted(made)), (*pack, *(() if made else (songs,)))
    used = {gpu for name, stage in stages.items() if name not in made for gpu in stage.gpus}
    latents_gpus = tuple(sorted({LATENTS_GPU[options.gpus], *(set(range(options.gpus)) - used)}))
    steps.append(Step("latents", encode, ends[CONSISTENCY], after, read, 0.0, latents_gpus, beside=True))
    if CLAP in made:
        steps.append(Step("bridge", bridge, ends[CONSISTENCY], (CLAP,), (), 0.0, last_gpu, beside=True))
    return steps


def _stages(options: argparse.Namespace) -> dict[str, Stage]:
    """The stages that are not kept; what follows a kept one comes in its place."""
    found: dict[str, Stage] = {}
    instead: dict[str, tuple[str, ...]] = {}
    for name, stage in LANES[options.gpus].items():
        after = tuple(one for other in stage.after for one in instead[other])
        instead[name] = after if name in options.keep else (name,)
        if name in options.keep:
            continue
        if name == DECODER and ENCODER in options.keep:
            found[SKETCH] = replace(stage, share=stage.share * SKETCH_SHARE, after=after)
            stage, after = replace(stage, share=stage.share * (1 - SKETCH_SHARE)), (SKETCH,)
        found[name] = replace(stage, after=after)
    if DECODER in options.keep and UNET in found:  # it begins with the DiT, and ends with it
        spare = found[DIT].share + found[CONSISTENCY].share - found[UNET].share
        found[UNET] = replace(found[UNET], spare=spare)
    return found


def _ends(stages: dict[str, Stage], seconds: float) -> dict[str, float]:
    """The second in which each stage must be over: a stage and those after it share what is left when it begins."""
    shares: dict[str, float] = {}  # of a stage and the longest lane after it
    for name, stage in reversed(stages.items()):
        followers = (shares[other] for other, follower in stages.items() if name in follower.after)
        shares[name] = stage.share + max(followers, default=stage.spare)
    ends: dict[str, float] = {}
    for name, stage in stages.items():
        begin = max((ends[other] for other in stage.after), default=0.0)
        ends[name] = begin + (seconds - begin) * stage.share / shares[name]
    return ends


def _songs(options: argparse.Namespace, seconds: float) -> tuple[str, ...]:
    font = tuple(part for path in options.sound_font for part in ("--sound-font", str(path)))
    size = ("--slots", str(options.slots), "--workers", str(options.workers), "--first-seed", str(options.first_seed))
    return ("models.data.pool", "--path", str(options.pool), "--seconds", f"{seconds:.0f}", *size, *font)


def _line(step: Step) -> str:
    """What `--dry-run` prints of a step."""
    place = f"GPU {','.join(map(str, step.gpus))}" if step.gpus else "CPU"
    return f"{'+' if step.beside else ' '} {step.until_s:6.0f} s  {place:9}  {' '.join(step.command)}"


def carry_out(steps: list[Step], log: Path) -> None:
    """Run the plan, every step as soon as it may; one that fails and may not ends it with the last lines of its log."""
    log.mkdir(parents=True, exist_ok=True)
    begun, waiting, done = time.monotonic(), list(steps), set[str]()
    running: dict[str, subprocess.Popen[bytes]] = {}
    may_fail = {step.name for step in steps if step.may_fail}
    try:
        while waiting or running:
            for step in [step for step in waiting if _may_begin(step, done, time.monotonic() - begun)]:
                waiting.remove(step)
                running[step.name] = _begin(step, log)
            for name in [name for name, process in running.items() if process.poll() is not None]:
                if running.pop(name).returncode:
                    words = f"{name} failed:\n{(log / f'{name}.txt').read_text()[-2000:]}"
                    if name not in may_fail:
                        raise SystemExit(words)
                    print(words, flush=True)
                done.add(name)
            time.sleep(POLL_S)
    finally:
        for process in running.values():
            process.terminate()


def _may_begin(step: Step, done: set[str], elapsed_s: float) -> bool:
    """Nothing that the step waits for is missing; SystemExit when a file does not come."""
    if elapsed_s < step.delay_s or not set(step.after) <= done:
        return False
    missing = [path for path in step.needs if not path.exists()]
    if missing and elapsed_s > PATIENCE_S:
        raise SystemExit(f"{step.name} waits for {missing[0]}, which is not there.")
    return not missing


def _begin(step: Step, log: Path) -> subprocess.Popen[bytes]:
    path = log / f"{step.name}.txt"
    print(f"{step.name} runs until {step.until_s:.0f} s; log in {path}", flush=True)
    with path.open("w") as file:
        command = [sys.executable, "-m", *step.command]
        return subprocess.Popen(command, stdout=file, stderr=subprocess.STDOUT, env=os.environ | step.environment)


def export_command(options: argparse.Namespace) -> str:
    """What makes a pack of the runs and of what was kept; the bridge stays with the words."""
    kept = {*options.keep, *(("bridge",) if CLAP in options.keep else ())}
    codec = ENCODER if DECODER in kept and ENCODER not in kept else DECODER  # the last one trained
    runs = {"codec": codec, "dit": CONSISTENCY, "clap": CLAP, "bridge": "bridge"}
    parts = (f"--{part} {options.start if run in kept else options.out / run}" for part, run in runs.items())
    reuse = f" --reuse {options.start}" if options.keep else ""
    return f"python -m models.export {' '.join(parts)}{reuse} --out PACK"


def main(arguments: list[str] | None = None) -> None:
    """Reads the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, required=True)
    parser.add_argument("--gpus", type=int, choices=LANES, default=1)
    parser.add_argument("--out", type=Path, required=True, help="folder of the runs")
    parser.add_argument("--from", dest="start", type=Path, help="pack to go on from")
    parser.add_argument(
        "--keep", nargs="+", choices=(ENCODER, DECODER, CLAP), default=[], help="with --from: leave it as it is"
    )
    parser.add_argument("--anew", nargs="+", choices=(DIT,), default=[], help="with --from: begin it from nothing")
    parser.add_argument("--sound-font", type=Path, action="append", default=[])
    parser.add_argument("--first-seed", type=int, default=0, help="of the songs; take another one in every run")
    parser.add_argument("--workers", type=int, default=6, help="processes that render songs")
    parser.add_argument("--slots", type=int, default=1000, help="excerpts held in memory and on the GPU, 24 MB each")
    parser.add_argument("--pool", type=Path, default=Path("/dev/shm/songs"))
    parser.add_argument("--latents", type=Path, default=Path("/dev/shm/latents"))
    parser.add_argument("--pairs", type=Path, default=Path("/dev/shm/pairs"))
    parser.add_argument("--dry-run", action="store_true")
    options = parser.parse_args(arguments)
    if options.keep and not options.start:
        parser.error("--keep needs a pack to keep it of: name one with --from.")
    steps = plan(options, time.time())
    if options.dry_run:
        print("\n".join(_line(step) for step in steps))
        return
    Path(f"{options.pool}.serial").unlink(missing_ok=True)
    carry_out(steps, options.out / "log")
    print(export_command(options))
    print("python -m models.evaluate.codec_table --pack PACK")
    print("python -m models.evaluate.accompaniment_table --pack PACK")


if __name__ == "__main__":
    main()
