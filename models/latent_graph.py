"""The graph of a latent model, consistency or EDM, with its conditions filled in: the one place that runs guidance."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from models.errors import ModelError
from models.guidance import Guidance, mix
from models.sampler import Denoise
from models.session import Session

Array = NDArray[np.float32]


class LatentGraph:
    """noisy, sigma, context, clap -> denoised. Not for several threads at once."""

    def __init__(self, session: Session, null_clap: Array, null_context: Array, limit: float) -> None:
        """The vectors `[512]` and `[64]` that stand for an absent style and context; where latents are cut."""
        self.session, self.limit = session, limit
        self.null_clap, self.null_context = null_clap, null_context

    def denoiser(self, context: Array | None, style: Array | None, guidance: Guidance, last: float = 0.0) -> Denoise:
        """What a sampler calls, for context as tokens `[1, token, 64]` and a style `[512]`; each may be None.

        It is unguided at sigma `last`. The evaluations of a guided step are one batch; what they add up to is kept in
        the range of the training.
        """
        clap = self.null_clap if style is None else np.asarray(style, np.float32)
        if clap.shape != self.null_clap.shape:
            raise ModelError(f"A style has {len(self.null_clap)} numbers, and this one the shape {clap.shape}.")

        def denoise(noisy: Array, sigma: float) -> Array:
            terms = guidance.terms(sigma if sigma > last else 0.0, context is not None, style is not None)
            none = np.broadcast_to(self.null_context, noisy.shape)
            inputs = {
                "noisy": np.repeat(noisy, len(terms), 0),
                "sigma": np.full(len(terms), sigma, np.float32),
                "context": np.concatenate([none if context is None or not term.context else context for term in terms]),
                "clap": np.stack([clap if term.prompt else self.null_clap for term in terms]),
            }
            (estimates,) = self.session.run(inputs)
            guided: Array = mix(terms, [estimates[row : row + 1] for row in range(len(terms))])
            return guided if len(terms) == 1 else np.clip(guided, -self.limit, self.limit)

        return denoise
