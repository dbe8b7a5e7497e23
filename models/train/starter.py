"""The starter pack from nothing (or from a pack) in a given time on one or two GPUs: all stages, by wall clock.

    python -m models.train.starter --minutes 28 --out runs --sound-font MuseScore_General_Lite.sf3
    python -m models.train.starter --minutes 26 --gpus 2 --out runs --from models/packs/starter --sound-font ...

Songs are rendered all the while by CPU workers. The stages of a lane follow each other, each until its share of the
time is over; two GPUs have a lane each, the codec on one, what is learnt from latents on the other, since latents ask
for the encoder only; the U-Net, a baseline for the tables, has the DiT's time where the codec is done. Beside the
lanes: a few steps of the decoder stage are rehearsed, which fills torch's compile cache and saves up to two minutes
later; finished songs are encoded into latents; the bridge learns from the pairs that the CLAP stage leaves behind.
`--keep encoder` leaves the encoder stage out: latents, and what was trained on them, stay valid. `--keep encoder clap`
leaves words and bridge as they are, too, and latents are encoded from the start. Ends with the commands that export
and judge the pack. `--dry-run` prints the plan.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

CLAP, ENCODER, DECODER, DIT, CONSISTENCY, UNET = "clap", "encoder", "decoder", "dit", "c_dit", "unet"
# Shares of the time per lane, compilation included: measured 80 to 150 s for a codec stage, 25 to 45 s for the others.
LANES: dict[int, tuple[dict[str, float], ...]] = {
    1: ({CLAP: 0.12, ENCODER: 0.19, DECODER: 0.38, DIT: 0.13, CONSISTENCY: 0.18},),
    2: ({ENCODER: 0.30, DECODER: 0.42, UNET: 0.28}, {CLAP: 0.30, DIT: 0.28, CONSISTENCY: 0.42}),
}
BRIDGE_S = 200.0
REHEARSAL_S = 110.0  # when the encoder stage has been compiled, and compiling the next does not slow it down
SONGS_PER_S = {1: 8.0, 2: 20.0}  # encoded into latents beside other stages
PATIENCE_S = 300.0
POLL_S = 0.1


@dataclass(frozen=True)
class Step:
    """One process of the plan."""

    name: str
    arguments: tuple[str, ...]
    until_s: float  # seconds from the start when it must be over
    after: tuple[str, ...] = ()  # steps that must be over before it begins
    needs: tuple[Path, ...] = ()  # files that must be there
    delay_s: float = 0.0  # seconds from the start before which it does not begin
    gpu: int = 0
    beside: bool = False  # no stage of a lane
    may_fail: bool = False  # saves time when it works, and nothing reads what it makes


def plan(options: argparse.Namespace, now: float) -> list[Step]:
    """All processes in order; `now` is the start in Unix seconds."""
    run = {name: str(options.out / name) for name in (CLAP, ENCODER, DECODER, DIT, CONSISTENCY, UNET)}
    latents, pool, pairs = str(options.latents), str(options.pool), str(options.pairs)
    start = ("--from", str(options.start)) if options.start else ()
    pack = (options.start / "manifest.json",) if options.start else ()
    made = {CLAP, ENCODER} - set(options.keep)
    encoder, words_of = (run[name] if name in made else str(options.start) for name in (ENCODER, CLAP))
    codec, clap, latent = "models.train.codec", "models.train.clap", "models.train.latent"
    words = {
        CLAP: (clap, "--pool", pool, "--pairs", pairs, "--workers", "6", *start),
        ENCODER: (codec, "encoder", "--pool", pool, "--batch", "192", "--wait-for", "130", *start),
        DECODER: (codec, "decoder", "--pool", pool, "--wait-for", "130", "--from", encoder),
        DIT: (latent, "dit", "--latents", latents, "--wait-for", "400", *start),
        CONSISTENCY: (latent, "consistency", "--latents", latents, "--from", run[DIT]),
        UNET: (latent, "dit", "--net", "unet", "--latents", latents),
    }
    songs = Path(f"{pool}.serial")  # the last file that a new pool gets
    asks = {ENCODER: (*pack, songs), DECODER: (*pack, songs), CLAP: (*pack, songs), DIT: pack}
    follows = {DECODER: made & {ENCODER}, DIT: made, UNET: made}
    lanes = [_lane(shares, options) for shares in LANES[options.gpus]]
    ends = {name: end for lane in lanes for name, end in lane}
    last_s = max(ends.values())
    steps = [Step("songs", _songs(options, last_s), last_s, beside=True)]
    if ENCODER in made and options.start:
        rehearsal = (codec, "decoder", "--pool", pool, "--steps", "6", "--out", str(options.out / "rehearsal"), *start)
        gpu = options.gpus - 1
        wait = ((), (*pack, songs), REHEARSAL_S)
        steps.append(Step("rehearsal", rehearsal, ends[ENCODER], *wait, gpu, beside=True, may_fail=True))
    for gpu, lane in enumerate(lanes):
        before: set[str] = set()
        for name, end in lane:
            until = ("--until", f"{now + end:.0f}", "--out", run[name])
            after = tuple(sorted(before | follows.get(name, set())))
            steps.append(Step(name, (*words[name], *until), end, after, asks.get(name, ()), 0.0, gpu))
            before = {name}
    begins_s = max((ends[name] for name in made), default=0.0)
    # On two GPUs they are encoded beside the decoder stage, which matters less than the latent models do.
    encode_s = max(60.0, (ends[DECODER] if options.gpus > 1 else ends[CONSISTENCY] - 150) - begins_s)
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
    steps.append(Step("latents", encode, ends[CONSISTENCY], after, read, 0.0, 0, beside=True))
    if CLAP in made:
        steps.append(Step("bridge", bridge, ends[CONSISTENCY], (CLAP,), (), 0.0, options.gpus - 1, beside=True))
    return steps


def _lane(shares: dict[str, float], options: argparse.Namespace) -> list[tuple[str, float]]:
    """Stages of a lane and the second in which each must be over."""
    stages = {name: share for name, share in shares.items() if name not in options.keep}
    scale, end, lane = options.minutes * 60 / sum(stages.values()), 0.0, []
    for name, share in stages.items():
        end += share * scale
        lane.append((name, end))
    return lane


def _songs(options: argparse.Namespace, seconds: float) -> tuple[str, ...]:
    font = tuple(part for path in options.sound_font for part in ("--sound-font", str(path)))
    size = ("--slots", str(options.slots), "--workers", str(options.workers), "--first-seed", str(options.first_seed))
    return ("models.data.pool", "--path", str(options.pool), "--seconds", f"{seconds:.0f}", *size, *font)


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
    seen = {"CUDA_VISIBLE_DEVICES": str(step.gpu)} if step.gpu else {}
    with path.open("w") as file:
        command = [sys.executable, "-m", *step.arguments]
        return subprocess.Popen(command, stdout=file, stderr=subprocess.STDOUT, env=os.environ | seen)


def main(arguments: list[str] | None = None) -> None:
    """Reads the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, required=True)
    parser.add_argument("--gpus", type=int, choices=LANES, default=1)
    parser.add_argument("--out", type=Path, required=True, help="folder of the runs")
    parser.add_argument("--from", dest="start", type=Path, help="pack to go on from")
    parser.add_argument("--keep", nargs="+", choices=(ENCODER, CLAP), default=[], help="with --from: leave it as it is")
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
        print("\n".join(f"{'+' if s.beside else ' '} {s.until_s:6.0f} s  {' '.join(s.arguments)}" for s in steps))
        return
    Path(f"{options.pool}.serial").unlink(missing_ok=True)
    carry_out(steps, options.out / "log")
    words = {"clap": options.start, "bridge": options.start} if CLAP in options.keep else {}
    parts = {"codec": DECODER, "dit": CONSISTENCY, "clap": CLAP, "bridge": "bridge"}
    made = {part: options.out / name for part, name in parts.items()} | words
    print("python -m models.export " + " ".join(f"--{part} {path}" for part, path in made.items()) + " --out PACK")
    print("python -m models.evaluate.codec_table --pack PACK")
    print("python -m models.evaluate.accompaniment_table --pack PACK")


if __name__ == "__main__":
    main()
