"""Guidance: which evaluations it takes, that 1 is no guidance at all, and data for which the answer is known."""

from __future__ import annotations

import itertools
from collections.abc import Callable

import numpy as np
import pytest
import torch

from models.generator import Generator
from models.guidance import UNGUIDED, Guidance, Term, mix
from models.noise import LATENTS, latents_stream, stream
from models.sampler import sample
from models.schedule import STANDARD, sigmas
from models.spectrogram import CHUNK_FRAMES
from models.train.diffusion import guide, heun_sample
from tests.models.conftest import BASS

WEIGHTS = [1.0, 1.5, 2.0, 3.0, 0.5, 0.0]
STD = 0.5
MEANS = {(False, False): -0.2, (True, False): 0.1, (True, True): 0.2}  # of Gaussian data under each condition


def guided_mean(guidance: Guidance) -> float:
    none, context, both = MEANS.values()
    return none + guidance.context * (context - none) + guidance.prompt * (both - context)


@pytest.mark.parametrize(("context", "prompt"), list(itertools.product(WEIGHTS, WEIGHTS)))
def test_terms_are_the_formula_of_three_evaluations(context: float, prompt: float) -> None:
    terms = Guidance(context, prompt).terms(80.0)
    assert sum(term.weight for term in terms) == pytest.approx(1)
    estimates = [MEANS[term.context, term.prompt] for term in terms]
    assert mix(terms, estimates) == pytest.approx(guided_mean(Guidance(context, prompt)))


@pytest.mark.parametrize(
    ("guidance", "seen"),
    [
        (Guidance(1.0, 1.0), [(True, True)]),
        (Guidance(1.5, 1.5), [(False, False), (True, True)]),
        (Guidance(1.0, 2.0), [(True, False), (True, True)]),
        (Guidance(2.0, 1.0), [(False, False), (True, False), (True, True)]),
        (Guidance(2.0, 0.0), [(False, False), (True, False)]),
    ],
)
def test_evaluations_without_weight_are_left_out(guidance: Guidance, seen: list[tuple[bool, bool]]) -> None:
    assert [(term.context, term.prompt) for term in guidance.terms(80.0)] == seen


@pytest.mark.parametrize(("has_context", "has_prompt"), [(True, False), (False, True), (False, False)])
def test_what_is_absent_cannot_guide(has_context: bool, has_prompt: bool) -> None:
    for weight in WEIGHTS:
        terms = Guidance(2.0 if not has_context else weight, 3.0 if not has_prompt else weight).terms(
            80.0, has_context, has_prompt
        )
        totals = {(term.context, term.prompt): term.weight for term in terms}
        expected = {(False, False): 1 - weight, (has_context, has_prompt): weight}
        if not (has_context or has_prompt):
            expected = {(False, False): 1.0}
        assert totals == pytest.approx({seen: value for seen, value in expected.items() if value})


def test_low_noise_is_not_guided() -> None:
    guidance = Guidance(2.0, 3.0)
    assert [len(guidance.terms(sigma)) for sigma in sigmas(5)] == [3, 3, 3, 1, 1]
    assert guidance.terms(0.9, True, False) == [Term(1.0, True, False)]
    assert len(Guidance(2.0, 3.0, above_sigma=0.0).terms(0.002)) == 3


@pytest.mark.parametrize("wrong", [{"context": -0.1}, {"prompt": float("nan")}, {"above_sigma": float("inf")}])
def test_weights_that_are_none_are_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="finite number from 0 up"):
        Guidance(**wrong)


def toy(guidance: Guidance) -> Callable[[np.ndarray, float], np.ndarray]:
    """Guided consistency function of Gaussians: each scales the distance from its own mean."""

    def denoise(noisy: np.ndarray, sigma: float) -> np.ndarray:
        terms = guidance.terms(sigma)
        means = [np.float32(MEANS[term.context, term.prompt]) for term in terms]
        return mix(terms, [mean + (noisy - mean) * shrink(sigma) for mean in means])

    return denoise


def shrink(sigma: float) -> np.float32:
    return np.float32(np.sqrt((STD**2 + STANDARD.sigma_min**2) / (STD**2 + sigma**2)))


@pytest.mark.parametrize("guidance", [UNGUIDED, Guidance(2.0, 1.0), Guidance(1.5, 3.0), Guidance(1.5, 1.5)])
@pytest.mark.parametrize("above", [0.0, 1.0])
def test_consistency_sampling_of_gaussians_is_exact(guidance: Guidance, above: float) -> None:
    """Guided everywhere, samples are N(guided mean, STD); every step without moves the mean back by 1 - shrink."""
    guidance = Guidance(guidance.context, guidance.prompt, above)
    drawn = sample(toy(guidance), (1, 40_000, 1), sigmas(5), stream(1, LATENTS))
    mean = guided_mean(guidance)
    for sigma in sigmas(5):
        if sigma <= above:
            mean = guided_mean(UNGUIDED) + (mean - guided_mean(UNGUIDED)) * shrink(sigma)
    assert drawn.mean() == pytest.approx(mean, abs=0.01)
    assert drawn.std() == pytest.approx(STD, abs=0.01)


