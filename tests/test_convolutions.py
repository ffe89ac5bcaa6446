"""The compiled blocks and convolutions of g^w compute what PyTorch does."""

import gc
from copy import deepcopy
from weakref import ref

import numpy as np
import pytest
import torch

from picgui.compiled import Loop
from picgui.photo import photo_from_rgb
from picgui.pic import convolutions
from picgui.pic.convolutions import CompiledBlock, CompiledConvolution
from picgui.pic.layers import GatedResidualBlock, WeightNormConv2d, fold
from picgui.pic.products import CAN_COMPILE, LANES
from picgui.pipeline import embed, load_model
from tests.models import checkpoint


def halved(module, *, seed=0):
    """A folded module whose weights half precision holds, with biases."""
    generator = torch.Generator().manual_seed(seed)
    for convolution in (m for m in module.modules() if isinstance(m, WeightNormConv2d)):
        with torch.no_grad():
            convolution.v.copy_(torch.empty_like(convolution.v).normal_(generator=generator))
            convolution.g.copy_(torch.empty_like(convolution.g).uniform_(0.5, 1.5, generator=generator))
            convolution.bias.copy_(torch.empty_like(convolution.bias).normal_(generator=generator))
        convolution.set_weight(convolution.weight().half().float())
    return fold(module)


NOTHING_COMPILED = "nothing can be compiled for this processor"


def both(module):
    """The module by PyTorch and compiled."""
    if not CAN_COMPILE:
        pytest.skip(NOTHING_COMPILED)
    compiled = deepcopy(module)
    convolutions.use(compiled)
    assert is_compiled(compiled) and not is_compiled(module)
    return module, compiled


def is_compiled(module):
    return isinstance(module, (CompiledBlock, CompiledConvolution))


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
    ],
    ids=["stride", "dilation", "1x1", "shifted", "few", "conditioned", "dilated block"],
)
def test_what_is_something_else_is_left_to_pytorch(module):
    halved(module)
    convolutions.use(module)
    assert not is_compiled(module)


def test_weights_that_half_precision_would_change_or_are_not_folded_are_left_to_pytorch():
    held = halved(GatedResidualBlock(16))
    assert is_compiled(both(held)[1])
    unfolded = GatedResidualBlock(16).eval()
    for name in ("first", "gate"):
        getattr(unfolded, name).set_weight(getattr(held, name).weight())
    for module in (fold(GatedResidualBlock(16)), unfolded, deepcopy(held).double()):
        convolutions.use(module)
        assert not is_compiled(module)


@torch.inference_mode()
def test_several_pictures_or_other_numbers_or_no_loop_are_left_to_pytorch(monkeypatch):
    block, compiled = both(halved(GatedResidualBlock(16)))
    two = torch.cat((pixels(16, 5, 6), pixels(16, 5, 6, seed=1)))
    assert torch.equal(block(two), compiled(two))
    one = pixels(16, 5, 6)
    assert not torch.equal(block(one), compiled(one)), "the sums' order is another"
    assert torch.equal(deepcopy(block).double()(one.double()), deepcopy(compiled).double()(one.double()))
    with pytest.raises(RuntimeError, match="channels"):
        compiled(pixels(8, 5, 6))
    monkeypatch.setattr(convolutions, "LOOP", Loop(lambda: None, possible=False, otherwise=""))
    assert torch.equal(block(one), compiled(one))


def test_dropout_is_left_to_pytorch_while_training_and_does_nothing_after():
    block, compiled = both(halved(GatedResidualBlock(16, dropout=0.5)))
    x = pixels(16, 5, 6)
    with torch.no_grad():
        assert torch.allclose(block(x), compiled(x), atol=1e-3)
        compiled.train()
        assert not torch.allclose(compiled(x), compiled(x), atol=1e-3)


def test_other_weights_are_noticed():
    block, compiled = both(halved(GatedResidualBlock(16)))
    x, other = pixels(16, 5, 6), halved(GatedResidualBlock(16), seed=1)
    with torch.no_grad():
        before = compiled(x)
        for name in ("first", "gate"):
            for changed in (block, compiled):
                getattr(changed, name).set_weight(getattr(other, name).weight())
                fold(changed)
        assert torch.allclose(block(x), compiled(x), atol=1e-3) and not torch.allclose(before, compiled(x), atol=1e-1)


def test_a_model_that_is_not_needed_any_more_is_deleted_at_once():
    """The window collects no garbage of what was there when the first model came."""
    _, compiled = both(halved(GatedResidualBlock(16)))
    with torch.no_grad():
        compiled(pixels(16, 5, 6))
    gone, weights = ref(compiled), ref(compiled.first.v)
    gc.disable()
    try:
        del compiled
        assert gone() is None and weights() is None
    finally:
        gc.enable()


def test_nothing_changes_where_nothing_can_be_compiled(monkeypatch):
    monkeypatch.setattr(convolutions, "CAN_COMPILE", False)
    block = halved(GatedResidualBlock(16))
    convolutions.use(block)
    assert not is_compiled(block)


def test_gradients_reach_the_source_by_pytorch():
    block, compiled = both(halved(GatedResidualBlock(16)))
    x = pixels(16, 5, 6).requires_grad_()
    compiled(x).sum().backward()
    assert x.grad.abs().sum() > 0


@pytest.mark.skipif(not CAN_COMPILE, reason=NOTHING_COMPILED)
def test_a_model_on_the_processor_uses_them(tmp_path, monkeypatch):
    model = load_model(checkpoint(tmp_path), device="cpu")
    photo = photo_from_rgb(np.random.default_rng(0).integers(0, 255, (60, 90), dtype=np.uint8))
    assert any(is_compiled(module) for module in model.network.embedding.modules())
    compiled = embed(photo, model).coarse.embedding
    monkeypatch.setattr(convolutions, "LOOP", Loop(lambda: None, possible=False, otherwise=""))
    expected = embed(photo, model).coarse.embedding
    assert torch.allclose(compiled, expected, atol=1e-4) and not torch.equal(compiled, expected)
