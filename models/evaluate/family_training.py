"""Trains the classifier of families, in two steps, because the first is slow and may be done piece by piece:

    python -m models.evaluate.family_training gather FOLDER --songs 2000 --through models/packs/starter
    python -m models.evaluate.family_training fit FOLDER --out models/evaluate/family_classifier.npz

`gather` renders stems and boils them down (a second or two a song and core; what is in the folder is not made again).
Seeds from 5,000,000 belong to the classifier alone. With `--through PACK` every so many stems are heard a second time
as the pack's codec gives them back, because that is how everything sounds that will be judged. `fit` takes a minute.
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
EASY = ("drums", "bass")  # nearly every song has them, and a few hundred are enough to tell them
NETWORKS, HIDDEN = 3, 384
EPOCHS, BATCH, RATE, DECAY = 40, 256, 2e-3, 2e-2
DROP_FEATURES, DROP_HIDDEN, SMOOTHING = 0.05, 0.4, 0.05


class Network(nn.Module):
    """Two layers; features and hidden units are left out at random while training."""

    def __init__(self) -> None:
        super().__init__()
        self.first, self.second = nn.Linear(SIZE, HIDDEN), nn.Linear(HIDDEN, len(FAMILIES))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Normalised timbres `[clip, SIZE]` -> logits `[clip, 12]`."""
        x = F.dropout(x, DROP_FEATURES, self.training)
        return self.second(F.dropout(F.relu(self.first(x)), DROP_HIDDEN, self.training))


def song_stems(seed: int, easy_every: int = 1) -> Iterator[tuple[int, Audio]]:
    """(family, audio) of every stem that sounds at a random place of a song that is the classifier's own.

    Drums and basses only of seeds that `easy_every` divides.
    """
    if not FIRST_SEED <= seed <= LAST_SEED:
        raise ValueError(f"seed {seed} is not the classifier's: its seeds are {FIRST_SEED} to {LAST_SEED}")
    song = compose(seed)
    song.tracks = [track for track in song.tracks if track.family not in EASY or seed % easy_every == 0]
    start_s = Dice(f"{seed}/excerpt").between(0, max(0.0, song.duration_s - FRAMES / SAMPLE_RATE_HZ))
    for family, audio in play(song, start_s).stems.items() if song.tracks else ():
        if np.sqrt(np.mean(np.square(audio))) > SILENCE:
            yield FAMILIES.index(family), audio


def boil_down(seed: int, easy_every: int, codec: Codec | None, every: int) -> tuple[Array, NDArray[np.int8]]:
    """Timbres `[clip, SIZE]` and families of a song's stems; some of them again through the codec."""
    features, families = [], []
    for place, (family, audio) in enumerate(song_stems(seed, easy_every)):
        heard = [audio]
        if codec is not None and (seed + place) % every == 0:
            heard.append(codec.decode(codec.encode(audio), seed)[:, : audio.shape[1]])
        features += [timbre(one) for one in heard]
        families += [family] * len(heard)
    return np.array(features, np.float32).reshape(-1, SIZE), np.array(families, np.int8)


def gathered(folder: Path) -> tuple[Array, NDArray[np.int64]]:
    """Timbres `[clip, SIZE]` and families of everything in a folder, in the order of the seeds."""
    features, families = [], []
    for path in sorted(folder.glob("*.npz")):
        with np.load(path, allow_pickle=False) as stored:
            features.append(stored["features"].astype(np.float32))
            families.append(stored["families"])
    if not features:
        raise typer.BadParameter(f"there is nothing in {folder}: gather first")
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


app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
Folder = Annotated[Path, typer.Argument(help="Where timbres are kept, one file a song.")]


@app.command()
def gather(
    folder: Folder,
    songs: Annotated[int, typer.Option(help="Songs to render.", min=1)] = 2000,
    seed: Annotated[int, typer.Option(help="First seed of the songs.")] = FIRST_SEED,
    easy_every: Annotated[int, typer.Option(help="Drums and basses of every so many songs.", min=1)] = 4,
    through: Annotated[Path | None, typer.Option(help="A pack whose codec some stems pass.")] = None,
    every: Annotated[int, typer.Option(help="Every so many stems pass the codec.", min=1)] = 30,
) -> None:
    """Renders stems and keeps their timbres."""
    if not load_font(held_out=False):
        raise typer.BadParameter("the training sound font is not installed (Debian: musescore-general-soundfont-small)")
    codec = None if through is None else Codec(Pack.open(through), "auto")
    folder.mkdir(parents=True, exist_ok=True)
    with progress_bar("stems", songs) as done:
        for number in range(seed, seed + songs):
            path = folder / f"{number}.npz"
            if not path.is_file():
                features, families = boil_down(number, easy_every, codec, every)
                np.savez(path, features=features, families=families)
            done()


@app.command(name="fit")
def fit_command(
    folder: Folder,
    out: Annotated[Path, typer.Option(help="The .npz to write.")],
    seed: Annotated[int, typer.Option(help="Seed of the networks.")] = 0,
) -> None:
    """Trains on everything in the folder and writes the weights."""
    features, families = gathered(folder)
    np.savez_compressed(out, **fit(features, families, seed))
    counts = ", ".join(f"{name} {int((families == number).sum())}" for number, name in enumerate(FAMILIES))
    typer.echo(f"{out}: {out.stat().st_size / 1000:.0f} kB from {len(features)} clips: {counts}")


if __name__ == "__main__":
    app()
