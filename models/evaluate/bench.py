"""The rows of the table, and how one item is played by every system and heard.

A row is a system and a mode: which of sound, text and context it is given. With the bridge, a text goes through it
before it reaches the model, and where nothing prompts the bridge invents a sound (rows marked with a star).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from models.clap import Clap
from models.codec import Codec
from models.errors import PackError
from models.evaluate.codec_metrics import Audio
from models.evaluate.excerpts import FRAMES, load_font
from models.evaluate.hearing import Heard, listen
from models.evaluate.items import Item
from models.evaluate.musical import ContextFeatures, StemFeatures, agreement, know_context
from models.evaluate.systems import EDM_GUIDANCE, Sampler, System
from models.families import FAMILIES
from models.gap_bridge import FILE as BRIDGE_FILE
from models.gap_bridge import GapBridge
from models.guidance import UNGUIDED, Guidance
from models.laion_clap import LaionClap, open_clap
from models.pack import Pack
from models.spectrogram import CHUNK_FRAMES
from models.style import CANDIDATES

Array = NDArray[np.float32]
CHUNKS = FRAMES // CHUNK_FRAMES
MODES = ("audio, ctx", "text, ctx", "ctx", "audio", "text", "none")
BRIDGED_MODES = ("text, ctx", "ctx", "text", "none")
UNET, DIT, DIT_BRIDGE, C_DIT, C_DIT_BRIDGE = "U-Net", "DiT", "DiT + bridge", "C-DiT", "C-DiT + bridge"
SYSTEMS = (UNET, DIT, DIT_BRIDGE, C_DIT, C_DIT_BRIDGE)
REAL, DECODED = "real stem", "real stem, through the codec"
NOISE, RANDOM = "white noise", "random stem"
ANCHORS = (REAL, DECODED, NOISE, RANDOM)
NOISE_RMS = 0.1


@dataclass(frozen=True)
class Setup:
    """What is compared and how; everything that the figures depend on, apart from the items and the files' bytes."""

    pack: Path
    clap: Path | None = None
    dit: Path | None = None
    unet: Path | None = None
    systems: tuple[str, ...] = SYSTEMS
    modes: tuple[str, ...] = MODES
    steps: int = 0
    edm_steps: int = 30
    guidance: Guidance = UNGUIDED
    edm_guidance: Guidance = EDM_GUIDANCE
    device: str = "auto"
    threads: int = 0

    def folder_of(self, system: str) -> Path | None:
        """Where a system's graph lies; None: not given."""
        return {UNET: self.unet, DIT: self.dit, DIT_BRIDGE: self.dit}.get(system, self.pack)

    def rows(self) -> list[Row]:
        """All rows that can be played, in the order of the table."""
        return [
            Row(system, mode)
            for system in SYSTEMS
            if system in self.systems and self.folder_of(system) is not None
            for mode in (BRIDGED_MODES if "bridge" in system else MODES)
            if mode in self.modes
        ]


@dataclass(frozen=True)
class Row:
    """A system in one input mode."""

    system: str
    mode: str

    @property
    def name(self) -> str:
        """As the table names it."""
        star = "*" if "bridge" in self.system and not self.prompt else ""
        return f"{self.system}: {self.mode}{star}"

    @property
    def with_context(self) -> bool:
        """True when the context is given."""
        return "ctx" in self.mode

    @property
    def prompt(self) -> str:
        """`audio`, `text` or nothing."""
        return next((kind for kind in ("audio", "text") if kind in self.mode), "")


