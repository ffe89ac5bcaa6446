"""The pixels of one row, compiled by numba: float32, CPU, without the interpreter lock.

The same arithmetic as `picgui.pic.sampler` does in PyTorch, `picgui.pic.mixture.draw` and `picgui.color.in_gamut` included (tests hold
them together). A pixel's weights pass through the cache once for all samples, in half precision, as checkpoints hold them: reading them is what
takes the time. Every sample's sums run in one order, whatever else is drawn.
"""

import math
import threading
from collections.abc import Sequence
from typing import NamedTuple

import numba
import numpy as np
import torch
from llvmlite import ir
from numba.extending import intrinsic
from torch import Tensor

from picgui import color
from picgui.pic import mixture

_FLAGS = {"nogil": True, "cache": True, "fastmath": {"arcp", "nsz"}, "error_model": "numpy"}
_XYZ_TO_RGB = np.array(color.XYZ_TO_RGB, np.float32)
_WHITE = np.array(color.WHITE, np.float32)
_SLACK = np.float32(color.GAMUT_SLACK)
_MIN_LOG_SCALE = np.float32(mixture.MIN_LOG_SCALE)
_LOW, _HIGH = (np.float32(math.log(q / (1 - q))) for q in mixture.QUANTILES)
_SHRINK_STEPS = 32


class Weights(NamedTuple):
    """What the loop multiplies with: the matrices are half precision seen as uint16, the rest is float32."""

    first: np.ndarray  # (blocks, kw * 2 C, C)
    gate: np.ndarray  # (blocks, kw * 2 C, 2 C)
    out: np.ndarray  # (C, 6 K)
    out_bias: np.ndarray  # (6 K,)
    left: np.ndarray  # (2, C): of a and b of the pixel to the left


class Buffers(NamedTuple):
    """Arrays of a row that are used again in the next."""

    reach: int
    start: np.ndarray  # (n, w, C)
    first_start: np.ndarray  # (blocks, n, w, C)
    gate_start: np.ndarray  # (blocks, n, w, 2 C)
    first_row: np.ndarray  # (blocks, n, reach + w, 2 C), zero in the first columns
    gate_row: np.ndarray
    chroma: np.ndarray  # (n, w, 2)
    parameters: np.ndarray  # (n, w, 6 K)


def pack(
    *, first: Sequence[Tensor], gate: Sequence[Tensor], out: Tensor, out_bias: Tensor, left: Tensor
) -> Weights | None:
    """Arrays of the loop from a network's own tensors; None where half precision would change a weight."""

    def array(tensors: Sequence[Tensor]) -> np.ndarray:
        return np.ascontiguousarray(np.stack([t.float().cpu().numpy() for t in tensors]))

    matrices = [*first, *gate, out]
    if not all(torch.equal(m.half().to(m.dtype), m) for m in matrices):
        return None
    halves = (array(m).astype(np.float16).view(np.uint16) for m in (first, gate, [out]))
    return Weights(next(halves), next(halves), next(halves)[0], array([out_bias])[0], array([left])[0])


def buffers(weights: Weights, *, number: int, width: int, reach: int) -> Buffers:
    """Arrays for ``number`` samples, ``width`` columns, kernels that see ``reach`` columns to the left."""
    blocks, _, channels = weights.first.shape

    def zeros(*shape: int) -> np.ndarray:
        return np.zeros(shape, np.float32)

    return Buffers(
        reach=reach,
        start=zeros(number, width, channels),
        first_start=zeros(blocks, number, width, channels),
        gate_start=zeros(blocks, number, width, 2 * channels),
        first_row=zeros(blocks, number, reach + width, 2 * channels),
        gate_row=zeros(blocks, number, reach + width, 2 * channels),
        chroma=zeros(number, width, 2),
        parameters=zeros(number, width, weights.out.shape[1]),
    )


