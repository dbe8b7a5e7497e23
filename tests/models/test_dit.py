"""The DiT: size, shapes, its start at zero, and the parts it is made of."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F

from models.nets.dit import (
    DIT_PRESETS,
    Attention,
    ConsistencyStep,
    DiT,
    DiTConfig,
    TokenConv,
    parameter_parts,
)
from models.nets.preconditioning import consistency_scalings
from models.train.diffusion import edm_loss

TINY = DiTConfig(width=32, layers=2, heads=2, condition=16, noise_features=32)

PAPER_PARTS = {
    "attention": 4_198_400,
    "conv": 12_288,
    "mlp": 8_393_728,
    "modulation": 3_151_872,
    "layers": 18 * 15_756_288,
    "input": 132_096,
    "output": 65_600,
    "final_modulation": 1_050_624,
    "noise": 525_312,
    "clap": 525_824,
    "positions": 24_576,
    "null_context": 64,
    "total": 285_937_280,
}


def inputs(batch: int, tokens: int) -> tuple[torch.Tensor, ...]:
    """noisy, c_noise, context, clap with unit-length prompts."""
    clap = F.normalize(torch.randn(batch, 512), dim=-1)
    return torch.randn(batch, tokens, 64), torch.randn(batch) * 0.5, torch.randn(batch, tokens, 64), clap


def awake(config: DiTConfig) -> DiT:
    """A DiT whose zero-initialised layers got small random weights."""
    torch.manual_seed(0)
    net = DiT(config)
    with torch.no_grad():
        for parameter in net.parameters():
            parameter.add_(torch.randn_like(parameter) * 0.05)
    return net


def test_paper_has_the_published_number_of_parameters_in_every_part():
    with torch.device("meta"):
        net = DiT(DIT_PRESETS["paper"])
    assert parameter_parts(net) == PAPER_PARTS


def test_starter_stays_below_25_million_with_heads_of_64():
    with torch.device("meta"):
        net = DiT(DIT_PRESETS["starter"])
    assert parameter_parts(net)["total"] == 22_385_920
    assert net.config.width // net.config.heads == 64


def test_output_is_exactly_zero_at_first_so_the_denoiser_is_c_skip_x():
    net = DiT(TINY)
    noisy, noise, context, clap = inputs(3, 16)
    assert torch.equal(net(noisy, noise, context, clap), torch.zeros(3, 16, 64))
    sigma = torch.tensor([0.002, 1.0, 80.0])
    c_skip = consistency_scalings(sigma)[0]
    assert torch.equal(ConsistencyStep(net)(noisy, sigma, context, clap), c_skip[:, None, None] * noisy)


@pytest.mark.parametrize("tokens", [8, 24, 120, 128])
def test_keeps_the_shape_of_every_allowed_length(tokens: int):
    assert awake(TINY)(*inputs(2, tokens)).shape == (2, tokens, 64)


@pytest.mark.parametrize("changed", range(4))
def test_every_input_reaches_the_output(changed: int):
    net = awake(TINY)
    before = inputs(1, 16)
    after = [value + (index == changed) * 0.5 for index, value in enumerate(before)]
    assert not torch.allclose(net(*before), net(*after), atol=1e-4)


def test_chunk_and_slot_positions_tell_tokens_apart():
    net = awake(TINY)
    for block in net.blocks:  # without its conv, attention alone cannot see order
        torch.nn.init.zeros_(block.attention.conv.weight[0].data)
        torch.nn.init.zeros_(block.attention.conv.weight[2].data)
    noisy, noise, context, clap = inputs(1, 24)
    flat = net(noisy[:, :1].expand(-1, 24, -1), noise, context[:, :1].expand(-1, 24, -1), clap)
    distances = torch.cdist(flat[0], flat[0]) + torch.eye(24) * 1e3
    assert distances.min() > 1e-3


def test_two_passes_are_identical_while_training():
    """Consistency training relies on it: student and teacher share every random choice because there is none."""
    net = awake(TINY).train()
    given = inputs(2, 16)
    assert torch.equal(net(*given), net(*given))


def test_items_of_a_batch_do_not_touch_each_other():
    net = awake(TINY)
    given = inputs(3, 16)
    alone = net(*[value[1:2] for value in given])
    torch.testing.assert_close(net(*given)[1:2], alone, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("dilation", [1, 8])
def test_token_conv_is_a_depth_wise_convolution_born_as_identity(dilation: int):
    conv = TokenConv(6, dilation)
    x = torch.randn(2, 24, 6)
    assert torch.equal(conv(x), x)
    torch.nn.init.normal_(conv.weight)
    torch.nn.init.normal_(conv.bias)
    kernel = conv.weight.T[:, None]  # [channel, 1, tap]
    expected = F.conv1d(x.mT, kernel, conv.bias, padding=dilation, dilation=dilation, groups=6).mT
    torch.testing.assert_close(conv(x), expected)


def test_attention_equals_its_formula():
    attention = Attention(TINY)
    x = torch.randn(2, 16, 32)
    q, k, v = attention.qkv(x).view(2, 16, 3, 2, 16).permute(2, 0, 3, 1, 4)
    q, k = q / q.square().mean(-1, keepdim=True).sqrt(), k / k.square().mean(-1, keepdim=True).sqrt()
    mixed = torch.softmax(q @ k.mT / 4, -1) @ v
    expected = attention.out(mixed.transpose(1, 2).reshape(2, 16, 32))
    torch.testing.assert_close(attention(x), expected, rtol=1e-4, atol=1e-5)


def test_absent_conditions_become_the_learned_vectors():
    net = awake(TINY)
    _, _, context, clap = inputs(2, 8)
    present = torch.tensor([True, False])
    filled = net.fill_context(context, present)
    assert torch.equal(filled[0], context[0])
    assert torch.equal(filled[1], net.null_context.expand(8, 64))
    assert torch.equal(net.fill_clap(clap, present), torch.stack([clap[0], net.null_clap]))


@pytest.mark.parametrize(("preset", "tokens"), [("starter", 120), pytest.param("paper", 8, marks=pytest.mark.slow)])
def test_preset_takes_a_training_step(preset: str, tokens: int):
    """One step down the gradient on one item lowers the loss on that item."""
    torch.manual_seed(0)
    net = DiT(DIT_PRESETS[preset])
    noisy, _, context, clap = inputs(1, tokens)
    clean, sigma = torch.randn(1, tokens, 64) * 0.5, torch.tensor([1.0])

    def loss() -> torch.Tensor:
        return edm_loss(lambda scaled, noise: net(scaled, noise, context, clap), clean, noisy, sigma)

    before = loss()
    before.backward()
    torch.optim.SGD(net.parameters(), lr=0.01).step()
    with torch.no_grad():
        assert loss() < 0.999 * before
