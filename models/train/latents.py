"""Encode the excerpts of a pool into latents for the latent models, beside or after codec training.

    python -m models.train.latents --codec runs/codec --clap runs/clap --pool /dev/shm/songs --out /dev/shm/latents

An excerpt is two windows. Per window: the latents of every stem that sounds in half of it as target, and for every
target two contexts, each a random non-empty subset of the other stems that sound at all, mixed before encoding
(latents do not add up). A target is described by the CLAP vector of the same stem in the excerpt's other window, so
that the vector tells what plays and not which notes; by its own window only where it rests in the other.
The folder holds memory-mapped arrays, one row per window: `targets.f16 [n, 6, 120, 64]` (raw tanh latents),
`contexts.f16 [n, 6, 2, 120, 64]`, `claps.f16 [n, 6, 512]`, `families.i8 [n, 6]` (-1: no target), the number of windows
done in `count`, and `norm.json` with the codec's mean and standard deviation per latent dimension and how many of them
hold the waves of the lowest bins (`models/nets/waves.py`). With `--once` also
`held_out`: the first and the last + 1 of the windows of validation.

All GPUs that are visible are used, with several processes to each, since two threads left most of a GPU idle
(models/train/LOG.md). Every process has slots of the pool to itself; they write into one store.
"""

from __future__ import annotations

import argparse
import json
import math
import multiprocessing
import time
from dataclasses import dataclass
from multiprocessing.sharedctypes import Synchronized
from pathlib import Path
from typing import Literal, NamedTuple

import numpy as np
import torch
from torch import Tensor

from models.data.pool import HELD_OUT, STEMS, WINDOW_FRAMES, WINDOWS, PoolReader
from models.data.windows import BLOCK, QUIETEST_WINDOW_DB, SILENCE_DB, Recipe
from models.log_mel import CLAP_FRAMES
from models.nets.clap import EMBEDDING, Clap
from models.nets.codec import Codec
from models.nets.codec_config import LATENT, SLOTS
from models.nets.log_mel import LogMel
from models.nets.spectrogram import CHUNK_FRAMES, chunk_spectrograms
from models.train.codec import on_device
from models.train.latent_data import count_songs
from models.train.trained import load_clap, load_codec

WINDOW_CHUNKS = WINDOW_FRAMES // CHUNK_FRAMES
TOKENS = WINDOW_CHUNKS * SLOTS
CONTEXTS = 2
WHOLE_BAND = 0.5
MINIMUM_ACTIVE = Recipe().minimum_active
PUBLISH_S = 5.0
POLL_S = 0.1
PROCESSES_PER_GPU = 3
SPAWN = multiprocessing.get_context("spawn")  # a forked process cannot use CUDA


ARRAYS: dict[str, tuple[int, ...]] = {
    "targets.f16": (TOKENS, LATENT),
    "contexts.f16": (CONTEXTS, TOKENS, LATENT),
    "claps.f16": (EMBEDDING,),
    "families.i8": (),
}
"""What the store holds of a stem of a window: files, and the shapes of their rows."""


class Row(NamedTuple):
    """What the store holds of a window; arrays of the targets that are there, families of all places."""

    there: np.ndarray  # places of the targets, int [target]
    targets: np.ndarray  # [target, 120, 64]
    contexts: np.ndarray  # [target, 2, 120, 64]
    claps: np.ndarray  # [target, 512]
    families: np.ndarray  # int8 [6]


def new_store(folder: Path, windows: int, append: bool = False) -> Synchronized[int]:
    """Room for so many windows; how many are there. `append`: behind those that the folder holds, else none."""
    folder.mkdir(parents=True, exist_ok=True)
    there = count_songs(folder) if append else 0
    for name in ARRAYS:
        _array(folder, name, windows, "r+" if there else "w+")
    return SPAWN.Value("q", there)


def _array(folder: Path, name: str, windows: int, mode: Literal["r+", "w+"] = "r+") -> np.memmap:
    kind = np.float16 if name.endswith("f16") else np.int8
    return np.memmap(folder / name, kind, mode, shape=(windows, STEMS, *ARRAYS[name]))


