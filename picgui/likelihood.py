"""What the model says of a photograph pixel by pixel: how unsure it is of the colours, and how it is surprised by given ones."""

import math

import numpy as np
import torch

from picgui import color
from picgui.photo import reduced_chroma
from picgui.pic import mixture
from picgui.pic.network import past_planes, reduce_chroma, reduce_luminance
from picgui.pipeline import Embedded, Model, enough_memory

_DRAWS = 128  # that an entropy is the mean of; its standard error is about 0.1 bits
_DRAWS_AT_ONCE = 8


@torch.inference_mode()
def uncertainty(embedded: Embedded, model: Model) -> np.ndarray:
    """How unsure g^w is of each pixel of `Embedded.first`, before any is drawn: the entropy of its own mixture, (h, w) float32 in bits.

    Raises OutOfMemoryError.
    """
    embedded, generator = embedded.first, torch.Generator().manual_seed(0)
    with enough_memory(model.device):
        parameters = model.network.auxiliary_parameters(embedded.embedding)
        total = 0
        for _ in range(_DRAWS // _DRAWS_AT_ONCE):
            noise = torch.rand((_DRAWS_AT_ONCE, 3, *embedded.chroma_shape), generator=generator).to(model.device)
            total = total + mixture.entropy(parameters, noise)
        return _bits(total * (_DRAWS_AT_ONCE / _DRAWS))


@torch.inference_mode()
def surprise(embedded: Embedded, model: Model, chroma: np.ndarray) -> np.ndarray:
    """How these colours of `Embedded.first`, (2, h, w) in whole Lab units, surprise the model at each pixel, given those before it: (h, w)
    float32 in bits. Raises OutOfMemoryError."""
    embedded = embedded.first
    with enough_memory(model.device):
        given = color.normalize_chroma(torch.from_numpy(np.ascontiguousarray(chroma))[None].to(model.device))
        past = past_planes(reduce_luminance(embedded.luminance, model.chroma_scale), given)
        return _bits(-mixture.log_prob(model.network.pixel_cnn(past, embedded.embedding), given))


def own_chroma(rgb: np.ndarray, embedded: Embedded, model: Model) -> np.ndarray:
    """The colours of a picture (H, W, 3) uint8 sRGB as the network would draw them in `Embedded.first`: (2, h, w) float32, whole Lab units."""
    chroma = torch.from_numpy(reduced_chroma(rgb, *embedded.first.luminance.shape[2:]))[None]
    config = model.network.config
    return color.round_chroma(reduce_chroma(chroma, config.chroma_scale, config.chroma_rule))[0].numpy()


def _bits(nats: torch.Tensor) -> np.ndarray:
    return (nats[0].float() / math.log(2)).cpu().numpy()