@pytest.mark.parametrize("guidance", [Guidance(1.0, 1.0, 0.0), Guidance(2.0, 1.0, 0.0), Guidance(1.25, 3.0, 0.0)])
def test_heun_sampling_of_gaussians_is_exact(guidance: Guidance) -> None:
    def network_of(context: bool, prompt: bool) -> Callable[[torch.Tensor, torch.Tensor], torch.Tensor]:
        """F of the exact denoiser (STD^2 x + sigma^2 mean) / (STD^2 + sigma^2), sigma_data = STD."""
        mean = MEANS[context, prompt]

        def net(scaled: torch.Tensor, noise: torch.Tensor) -> torch.Tensor:
            sigma = (4 * noise).exp()[:, None]
            return (mean * sigma / STD / (STD**2 + sigma**2).sqrt()).expand_as(scaled)

        return net

    noise = torch.randn(40_000, 1, generator=torch.Generator().manual_seed(0))
    drawn = heun_sample(guide(network_of, guidance), noise, steps=40)
    assert drawn.mean().item() == pytest.approx(guided_mean(guidance), abs=0.01)
    assert drawn.std().item() == pytest.approx(STD, abs=0.01)


@pytest.fixture
def runs(generator: Generator, monkeypatch: pytest.MonkeyPatch) -> list[dict[str, np.ndarray]]:
    """What the DiT is run with from now on."""
    seen: list[dict[str, np.ndarray]] = []
    run = generator._graph.session.run

    def counted(inputs: dict[str, np.ndarray]) -> list[np.ndarray]:
        seen.append(inputs)
        return run(inputs)

    monkeypatch.setattr(generator._graph.session, "run", counted)
    return seen


def a_context(generator: Generator, chunks: int) -> np.ndarray:
    noise = np.random.default_rng(0).standard_normal((2, chunks * CHUNK_FRAMES)).astype(np.float32)
    return generator.encode_context(noise * 0.1)


@pytest.mark.parametrize("style", [BASS, None])
@pytest.mark.parametrize("has_context", [True, False])
def test_without_guidance_nothing_is_added(
    generator: Generator, runs: list[dict[str, np.ndarray]], style: np.ndarray | None, has_context: bool
) -> None:
    """Context and style, each there or not: byte for byte one plain evaluation per step."""
    context = a_context(generator, 3) if has_context else None
    written = generator.write(context, 3, style, seed=4)
    assert generator.write(context, 3, style, seed=4, guidance=Guidance(1.0, 1.0)).tobytes() == written.tobytes()
    assert [run["noisy"].shape for run in runs] == [(1, 24, 64)] * 10
    null = np.broadcast_to(generator._graph.null_context, (1, 24, 64))
    fixed = {
        "context": null if context is None else context.reshape(1, 24, 64),
        "clap": (generator._graph.null_clap if style is None else style)[None],
    }
    assert generator.pack.manifest.steps == 5

    def plain(noisy: np.ndarray, sigma: float) -> np.ndarray:
        return generator._graph.session.run({"noisy": noisy, "sigma": np.array([sigma], np.float32), **fixed})[0]

    drawn = sample(plain, (1, 24, 64), sigmas(5), latents_stream(4, 0))
    limit = generator.pack.manifest.latent_limit
    assert np.clip(drawn, -limit, limit).tobytes() == written.tobytes()


def test_guided_steps_are_batches_with_the_right_conditions(
    generator: Generator, runs: list[dict[str, np.ndarray]]
) -> None:
    context = a_context(generator, 2)
    plain = generator.write(context, 2, BASS, seed=1)
    runs.clear()
    guided = generator.write(context, 2, BASS, seed=1, guidance=Guidance(2.0, 3.0))
    assert [len(run["noisy"]) for run in runs] == [3, 3, 3, 1, 1]
    tokens, null = context.reshape(16, 64), np.broadcast_to(generator._graph.null_context, (16, 64))
    assert np.array_equal(runs[0]["context"], np.stack([null, tokens, tokens]))
    no_clap = generator._graph.null_clap
    assert np.array_equal(runs[0]["clap"], np.stack([no_clap, no_clap, BASS]))
    assert np.abs(guided - plain).max() > 1e-3
    assert np.abs(guided).max() <= generator.pack.manifest.latent_limit


def test_windows_that_go_on_are_guided_at_their_first_steps(
    generator: Generator, runs: list[dict[str, np.ndarray]]
) -> None:
    generator.write(a_context(generator, 16), 16, BASS, seed=1, guidance=Guidance(2.0, 2.0))
    assert [len(run["noisy"]) for run in runs] == [2, 2, 2, 1, 1, 2, 2, 1, 1, 1, 1]


def test_last_step_is_never_guided(generator: Generator, runs: list[dict[str, np.ndarray]]) -> None:
    generator.write(None, 1, BASS, seed=1, steps=2, guidance=Guidance(1.0, 2.0, above_sigma=0.0))
    assert [len(run["noisy"]) for run in runs] == [2, 1]


@pytest.mark.parametrize(("guidance", "matters"), [(Guidance(3.0, 1.0), False), (Guidance(1.0, 3.0), True)])
def test_without_a_context_only_the_style_guides(generator: Generator, guidance: Guidance, matters: bool) -> None:
    plain = generator.write(None, 2, BASS, seed=1)
    guided = generator.write(None, 2, BASS, seed=1, guidance=guidance)
    assert (np.abs(guided - plain).max() > 1e-3) == matters


def test_whole_stems_take_guidance(generator: Generator) -> None:
    context = a_context(generator, 1)
    stems = [generator.generate(context, 1, BASS, 1, guidance=guidance) for guidance in (UNGUIDED, Guidance(3.0, 3.0))]
    assert np.abs(stems[0] - stems[1]).max() > 1e-3 * np.abs(stems[0]).max()