class LatentStore:
    """The growing folder, for several processes; `count` is written after the arrays: a reader sees whole excerpts."""

    def __init__(self, folder: Path, windows: int, written: Synchronized[int]) -> None:
        """written: as `new_store` gave it, the same for all processes."""
        self.folder, self.capacity = folder, windows
        self._written, self._next_publish = written, time.monotonic() + PUBLISH_S
        self.targets, self.contexts, self.claps, self.families = (_array(folder, name, windows) for name in ARRAYS)

    @property
    def count(self) -> int:
        """Windows written so far, by whomever."""
        return int(self._written.value)

    @property
    def is_full(self) -> bool:
        """No room for another excerpt."""
        return self.count + WINDOWS > self.capacity

    def add(self, excerpt: list[Row]) -> None:
        """The windows of an excerpt, if there is room; published a few seconds later."""
        with self._written.get_lock():
            if self.is_full:
                return
            for row in excerpt:
                here, there = self.count, row.there
                self.targets[here, there], self.contexts[here, there] = row.targets, row.contexts
                self.claps[here, there], self.families[here] = row.claps, row.families
                self._written.value += 1
            if time.monotonic() > self._next_publish:
                self.publish()
                self._next_publish = time.monotonic() + PUBLISH_S
                print(f"latents: {self.count} windows", flush=True)

    def publish(self) -> None:
        """Tell readers how many songs are complete."""
        with self._written.get_lock():
            fresh = self.folder / "count.new"
            fresh.write_text(str(self.count))
            fresh.rename(self.folder / "count")


