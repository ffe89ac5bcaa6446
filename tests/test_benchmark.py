"""What the benchmark measures is what it says; its figures themselves are no matter of tests."""

import numpy as np
import pytest
import torch

from picgui import color
from picgui.pic.sampler import sample_rows
from training.benchmark import floor_seconds, paper_size, table

NAMES = ("unit_seconds", "naive_units", "torch_units", "fast_units", "fast_units_8_samples", "fast_units_64x64", "floor_units")
SECONDS = ("first_colour_seconds", "embedding_seconds", "four_samples_seconds", "compose_12mp_seconds", "compose_100mp_seconds")


def test_the_measured_network_draws_colours_that_sRGB_has_as_a_trained_one_does():
    f = paper_size((2, 3), (2, 2))
    embedding = torch.randn(1, 256, 8, 8, generator=torch.Generator().manual_seed(1))
    luminance = torch.zeros(1, 1, 8, 8)  # L = 50
    rows = sample_rows(f, embedding, luminance, seeds=range(4), within_gamut=False)
    chroma = torch.from_numpy(np.stack([row.chroma for row in rows], axis=2))
    inside = color.in_gamut(torch.cat((torch.full_like(chroma[:, :1], 50), chroma), dim=1))
    assert inside.float().mean() > 0.8
    assert chroma.std() > 3, "grey would always be inside"


def test_the_floor_counts_the_products_that_the_loop_needs():
    limits = {"peak_gflops_one_thread": 1.0, "cache_bandwidth_gb_per_second": 1e12}
    floors = [floor_seconds(paper_size(kernel, (2, 2)), limits) for kernel in ((2, 3), (3, 3))]
    more = 4 * (160 * 320 + 320 * 320) * 3 / 2  # a further row of each vertical kernel, by Winograd's F(4, 3)
    assert floors[1] - floors[0] == pytest.approx(2 * more * 32 * 32 / 1e9, rel=1e-6)


def test_the_table_has_every_figure_of_both_kernels():
    units = {name: 1.25 + place for place, name in enumerate(NAMES)}
    others = {name: 101.5 + place for place, name in enumerate(NAMES)}
    seconds = {name: 0.125 + place for place, name in enumerate(SECONDS)}
    text = table({"machine": "A machine", **units, "kernel_3x3": others, **seconds, "peak_memory_mb": 987.0})
    assert text.startswith("A machine\n") and "987" in text
    for value in (*units.values(), *others.values()):
        assert f"{float(f'{value:.3g}'):g}" in text
    for value in seconds.values():
        assert f"{value:.3f}" in text
