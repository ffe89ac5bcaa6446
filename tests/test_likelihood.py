"""What the model says of each pixel: entropies are those of the mixture, surprise is the code length of the very picture."""

import numpy as np
import pytest
import skimage.data
import torch

from picgui.errors import OutOfMemoryError
from picgui.likelihood import own_chroma, surprise, uncertainty
from picgui.opencv import cv2
from picgui.photo import photo_from_rgb
from picgui.pic import mixture
from picgui.pipeline import embed, load_model, sample_rows

# bits/dim of photographs that come with scikit-image, under the shipped checkpoint; another one has others: measure them anew
SHIPPED = {
    "astronaut": 2.65,
    "chelsea": 2.35,
    "coffee": 2.67,
}


def test_entropy_is_that_of_all_the_colours_a_mixture_gives():
    torch.manual_seed(0)
    parameters = torch.randn(1, 12, 1, 2)
    parameters[:, 4:6] = parameters[:, 8:10] = -4.0  # log-scales: some ten Lab units
    levels = torch.arange(256) * 2 / 255 - 1
    a, b = torch.meshgrid(levels, levels, indexing="ij")
    every = torch.stack((a.flatten(), b.flatten()), dim=1)[:, :, None, None].expand(-1, -1, 1, 2)
    logs = mixture.log_prob(parameters.expand(len(every), -1, -1, -1), every).double()
    exact = -(logs.exp() * logs).sum(dim=0)
    noise = torch.rand(4000, 3, 1, 2, generator=torch.Generator().manual_seed(1))
    assert logs.exp().sum(dim=0).numpy() == pytest.approx(1, abs=1e-3)
    assert mixture.entropy(parameters, noise)[0].numpy() == pytest.approx(exact.numpy(), abs=0.08)


def test_uncertainty_is_that_of_the_embeddings_own_mixture_and_always_the_same(photo, model):
    embedded = embed(photo, model)
    bits = uncertainty(embedded, model)
    assert bits.shape == embedded.first.chroma_shape and np.array_equal(bits, uncertainty(embedded, model))
    with torch.inference_mode():
        parameters = model.network.auxiliary_parameters(embedded.first.embedding)
        noise = torch.rand(1000, 3, *bits.shape, generator=torch.Generator().manual_seed(7))
        expected = mixture.entropy(parameters, noise)[0].numpy() / np.log(2)
    assert np.abs(bits - expected).mean() < 0.2 < np.ptp(expected)


def test_memory_that_does_not_suffice_for_them_is_told(photo, model, monkeypatch):
    def full(*arguments):
        raise MemoryError

    embedded = embed(photo, model)
    monkeypatch.setattr(mixture, "log_prob", full)
    for measured in (uncertainty, lambda *of: surprise(*of, np.zeros((2, *embedded.first.chroma_shape), np.float32))):
        with pytest.raises(OutOfMemoryError):
            measured(embedded, model)


def test_the_surprise_of_a_sample_adds_up_to_its_log_probability(photo, model):
    embedded = embed(photo, model).first  # surprise is that of the picture as it is, without a coarse one before it
    rows = list(sample_rows(embedded, model, seeds=[3]))
    bits = surprise(embedded, model, np.stack([row.chroma[0] for row in rows], axis=1))
    assert bits.sum() * np.log(2) == pytest.approx(-sum(row.log_prob[0] for row in rows), rel=1e-4)


def test_a_pictures_own_colours_are_those_of_its_pixels(model):
    pixels = np.full((64, 96, 3), (200, 60, 40), np.uint8)
    pixels[:, 48:] = (40, 90, 200)
    embedded = embed(photo_from_rgb(pixels), model)
    chroma = own_chroma(pixels, embedded, model)
    height, width = embedded.first.chroma_shape
    assert chroma.shape == (2, height, width) and np.array_equal(chroma, chroma.round())
    assert (chroma[0, :, : width // 2 - 1] > 40).all() and (chroma[1, :, width // 2 + 1 :] < -40).all()


def test_the_shipped_checkpoint_expects_real_photographs_as_well_as_when_it_was_made():
    model, found = load_model(device="cpu"), {}
    for name in SHIPPED:
        pixels = cv2.resize(getattr(skimage.data, name)(), (256, 256), interpolation=cv2.INTER_AREA)
        embedded = embed(photo_from_rgb(pixels), model)
        found[name] = float(surprise(embedded, model, own_chroma(pixels, embedded, model)).mean()) / 2
    assert found == pytest.approx(SHIPPED, abs=0.08)
