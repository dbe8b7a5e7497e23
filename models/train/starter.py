"""The starter pack from nothing (or from a pack) in a given time on one GPU: all stages, by wall clock, one command.

    python -m models.train.starter --minutes 28 --out runs --sound-font MuseScore_General_Lite.sf3
    python -m models.train.starter --minutes 28 --out runs --from models/packs/starter --keep-encoder --sound-font ...

Songs are rendered all the while by CPU workers. Beside the encoder stage a few steps of the decoder stage are
rehearsed: that fills torch's compile cache, which saves up to two minutes later. While the decoder compiles and trains,
a second process encodes the songs into latents with the finished encoder. `--keep-encoder` leaves the encoder stage
out: latents, and what was trained on them, stay valid. Ends with the commands that export and judge the pack.
`--dry-run` prints the plan.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

ENCODER, DECODER, DIT, CONSISTENCY = "encoder", "decoder", "dit", "c_dit"
# Shares of the time, compilation included: measured 90 to 150 s for a codec stage, 25 to 45 s for a latent one.
SHARES = {ENCODER: 0.21, DECODER: 0.46, DIT: 0.14, CONSISTENCY: 0.19}
REHEARSAL_S = 110  # when the encoder stage has been compiled, and compiling the next does not slow it down
WAIT_THEN = "import os, sys, time; time.sleep(float(sys.argv[1])); os.execv(sys.argv[2], sys.argv[2:])"
SONGS_PER_S = 13  # encoded into latents beside the decoder stage: a fifth of the GPU


@dataclass(frozen=True)
class Step:
    """One process of the plan."""

    name: str
    arguments: tuple[str, ...]
    until_s: float  # seconds from the start when it must be over
    beside: bool = False  # runs beside the next steps instead of before them
    after_s: float = 0.0  # seconds to wait before it begins, beside others


def plan(options: argparse.Namespace, now: float) -> list[Step]:
    """All processes in order; `now` is the start in Unix seconds."""
    total_s = options.minutes * 60
    stages = [name for name in SHARES if not (name == ENCODER and options.keep_encoder)]
    scale = total_s / sum(SHARES[name] for name in stages)
    ends: dict[str, float] = {}
    for name in stages:
        ends[name] = max(ends.values(), default=0.0) + SHARES[name] * scale
    run = {name: str(options.out / name) for name in (*SHARES, "rehearsal")}
    latents, pool = str(options.latents), str(options.pool)
    start = ("--from", str(options.start)) if options.start else ()
    font = tuple(part for path in options.sound_font for part in ("--sound-font", str(path)))

    def stage(module: str, kind: str, name: str, *more: str) -> Step:
        until = ("--until", f"{now + ends[name]:.0f}", "--out", run[name])
        return Step(name, (module, kind, *more, *until), ends[name])

    codec = "models.train.codec"
    encoder = str(options.start) if options.keep_encoder else run[ENCODER]
    song_s = f"{ends[DECODER]:.0f}"
    steps = [
        Step(
            "songs",
            ("models.data.pool", "--path", pool, "--slots", str(options.slots), "--workers", str(options.workers),
             "--seconds", song_s, "--first-seed", str(options.first_seed), *font),
            ends[DECODER],
            beside=True,
        )
    ]  # fmt: skip
    if not options.keep_encoder:
        if options.start:
            rehearsal = (codec, "decoder", "--pool", pool, "--steps", "6", "--out", run["rehearsal"], *start)
            steps.append(Step("rehearsal", rehearsal, ends[ENCODER], beside=True, after_s=REHEARSAL_S))
        steps.append(stage(codec, "encoder", ENCODER, "--pool", pool, "--batch", "192", "--wait-for", "130", *start))
    encode_s = ends[DECODER] - ends.get(ENCODER, 0.0) - 10
    steps += [
        Step(
            "latents",
            ("models.train.latents", "--codec", encoder, "--pool", pool, "--out", latents,
             "--seconds", f"{encode_s:.0f}", "--songs-per-s", str(SONGS_PER_S)),
            ends[DECODER],
            beside=True,
        ),
        stage(codec, "decoder", DECODER, "--from", encoder, "--pool", pool, "--wait-for", "130"),
        stage("models.train.latent", "dit", DIT, "--latents", latents, *start),
        stage("models.train.latent", "consistency", CONSISTENCY, "--latents", latents, "--from", run[DIT]),
    ]  # fmt: skip
    return steps


def wait_for(path: Path | None) -> None:
    """Wait until a file is there, a minute at most."""
    for _ in range(600):
        if path is None or path.exists():
            return
        time.sleep(0.1)


def carry_out(steps: list[Step], log: Path, pool: Path) -> None:
    """Run the plan; a step that fails ends it with the last lines of its log."""
    log.mkdir(parents=True, exist_ok=True)
    beside = []
    ready = {"songs": Path(f"{pool}.serial")}  # the last file that a new pool gets
    ready["songs"].unlink(missing_ok=True)
    for step in steps:
        file = (log / f"{step.name}.txt").open("w")
        command = [sys.executable, "-m", *step.arguments]
        if step.after_s:
            command = [sys.executable, "-c", WAIT_THEN, str(step.after_s), *command]
        process = subprocess.Popen(command, stdout=file, stderr=subprocess.STDOUT)
        print(f"{step.name} runs until {step.until_s:.0f} s; log in {file.name}", flush=True)
        if step.beside:
            beside.append(process)
            wait_for(ready.get(step.name))
        elif process.wait():
            for other in beside:
                other.terminate()
            tail = Path(file.name).read_text()[-2000:]
            raise SystemExit(f"{step.name} failed:\n{tail}")
    for process in beside:
        process.wait()


def main(arguments: list[str] | None = None) -> None:
    """Reads the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, required=True)
    parser.add_argument("--out", type=Path, required=True, help="folder of the runs")
    parser.add_argument("--from", dest="start", type=Path, help="pack to go on from")
    parser.add_argument("--keep-encoder", action="store_true", help="with --from: train what comes after the encoder")
    parser.add_argument("--sound-font", type=Path, action="append", default=[])
    parser.add_argument("--first-seed", type=int, default=0, help="of the songs; take another one in every run")
    parser.add_argument("--workers", type=int, default=6, help="processes that render songs")
    parser.add_argument("--slots", type=int, default=1000, help="songs held in memory and on the GPU, 12 MB each")
    parser.add_argument("--pool", type=Path, default=Path("/dev/shm/songs"))
    parser.add_argument("--latents", type=Path, default=Path("/dev/shm/latents"))
    parser.add_argument("--dry-run", action="store_true")
    options = parser.parse_args(arguments)
    if options.keep_encoder and not options.start:
        parser.error("--keep-encoder needs a pack to take it from: name one with --from.")
    steps = plan(options, time.time())
    if options.dry_run:
        print("\n".join(f"{'+' if s.beside else ' '} {s.until_s:6.0f} s  {' '.join(s.arguments)}" for s in steps))
        return
    carry_out(steps, options.out / "log", options.pool)
    print(f"python -m models.export --codec {options.out / DECODER} --dit {options.out / CONSISTENCY} --out PACK")
    print("python -m models.evaluate.codec_table --pack PACK")
    print("python -m models.evaluate.accompaniment_table --pack PACK")


if __name__ == "__main__":
    main()
