"""Songs of a pool (`models.data.pool`) mirrored on the training device, so that crops cost no host copy.

A background thread copies every song that the writers finish; the trainer draws crops of all stems at once.
"""

from __future__ import annotations

import threading
import time

import numpy as np
import torch
from torch import Tensor

from models.data.pool import FRAMES, HELD_OUT, STEMS, PoolReader

STEP = 1024  # crops start on multiples of this within a song, then shift by a common offset below it
TELL_S = 60.0


class SongFeed:
    """The pool on the device. Every 32nd seed is kept for validation and never drawn for training."""

    def __init__(self, path: str, device: torch.device, wait_for: int) -> None:
        self.reader = PoolReader(path)
        self.device = device
        slots = len(self.reader.serials())
        self.audio = torch.zeros(slots, STEMS, 2, FRAMES // STEP, STEP, dtype=torch.int16, device=device)
        self.present = torch.zeros(slots, STEMS, dtype=torch.bool, device=device)
        self.training = torch.zeros(0, dtype=torch.long, device=device)
        self.validation = torch.zeros(0, dtype=torch.long, device=device)
        self.copied = 0
        self._seen = np.zeros(slots, np.int64)
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._copy_for_ever, daemon=True)
        self._thread.start()
        self._wait(wait_for)

    def _wait(self, wait_for: int) -> None:
        """Until there are songs enough, one of validation among them; says every minute what is missing."""
        said = time.monotonic()
        while self.training.numel() < wait_for or not self.validation.numel():
            time.sleep(0.2)
            if time.monotonic() - said > TELL_S:
                said = time.monotonic()
                trained, held = self.training.numel(), self.validation.numel()
                print(f"songs: {trained} of {wait_for} for training, {held} of 1 for validation so far", flush=True)

    def stop(self) -> None:
        """End the copying."""
        self._stopped.set()
        self._thread.join()

    def crops(self, batch: int, frames: int) -> tuple[Tensor, Tensor]:
        """Random crops of training songs: int16 `[batch, stem, 2, frames]` and which stems are present."""
        songs = self.training  # taken once: the copying thread puts a longer list in its place at any moment
        return self._crop(songs[torch.randint(len(songs), (batch,), device=self.device)], frames)

    def held_out(self, batch: int, frames: int) -> tuple[Tensor, Tensor]:
        """Crops of validation songs."""
        songs = self.validation
        return self._crop(songs[torch.arange(batch, device=self.device) % len(songs)], frames)

    def _crop(self, slots: Tensor, frames: int) -> tuple[Tensor, Tensor]:
        blocks = -(-frames // STEP) + 1
        start = torch.randint(FRAMES // STEP - blocks + 1, (len(slots), 1), device=self.device)
        rows = self.audio[slots[:, None], :, :, start + torch.arange(blocks, device=self.device)]
        joined = rows.permute(0, 2, 3, 1, 4).flatten(-2)
        shift = int(torch.randint(STEP, ()))  # on the CPU, so that the host need not wait
        return joined[..., shift : shift + frames], self.present[slots]

    def _copy_for_ever(self) -> None:
        while not self._stopped.is_set():
            serials = self.reader.serials()
            fresh = np.nonzero((serials != self._seen) & (serials > 0))[0]
            for slot in fresh:
                self._copy(int(slot))
                if self._stopped.is_set():
                    return
                if self.copied % 32 == 0:
                    self._refresh()
            self._refresh()
            time.sleep(0.2)

    def _copy(self, slot: int) -> None:
        audio, families, serial = self.reader.read(slot)
        if not serial:
            return
        self.audio[slot].copy_(torch.from_numpy(audio).unflatten(-1, (-1, STEP)))
        self.present[slot] = torch.from_numpy(families >= 0)
        self._seen[slot] = serial
        self.copied += 1

    def _refresh(self) -> None:
        filled, held_out = self._seen > 0, (self._seen - 1) % HELD_OUT == 0
        self.training = torch.from_numpy(np.nonzero(filled & ~held_out)[0]).to(self.device)
        self.validation = torch.from_numpy(np.nonzero(filled & held_out)[0]).to(self.device)
