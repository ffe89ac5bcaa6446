"""What the model says of a photograph pixel by pixel: how unsure it is of the colours, and how it is surprised by given ones."""

import math

import numpy as np
import torch

from picgui import color
from picgui.opencv import cv2
from picgui.pic import mixture
from picgui.pic.network import past_planes, reduce_chroma, reduce_luminance
from picgui.pipeline import Embedded, Model

_DRAWS = 128  # that an entropy is the mean of; its standard error is about 0.1 bits


@torch.inference_mode()
def uncertainty(embedded: Embedded, model: Model) -> np.ndarray:
    """How unsure g^w is of each pixel of `Embedded.first`, before any is drawn: the entropy of its own mixture, (h, w) float32 in bits."""
    embedded = embedded.first
    noise = torch.rand((_DRAWS, 3, *embedded.chroma_shape), generator=torch.Generator().manual_seed(0)).to(model.device)
    return _bits(mixture.entropy(model.network.auxiliary_parameters(embedded.embedding), noise))


@torch.inference_mode()
def surprise(embedded: Embedded, model: Model, chroma: np.ndarray) -> np.ndarray:
    """How these colours of `Embedded.first`, (2, h, w) in whole Lab units, surprise the model at each pixel, given those before it: (h, w)
    float32 in bits."""
    embedded = embedded.first
    given = color.normalize_chroma(torch.from_numpy(chroma)[None].to(model.device))
    past = past_planes(reduce_luminance(embedded.luminance, model.chroma_scale), given)
    return _bits(-mixture.log_prob(model.network.pixel_cnn(past, embedded.embedding), given))


def own_chroma(rgb: np.ndarray, embedded: Embedded, model: Model) -> np.ndarray:
    """The colours of a picture (H, W, 3) uint8 sRGB as the network would draw them in `Embedded.first`: (2, h, w) float32, whole Lab units."""
    height, width = embedded.first.luminance.shape[2:]
    smaller = height <= rgb.shape[0] and width <= rgb.shape[1]
    small = cv2.resize(rgb, (width, height), interpolation=cv2.INTER_AREA if smaller else cv2.INTER_LINEAR)
    lab = color.srgb_to_lab(torch.from_numpy(small).movedim(-1, 0)[None] / 255)
    config = model.network.config
    return color.round_chroma(reduce_chroma(lab[:, 1:], config.chroma_scale, config.chroma_rule))[0].numpy()


def _bits(nats: torch.Tensor) -> np.ndarray:
    return (nats[0].float() / math.log(2)).cpu().numpy()
