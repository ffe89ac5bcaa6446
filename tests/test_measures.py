"""The measures, on pictures whose figures are known."""

import pytest
import torch

from training import measures

L = torch.full((3, 1, 8, 8), 60.0)


def flat(a, b):
    return torch.tensor([a, b], dtype=torch.float32).view(1, 2, 1, 1).expand(3, 2, 8, 8).clone()


def test_saturation_is_luebkes():
    assert measures.perceptual_saturation(L, flat(30, 40)).tolist() == pytest.approx([100 * 50 / (50**2 + 60**2) ** 0.5] * 3)
    assert measures.perceptual_saturation(L, flat(0, 0)).max() == 0


def test_grey_has_no_colourfulness_and_vivid_has_more_than_pale():
    grey, pale, vivid = (measures.colorfulness(L, flat(*ab)).mean() for ab in ((0, 0), (5, 10), (30, 40)))
    assert grey < 0.5 < pale < vivid


def test_errors_of_a_known_difference():
    assert measures.chroma_rmse(flat(3, 4), flat(0, 0)).tolist() == pytest.approx([12.5**0.5] * 3)
    assert measures.psnr(L, flat(3, 4), flat(3, 4)).min() > 99
    assert 20 < measures.psnr(L, flat(10, 10), flat(0, 0)).mean() < 40


def test_diversity_is_the_mean_distance_of_pairs():
    samples = torch.stack((flat(0, 0), flat(3, 4), flat(6, 8)), dim=1)
    assert measures.diversity(samples).tolist() == pytest.approx([(5 + 5 + 10) / 3] * 3)


def test_the_best_of_several_is_better_and_derailing_is_counted():
    torch.manual_seed(0)
    real = flat(10, 10)
    samples = torch.stack((flat(10, 12), flat(50, 50), flat(0, 10), flat(10, 10)), dim=1)
    figures = measures.measure(L, real, samples)
    assert figures["chroma_rmse_best_of_4"].mean == 0 < figures["chroma_rmse"].mean < figures["chroma_rmse_worst_of_4"].mean
    assert figures["derailed"].mean == pytest.approx(0.5)  # (50, 50) and (10, 12)


def test_intervals_hold_the_truth_about_95_times_in_100():
    torch.manual_seed(0)
    held = 0
    for _ in range(400):
        figure = measures.mean_with_interval(torch.randn(50) + 2)
        held += figure.low < 2 < figure.high
    assert 360 <= held <= 397


def test_a_share_of_zero_still_has_an_interval():
    figure = measures.share_with_interval(0.0, 1000)
    assert figure.mean == figure.low == 0 and 0.001 < figure.high < 0.01


def test_samples_of_one_picture_are_no_independent_ones():
    lightness, real = torch.full((20, 1, 4, 4), 50.0), torch.full((20, 2, 4, 4), 10.0)
    few, many = (measures.measure(lightness, real, real[:, None].repeat(1, n, 1, 1, 1))["derailed"] for n in (1, 50))
    assert few == many and few.mean == 0 and few.high > 0.1
