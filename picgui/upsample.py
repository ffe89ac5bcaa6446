"""Low-resolution chroma to full resolution along the edges of the luminance.

The chroma is doubled again and again by joint bilateral upsampling (Kopf et al. 2007, Joint Bilateral Upsampling): each new
pixel is a mean of the nearest pixels below it, weighted by how near they are and how alike in luminance. Because the network's
chroma is an area average, what averaging the result would miss is then sent up the same way once (iterative back-projection,
Irani and Peleg 1991). The last factor, where luminance is mostly grain, is bilinear. The loops over pixels are compiled by numba: as
a row of PyTorch's operations the same takes some five times as long, and other threads wait for it.
"""

import functools
import math
import threading
import weakref
from collections import deque

import numpy as np
import torch

from picgui import color
from picgui.compiled import colors, compiled, compiled_within, exp
from picgui.lightness import LIGHTNESS_STEP
from picgui.opencv import cv2, resized
from picgui.photo import Photo, photo_from_rgb
from picgui.threads import number_of_threads, side_by_side

_SPATIAL_SIGMA = 0.5  # in pixels of the smaller picture
_LUMINANCE_SIGMA = 4.5  # in L*
_LUMINANCE_FLOOR = np.float32(1e-4)  # so that a pixel unlike all its neighbours takes their plain mean
_GUIDED_PIXELS = 800_000  # doubling stops before this
_PART = 2_000_000  # levels of a picture that are worth a thread
_STRIP_PIXELS = 1 << 17
_KEPT = 4  # chroma of so many samples of a photo, upsampled
_SLACK_OF_LIGHTNESS = np.float32(5e-5)  # of linear light for each unit of L*: a fifth of a level of 8 bits, and a quarter of a unit of L*, at most
_MOST_SLACK = np.float32(color.GAMUT_SLACK)
_HALVINGS = 10  # of the distance to grey, in search of a colour of sRGB

# one of a thing, as float32
_ZERO, _ONE, _HALF = (np.float32(x) for x in (0, 1, 0.5))
_NO_SHARE = np.float32(1e-12)
_STEEPNESS = np.float32(-1 / (2 * _LUMINANCE_SIGMA**2))


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


def warm_up() -> None:
    """Compile what `compose` needs, or load it compiled; some seconds once on a machine. Call it off the window's thread."""
    photo = photo_from_rgb(np.zeros((16, 16, 3), np.uint8))
    for chroma in (0, 1):
        compose(photo, np.full((2, 4, 4), chroma, np.float32))


