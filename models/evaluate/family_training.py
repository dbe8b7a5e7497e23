"""Trains the classifier of families: `python -m models.evaluate.family_training --songs 2400 --out FILE.npz`.

Two halves, so that the slow one is done once: stems are rendered and boiled down (about a second a song and core;
`--features FOLDER` keeps them and goes on where it stopped), then small networks are trained (a minute). Seeds from
5,000,000 belong to the classifier alone. With `--through PACK` every so many stems are heard a second time as the
pack's codec gives them back, because that is how everything sounds that will be judged.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import numpy as np
import torch
import torch.nn.functional as F
import typer
from numpy.typing import NDArray
from torch import nn

from models.codec import Codec
from models.data.composer.compose import compose
from models.data.composer.dice import Dice
from models.evaluate.codec_metrics import SAMPLE_RATE_HZ, Audio
from models.evaluate.excerpts import FRAMES, load_font, play
from models.evaluate.report import progress_bar
from models.evaluate.timbre import SILENCE, SIZE, timbre
from models.families import FAMILIES
from models.pack import Pack

Array = NDArray[np.float32]
FIRST_SEED, LAST_SEED = 5_000_000, 8_999_999
EASY, EASY_EVERY = ("drums", "bass"), 4
"""Nearly every song has these two, and 150 of each were enough to tell them: only every fourth song's are rendered."""
NETWORKS, HIDDEN = 3, 64
EPOCHS, BATCH, RATE, DECAY = 60, 256, 2e-3, 2e-2
DROP_FEATURES, DROP_HIDDEN, SMOOTHING = 0.15, 0.3, 0.05


class Network(nn.Module):
    """Two layers; features and hidden units are left out at random while training."""

    def __init__(self) -> None:
        super().__init__()
        self.first, self.second = nn.Linear(SIZE, HIDDEN), nn.Linear(HIDDEN, len(FAMILIES))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Normalised timbres `[clip, SIZE]` -> logits `[clip, 12]`."""
        x = F.dropout(x, DROP_FEATURES, self.training)
        return self.second(F.dropout(F.relu(self.first(x)), DROP_HIDDEN, self.training))


def song_stems(seed: int) -> Iterator[tuple[int, Audio]]:
    """(family, audio) of every stem that sounds at a random place of a song that is the classifier's own."""
    if not FIRST_SEED <= seed <= LAST_SEED:
        raise ValueError(f"seed {seed} is not the classifier's: its seeds are {FIRST_SEED} to {LAST_SEED}")
    song = compose(seed)
    song.tracks = [track for track in song.tracks if track.family not in EASY or (seed % EASY_EVERY == 0)]
    start_s = Dice(f"{seed}/excerpt").between(0, max(0.0, song.duration_s - FRAMES / SAMPLE_RATE_HZ))
    for family, audio in play(song, start_s).stems.items() if song.tracks else ():
        if np.sqrt(np.mean(np.square(audio))) > SILENCE:
            yield FAMILIES.index(family), audio


def boil_down(seed: int, codec: Codec | None, every: int) -> tuple[Array, NDArray[np.int8]]:
    """Timbres `[clip, SIZE]` and families of a song's stems; some of them again through the codec."""
    features, families = [], []
    for place, (family, audio) in enumerate(song_stems(seed)):
        again = codec is not None and (seed + place) % every == 0
        for heard in (audio, _decoded(codec, audio, seed)) if again else (audio,):
            features.append(timbre(heard))
            families.append(family)
    return np.array(features, np.float32).reshape(-1, SIZE), np.array(families, np.int8)


def gather(folder: Path, seeds: range, codec: Codec | None, every: int) -> tuple[Array, NDArray[np.int64]]:
    """Timbres and families of all songs; those in the folder are not rendered again."""
    folder.mkdir(parents=True, exist_ok=True)
    features, families = [], []
    with progress_bar("stems", len(seeds)) as done:
        for seed in seeds:
            path = folder / f"{seed}.npz"
            if not path.is_file():
                found = boil_down(seed, codec, every)
                np.savez(path, features=found[0], families=found[1])
            with np.load(path) as stored:
                features.append(stored["features"])
                families.append(stored["families"])
            done()
    return np.concatenate(features), np.concatenate(families).astype(np.int64)


def fit(features: Array, families: NDArray[np.int64], seed: int, epochs: int = EPOCHS) -> dict[str, Array]:
    """Weights of NETWORKS networks that differ in their beginning and in the order of what they saw."""
    mean, spread = features.mean(axis=0), np.maximum(features.std(axis=0), 1e-3)
    x = torch.from_numpy(np.clip((features - mean) / spread, -4, 4))
    y = torch.from_numpy(families)
    networks = [_fit_one(x, y, seed + number, epochs) for number in range(NETWORKS)]

    def stacked(name: str, transpose: bool = False) -> Array:
        values = [network.state_dict()[name].numpy() for network in networks]
        return np.stack([value.T if transpose else value for value in values]).astype(np.float16)

    return {
        "mean": mean,
        "spread": spread,
        "first": stacked("first.weight", True),
        "first_bias": stacked("first.bias"),
        "second": stacked("second.weight", True),
        "second_bias": stacked("second.bias"),
    }


def _fit_one(x: torch.Tensor, y: torch.Tensor, seed: int, epochs: int) -> Network:
    """One network, every family weighing the same."""
    torch.manual_seed(seed)
    network, order = Network(), torch.Generator().manual_seed(seed)
    counts = torch.bincount(y, minlength=len(FAMILIES)).clamp(min=1)
    weights = (len(y) / len(FAMILIES) / counts).sqrt()  # the root: rare families are few sounds many times over
    optimiser = torch.optim.AdamW(network.parameters(), RATE, weight_decay=DECAY)
    steps = epochs * (len(x) // BATCH + 1)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, steps)
    for _ in range(steps):
        rows = torch.randint(len(x), (BATCH,), generator=order)
        loss = F.cross_entropy(network(x[rows]), y[rows], weights, label_smoothing=SMOOTHING)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        schedule.step()
    return network.eval()


def _decoded(codec: Codec | None, audio: Audio, seed: int) -> Audio:
    assert codec is not None
    return codec.decode(codec.encode(audio), seed)[:, : audio.shape[1]]


def main(
    out: Annotated[Path, typer.Option(help="The .npz to write.")],
    songs: Annotated[int, typer.Option(help="Songs to learn from.", min=1)] = 2400,
    seed: Annotated[int, typer.Option(help="First seed of the songs.")] = FIRST_SEED,
    features: Annotated[Path, typer.Option(help="Where timbres are kept.")] = Path("runs/family_timbres"),
    through: Annotated[Path | None, typer.Option(help="A pack whose codec some stems pass.")] = None,
    every: Annotated[int, typer.Option(help="Every so many stems pass the codec.", min=1)] = 8,
) -> None:
    """Renders, boils down, trains and writes the weights."""
    if not load_font(held_out=False):
        raise typer.BadParameter("the training sound font is not installed (Debian: musescore-general-soundfont-small)")
    codec = None if through is None else Codec(Pack.open(through), "auto")
    timbres, families = gather(features, range(seed, seed + songs), codec, every)
    np.savez_compressed(out, **fit(timbres, families, seed=0))
    counts = ", ".join(f"{name} {int((families == number).sum())}" for number, name in enumerate(FAMILIES))
    typer.echo(f"{out}: {out.stat().st_size / 1000:.0f} kB from {len(timbres)} clips of {songs} songs: {counts}")


if __name__ == "__main__":
    typer.run(main)