def draw_row(
    weights: Weights,
    buffers: Buffers,
    uniforms: np.ndarray,
    lightness: np.ndarray,
    known: np.ndarray,
    known_chroma: np.ndarray,
    *,
    temperature: float,
    attempts: int,
) -> None:
    """Fill ``chroma``, ``parameters``, ``first_row`` and ``gate_row`` of a row whose starts are set.

    ``uniforms`` is (n, w, attempts, 3) float32, ``lightness`` (w,) in [0, 100], ``known`` (w,) bool, ``known_chroma`` (w, 2) normalised;
    ``attempts`` 0 draws the bare model.
    """
    _draw_row(
        weights.first,
        weights.gate,
        weights.out,
        weights.out_bias,
        weights.left,
        buffers.start,
        buffers.first_start,
        buffers.gate_start,
        buffers.first_row,
        buffers.gate_row,
        buffers.chroma,
        buffers.parameters,
        uniforms,
        np.ascontiguousarray(lightness, np.float32),
        known,
        np.ascontiguousarray(known_chroma, np.float32),
        np.float32(temperature),
        attempts,
    )


_ready = threading.Event()
_lock = threading.Lock()
_USED = {"background": False}


def warm_up() -> None:
    """Compile the loop, or load it compiled; some ten seconds once on a machine. Call it off the window's thread."""
    with _lock:
        if _ready.is_set():
            return
        one = np.zeros((1, 1, 1), np.float32)
        weights = Weights(
            np.zeros((1, 4, 2), np.uint16),
            np.zeros((1, 4, 4), np.uint16),
            np.zeros((2, 6), np.uint16),
            np.zeros(6, np.float32),
            np.zeros((2, 2), np.float32),
        )
        draw_row(
            weights,
            buffers(weights, number=1, width=1, reach=0),
            np.full((1, 1, 1, 3), 0.5, np.float32),
            one[0, 0],
            np.zeros(1, bool),
            np.zeros((1, 2), np.float32),
            temperature=1.0,
            attempts=1,
        )
        _ready.set()


def warm_up_in_background() -> None:
    """Begin `warm_up` in a thread; until it is done `is_available` says no, and PyTorch serves."""
    _USED["background"] = True
    threading.Thread(target=warm_up, name="picgui-warm-up", daemon=True).start()


def is_available() -> bool:
    """Whether the loop may be used now: at once after `warm_up_in_background` was done, else it waits for the compiler."""
    if not _ready.is_set() and not _USED["background"]:
        warm_up()
    return _ready.is_set()


@numba.njit(**_FLAGS)
def _elu(x):
    return x if x > 0 else np.float32(math.exp(x)) - np.float32(1)


@numba.njit(**_FLAGS)
def _concat_elu(x):
    """elu(x) and elu(-x), with one exponential."""
    below = np.float32(math.exp(-abs(x))) - np.float32(1)
    return (x, below) if x > 0 else (below, -x)


@intrinsic
def _half(typing, bits):
    """The float32 of a half-precision number given as uint16."""

    def generate(context, builder, signature, arguments):
        return builder.fpext(builder.bitcast(arguments[0], ir.HalfType()), ir.FloatType())

    return numba.float32(numba.uint16), generate


@intrinsic
def _fused(typing, x, y, z):
    """x y + z of float32, rounded once: the same bits however the compiler arranges the loop around it."""

    def generate(context, builder, signature, arguments):
        return builder.fma(*arguments)

    return numba.float32(numba.float32, numba.float32, numba.float32), generate


