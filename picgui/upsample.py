"""Low-resolution chroma to full resolution along the edges of the luminance.

The chroma is doubled again and again by joint bilateral upsampling (Kopf et al. 2007, Joint Bilateral Upsampling): each new
pixel is a mean of the nearest pixels below it, weighted by how near they are and how alike in luminance. Because the network's
chroma is an area average, what averaging the result would miss is then sent up the same way once (iterative back-projection,
Irani and Peleg 1991). The last factor, where luminance is mostly grain, is bilinear.
"""

import functools
import math
import threading
import weakref
from collections import deque

import numpy as np
import torch
from torch import Tensor

from picgui import color
from picgui.opencv import cv2
from picgui.photo import Photo

_SPATIAL_SIGMA = 0.5  # in pixels of the smaller picture
_LUMINANCE_SIGMA = 4.5  # in L*
_LUMINANCE_FLOOR = 1e-4  # so that a pixel unlike all its neighbours takes their plain mean
_GUIDED_PIXELS = 800_000  # doubling stops before this
_KEPT = 4  # chroma of so many samples of a photo, upsampled
_STRIP_PIXELS = 1 << 15, 1 << 17  # at least and at most: each costs half a millisecond, and some rows need whole ones
_STRIPS = 16  # between these
_SLACK_OF_LIGHTNESS = 5e-5  # of linear light for each unit of L*: a fifth of a level of 8 bits, and a quarter of a unit of L*, at most

_OFFSETS = tuple((dy, dx) for dy in (-1, 0, 1) for dx in (-1, 0, 1))


def compose(
    photo: Photo, chroma: np.ndarray, *, saturation: float = 1.0, rows: slice | None = None, dtype: type = np.uint8
) -> np.ndarray:
    """The photo in colour: sRGB (rows, W, 3), `dtype` uint8 or uint16, with the photo's own luminance.

    `chroma` is (2, h, w) in Lab units at any lower resolution; where it is NaN (not drawn yet) the photo stays grey, and drawn
    pixels do not take from there. `saturation` multiplies it. Colours outside sRGB are moved towards grey. `rows` gives only
    those rows, with the same pixels as in the whole. Works in strips: beside the result, memory grows with the width only.
    Raises ValueError for chroma or a dtype of another kind, a saturation not from 0 to 100, or rows that do not follow each other.
    """
    if chroma.ndim != 3 or chroma.shape[0] != 2 or 0 in chroma.shape:
        raise ValueError(f"chroma must be (2, h, w), not {chroma.shape}")
    if dtype not in (np.uint8, np.uint16):
        raise ValueError(f"dtype must be uint8 or uint16, not {dtype}")
    if not 0 <= saturation <= 100:
        raise ValueError(f"saturation is {saturation}; it must be from 0 to 100")
    start, stop, step = (rows or slice(None)).indices(photo.height)
    if step != 1:
        raise ValueError(f"rows must follow each other, not step by {step}")
    return _compose(photo, chroma, saturation, start, stop, dtype)


