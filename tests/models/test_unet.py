"""The U-Net baseline: sizes, shapes, its start at zero, and that everything it is given counts."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from models.nets.dit import DIT_PRESETS, DiT, parameter_parts
from models.nets.unet import UNET_PRESETS, UNet, UNetAttention, UNetBlock, UNetConfig, resample
from models.train.diffusion import edm_loss

TINY = UNetConfig(
    channels=(32, 32, 64, 64), blocks=1, head_width=32, groups=8, condition=32, noise_features=32
)  # fmt: skip


def inputs(batch: int, tokens: int) -> tuple[Tensor, ...]:
    """noisy, c_noise, context, clap with unit-length prompts."""
    clap = F.normalize(torch.randn(batch, 512), dim=-1)
    return torch.randn(batch, tokens, 64), torch.randn(batch) * 0.5, torch.randn(batch, tokens, 64), clap


def awake(config: UNetConfig = TINY) -> UNet:
    """A U-Net whose zero-initialised layers got small random weights."""
    torch.manual_seed(0)
    net = UNet(config)
    with torch.no_grad():
        for parameter in net.parameters():
            parameter.add_(torch.randn_like(parameter) * 0.05)
    return net


def size(preset: str) -> int:
    with torch.device("meta"):
        return sum(parameter.numel() for parameter in UNet(UNET_PRESETS[preset]).parameters())


def test_presets_have_the_sizes_of_their_models():
    with torch.device("meta"):
        dit = parameter_parts(DiT(DIT_PRESETS["starter"]))["total"]
    assert abs(size("starter") / dit - 1) < 0.15
    assert abs(size("paper") / 430e6 - 1) < 0.02  # Diff-A-Riff: 150 M more than the 280 M of the DiT


def test_encoder_half_of_paper_is_as_large_as_its_published_copy():
    with torch.device("meta"):
        net = UNet(UNET_PRESETS["paper"])
    half = sum(p.numel() for part in (net.input, net.condition_mlp, net.down, net.middle) for p in part.parameters())
    assert abs(half / 165e6 - 1) < 0.06


@pytest.mark.parametrize(
    "wrong", [{"channels": (32,) * 5}, {"channels": ()}, {"channels": (32, 33)}, {"head_width": 48}]
)
def test_sizes_that_cannot_be_built_are_refused(wrong: dict):
    with pytest.raises(ValueError, match=r"scales|groups"):
        UNetConfig(**{"channels": (32, 64), "groups": 8, "attention_from": 1, "head_width": 32, **wrong})


@pytest.mark.parametrize("chunks", range(1, 17))
def test_keeps_the_shape_of_every_window_length(chunks: int):
    out = awake()(*inputs(2, 8 * chunks))
    assert out.shape == (2, 8 * chunks, 64)
    assert out.isfinite().all()


def test_output_is_exactly_zero_at_first():
    assert torch.equal(UNet(TINY)(*inputs(3, 16)), torch.zeros(3, 16, 64))


@pytest.mark.parametrize("changed", range(4))
def test_every_input_reaches_the_output(changed: int):
    net, before = awake(), inputs(1, 16)
    after = [value + (index == changed) * torch.randn_like(value) for index, value in enumerate(before)]
    assert not torch.allclose(net(*before), net(*after), atol=1e-4)


def test_gradient_reaches_every_parameter():
    net = awake()
    noisy, noise, context, clap = inputs(4, 24)
    present = torch.tensor([True, False, True, False])
    net(
        noisy, noise, net.fill_context(context, present), net.fill_clap(clap, present.flip(0))
    ).square().sum().backward()
    dead = [name for name, parameter in net.named_parameters() if parameter.grad is None or not parameter.grad.any()]
    assert dead == []


def test_slots_are_told_apart_and_chunks_far_away_are_heard():
    net = awake()
    noisy, noise, context, clap = inputs(1, 120)
    same = net(noisy[:, :1].expand(-1, 120, -1), noise, context[:, :1].expand(-1, 120, -1), clap)[0, 56:64]
    assert (torch.cdist(same, same) + torch.eye(8) * 1e3).min() > 1e-3
    other = context.clone()
    other[:, :8] += 1
    with torch.no_grad():
        change = (net(noisy, noise, context, clap) - net(noisy, noise, other, clap)).abs()
    assert change[:, -8:].max() > 1e-4  # from the first chunk of 15 to the last


def test_two_passes_are_identical_and_items_do_not_touch_each_other():
    net, given = awake().train(), inputs(3, 16)
    assert torch.equal(net(*given), net(*given))
    alone = net(*[value[1:2] for value in given])
    torch.testing.assert_close(net(*given)[1:2], alone, rtol=1e-4, atol=1e-5)


def test_absent_conditions_become_the_learned_vectors():
    net = awake()
    _, _, context, clap = inputs(2, 8)
    present = torch.tensor([True, False])
    filled = net.fill_context(context, present)
    assert torch.equal(filled[0], context[0])
    assert torch.equal(filled[1], net.null_context.expand(8, 64))
    assert torch.equal(net.fill_clap(clap, present), torch.stack([clap[0], net.null_clap]))


def test_resampling_halves_by_the_mean_and_doubles_by_repeating():
    x = torch.tensor([[[1.0, 3.0, 5.0, 9.0]]])
    assert resample(x, 0.5).tolist() == [[[2.0, 7.0]]]
    assert resample(x[..., :2], 2.0).tolist() == [[[1.0, 1.0, 3.0, 3.0]]]
    assert resample(x, 1.0) is x


def test_blocks_and_attention_are_scalings_at_first():
    x = torch.randn(2, 32, 6)
    half = 0.5**0.5
    torch.testing.assert_close(UNetAttention(32, TINY)(x), x * half)
    torch.testing.assert_close(UNetBlock(32, 32, TINY)(x, torch.randn(2, 32)), x * half)
    assert UNetBlock(32, 64, TINY, resample=0.5)(x, torch.randn(2, 32)).shape == (2, 64, 3)


def test_attention_equals_its_formula():
    torch.manual_seed(0)
    attention = UNetAttention(64, TINY)
    torch.nn.init.normal_(attention.out.weight, std=0.1)
    x = torch.randn(2, 64, 6)
    q, k, v = attention.qkv(attention.norm(x).mT).view(2, 6, 3, 2, 32).permute(2, 0, 3, 1, 4)
    mixed = torch.softmax(q @ k.mT / 32**0.5, -1) @ v
    expected = (x + attention.out(mixed.transpose(1, 2).reshape(2, 6, 64)).mT) * 0.5**0.5
    torch.testing.assert_close(attention(x), expected, rtol=1e-4, atol=1e-5)


def test_starter_takes_a_training_step():
    """One step down the gradient on one item lowers the loss on that item."""
    torch.manual_seed(0)
    net = UNet(UNET_PRESETS["starter"])
    noisy, _, context, clap = inputs(1, 120)
    clean, sigma = torch.randn(1, 120, 64) * 0.5, torch.tensor([1.0])

    def loss() -> Tensor:
        return edm_loss(lambda scaled, noise: net(scaled, noise, context, clap), clean, noisy, sigma)

    before = loss()
    before.backward()
    torch.optim.SGD(net.parameters(), lr=0.01).step()
    with torch.no_grad():
        assert loss() < 0.999 * before