@numba.njit(**_FLAGS)
def _multiply_add(source, weights, target):
    """target (n, out) += source (n, in) @ weights (in, out): four inputs at a time, four samples at a time, the rest singly.

    Each element of a sample is one chain of fused sums over the inputs in order, in every branch.
    """
    number, inputs = source.shape
    outputs = target.shape[1]
    fours, whole = number - number % 4, inputs - inputs % 4
    for i in range(0, whole, 4):
        w0, w1, w2, w3 = weights[i], weights[i + 1], weights[i + 2], weights[i + 3]
        for s in range(0, fours, 4):
            a0, a1, a2, a3 = source[s, i], source[s, i + 1], source[s, i + 2], source[s, i + 3]
            b0, b1, b2, b3 = source[s + 1, i], source[s + 1, i + 1], source[s + 1, i + 2], source[s + 1, i + 3]
            c0, c1, c2, c3 = source[s + 2, i], source[s + 2, i + 1], source[s + 2, i + 2], source[s + 2, i + 3]
            d0, d1, d2, d3 = source[s + 3, i], source[s + 3, i + 1], source[s + 3, i + 2], source[s + 3, i + 3]
            a, b, c, d = target[s], target[s + 1], target[s + 2], target[s + 3]
            for j in range(outputs):
                v0, v1, v2, v3 = _half(w0[j]), _half(w1[j]), _half(w2[j]), _half(w3[j])
                a[j] = _fused(a3, v3, _fused(a2, v2, _fused(a1, v1, _fused(a0, v0, a[j]))))
                b[j] = _fused(b3, v3, _fused(b2, v2, _fused(b1, v1, _fused(b0, v0, b[j]))))
                c[j] = _fused(c3, v3, _fused(c2, v2, _fused(c1, v1, _fused(c0, v0, c[j]))))
                d[j] = _fused(d3, v3, _fused(d2, v2, _fused(d1, v1, _fused(d0, v0, d[j]))))
        for s in range(fours, number):
            a0, a1, a2, a3 = source[s, i], source[s, i + 1], source[s, i + 2], source[s, i + 3]
            a = target[s]
            for j in range(outputs):
                v0, v1, v2, v3 = _half(w0[j]), _half(w1[j]), _half(w2[j]), _half(w3[j])
                a[j] = _fused(a3, v3, _fused(a2, v2, _fused(a1, v1, _fused(a0, v0, a[j]))))
    for i in range(whole, inputs):
        w0 = weights[i]
        for s in range(number):
            a0, a = source[s, i], target[s]
            for j in range(outputs):
                a[j] = _fused(a0, _half(w0[j]), a[j])


@numba.njit(**_FLAGS)
def _linear(f):
    return f * f * f if f > np.float32(0.2068966) else (f - np.float32(16 / 116)) / np.float32(7.787)


@numba.njit(**_FLAGS)
def _in_gamut(lightness, a, b):
    """`picgui.color.in_gamut` of one colour, a and b in Lab units."""
    fy = (lightness + np.float32(16)) / np.float32(116)
    x = _WHITE[0] * _linear(fy + a / np.float32(500))
    y = _WHITE[1] * _linear(fy)
    z = _WHITE[2] * _linear(fy - b / np.float32(200))
    for channel in range(3):
        light = _XYZ_TO_RGB[channel, 0] * x + _XYZ_TO_RGB[channel, 1] * y + _XYZ_TO_RGB[channel, 2] * z
        if light < -_SLACK or light > np.float32(1) + _SLACK:
            return False
    return True


@numba.njit(**_FLAGS)
def _snap(x):
    x = min(max(x, np.float32(-1)), np.float32(1))
    return np.float32(np.rint((x + np.float32(1)) * np.float32(127.5))) / np.float32(127.5) - np.float32(1)


@numba.njit(**_FLAGS)
def _logit(u):
    if u <= 0:
        return _LOW
    if u >= 1:
        return _HIGH
    return min(max(np.float32(math.log(u / (np.float32(1) - u))), _LOW), _HIGH)


@numba.njit(**_FLAGS)
def _draw(parameters, cumulative, uniforms, temperature):
    """`picgui.pic.mixture.draw` of one pixel; ``cumulative`` are its component probabilities summed up."""
    k = cumulative.shape[0]
    component = 0
    while component < k - 1 and uniforms[0] > cumulative[component]:
        component += 1
    mean_a, mean_b = parameters[k + component], parameters[3 * k + component]
    scale_a = np.float32(math.exp(max(parameters[2 * k + component], _MIN_LOG_SCALE)))
    scale_b = np.float32(math.exp(max(parameters[4 * k + component], _MIN_LOG_SCALE)))
    coefficient = np.float32(math.tanh(parameters[5 * k + component]))
    a = _snap(mean_a + temperature * scale_a * _logit(uniforms[1]))
    b = _snap(mean_b + coefficient * a + temperature * scale_b * _logit(uniforms[2]))
    return a, b


