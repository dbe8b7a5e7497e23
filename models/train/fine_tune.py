"""Goes on training a pack or a run on a user's folder of multitracks: `riffbridge train`.

    python -m models.train.fine_tune --data FOLDER --from starter --stage consistency --out RUN --minutes 30

`codec` trains how latents are turned into sound (pre-decoder and denoiser); the encoder stays as it is, so that
latents, and what was trained on them, stay valid. `dit` trains the diffusion model, `consistency` the fast model that
a pack holds, from a `dit` run or a pack. `clap` teaches the words for instruments your sounds of them (the audio tower
stays, so that styles stay valid), `bridge` which sounds those words may mean.
The songs are cut into excerpts first (`models.train.songs_of_user`), which does not count as training time. The same
call with `--resume` goes on after a kill from the last checkpoint.
`torchrun ... -m models.train.fine_tune` trains in several processes.
"""

from __future__ import annotations

import argparse
import os
from pathlib import Path
from typing import Any

from models.errors import ModelError
from models.train.lineage import CODEC_STAGES, is_pack, pack_behind, read_note, stage_of, starting_point, write_note
from models.train.songs_of_user import UserSongs

STAGES = {"codec": "decoder", "dit": "dit", "consistency": "consistency", "clap": "clap", "bridge": "bridge"}
LATENT_STAGES = ("dit", "consistency")
FITTING = {"codec": CODEC_STAGES, **dict.fromkeys(LATENT_STAGES, LATENT_STAGES), "clap": ("clap",),
           "bridge": ("clap",)}  # fmt: skip
PACKED = "A pack is made of it by: riffbridge pack {run} --out FOLDER"
NEXT = {
    "codec": PACKED,
    "dit": "What a pack holds is made of it by: riffbridge train --stage consistency --from {run} ...",
    "consistency": PACKED,
    "clap": "The bridge is fitted to it by: riffbridge train --stage bridge --from {run} ...",
    "bridge": "A pack is made of it, and of the clap run before it if there was one, by: riffbridge pack ... {run}",
}
ON_CPU = {"codec": 8, "dit": 32, "consistency": 32, "clap": 32, "bridge": 256}  # batches that a processor gets through
REMEMBERED = ("data", "start", "stage", "codec", "seed")


def check(options: argparse.Namespace) -> dict[str, Any]:
    """The run's note, after everything that can be wrong with the options has been looked at.

    Raises:
        ValueError: with a sentence.
    """
    start = starting_point(options.start)
    if not is_pack(start) and stage_of(start) not in FITTING[options.stage]:
        raise ValueError(f"{start} holds a {stage_of(start)} run, from which --stage {options.stage} cannot go on.")
    note = {"data": str(options.data.absolute()), "start": str(start), "stage": options.stage, "seed": options.seed}
    if options.stage in LATENT_STAGES:
        note["codec"] = str(_codec(options, start))
    _check_run(options, note)
    return note


def _codec(options: argparse.Namespace, start: Path) -> Path:
    """The codec whose latents are learnt: the one named, the pack's, or the one that the earlier run learnt."""
    if options.codec:
        return starting_point(options.codec)
    return Path(read_note(start).get("codec") or pack_behind(start))


def _check_run(options: argparse.Namespace, note: dict[str, Any]) -> None:
    """A run folder is not written over, and goes on with what it began with."""
    before, out = read_note(options.out), options.out
    begun = any(out.glob("checkpoint-*"))
    if begun and not options.resume:
        raise ValueError(f"{out} holds a run: go on with it by --resume, or name another folder with --out.")
    changed = [name for name in REMEMBERED if before and before.get(name) != note.get(name)]
    if begun and changed:
        name = changed[0]
        raise ValueError(f"{out} was begun with {name} {before.get(name)}, not {note.get(name)}.")


def train(options: argparse.Namespace, note: dict[str, Any], songs: UserSongs, training: int) -> None:
    """The stage itself, by its own command."""
    words = [STAGES[options.stage], "--from", note["start"], "--out", str(options.out), "--seed", str(options.seed)]
    words += ["--seconds", str(options.minutes * 60), "--checkpoint-s", str(options.checkpoint_s)]
    words += ["--resume"] if options.resume else []
    words += ["--steps", str(options.steps)] if options.steps else []
    batch = options.batch or _batch(options.stage)
    words += ["--batch", str(batch)] if batch else []
    if options.stage in ("clap", "bridge"):
        _train_words(options, note, songs, words, batch)
    elif options.stage == "codec":
        from models.train import codec

        check_batch = ["--check-batch", str(min(64, batch or 64))]
        codec.main([*words, "--pool", str(songs.pool), "--wait-for", str(training), *check_batch])
    else:
        from models.train import latent

        latent.main([*words, "--latents", str(songs.latents)])