@torch.inference_mode()
def _compose(photo: Photo, chroma: np.ndarray, saturation: float, start: int, stop: int, dtype: type) -> np.ndarray:
    result = np.empty((max(0, stop - start), photo.width, 3), dtype)
    if not chroma.any():  # grey needs no guide, and the one kept is that of the colours
        return np.take(_greys(dtype), photo.lightness[start:stop], axis=0, out=result, mode="clip")  # which needs no room of its own
    guided = _guide(photo, chroma.shape[1:]).upsampled(np.ascontiguousarray(chroma, np.float32)) * saturation
    # Strips lie on one grid whatever rows are asked for: vectorised arithmetic may round differently at the end of an array.
    least, most = _STRIP_PIXELS
    height = max(1, min(max(least, photo.width * photo.height // _STRIPS), most) // photo.width)
    for top in range(start - start % height, stop, height):
        bottom = min(top + height, photo.height)
        luminance = torch.from_numpy(photo.luminance(slice(top, bottom)))[None]
        strip = _to_srgb(luminance, _bilinear_rows(guided, top, bottom, photo.height, photo.width), dtype)
        first, last = max(top, start), min(bottom, stop)
        result[first - start : last - start] = strip[first - top : last - top]
    return result


@functools.cache
def _greys(dtype: type) -> np.ndarray:
    """sRGB of each lightness of a photo without colour: (65536, 3)."""
    luminance = torch.linspace(0, 100, 1 << 16).view(1, 256, 256)
    return _to_srgb(luminance, torch.zeros(2, 256, 256), dtype).reshape(-1, 3).astype(dtype)


def _to_srgb(luminance: Tensor, chroma: Tensor, dtype: type) -> np.ndarray:
    """Luminance (1, h, W) and chroma (2, h, W) to sRGB (h, W, 3) at the chroma nearest to it that sRGB has."""
    linear = color.lab_to_linear_rgb(torch.cat((luminance, chroma)))
    low, high = linear.aminmax(dim=0)
    suspects = ((low < 0) | (high > 1)).nonzero(as_tuple=True)
    if len(suspects[0]):
        light, ab = luminance[:, *suspects][..., None], chroma[:, *suspects][..., None]
        slack = (light * _SLACK_OF_LIGHTNESS).clamp_max(color.GAMUT_SLACK)  # black has none: it would get a tint
        real = color.clamp_chroma_to_gamut(light, ab, slack=slack)
        linear[:, *suspects] = color.lab_to_linear_rgb(torch.cat((light, real)))[..., 0]
    scale = np.iinfo(dtype).max
    levels = color.linear_to_srgb(linear).mul_(scale).add_(0.5)
    return levels.movedim(0, -1).to(torch.uint8 if dtype == np.uint8 else torch.int32).numpy()


def _bilinear_rows(planes: Tensor, top: int, bottom: int, height: int, width: int) -> Tensor:
    """Rows top to bottom of planes (c, h, w) resized to (c, height, width) bilinearly."""
    above, below, down = _neighbours(planes.shape[1], height, top, bottom)
    left, right, along = _neighbours(planes.shape[2], width, 0, width)
    first = int(above[0])
    used = planes[:, first : int(below[-1]) + 1]
    used = torch.lerp(used[:, :, left], used[:, :, right], along)
    return torch.lerp(used[:, above - first], used[:, below - first], down[:, None])


def _neighbours(count: int, new_count: int, start: int, stop: int) -> tuple[Tensor, Tensor, Tensor]:
    """For new pixels start to stop of an axis resized from `count` to `new_count`: two neighbours and the second's share."""
    at = (torch.arange(start, stop, dtype=torch.float64) + 0.5) * (count / new_count) - 0.5
    at = at.clamp(0, count - 1)
    below = at.floor().long()
    return below, (below + 1).clamp(max=count - 1), (at - below).float()


# Guided doubling

_guides: "weakref.WeakKeyDictionary[Photo, dict[tuple[int, int], _Guide]]" = weakref.WeakKeyDictionary()
_guides_lock = threading.Lock()


def _guide(photo: Photo, shape: tuple[int, int]) -> "_Guide":
    """The guide of a photo for chroma of this (h, w): made once, and kept as long as the photo."""
    with _guides_lock:
        kept = _guides.get(photo, {})
        if shape not in kept:
            kept = {shape: _Guide(photo, shape)}  # one shape a photo at a time
            _guides[photo] = kept
        return kept[shape]


class _Guide:
    """What doubling chroma takes from the photo alone: at each step, the weights of the nearest nine pixels."""

    def __init__(self, photo: Photo, shape: tuple[int, int]):
        doublings = _doublings(photo, shape)
        pyramid = [_resized_luminance(photo, (shape[0] << k, shape[1] << k)) for k in range(doublings + 1)]
        self.weights = [_weights(fine, coarse) for coarse, fine in zip(pyramid, pyramid[1:])]
        self._made: deque[tuple[np.ndarray, Tensor]] = deque(maxlen=_KEPT)  # chroma, upsampled: the next rows are mostly of the same

    def upsampled(self, chroma: np.ndarray) -> Tensor:
        """Chroma (2, h, w) float32, NaN where not drawn, to (2, h 2^k, w 2^k); 0 where not drawn."""
        for before, result in tuple(self._made):  # other threads may add theirs
            if np.array_equal(before, chroma, equal_nan=True):
                return result
        result = self._upsampled(torch.from_numpy(chroma))
        self._made.append((chroma.copy(), result))
        return result

    def _upsampled(self, chroma: Tensor) -> Tensor:
        drawn = torch.isfinite(chroma).all(dim=0, keepdim=True)
        if not drawn.any():
            return torch.zeros(1).expand(chroma.shape)
        chroma = torch.where(drawn, chroma, 0.0)
        result = self._raised(chroma, drawn)
        factor = 2 ** len(self.weights)
        missed = chroma - torch.nn.functional.avg_pool2d(result, factor)
        return result + self._raised(missed, drawn)

    def _raised(self, planes: Tensor, drawn: Tensor) -> Tensor:
        partly = not drawn.all()
        for weights in self.weights:
            if partly:
                share = _doubled(drawn.float(), weights)
                drawn = drawn.repeat_interleave(2, dim=1).repeat_interleave(2, dim=2)
                planes = torch.where(drawn, _doubled(planes, weights) / share.clamp_min(1e-12), 0.0)
            else:
                planes = _doubled(planes, weights)
        return planes


def _doublings(photo: Photo, shape: tuple[int, int]) -> int:
    """How often chroma of this shape is doubled: up to about the photo's size, within bounded work."""
    ratio = max(photo.height / shape[0], photo.width / shape[1])
    wanted = max(0, math.ceil(math.log2(ratio) - 0.25))
    allowed = max(0, math.floor(math.log2(_GUIDED_PIXELS / (shape[0] * shape[1])) / 2))
    return min(wanted, allowed)


def _resized_luminance(photo: Photo, shape: tuple[int, int]) -> Tensor:
    enlarging = shape[0] > photo.height or shape[1] > photo.width
    method = cv2.INTER_LINEAR if enlarging else cv2.INTER_AREA
    resized = cv2.resize(photo.lightness, shape[::-1], interpolation=method)
    return torch.from_numpy(resized.astype(np.float32) * np.float32(100 / 65535))


def _weights(fine: Tensor, coarse: Tensor) -> Tensor:
    """Weights (2, 2, 9, h, w) of the nine coarse pixels for the fine pixel at (2y + i, 2x + j); the nine sum to 1."""
    height, width = coarse.shape
    around = _surroundings(coarse)
    phases = fine.view(height, 2, width, 2).permute(1, 3, 0, 2)
    weights = (phases[:, :, None] - torch.stack(around)).square_().mul_(-1 / (2 * _LUMINANCE_SIGMA**2)).exp_()
    weights += _LUMINANCE_FLOOR
    near = torch.tensor([[math.exp(-((d - p) ** 2) / (2 * _SPATIAL_SIGMA**2)) for d in (-1, 0, 1)] for p in (-0.25, 0.25)])
    weights *= torch.einsum("iy,jx->ijyx", near, near).reshape(2, 2, 9, 1, 1)
    return weights.div_(weights.sum(dim=2, keepdim=True))


def _surroundings(planes: Tensor) -> list[Tensor]:
    """The nine shifts of planes (..., h, w), in the order of `_OFFSETS`, with the border repeated."""
    height, width = planes.shape[-2:]
    flat = planes.reshape(1, -1, height, width)
    padded = torch.nn.functional.pad(flat, (1, 1, 1, 1), mode="replicate").reshape(*planes.shape[:-2], height + 2, width + 2)
    return [padded[..., 1 + dy : 1 + dy + height, 1 + dx : 1 + dx + width] for dy, dx in _OFFSETS]


def _doubled(planes: Tensor, weights: Tensor) -> Tensor:
    """Planes (c, h, w) to (c, 2h, 2w) with weights (2, 2, 9, h, w)."""
    count, height, width = planes.shape
    result = torch.zeros(count, height, 2, width, 2)
    around = _surroundings(planes)
    for i in (0, 1):
        for j in (0, 1):
            total = weights[i, j, 0] * around[0]
            for weight, shifted in zip(weights[i, j, 1:], around[1:]):
                total.addcmul_(weight, shifted)
            result[:, :, i, :, j] = total
    return result.view(count, 2 * height, 2 * width)
