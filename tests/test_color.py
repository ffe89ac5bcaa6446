"""The colour space: the same numbers as scikit-image, and a gamut that keeps hue and luminance."""

import numpy as np
import pytest
import torch
from skimage import color as skimage_color

from picgui import color

RNG = np.random.default_rng(0)


def image(values):
    """(N, 3) values as a (3, 1, N) image."""
    return torch.from_numpy(np.ascontiguousarray(values.T))[:, None]


def test_lab_is_that_of_scikit_image():
    rgb = np.concatenate((RNG.random((2000, 3)), np.eye(3), np.zeros((1, 3)), np.ones((1, 3)), RNG.random((50, 3)) * 0.04))
    ours = color.srgb_to_lab(image(rgb))[:, 0].T.numpy()
    assert np.abs(ours - skimage_color.rgb2lab(rgb[None])[0]).max() < 1e-3


def test_there_and_back_is_the_same_colour():
    rgb = image(RNG.random((2000, 3)))
    assert torch.allclose(color.lab_to_srgb(color.srgb_to_lab(rgb)), rgb, atol=1e-4)


def test_every_srgb_colour_is_in_gamut_and_vivid_lab_is_not():
    rgb = image(RNG.random((2000, 3)))
    assert color.in_gamut(color.srgb_to_lab(rgb)).all()
    assert not color.in_gamut(torch.tensor([50.0, 120.0, -120.0]).view(3, 1, 1)).any()
    greys = torch.zeros(3, 1, 101)
    greys[0, 0] = torch.arange(101.0)
    assert color.in_gamut(greys).all()


def test_clamping_keeps_luminance_and_hue_and_touches_only_what_is_outside():
    luminance = torch.from_numpy(RNG.uniform(1, 99, (1, 40, 50))).float()
    chroma = torch.from_numpy(RNG.normal(0, 50, (2, 40, 50))).float()
    clamped = color.clamp_chroma_to_gamut(luminance, chroma)
    before = color.in_gamut(torch.cat((luminance, chroma)))
    assert color.in_gamut(torch.cat((luminance, clamped))).all() and 0.1 < before.float().mean() < 0.9
    assert torch.equal(clamped[:, before], chroma[:, before])
    cross = clamped[0] * chroma[1] - clamped[1] * chroma[0]
    assert cross.abs().max() < 1e-2  # the same angle
    kept = clamped.norm(dim=0) / chroma.norm(dim=0)
    assert (kept <= 1.0001).all() and (clamped * chroma).sum(0).min() >= -1e-4
    # as much colour as there can be: a little more is outside
    outside = ~before & (kept > 0.05)
    assert not color.in_gamut(torch.cat((luminance, clamped * 1.02)))[outside].float().mean() > 0.05


def test_whole_units_stay_within_the_ranges_of_a_and_b():
    rounded = color.round_chroma(torch.tensor([[-300.0, 0.4, 300.0], [-300.0, -0.6, 300.0]]).view(2, 1, 3))
    assert rounded[:, 0].tolist() == [[-127, 0, 128], [-128, -1, 127]]


def test_normalising_is_undone_exactly_enough_to_round():
    units = torch.stack(torch.meshgrid(torch.arange(-127.0, 129), torch.arange(-128.0, 128), indexing="ij"))
    normalised = color.normalize_chroma(units)
    assert normalised.min() == pytest.approx(-1) and normalised.max() == pytest.approx(1)
    assert torch.equal(color.denormalize_chroma(normalised).round(), units)
    assert color.normalize_luminance(torch.tensor([0.0, 50.0, 100.0])).tolist() == [-1, 0, 1]
