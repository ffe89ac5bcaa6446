"""What compiled loops share does as PyTorch does."""

import numba
import numpy as np
import pytest
import torch

from picgui import color, compiled
from picgui.compiled import colors, compiled_within, exp


def lab_colors(number=4000):
    generator = np.random.default_rng(0)
    ranges = ((0, 100), (-100, 100), (-100, 100))
    return np.stack([generator.uniform(*r, number) for r in ranges]).astype(np.float32)


@pytest.mark.parametrize("kind", [np.float32, float], ids=["compiled", "python"])
def test_the_gamut_of_one_colour_is_that_of_color(kind):
    _, in_gamut = colors(kind, compiled_within if kind is np.float32 else lambda function: function)
    lab = lab_colors()
    expected = color.in_gamut(torch.from_numpy(lab)[:, :, None])[:, 0].numpy()
    found = np.array([in_gamut(*map(kind, (*colour, color.GAMUT_SLACK))) for colour in lab.T])
    assert (found != expected).mean() < 1e-3 and 0.05 < expected.mean() < 0.9


@pytest.mark.parametrize("kind", [np.float32, float], ids=["compiled", "python"])
def test_the_light_of_one_colour_is_that_of_color(kind):
    lab_to_linear_rgb, _ = colors(kind, compiled_within if kind is np.float32 else lambda function: function)
    lab = lab_colors()
    expected = color.lab_to_linear_rgb(torch.from_numpy(lab)[:, :, None])[:, :, 0].numpy()
    found = np.array([lab_to_linear_rgb(*map(kind, one)) for one in lab.T]).T
    assert np.abs(found - expected).max() < 2e-6 * np.abs(expected).max() and expected.min() < -0.1


def test_the_exponential_is_one():
    x = np.linspace(-86, 86, 5000, dtype=np.float32)
    found, expected = np.array([exp(one) for one in x]), np.exp(x.astype(np.float64))
    assert np.abs(found / expected - 1).max() < 3e-7
    assert exp(np.float32(-1000)) < 1e-37 and exp(np.float32(0)) == 1


def test_picgui_works_where_nothing_compiled_can_be_kept(monkeypatch):
    def nowhere(**flags):
        raise RuntimeError("cannot cache function '_can_keep': no locator available")

    assert compiled._can_keep()
    monkeypatch.setattr(compiled.numba, "njit", nowhere)
    assert not compiled._can_keep()


@pytest.mark.parametrize("failing", ["save", "load"])
def test_a_full_disk_or_a_damaged_cache_only_costs_time(failing, monkeypatch):
    def fails(*_):
        raise OSError(28, "No space left on device") if failing == "save" else EOFError("Ran out of input")

    monkeypatch.setattr(numba.core.caching.IndexDataCacheFile, failing, fails)
    for exponential in (compiled.compiled(exp.py_func), compiled.compiled(exp.py_func)):
        assert exponential(np.float32(0)) == 1 and len(exponential.signatures) == 1
