"""The compiled blocks and convolutions of g^w compute what PyTorch does."""

from copy import deepcopy

import numpy as np
import pytest
import torch

from picgui.compiled import Loop
from picgui.photo import photo_from_rgb
from picgui.pic import convolutions
from picgui.pic.layers import GatedResidualBlock, WeightNormConv2d, fold
from picgui.pic.products import LANES
from picgui.pipeline import embed, load_model
from tests.models import checkpoint


def halved(module, *, seed=0):
    """A folded module whose weights half precision holds, with biases."""
    generator = torch.Generator().manual_seed(seed)
    for convolution in (m for m in module.modules() if isinstance(m, WeightNormConv2d)):
        with torch.no_grad():
            convolution.g.copy_(torch.empty_like(convolution.g).uniform_(0.5, 1.5, generator=generator))
            convolution.bias.copy_(torch.empty_like(convolution.bias).normal_(generator=generator))
        convolution.set_weight(convolution.weight().half().float())
    return fold(module)


def both(module):
    """The module by PyTorch and compiled."""
    compiled = deepcopy(module)
    convolutions.use(compiled)
    assert any(hasattr(m.__dict__.get("forward"), "otherwise") for m in compiled.modules())
    return module, compiled


def pixels(channels, height, width, *, seed=0):
    x = torch.randn(1, channels, height, width, generator=torch.Generator().manual_seed(seed))
    return x.contiguous(memory_format=torch.channels_last)


# more tiles than one strip has; a picture of a pixel; edges within a tile; channels that fill no vector, no panel, no part of one
SHAPES = [(16, 64, 60), (8, 1, 1), (9, 5, 7), (24, 3, 17), (70, 6, 9), (LANES, 4, 4), (33, 9, 2)]


@pytest.mark.parametrize(("channels", "height", "width"), SHAPES)
@torch.inference_mode()
def test_a_block_is_that_of_pytorch(channels, height, width):
    block = halved(GatedResidualBlock(channels))
    torch_block, compiled = both(block)
    x = pixels(channels, height, width)
    before = x.clone()
    exact = deepcopy(block).double()(x.double())
    found = compiled(x)
    assert torch.allclose(found.double(), exact, atol=2e-5 * float(exact.abs().max()), rtol=0)
    assert torch.allclose(found, torch_block(x), atol=2e-5 * float(exact.abs().max()), rtol=0)
    assert found.shape == x.shape and torch.equal(x, before)


@pytest.mark.parametrize(("channels", "height", "width"), SHAPES)
@torch.inference_mode()
def test_a_convolution_is_that_of_pytorch(channels, height, width):
    convolution = halved(WeightNormConv2d(channels, 11))
    _, compiled = both(convolution)
    x = pixels(channels, height, width)
    exact = deepcopy(convolution).double()(x.double())
    assert torch.allclose(compiled(x).double(), exact, atol=2e-5 * float(exact.abs().max()), rtol=0)


@torch.inference_mode()
def test_a_picture_is_the_same_bits_every_time():
    _, compiled = both(halved(GatedResidualBlock(16)))
    first = compiled(pixels(16, 40, 30))
    compiled(pixels(16, 8, 8, seed=1))
    assert torch.equal(first, compiled(pixels(16, 40, 30)))


@pytest.mark.parametrize(
    "module",
    [
        WeightNormConv2d(16, 16, stride=2),
        WeightNormConv2d(16, 16, dilation=2),
        WeightNormConv2d(16, 16, kernel=(1, 1)),
        WeightNormConv2d(16, 16, padding=(2, 0, 2, 0)),
        WeightNormConv2d(2, 16),
        GatedResidualBlock(16, condition_channels=4),
        GatedResidualBlock(16, dilation=2),
        GatedResidualBlock(16, dropout=0.5),
    ],
    ids=["stride", "dilation", "1x1", "shifted", "few", "conditioned", "dilated block", "dropout"],
)
def test_what_is_something_else_is_left_to_pytorch(module):
    halved(module)
    convolutions.use(module)
    assert "forward" not in module.__dict__


def test_weights_that_half_precision_would_change_are_left_to_pytorch():
    for module in (fold(GatedResidualBlock(16)), GatedResidualBlock(16), fold(GatedResidualBlock(16)).double()):
        convolutions.use(module)
        assert "forward" not in module.__dict__


@torch.inference_mode()
def test_several_pictures_or_other_numbers_or_no_loop_are_left_to_pytorch(monkeypatch):
    block, compiled = both(halved(GatedResidualBlock(16)))
    two = torch.cat((pixels(16, 5, 6), pixels(16, 5, 6, seed=1)))
    assert torch.equal(block(two), compiled(two))
    one = pixels(16, 5, 6)
    assert not torch.equal(block(one), compiled(one)), "the sums' order is another"
    monkeypatch.setattr(convolutions, "LOOP", Loop(lambda: None, possible=False, otherwise=""))
    assert torch.equal(block(one), compiled(one))


def test_a_model_on_the_processor_uses_them(tmp_path, monkeypatch):
    model = load_model(checkpoint(tmp_path), device="cpu")
    photo = photo_from_rgb(np.random.default_rng(0).integers(0, 255, (60, 90), dtype=np.uint8))
    counted = []
    convolved = convolutions._convolved
    monkeypatch.setattr(convolutions, "_convolved", lambda *given: counted.append(1) or convolved(*given))
    compiled = embed(photo, model).features
    assert counted
    monkeypatch.setattr(convolutions, "LOOP", Loop(lambda: None, possible=False, otherwise=""))
    assert torch.allclose(compiled, embed(photo, model).features, atol=1e-4)
