"""The mixture over chroma: a true probability mass function, and draws that follow it."""

import math

import pytest
import torch

from picgui import color
from picgui.pic import mixture, pixel_loop


def random_parameters(*, components=4, pixels=1, scale=1.0, seed=0):
    torch.manual_seed(seed)
    parameters = torch.randn(1, 6 * components, 1, pixels, dtype=torch.float64) * scale
    parameters[:, 2 * components : 3 * components] -= 3
    parameters[:, 4 * components : 5 * components] -= 3
    return parameters


def all_values():
    """Every (a, b) on whole Lab units, normalised: (1, 2, 256, 256)."""
    grid = torch.arange(256, dtype=torch.float64) / 127.5 - 1
    return torch.stack(torch.meshgrid(grid, grid, indexing="ij"))[None]


@pytest.mark.parametrize("scale", [0.3, 1.0, 3.0])
@pytest.mark.parametrize("seed", range(3))
def test_the_probabilities_of_all_65536_values_sum_to_one(scale, seed):
    parameters = random_parameters(scale=scale, seed=seed).expand(1, 24, 256, 256)
    assert mixture.log_prob(parameters, all_values()).exp().sum().item() == pytest.approx(1, abs=1e-9)


def test_a_component_without_probability_is_never_drawn():
    parameters = torch.zeros(1, 12, 1, 1)
    parameters[:, 0], parameters[:, 1] = -2000.0, 50.0
    parameters[:, 2], parameters[:, 3] = 0.5, -0.1
    parameters[:, 4:6] = parameters[:, 8:10] = -7.0
    noise = torch.tensor([0.0, 0.5, 0.5]).view(1, 3, 1, 1)
    assert mixture.draw(parameters, noise)[0, 0].item() == pytest.approx(-0.1, abs=0.01)
    drawn = pixel_loop.draw_real(parameters.flatten().tolist(), [0.0] * 2, noise.view(1, 3).tolist(), 50.0, 1.0, 0)
    assert drawn[0] == pytest.approx(-0.1, abs=0.01)


def test_the_grid_is_the_whole_lab_units():
    units = color.normalize_chroma(torch.tensor([-127.0, 128.0, 0.0, -128.0, 127.0, 0.0]).view(2, 1, 3))
    assert torch.allclose(mixture.snap(units), units, atol=1e-6)
    assert units.flatten().tolist()[:2] == pytest.approx([-1, 1])


@pytest.mark.parametrize("distance", [0.0, 0.5, 1.9])
@pytest.mark.parametrize("log_scale", [-7.0, -20.0, 2.0])
def test_nothing_underflows_in_float32(distance, log_scale):
    parameters = torch.zeros(1, 6, 1, 1)
    parameters[:, 1] = distance
    parameters[:, 2] = parameters[:, 4] = log_scale
    parameters.requires_grad_(True)
    value = mixture.log_prob(parameters, mixture.snap(torch.zeros(1, 2, 1, 1)))
    value.sum().backward()
    assert value.isfinite().all() and parameters.grad.isfinite().all()


def test_log_prob_is_the_formula():
    """A single component, by hand (MODEL: sigmoid((x + 1/255 - mu)/s) - sigmoid((x - 1/255 - mu)/s), b's mean moved by a)."""
    mean_a, log_a, mean_b, log_b, coefficient = 0.05, -2.0, -0.1, -1.5, 0.7
    parameters = torch.tensor([0.3, mean_a, log_a, mean_b, log_b, coefficient], dtype=torch.float64).view(1, 6, 1, 1)
    chroma = mixture.snap(torch.tensor([0.2, 0.4], dtype=torch.float64)).view(1, 2, 1, 1)
    a, b = chroma.flatten().tolist()

    def mass(x, mean, log_scale):
        upper, lower = ((x + sign / 255 - mean) / math.exp(log_scale) for sign in (1, -1))
        return 1 / (1 + math.exp(-upper)) - 1 / (1 + math.exp(-lower))

    expected = math.log(mass(a, mean_a, log_a) * mass(b, mean_b + math.tanh(coefficient) * a, log_b))
    assert mixture.log_prob(parameters, chroma).item() == pytest.approx(expected, abs=1e-12)


def test_draws_follow_the_probabilities():
    parameters = random_parameters(components=3, seed=2).float()
    number = 40_000
    noise = torch.rand(1, 3, 1, number, generator=torch.Generator().manual_seed(0))
    drawn = mixture.draw(parameters.expand(1, 18, 1, number), noise)[0, :, 0]
    index = ((drawn + 1) * 127.5).round().long()
    observed = torch.zeros(256, 256).index_put_((index[0], index[1]), torch.ones(number), accumulate=True) / number
    expected = mixture.log_prob(parameters.expand(1, 18, 256, 256), all_values().float()).exp()[0]
    for axis in (0, 1):  # cumulative distributions of b and of a (Kolmogorov)
        assert (observed.sum(axis).cumsum(0) - expected.sum(axis).cumsum(0)).abs().max() < 0.015
    # and of both together, coarsely
    coarse = [x.view(16, 16, 16, 16).sum((1, 3)) for x in (observed, expected)]
    assert (coarse[0] - coarse[1]).abs().max() < 0.01


def test_draws_lie_on_whole_units_within_range():
    parameters = random_parameters(scale=3, pixels=1).float().expand(1, 24, 1, 500)
    drawn = mixture.draw(parameters, torch.rand(1, 3, 1, 500))
    assert torch.equal(drawn, mixture.snap(drawn)) and drawn.abs().max() <= 1


def test_temperature_narrows_and_zero_is_the_mode():
    parameters = random_parameters(components=3, seed=5).float().expand(1, 18, 1, 4000)
    noise = torch.rand(1, 3, 1, 4000, generator=torch.Generator().manual_seed(1))
    spread = [mixture.draw(parameters, noise, temperature=t).std(dim=-1).sum() for t in (0.0, 0.5, 1.0)]
    assert spread[0] < 1e-6 < spread[1] < spread[2]
    with pytest.raises(ValueError):
        mixture.draw(parameters, noise, temperature=-0.1)


def test_expectation_is_the_mean_of_the_mass_function():
    parameters = random_parameters(components=2, seed=4, scale=0.2)
    mass = mixture.log_prob(parameters.expand(1, 12, 256, 256), all_values()).exp()
    mean = (mass * all_values()).sum(dim=(2, 3))
    assert torch.allclose(mixture.expectation(parameters)[0, :, 0, 0], mean[0], atol=0.02)


def test_the_mode_is_more_likely_than_draws_are():
    parameters = random_parameters(components=4, pixels=200, seed=3, scale=0.3)
    best = mixture.log_prob(parameters, mixture.snap(mixture.mode(parameters)))
    drawn = mixture.log_prob(parameters, mixture.draw(parameters, torch.rand(1, 3, 1, 200, dtype=torch.float64)))
    assert best.mean() > drawn.mean() + 1
