"""Noise levels and network scalings, in the letters of the papers.

`edm_scalings` is Karras et al. 2022 (arXiv 2206.00364), table 1; `consistency_scalings` is Song et al. 2023
(arXiv 2303.01469), appendix C, with the boundary moved to sigma_min. All of it is computed in the precision of
the sigmas given, which must be float32: at sigma 80 a half-precision input would lose the data.
"""

from __future__ import annotations

from torch import Tensor

SIGMA_MIN = 0.002
SIGMA_MAX = 80.0
SIGMA_DATA = 0.5
RHO = 7.0

Scalings = tuple[Tensor, Tensor, Tensor]


def sigma_of_index(index: Tensor) -> Tensor:
    """Noise level of an index in 0..1 (0 = SIGMA_MIN, 1 = SIGMA_MAX), equally spaced in sigma^(1/rho)."""
    low, high = SIGMA_MIN ** (1 / RHO), SIGMA_MAX ** (1 / RHO)
    return (low + index * (high - low)) ** RHO


def index_of_sigma(sigma: Tensor) -> Tensor:
    """Inverse of `sigma_of_index`."""
    low, high = SIGMA_MIN ** (1 / RHO), SIGMA_MAX ** (1 / RHO)
    return (sigma ** (1 / RHO) - low) / (high - low)


def c_noise(sigma: Tensor) -> Tensor:
    """What the network is told about the noise level: ln(sigma) / 4, between -1.55 and 1.10."""
    return sigma.log() / 4


def c_in(sigma: Tensor) -> Tensor:
    """Scale of the network's input; both families share it."""
    return (sigma.square() + SIGMA_DATA**2).rsqrt()


def edm_scalings(sigma: Tensor) -> Scalings:
    """(c_skip, c_out, c_in) of the denoiser D(x) = c_skip x + c_out F(c_in x)."""
    total = sigma.square() + SIGMA_DATA**2
    return SIGMA_DATA**2 / total, sigma * SIGMA_DATA * total.rsqrt(), c_in(sigma)


def consistency_scalings(sigma: Tensor) -> Scalings:
    """(c_skip, c_out, c_in) of the consistency function; at SIGMA_MIN it is the identity exactly."""
    above = sigma - SIGMA_MIN
    c_skip = SIGMA_DATA**2 / (above.square() + SIGMA_DATA**2)
    return c_skip, SIGMA_DATA * above * c_in(sigma), c_in(sigma)
