"""The bridge's network: sizes, the start, the null text, and the maps between CLAP and where the noise is added."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
import torch
import torch.nn.functional as F

from models.nets.gap_bridge import (
    GAP_BRIDGE_PRESETS,
    Affine,
    GapBridge,
    GapBridgeConfig,
    parameter_parts,
    principal_directions,
)

TINY = GapBridgeConfig(width=32, blocks=2, condition=16, noise_features=16, components=24)

PAPER_PARTS = {
    "dense": 2 * (1024 * 1024 + 1024),
    "modulation": 512 * 3072 + 3072,
    "blocks": 8 * 3_675_136,
    "input": 525_312,
    "output": 524_800,
    "final_modulation": 1_050_624,
    "noise": 525_312,
    "text": 525_312,
    "null_text": 512,
    "total": 32_552_960,
}


def awake(config: GapBridgeConfig) -> GapBridge:
    """A bridge whose zero-initialised layers got small random weights, fitted to random vectors."""
    torch.manual_seed(0)
    net = GapBridge(config)
    with torch.no_grad():
        for parameter in net.parameters():
            parameter.add_(torch.randn_like(parameter) * 0.05)
    net.fit(F.normalize(torch.randn(60, 512) + 1, dim=1), F.normalize(torch.randn(60, 512) - 1, dim=1))
    return net.eval()


def cone(items: int) -> torch.Tensor:
    """Unit vectors around one direction, spread over a dozen directions unequally."""
    generator = torch.Generator().manual_seed(1)
    axes = torch.linalg.qr(torch.randn(512, 13, generator=generator))[0].T
    strength = torch.linspace(0.3, 0.05, 12)
    return F.normalize(axes[12] + torch.randn(items, 12, generator=generator) * strength @ axes[:12], dim=1)


def test_paper_has_the_derived_number_of_parameters_in_every_part():
    with torch.device("meta"):
        net = GapBridge(GAP_BRIDGE_PRESETS["paper"])
    assert parameter_parts(net) == PAPER_PARTS
    assert round(parameter_parts(net)["total"] / 1e6, 1) == 32.6


def test_starter_is_below_two_millions():
    with torch.device("meta"):
        assert parameter_parts(GapBridge(GAP_BRIDGE_PRESETS["starter"]))["total"] == 1_824_256


def test_output_is_zero_at_first_yet_every_weight_behind_it_can_learn():
    torch.manual_seed(0)
    net = GapBridge(TINY)
    noisy, noise, text = torch.randn(3, 24), torch.randn(3), torch.randn(3, 512)
    assert not net(noisy, noise, text).any()
    assert awake(TINY)(noisy, noise, text).abs().mean() > 0.01


def test_noise_level_text_and_noisy_vector_all_matter():
    net = awake(TINY)
    noisy, noise, text = torch.randn(3, 24), torch.randn(3), torch.randn(3, 512)
    plain = net(noisy, noise, text)
    for changed in ((noisy + 1, noise, text), (noisy, noise + 1, text), (noisy, noise, text + 1)):
        assert not torch.allclose(net(*changed), plain, atol=1e-3)


def test_null_text_stands_in_row_by_row_and_learns():
    net = awake(TINY)
    texts, given = cone(4), torch.tensor([True, False, True, False])
    filled = net.fill_text(texts, given)
    assert torch.equal(filled[1], net.null_text)
    assert torch.equal(filled[3], net.null_text)
    assert torch.equal(filled[[0, 2]], net.text.normalise(texts)[[0, 2]])
    net(torch.randn(4, 24), torch.randn(4), filled).sum().backward()
    assert net.null_text.grad.abs().sum() > 0


@pytest.mark.parametrize("components", [24, 512])
def test_map_centres_scales_and_comes_back(components: int):
    vectors = cone(3000)
    plain = Affine(components)
    plain.fit(vectors, 0.5)
    coordinates = plain.normalise(vectors)
    assert coordinates.mean(0).abs().max() < 1e-4
    assert coordinates.square().mean().sqrt() == pytest.approx(0.5, rel=1e-3)
    assert (plain.restore(coordinates) - vectors).abs().max() < 1e-5
    assert plain.explained == pytest.approx(1, abs=1e-4)


def test_fewer_directions_keep_the_largest_and_say_how_much_they_hold():
    vectors = cone(3000)
    narrow = Affine(4)
    narrow.fit(vectors, 0.5)
    lost = vectors - narrow.restore(narrow.normalise(vectors))
    share = 1 - lost.square().sum() / (vectors - vectors.mean(0)).square().sum()
    assert narrow.explained == pytest.approx(float(share), abs=1e-4)
    assert 0.4 < share < 0.9
    spread = narrow.normalise(vectors).std(0)
    assert (spread.diff() < 0).all()


def test_directions_do_not_depend_on_the_sign_that_the_library_chose(monkeypatch: pytest.MonkeyPatch):
    rows = cone(200)
    covariance = (rows.T @ rows).double()
    found = principal_directions(covariance, 5)
    assert torch.allclose(found @ found.T, torch.eye(5, dtype=torch.double), atol=1e-8)
    values, vectors = torch.linalg.eigh(covariance)
    turned = SimpleNamespace(eigenvalues=values, eigenvectors=-vectors)
    monkeypatch.setattr(torch.linalg, "eigh", lambda matrix: turned)
    assert torch.equal(principal_directions(covariance, 5), found)