class Bench:
    """The loaded models. Not for several threads; every process has its own."""

    def __init__(self, setup: Setup) -> None:
        """Load what the rows need; PackError when something is not there."""
        self.setup, pack = setup, Pack.open(setup.pack)
        self.fonts = load_font(held_out=False)
        self.codec = Codec(pack, setup.device, threads=setup.threads)
        self.clap = _clap(setup.clap or setup.pack, setup.device, setup.threads)
        self._steps = setup.steps or pack.manifest.steps
        self._systems: dict[str, System] = {}

    def system(self, name: str) -> System:
        """A system, loaded when it is first asked for; with and without the bridge it is the same one."""
        name = name.removesuffix(" + bridge")
        if name not in self._systems:
            setup, folder = self.setup, self.setup.folder_of(name)
            assert folder is not None
            consistency = Sampler("consistency", self._steps, setup.guidance)
            sampler = consistency if name == C_DIT else Sampler("edm", setup.edm_steps, setup.edm_guidance)
            self._systems[name] = System(name, folder, sampler, self.codec, setup.device, setup.threads)
        return self._systems[name]

    @cached_property
    def bridge(self) -> GapBridge:
        """The bridge of the folder with CLAP, or of the pack."""
        for folder in (self.setup.clap, self.setup.pack):
            if folder is not None and (folder / BRIDGE_FILE).is_file():
                return GapBridge(folder / BRIDGE_FILE)
        raise PackError(f"There is no {BRIDGE_FILE} in {self.setup.pack}: leave out the rows with the bridge.")

    def hear_item(self, item: Item, partner: Item) -> dict[str, Array]:
        """All that the table needs of one item; `partner` lends its stem to the row "random stem"."""
        excerpt = item.excerpt()
        context, real = excerpt.context_for(item.family), excerpt.stems[item.family]
        noise = np.random.default_rng(item.song.seed).standard_normal((2, FRAMES)).astype(np.float32) * NOISE_RMS
        decoded = self.codec.decode(self.codec.encode(np.asarray(real, np.float32)), item.song.seed)
        stems = {REAL: real, DECODED: decoded, NOISE: noise, RANDOM: partner.excerpt().stems[partner.family]}
        prompts = Prompts(self, item, context)
        heard = {name: self._hear(stem, context) for name, stem in stems.items()}
        heard |= {row.name: self._hear(self._play(row, prompts), context) for row in self.setup.rows()}
        arrays = [one.arrays(name) for name, one in heard.items()]
        return {
            **{key: value for found in arrays for key, value in found.items()},
            **_known(know_context(item.song, item.start_s, context)),
            "sound": prompts.sound,
            "text": prompts.text,
            "item": np.array([item.song.seed, FAMILIES.index(item.family)]),
        }

    def hear_reference(self, item: Item, partner: Item) -> dict[str, Array]:
        """A real stem of the reference set, and its context with the stem of another song."""
        excerpt = item.excerpt()
        context, other = excerpt.context_for(item.family), partner.excerpt().stems[partner.family]
        heard, shuffled = self._hear(excerpt.stems[item.family], context), self._hear(other, context)
        known = know_context(item.song, item.start_s, context)
        return {
            "clap": heard.clap,
            "family": heard.family,
            "mix": heard.mix,
            "shuffled mix": shuffled.mix,
            "agreement": agreement(StemFeatures(heard.onsets, heard.chroma), known),
            "shuffled agreement": agreement(StemFeatures(shuffled.onsets, shuffled.chroma), known),
        }

    def _hear(self, stem: Audio, context: Audio) -> Heard:
        return listen(self.clap, stem, context)

    def _play(self, row: Row, prompts: Prompts) -> Audio:
        """The stem that a row makes of an item; the seed of the song is that of the stem."""
        context = prompts.context if row.with_context else None
        style = prompts.style(row)
        return self.system(row.system).play(context, style, CHUNKS, prompts.item.song.seed)


class Prompts:
    """What an item offers to its rows; made when first needed, once."""

    def __init__(self, bench: Bench, item: Item, context: Audio) -> None:
        self._bench, self.item, self._audio = bench, item, context

    @cached_property
    def context(self) -> Array:
        """Latents of the context."""
        return self._bench.codec.encode(np.asarray(self._audio, np.float32))

    @cached_property
    def sound(self) -> Array:
        """CLAP vector of the same track elsewhere in the song."""
        return self._bench.clap.embed_audio(np.asarray(self.item.reference(), np.float32))

    @cached_property
    def text(self) -> Array:
        """CLAP vector of the caption."""
        return self._bench.clap.embed_text(self.item.caption(self._bench.fonts))

    def style(self, row: Row) -> Array | None:
        """The vector that a row conditions on; None: the absent condition."""
        if "bridge" in row.system:
            text, candidates = (self.text, CANDIDATES) if row.prompt else (None, 1)
            return self._bench.bridge.sample(text, seed=self.item.song.seed, best_of=candidates)[0]
        return {"audio": lambda: self.sound, "text": lambda: self.text, "": lambda: None}[row.prompt]()


def _clap(folder: Path, device: str, threads: int) -> Clap | LaionClap:
    """The encoder pair of a folder, whose kind its files tell."""
    try:
        return open_clap(folder, device, threads)
    except PackError as error:
        raise PackError(f"{folder} has no CLAP, which the table hears with ({error}): name its folder.") from error


def _known(context: ContextFeatures) -> dict[str, Array]:
    """The truth about a context as arrays."""
    names = ("grid", "onsets", "chords", "key")
    return {f"context|{name}": np.asarray(getattr(context, name), np.float32) for name in names}