def _compose(photo: Photo, chroma: np.ndarray, saturation: float, start: int, stop: int, dtype: type) -> np.ndarray:
    result = np.empty((max(0, stop - start), photo.width, 3), dtype)
    lightness = photo.lightness[start:stop]
    if not chroma.any():  # grey needs no guide, and the one kept is that of the colours
        return np.take(_greys(dtype), lightness, axis=0, out=result, mode="clip")  # which needs no room of its own
    planes = _guide(photo, chroma.shape[1:]).upsampled(np.ascontiguousarray(chroma, np.float32))
    columns = _neighbours(planes.shape[2], photo.width, 0, photo.width)
    height = max(1, _STRIP_PIXELS // photo.width)

    def paint(part: slice) -> None:
        levels = np.empty((height, photo.width, 3), np.uint16)  # compiled for one kind of number, not for two
        for top in range(part.start, part.stop, height):
            strip = slice(top, min(top + height, part.stop))
            rows = _neighbours(planes.shape[1], photo.height, start + strip.start, start + strip.stop)
            painted = levels[: strip.stop - strip.start]
            _paint(lightness[strip], planes, np.float32(saturation), rows, columns, _levels(dtype), painted)
            result[strip] = painted

    parts = min(number_of_threads(), result.size // _PART) or 1
    edges = [len(result) * k // parts for k in range(parts + 1)]
    parts = [slice(*edge) for edge in zip(edges, edges[1:])]
    if len(parts) > 1:
        side_by_side(paint, parts)
    else:
        paint(parts[0])
    return result


@functools.cache
def _greys(dtype: type) -> np.ndarray:
    """sRGB of each lightness of a photo without colour: (65536, 3)."""
    lab = torch.zeros(3, 1, 1 << 16)
    lab[0] = torch.linspace(0, 100, 1 << 16)
    return (color.lab_to_srgb(lab)[:, 0].T * np.iinfo(dtype).max + 0.5).numpy().astype(dtype)


def _neighbours(count: int, new_count: int, start: int, stop: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """For new pixels start to stop of an axis resized from `count` to `new_count`: two neighbours and the second's share."""
    at = (np.arange(start, stop) + 0.5) * (count / new_count) - 0.5
    at = at.clip(0, count - 1)
    below = np.floor(at).astype(np.int32)
    return below, np.minimum(below + 1, count - 1), (at - below).astype(np.float32)


@functools.cache
def _levels(dtype: type) -> tuple[np.ndarray, np.ndarray]:
    """How linear light in [0, 1] becomes a level of sRGB, which is rounded to the nearest.

    Where each level begins (and that behind the last never), and the one in which an interval of the root of light begins, of so many
    that in none two others begin.
    """
    last, intervals = np.iinfo(dtype).max, 1 << (12 if dtype == np.uint8 else 18)
    begins = color.srgb_to_linear((torch.arange(last + 1, dtype=torch.float64) - 0.5) / last).numpy()
    begins[0] = -1
    begins = np.append(begins, 2).astype(np.float32)
    from_before = np.arange(-1, intervals).clip(0) / intervals  # one earlier: a root may be rounded up
    return begins, (np.searchsorted(begins, (from_before**2).astype(np.float32), side="right") - 1).astype(np.int32)


_lab_to_linear_rgb, _in_gamut = colors(np.float32, compiled_within)


@compiled
def _paint(lightness, planes, saturation, rows, columns, levels, result):
    """Lightness (h, W) uint16 and chroma (2, h', w') to sRGB (h, W, 3) uint16 at the chroma nearest to it that sRGB has."""
    (above, below, down), (left, right, along), (begins, first) = rows, columns, levels
    width = lightness.shape[1]
    between = np.empty((2, planes.shape[2]), np.float32)
    chroma, light = np.empty((2, width), np.float32), np.empty((3, width), np.float32)
    a, b = chroma
    red, green, blue = light
    intervals = np.float32(len(first) - 1)
    for y in range(len(lightness)):
        for c in range(2):
            upper, lower, mixed, share = planes[c, above[y]], planes[c, below[y]], between[c], down[y]
            for x in range(len(mixed)):
                mixed[x] = (upper[x] + share * (lower[x] - upper[x])) * saturation
            stretched = chroma[c]
            for x in range(width):
                value = mixed[left[x]]
                stretched[x] = value + along[x] * (mixed[right[x]] - value)
        row = lightness[y]
        for x in range(width):
            red[x], green[x], blue[x] = _lab_to_linear_rgb(np.float32(row[x]) * LIGHTNESS_STEP, a[x], b[x])
        for x in range(width):
            if min(red[x], green[x], blue[x]) < _ZERO or max(red[x], green[x], blue[x]) > _ONE:
                red[x], green[x], blue[x] = _nearest_real(np.float32(row[x]) * LIGHTNESS_STEP, a[x], b[x])
        for c in range(3):
            channel = light[c]
            for x in range(width):
                value = min(max(channel[x], _ZERO), _ONE)
                level = first[np.int32(math.sqrt(value) * intervals)]
                result[y, x, c] = level + (value >= begins[level + 1])


@compiled
def _nearest_real(lightness, a, b):
    """Linear light of a colour whose chroma is moved to grey, as `picgui.color.clamp_chroma_to_gamut` does it; black has no slack: it would get a tint."""
    slack = min(lightness * _SLACK_OF_LIGHTNESS, _MOST_SLACK)
    share, outside = _ONE, _ONE
    if not _in_gamut(lightness, a, b, slack):
        share = _ZERO
        for _ in range(_HALVINGS):
            middle = (share + outside) * _HALF
            if _in_gamut(lightness, a * middle, b * middle, slack):
                share = middle
            else:
                outside = middle
    return _lab_to_linear_rgb(lightness, a * share, b * share)


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
        self._smaller = (photo.height, photo.width) if photo.height < shape[0] and photo.width < shape[1] else None
        self._made: deque[tuple[np.ndarray, np.ndarray]] = deque(maxlen=_KEPT)  # chroma, upsampled: the next rows are mostly of the same

    def upsampled(self, chroma: np.ndarray) -> np.ndarray:
        """Chroma (2, h, w) float32, NaN where not drawn, to (2, h 2^k, w 2^k); 0 where not drawn."""
        for before, result in tuple(self._made):  # other threads may add theirs
            if np.array_equal(before, chroma, equal_nan=True):
                return result
        result = self._upsampled(chroma)
        self._made.append((chroma.copy(), result))
        return result

    def _upsampled(self, chroma: np.ndarray) -> np.ndarray:
        drawn = np.isfinite(chroma).all(axis=0)
        known = np.where(drawn, chroma, np.float32(0))
        result = self._raised(known, drawn)
        averages = [cv2.resize(plane, drawn.shape[::-1], interpolation=cv2.INTER_AREA) for plane in result]
        result = result + self._raised(known - np.stack(averages), drawn)
        if self._smaller is not None:  # as of a tiny picture: what follows looks at four pixels only
            result = np.stack([resized(plane, *self._smaller) for plane in result])
        return result

    def _raised(self, planes: np.ndarray, drawn: np.ndarray) -> np.ndarray:
        planes = np.stack((*planes, drawn), dtype=np.float32)
        for weights in self.weights:
            count, height, width = planes.shape
            planes, coarse = np.empty((count, 2 * height, 2 * width), np.float32), planes
            _double(coarse, weights, planes)
        return planes[:-1]


def _doublings(photo: Photo, shape: tuple[int, int]) -> int:
    """How often chroma of this shape is doubled: up to about the photo's size, within bounded work."""
    ratio = max(photo.height / shape[0], photo.width / shape[1])
    wanted = max(0, math.ceil(math.log2(ratio) - 0.25))
    allowed = max(0, math.floor(math.log2(_GUIDED_PIXELS / (shape[0] * shape[1])) / 2))
    return min(wanted, allowed)


def _resized_luminance(photo: Photo, shape: tuple[int, int]) -> np.ndarray:
    return resized(photo.lightness, *shape) * LIGHTNESS_STEP


def _weights(fine: np.ndarray, coarse: np.ndarray) -> np.ndarray:
    """Weights (2, 2, 9, h, w) of the nine coarse pixels for the fine pixel at (2y + i, 2x + j); the nine sum to 1."""
    near = [[math.exp(-((d - p) ** 2) / (2 * _SPATIAL_SIGMA**2)) for d in (-1, 0, 1)] for p in (-0.25, 0.25)]
    weights = np.empty((2, 2, 9, *coarse.shape), np.float32)
    _weigh(fine, coarse, np.einsum("iy,jx->ijyx", near, near).reshape(2, 2, 9).astype(np.float32), weights)
    return weights


# what numba compiles is written without slices of numbers or sums of arrays: they would take it three times as long


@compiled
def _surround(plane, y, around):
    """Rows y - 1 to y + 1 of a plane (h, w) to (3, w + 2), with the border repeated."""
    height, width = plane.shape
    for d in range(3):
        source, target = plane[min(max(y + d - 1, 0), height - 1)], around[d]
        target[0], target[width + 1] = source[0], source[width - 1]
        for x in range(width):
            target[1 + x] = source[x]


@compiled
def _weigh(fine, coarse, near, weights):
    height, width = coarse.shape
    around, own, total = np.empty((3, width + 2), np.float32), np.empty(width, np.float32), np.empty(width, np.float32)
    for y in range(height):
        _surround(coarse, y, around)
        for i in range(2):
            for j in range(2):
                for x in range(width):
                    own[x] = fine[2 * y + i, 2 * x + j]
                    total[x] = _ZERO
                for k in range(9):
                    row, shift, result, nearness = around[k // 3], k % 3, weights[i, j, k, y], near[i, j, k]
                    for x in range(width):
                        difference = own[x] - row[x + shift]
                        weight = (exp(difference * difference * _STEEPNESS) + _LUMINANCE_FLOOR) * nearness
                        result[x] = weight
                        total[x] += weight
                for k in range(9):
                    result = weights[i, j, k, y]
                    for x in range(width):
                        result[x] /= total[x]


@compiled
def _double(planes, weights, result):
    """Planes (c, h, w) to (c, 2h, 2w) with weights (2, 2, 9, h, w). The last is 1 where something is drawn, and elsewhere all are 0."""
    count, height, width = planes.shape
    last = count - 1
    around, sums = np.empty((count, 3, width + 2), np.float32), np.empty((count, width), np.float32)
    for y in range(height):
        drawn, some = planes[last, y], _ZERO
        for x in range(width):
            some += drawn[x]
        for c in range(count):
            _surround(planes[c], y, around[c])
        for i in range(2):
            for j in range(2):
                for c in range(count):
                    total = sums[c]
                    for x in range(width):
                        total[x] = _ZERO
                if some > _ZERO:
                    for k in range(9):
                        weight, shift = weights[i, j, k, y], k % 3
                        for c in range(count):
                            total, row = sums[c], around[c, k // 3]
                            for x in range(width):
                                total[x] += weight[x] * row[x + shift]
                share = sums[last]
                for c in range(count):
                    target, total = result[c, 2 * y + i], sums[c]
                    for x in range(width):
                        target[2 * x + j] = drawn[x] * total[x] / max(share[x], _NO_SHARE)