@numba.njit(**_FLAGS)
def _draw_real(parameters, cumulative, uniforms, lightness, temperature, attempts):
    """Draw until the colour is one of sRGB; ``attempts`` 0 takes the first whatever it is."""
    half, scale = np.float32(0.5), np.float32(127.5)
    a, b = _draw(parameters, cumulative, uniforms[0], temperature)
    if attempts == 0:
        return a, b
    attempt = 1
    while not _in_gamut(lightness, a * scale + half, b * scale - half) and attempt < attempts:
        a, b = _draw(parameters, cumulative, uniforms[attempt], temperature)
        attempt += 1
    units_a, units_b = np.float32(np.rint(a * scale + half)), np.float32(np.rint(b * scale - half))
    step = _SHRINK_STEPS
    real_a, real_b = units_a, units_b
    while not _in_gamut(lightness, real_a, real_b) and step > 0:
        step -= 1
        factor = np.float32(step) / np.float32(_SHRINK_STEPS)
        real_a, real_b = np.float32(np.trunc(units_a * factor)), np.float32(np.trunc(units_b * factor))
    if step < _SHRINK_STEPS:
        a, b = (real_a - half) / scale, (real_b + half) / scale
    return a, b


@numba.njit(**_FLAGS)
def _draw_row(
    first,
    gate,
    out,
    out_bias,
    left,
    start,
    first_start,
    gate_start,
    first_row,
    gate_row,
    chroma,
    parameters,
    uniforms,
    lightness,
    known,
    known_chroma,
    temperature,
    attempts,
):
    number, width, channels = start.shape
    blocks = first.shape[0]
    doubled = 2 * channels
    window = first.shape[1] // doubled  # columns that a kernel sees
    outputs = out.shape[1]
    components = outputs // 6
    ul = np.empty((number, channels), np.float32)
    h = np.empty((number, channels), np.float32)
    pq = np.empty((number, doubled), np.float32)
    seen = np.empty((number, window * doubled), np.float32)
    logits = np.empty((number, outputs), np.float32)
    cumulative = np.empty(components, np.float32)
    for x in range(width):
        for s in range(number):
            for c in range(channels):
                ul[s, c] = start[s, x, c]
            if x > 0:
                for c in range(channels):
                    ul[s, c] += chroma[s, x - 1, 0] * left[0, c] + chroma[s, x - 1, 1] * left[1, c]
        for block in range(blocks):
            for s in range(number):
                for c in range(channels):
                    above, below = _concat_elu(ul[s, c])
                    first_row[block, s, x + window - 1, c] = above
                    first_row[block, s, x + window - 1, channels + c] = below
                for tap in range(window):
                    for c in range(doubled):
                        seen[s, tap * doubled + c] = first_row[block, s, x + tap, c]
                for c in range(channels):
                    h[s, c] = first_start[block, s, x, c]
            _multiply_add(seen, first[block], h)
            for s in range(number):
                for c in range(channels):
                    above, below = _concat_elu(h[s, c])
                    gate_row[block, s, x + window - 1, c] = above
                    gate_row[block, s, x + window - 1, channels + c] = below
                for tap in range(window):
                    for c in range(doubled):
                        seen[s, tap * doubled + c] = gate_row[block, s, x + tap, c]
                for c in range(doubled):
                    pq[s, c] = gate_start[block, s, x, c]
            _multiply_add(seen, gate[block], pq)
            for s in range(number):
                for c in range(channels):
                    ul[s, c] += pq[s, c] / (np.float32(1) + np.float32(math.exp(-pq[s, channels + c])))
        for s in range(number):
            for c in range(channels):
                ul[s, c] = _elu(ul[s, c])
            for c in range(outputs):
                logits[s, c] = out_bias[c]
        _multiply_add(ul, out, logits)
        for s in range(number):
            for c in range(outputs):
                parameters[s, x, c] = logits[s, c]
            if known[x]:
                chroma[s, x, 0] = known_chroma[x, 0]
                chroma[s, x, 1] = known_chroma[x, 1]
                continue
            largest = logits[s, 0]
            for c in range(1, components):
                largest = max(largest, logits[s, c])
            total = np.float32(0)
            for c in range(components):
                total += np.float32(math.exp((logits[s, c] - largest) / temperature))
                cumulative[c] = total
            for c in range(components):
                cumulative[c] /= total
            a, b = _draw_real(logits[s], cumulative, uniforms[s, x], lightness[x], temperature, attempts)
            chroma[s, x, 0] = a
            chroma[s, x, 1] = b
