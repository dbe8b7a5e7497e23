"""Latents of a context, encoded only as far as they are asked for."""

from __future__ import annotations

import numpy as np

from models.on_demand import LatentsOnDemand


def latents(count: int, batch: int) -> tuple[LatentsOnDemand, list[tuple[int, int]], list[tuple[int, int]]]:
    """Chunk k is full of k; also the calls of the encoder, and the steps that were told."""
    calls: list[tuple[int, int]] = []
    steps: list[tuple[int, int]] = []

    def encode(first: int, end: int) -> np.ndarray:
        calls.append((first, end))
        return np.broadcast_to(np.arange(first, end, dtype=np.float32)[:, None, None], (end - first, 8, 64))

    return LatentsOnDemand(encode, count, batch, lambda *step: steps.append(step)), calls, steps


def test_nothing_is_encoded_before_it_is_asked_for_and_nothing_twice() -> None:
    held, calls, steps = latents(9, 2)
    assert len(held) == 9
    assert calls == []
    assert held[:3][:, 0, 0].tolist() == [0, 1, 2]
    assert held[1:4][:, 0, 0].tolist() == [1, 2, 3]
    assert calls == [(0, 2), (2, 4)], "the batches are those of encoding it all, whatever is asked for"
    assert steps == [(2, 9), (4, 9)]
    assert held[8:20][:, 0, 0].tolist() == [8]
    assert calls[2:] == [(4, 6), (6, 8), (8, 9)]


def test_it_is_an_array_for_whoever_wants_all() -> None:
    held, _, _ = latents(5, 2)
    assert np.asarray(held)[:, 3, 3].tolist() == [0, 1, 2, 3, 4]
    assert held[5:9].shape == (0, 8, 64)