def roles(audio: Tensor, families: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Who may be a target and who may be heard in contexts, two bool [stem], of a window [stem, 2, frame] at -1..1.

    A context stem sounds somewhere in the window. A target sounds in half of it, not too softly, and beside at least
    one other stem: a song for one stem alone says nothing about playing along.
    """
    blocks = audio.shape[2] // BLOCK
    power = audio[:, :, : blocks * BLOCK].unflatten(2, (blocks, BLOCK)).square().mean((1, 3))
    active = (power > 10 ** (SILENCE_DB / 10)).cpu().numpy()
    loud = (audio.square().mean((1, 2)) >= 10 ** (QUIETEST_WINDOW_DB / 10)).cpu().numpy()
    sounding = active.any(1) & (families >= 0)
    targets = sounding & loud & (active.mean(1) >= MINIMUM_ACTIVE) & (sounding.sum() >= 2)
    return targets, sounding


def context_masks(targets: np.ndarray, sounding: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """`[stem, 2, stem]` booleans: for every target random non-empty subsets of the other stems that sound.

    The first is all of them in half of the cases: most musicians bounce the whole band.
    """
    stems = len(targets)
    masks = np.zeros((stems, CONTEXTS, stems), bool)
    for target in np.flatnonzero(targets):
        others = np.setdiff1d(np.flatnonzero(sounding), target)
        for variant in range(CONTEXTS):
            whole = variant == 0 and random.random() < WHOLE_BAND
            size = len(others) if whole else random.integers(1, len(others) + 1)
            masks[target, variant, random.choice(others, size, replace=False)] = True
    return masks


@torch.no_grad()
def encode_song(codec: Codec, audio: Tensor, targets: Tensor, masks: Tensor) -> tuple[Tensor, Tensor]:
    """Latents of the targets of a window, and of two contexts for each.

    Args:
        audio: all stems of a window [stem, 2, 491520].
        targets: which of them are wanted, int64 [target].
        masks: the stems of each context, bool [target, 2, stem].

    Returns:
        targets [target, 120, 64] and contexts [target, 2, 120, 64].
    """
    count = len(targets)
    gain = 10 ** ((torch.rand(count * CONTEXTS, 1, 1, device=audio.device) * 8 - 5) / 20)
    contexts = torch.stack([audio[mask].sum(0) for mask in masks.flatten(0, 1)]) * gain
    contexts = contexts * (0.99 / contexts.abs().amax((1, 2), keepdim=True).clamp(min=1e-6)).clamp(max=1)
    windows = torch.cat([audio[targets], contexts])[..., : WINDOW_CHUNKS * CHUNK_FRAMES]
    with torch.autocast(audio.device.type, torch.bfloat16, enabled=audio.is_cuda):
        latents = codec.encode(chunk_spectrograms(windows).flatten(0, 1))
    latents = latents.unflatten(0, (-1, WINDOW_CHUNKS)).flatten(1, 2)
    return latents[:count], latents[count:].unflatten(0, (count, CONTEXTS))


class Listener:
    """The audio tower of a CLAP, for whole windows of stereo stems."""

    def __init__(self, clap: Clap, device: torch.device) -> None:
        self.tower, self.hear = clap.audio.to(device).eval(), LogMel().to(device)

    @torch.no_grad()
    def __call__(self, audio: Tensor) -> Tensor:
        """Audio `[stem, 2, frame]`, 10 s or longer -> vectors `[stem, 512]` of its first 10 s."""
        return self.tower(self.hear(audio[..., :CLAP_FRAMES].mean(1)))


class FreshSongs:
    """Hands out every song that comes into the slots of a pool that are those of one process of so many."""

    def __init__(self, reader: PoolReader, process: int = 0, processes: int = 1) -> None:
        self._reader, self._slots = reader, np.arange(process, len(reader.serials()), processes)
        self._taken, self._last = np.zeros(len(self._slots), np.int64), -1

    def take(self) -> int | None:
        """The next slot with a whole song that was not taken yet, round and round; None when there is none."""
        serials = self._reader.serials()[self._slots]
        fresh = np.flatnonzero((serials != self._taken) & (serials > 0))
        if not len(fresh):
            return None
        self._last = int(fresh[np.searchsorted(fresh, self._last + 1) % len(fresh)])
        self._taken[self._last] = serials[self._last]
        return int(self._slots[self._last])


@dataclass
class Encoder:
    """Encodes excerpt after excerpt of a pool, until the time is over or the store is full."""

    codec: Codec
    listener: Listener
    reader: PoolReader
    store: LatentStore
    random: np.random.Generator
    waited_s: float = 0.0  # for songs; what is left of the time went into encoding

    def run(self, songs: FreshSongs, seconds: float, songs_per_s: float = math.inf) -> None:
        """Encode these songs; `songs_per_s`: no more than that a second together with others that fill the store."""
        start, before, parent = time.monotonic(), self.store.count, multiprocessing.parent_process()
        while time.monotonic() < start + seconds and not self.store.is_full:
            if parent and not parent.is_alive():
                return  # it was killed, and nobody waits for us
            slot = songs.take()
            if slot is None:
                time.sleep(POLL_S)
                self.waited_s += POLL_S
                continue
            self._take(slot)
            made = self.store.count - before
            time.sleep(max(0.0, made / WINDOWS / songs_per_s - (time.monotonic() - start)))

    def run_once(self) -> None:
        """Encode what the pool holds now, the songs of validation last; the folder notes where those begin."""
        serials = self.reader.serials()
        slots = np.flatnonzero(serials)
        held_out = (serials[slots] - 1) % HELD_OUT == 0
        for slot in map(int, slots[~held_out]):
            self._take(slot)
        first = self.store.count
        for slot in map(int, slots[held_out]):
            self._take(slot)
        if first < self.store.count:
            (self.store.folder / "held_out").write_text(f"{first} {self.store.count}")

    def _take(self, slot: int) -> None:
        """Encode the excerpt of a slot, if it is whole and has a target."""
        audio, families, serial = self.reader.read(slot)
        if not serial:
            return
        stems = torch.from_numpy(audio).to(self.codec.latent_mean.device).float() / 32_768
        windows = stems.split(WINDOW_FRAMES, dim=2)
        found = [roles(window, families) for window in windows]
        if not any(targets.any() for targets, _ in found):
            return
        claps = torch.stack([self.listener(window) for window in windows])
        excerpt = []
        for place, (window, (targets, sounding)) in enumerate(zip(windows, found, strict=True)):
            rests = torch.from_numpy(~found[1 - place][0]).to(claps.device)
            described = torch.where(rests[:, None], claps[place], claps[1 - place])
            excerpt.append(self._row(window, families, targets, sounding, described))
        self.store.add(excerpt)

    def _row(
        self, window: Tensor, families: np.ndarray, targets: np.ndarray, sounding: np.ndarray, claps: Tensor
    ) -> Row:
        there = np.flatnonzero(targets)
        wanted = torch.from_numpy(there).to(window.device)
        masks = torch.from_numpy(context_masks(targets, sounding, self.random)[there]).to(window.device)
        if len(there):
            clean, contexts = (latents.cpu().numpy() for latents in encode_song(self.codec, window, wanted, masks))
        else:
            clean, contexts = np.zeros((0, TOKENS, LATENT)), np.zeros((0, CONTEXTS, TOKENS, LATENT))
        return Row(there, clean, contexts, claps[wanted].cpu().numpy(), np.where(targets, families, -1))


def write_norm(folder: Path, codec: Codec, append: bool) -> None:
    """Note what the codec's latents look like; SystemExit for latents that do not go behind those that are there."""
    norm = {
        "mean": codec.latent_mean.tolist(),
        "std": codec.latent_std.tolist(),
        "wave_numbers": codec.config.wave_numbers,
    }
    path = folder / "norm.json"
    if append and path.is_file() and json.loads(path.read_text()) != norm:
        raise SystemExit(f"{folder} holds latents that mean something else to this codec: leave out --append.")
    path.write_text(json.dumps(norm))


def encode(
    options: argparse.Namespace, written: Synchronized[int], waited_s: Synchronized[float], process: int = 0
) -> None:
    """What one of the processes does until the end; its share of the seconds of waiting is added to `waited_s`."""
    processes = options.processes
    if processes > 1:
        torch.set_num_threads(1)  # the others want the rest
    gpus = torch.cuda.device_count()
    place = torch.device("cuda", process % gpus) if gpus else torch.device("cpu")
    torch.manual_seed(options.seed * processes + process)
    codec, listener = on_device(load_codec(options.codec)[0], place), Listener(load_clap(options.clap)[0], place)
    reader, store = PoolReader(options.pool), LatentStore(options.out, options.windows, written)
    encoder = Encoder(codec, listener, reader, store, np.random.default_rng((options.seed, process)))
    if options.once:
        encoder.run_once()
    else:
        encoder.run(FreshSongs(reader, process, processes), options.seconds, options.songs_per_s)
    store.publish()
    with waited_s.get_lock():
        waited_s.value += encoder.waited_s / options.processes


def main(arguments: list[str] | None = None) -> None:
    """Reads the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--codec", type=Path, required=True, help="run folder of the codec, or a pack")
    parser.add_argument("--clap", type=Path, required=True, help="run folder of the CLAP, or a pack")
    parser.add_argument("--pool", required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--seconds", type=float, default=600.0)
    parser.add_argument(
        "--windows", type=int, default=80_000, help="stop after so many; 276 kB each, there and on GPUs"
    )
    parser.add_argument("--songs-per-s", type=float, default=math.inf, help="leave the device to training beside this")
    parser.add_argument("--append", action="store_true", help="behind what --out holds, of a codec of the same latents")
    parser.add_argument("--once", action="store_true", help="encode a pool that is full, and end")
    parser.add_argument("--processes", type=int, help=f"default: {PROCESSES_PER_GPU} to a GPU; this one alone without")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args(arguments)
    usual = PROCESSES_PER_GPU * torch.cuda.device_count() or 1
    options.processes = 1 if options.once else options.processes or usual
    written = new_store(options.out, options.windows, options.append)
    write_norm(options.out, load_codec(options.codec)[0], options.append)
    waited_s = SPAWN.Value("d", 0.0)
    if options.processes == 1:
        encode(options, written, waited_s)
    else:
        crew = [SPAWN.Process(target=encode, args=(options, written, waited_s, k)) for k in range(options.processes)]
        for process in crew:
            process.start()
        for process in crew:
            process.join()
        if any(process.exitcode for process in crew):
            raise SystemExit("A process that encodes latents failed, see above.")
    print(f"latents: {written.value} windows in {options.out}, {waited_s.value:.0f} s of waiting for songs", flush=True)


if __name__ == "__main__":
    main()