def _train_words(
    options: argparse.Namespace, note: dict[str, Any], songs: UserSongs, words: list[str], batch: int
) -> None:
    """The stages of CLAP and of the bridge. Of a user's stems the family is known, and how people call it."""
    if options.stage == "clap":
        from models.train import clap

        clap.main([*words, "--keep-audio", "--knows", "families", "--pool", str(songs.pool), "--wait-for", "1"])
        return
    from models.train import clap, gap_bridge

    start, pairs = Path(note["start"]), songs.work / "pairs"
    clap.write_pairs(start, songs.pool, "families", pairs)
    given = {"--pairs": pairs, "--out": options.out, "--seed": options.seed, "--seconds": options.minutes * 60}
    given |= {"--from": pack_behind(start), "--checkpoint-s": options.checkpoint_s}
    given |= {"--batch": batch} if batch else {}
    given |= {"--steps": options.steps} if options.steps else {}
    told = [str(word) for pair in given.items() for word in pair] + (["--resume"] if options.resume else [])
    gap_bridge.main(told)


def _batch(stage: str) -> int:
    """0, the trainer's own, on a GPU; less on a processor."""
    import torch

    return 0 if torch.cuda.is_available() else ON_CPU[stage]


def prepare(options: argparse.Namespace, note: dict[str, Any], songs: UserSongs) -> int:
    """Excerpts, latents and the run's note; returns the number of excerpts to train on."""
    if int(os.environ.get("RANK", "0")) == 0:
        # Before torch is loaded: the excerpts are cut by forked processes.
        made = songs.render()
        if options.stage in LATENT_STAGES:
            songs.encode(Path(note["codec"]), pack_behind(Path(note["start"])))
        write_note(options.out, note | {"songs": made["songs"], "training": made["training"]})
    if int(os.environ.get("WORLD_SIZE", "1")) > 1:
        from models.train import several

        several.join()  # where the others wait for the first one
    return int(read_note(options.out)["training"])


def parser() -> argparse.ArgumentParser:
    """The options of this module."""
    made = argparse.ArgumentParser(
        prog="riffbridge train",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        epilog="On several GPUs: riffbridge train --gpus 2 ...",
    )
    made.add_argument("--data", type=Path, required=True, help="folder of multitracks; see models.data.check")
    made.add_argument("--from", dest="start", default="starter", help="pack or run to go on from")
    made.add_argument("--stage", choices=STAGES, required=True)
    made.add_argument("--out", type=Path, required=True, help="run folder")
    made.add_argument("--minutes", type=float, default=30.0, help="training time, without preparing the songs")
    made.add_argument("--resume", action="store_true", help="go on from the run's last checkpoint")
    made.add_argument("--codec", help="run or pack whose latents are learnt; default what --from was trained with")
    made.add_argument("--work", type=Path, help="folder for excerpts and latents, kept; default in --out, deleted")
    made.add_argument("--excerpts", type=int, default=0, help="of 20.48 s, 24 MB of disk and memory each")
    made.add_argument("--workers", type=int, default=os.cpu_count() or 2, help="processes that cut excerpts")
    made.add_argument("--batch", type=int, default=0, help="per process; smaller ones need less memory")
    made.add_argument("--steps", type=int, default=0, help="count steps instead of minutes")
    made.add_argument("--checkpoint-s", type=float, default=60.0, help="seconds between checkpoints")
    made.add_argument("--seed", type=int, default=0)
    return made


def main(arguments: list[str] | None = None) -> None:
    """Trains; what is wrong with the options or the songs is said in a sentence."""
    options = parser().parse_args(arguments)
    songs = UserSongs(options.data.absolute(), options.work or options.out / "work", options.excerpts, options.workers)
    try:
        note = check(options)
        train(options, note, songs, prepare(options, note, songs))
    except (ValueError, OSError, ModelError) as error:
        raise SystemExit(str(error)) from None
    if int(os.environ.get("RANK", "0")) == 0:
        if options.work is None:
            songs.clear()
        print(f"The run is in {options.out}. {NEXT[options.stage].format(run=options.out)}")


if __name__ == "__main__":
    main()
