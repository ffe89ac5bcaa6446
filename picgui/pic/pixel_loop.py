"""A row of the sampler, compiled by numba: float32, CPU, without the interpreter lock.

The same arithmetic as `picgui.pic.lanes` does in PyTorch, `picgui.pic.mixture.draw` included (tests hold
them together); the drawing of one pixel serves uncompiled there, too. Weights pass through the cache once for all samples, in half precision, as checkpoints hold them: reading them is what
takes the time. Every sample's sums run in one order, whatever else is drawn.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from picgui import color
from picgui.compiled import Loop, colors, compiled, compiled_within, exp
from picgui.pic import mixture
from picgui.pic.layers import once_for_weights, weight_norm_convolutions
from picgui.pic.network import CONFIGS, PixelCNN
from picgui.pic.products import (
    BLOCK,
    CAN_COMPILE,
    LANES,
    PANEL,
    POINT_BLOCK,
    POINTS,
    TILE,
    activate,
    add_gated,
    add_products,
    are_halves,
    multiply_add,
    multiply_add_panel,
    packed,
    see_halves,
    see_source,
    widen,
    zeros,
)

_LEAST_SHARE = 1e-200  # under which a probability is summed up by its logarithm
SHRINK_STEPS = 32  # in which a colour that sRGB does not have goes to grey
_NEAR = 2  # columns of a kernel, the pixel's own and that to its left


class Weights(NamedTuple):
    """What a row multiplies with. Matrices are in panels of columns, (panels, in, `PANEL`), half precision seen as uint16; the rest is float32.

    Kernels are by their rows, the current one last, and within a row (columns * in, out). Of a horizontal kernel's current row the columns that
    two pixels side by side may read at once, as they lie two and more to the left, are apart.
    """

    u: np.ndarray  # (2, *matrix): the vertical flow's input
    above: np.ndarray  # (1, *matrix)
    left: np.ndarray  # (2, *matrix)
    left_chroma: np.ndarray  # (2, C): of a and b of the pixel to the left
    vertical_first: np.ndarray  # (blocks, rows, *matrix)
    vertical_gate: np.ndarray
    horizontal_first: np.ndarray  # (blocks, rows, *matrix), without the current one
    horizontal_gate: np.ndarray
    far_first: np.ndarray  # (blocks, *matrix), of the current row; without inputs where kernels are less than three wide
    far_gate: np.ndarray
    near_first: np.ndarray
    near_gate: np.ndarray
    from_u: np.ndarray
    out: np.ndarray  # a matrix
    u_bias: np.ndarray
    above_bias: np.ndarray
    left_bias: np.ndarray
    vertical_gate_bias: np.ndarray  # (blocks, 2 C)
    horizontal_gate_bias: np.ndarray
    out_bias: np.ndarray


class Given(NamedTuple):
    """What a photograph gives to every sample of it, float32."""

    luminance: np.ndarray  # (h, w), normalised
    vertical: np.ndarray  # (1 or n, blocks, h, w, C): each embedding's terms and the biases of the first convolutions
    horizontal: np.ndarray


class Buffers(NamedTuple):
    """Activations of n samples. Those that a kernel sees again are kept by rows, row y at y modulo their number, zero outside the picture."""

    past: np.ndarray  # (3, n, 1 + w + 1, 5)
    vertical_first: np.ndarray  # (blocks, rows, `POINTS`, n, tiles, 2 C), the channels filled up to whole vectors
    vertical_gate: np.ndarray
    horizontal_first: np.ndarray  # (blocks, rows, n, reach + w, 2 C)
    horizontal_gate: np.ndarray
    activated: np.ndarray  # (1, n, 1 + `TILE` tiles + 1, 2 C), as those of the vertical flow
    u: np.ndarray  # (n, w, C), as all that follow with columns that fill the last panel
    h: np.ndarray  # (n, `TILE` tiles, C)
    h_products: np.ndarray  # (`POINTS`, n, tiles, C)
    pq: np.ndarray  # (n, `TILE` tiles, 2 C)
    pq_products: np.ndarray
    ul: np.ndarray  # (n, w, C)
    first: np.ndarray  # (blocks, n, w, C): the horizontal blocks' sums
    gate: np.ndarray  # (blocks, n, w, 2 C)
    parameters: np.ndarray  # (n, w, 6 K)
    chroma: np.ndarray  # (n, w, 2), normalised
    log_prob: np.ndarray  # (n, w) float64, nats: at temperature 1, whatever sRGB has
    panel: np.ndarray  # (`BLOCK`, `PANEL`): weights as float32
    panels: np.ndarray  # (`POINTS`, `POINT_BLOCK` + 1, `PANEL`): what Winograd makes of them, apart so that a cache has place for all


@once_for_weights
@torch.no_grad()
def pack(pixel_cnn: PixelCNN) -> Weights | None:
    """A network's own tensors for the loop, packed once; None where half precision would change a kernel, or the vertical ones are not three wide."""
    kernels = (c.weight() for c in weight_norm_convolutions(pixel_cnn).values())
    if not are_halves(kernels) or pixel_cnn.u_blocks[0].gate.weight().shape[3] != 3:
        return None
    vertical, horizontal = pixel_cnn.u_blocks, pixel_cnn.ul_blocks
    left, doubled = pixel_cnn.ul_left.weight(), 2 * len(pixel_cnn.u_input.bias)
    first, gate = packed([b.first.weight() for b in horizontal]), packed([b.gate.weight() for b in horizontal])
    far = max(first.shape[3] // doubled - _NEAR, 0) * doubled  # inputs

    def numbers(x: Sequence[Tensor]) -> np.ndarray:
        return torch.stack(list(x)).numpy()

    return Weights(
        u=packed([pixel_cnn.u_input.weight()])[0],
        above=packed([pixel_cnn.ul_above.weight()])[0],
        left=packed([left])[0],
        left_chroma=left[:, 1:3, 1, 0].t().contiguous().numpy(),
        vertical_first=packed([b.first.weight() for b in vertical]),
        vertical_gate=packed([b.gate.weight() for b in vertical]),
        horizontal_first=np.ascontiguousarray(first[:, :-1]),
        horizontal_gate=np.ascontiguousarray(gate[:, :-1]),
        far_first=np.ascontiguousarray(first[:, -1, :, :far]),
        far_gate=np.ascontiguousarray(gate[:, -1, :, :far]),
        near_first=np.ascontiguousarray(first[:, -1, :, far:]),
        near_gate=np.ascontiguousarray(gate[:, -1, :, far:]),
        from_u=packed([b.condition.weight()[:, :doubled] for b in horizontal]),
        out=packed([pixel_cnn.out.weight()])[0, 0],
        u_bias=numbers(pixel_cnn.u_input.bias),
        above_bias=numbers(pixel_cnn.ul_above.bias),
        left_bias=numbers(pixel_cnn.ul_left.bias),
        vertical_gate_bias=numbers([b.gate.bias for b in vertical]),
        horizontal_gate_bias=numbers([b.gate.bias for b in horizontal]),
        out_bias=numbers(pixel_cnn.out.bias),
    )


def buffers(weights: Weights, *, number: int, width: int) -> Buffers:
    """Arrays for ``number`` samples, ``width`` columns."""
    channels, inputs = len(weights.u_bias), weights.left.shape[2]

    tiles, vectors = -(-width // TILE), -(-2 * channels // LANES)

    def points(kernels: np.ndarray) -> np.ndarray:
        return zeros(*kernels.shape[:-3], POINTS, number, tiles, vectors * LANES)

    def rows(kernels: np.ndarray) -> np.ndarray:
        blocks, above, _, columns, _ = kernels.shape
        return zeros(blocks, above + 1, number, columns // (2 * channels) - 1 + width, 2 * channels)

    def sums(matrices: np.ndarray, columns: int = width, *points: int) -> np.ndarray:
        return zeros(*points, number, columns, matrices.shape[-3] * PANEL)

    blocks = len(weights.from_u)
    return Buffers(
        past=zeros(3, number, 1 + width + 1, inputs),
        vertical_first=points(weights.vertical_first),
        vertical_gate=points(weights.vertical_gate),
        horizontal_first=rows(weights.horizontal_first),
        horizontal_gate=rows(weights.horizontal_gate),
        activated=zeros(1, number, 1 + TILE * tiles + 1, vectors * LANES),
        u=sums(weights.u),
        h=sums(weights.u, TILE * tiles),
        h_products=sums(weights.u, tiles, POINTS),
        pq=sums(weights.vertical_gate, TILE * tiles),
        pq_products=sums(weights.vertical_gate, tiles, POINTS),
        ul=sums(weights.u),
        first=np.stack([sums(weights.u)] * blocks),
        gate=np.stack([sums(weights.vertical_gate)] * blocks),
        parameters=sums(weights.out),
        chroma=zeros(number, width, 2),
        log_prob=np.zeros((number, width)),
        panel=zeros(BLOCK, PANEL),
        panels=zeros(POINTS, POINT_BLOCK + 1, PANEL),
    )


class Drawing(NamedTuple):
    """How a row is to be drawn."""

    uniforms: np.ndarray  # (n, w, tries, 3) float32
    lightness: np.ndarray  # (w,) float32, L in [0, 100]
    known: np.ndarray  # (w,) bool
    known_chroma: np.ndarray  # (w, 2) float32, normalised
    strength: float  # of corruption, as f is told
    temperature: float
    attempts: int  # until a colour is one of sRGB; 0 takes the first


def draw_row(weights: Weights, given: Given, buffers: Buffers, drawing: Drawing, y: int) -> None:
    """Fill ``chroma``, ``parameters`` and ``log_prob`` of row y; the rows come in their order, from buffers that were zero."""
    # two calls: compiled into one they would take twice as long to compile
    _start_row(weights, given, buffers, y, np.float32(drawing.strength))
    _draw_row(weights, given, buffers, drawing, y)


def _compile() -> None:
    config = replace(CONFIGS["photo-small"], channels=1, embedding_channels=1, components=1)
    pixel_cnn = PixelCNN(config)
    for convolution in weight_norm_convolutions(pixel_cnn).values():
        convolution.set_weight(torch.zeros_like(convolution.v))
    weights = pack(pixel_cnn)
    nothing = np.zeros((1, 1, 1, 1), np.float32)
    drawing = Drawing(
        uniforms=np.full((1, 1, 1, 3), 0.5, np.float32),
        lightness=nothing[0, 0, 0],
        known=np.zeros(1, bool),
        known_chroma=np.zeros((1, 2), np.float32),
        strength=0.0,
        temperature=1.0,
        attempts=1,
    )
    terms = np.zeros((1, config.blocks, 1, 1, 1), np.float32)
    draw_row(weights, Given(nothing[0, 0], terms, terms), buffers(weights, number=1, width=1), drawing, 0)


LOOP = Loop(_compile, possible=CAN_COMPILE, otherwise="Samples are drawn by PyTorch alone, more than twice as slow")


@compiled
def _fill(target, values):
    """Every row of target (w, >= channels) = values (channels,)."""
    for column in range(len(target)):
        for c in range(len(values)):
            target[column, c] = values[c]


@compiled
def _copy(target, values):
    """target (>= w, >= channels) = values (w, channels)."""
    for column in range(len(values)):
        for c in range(values.shape[1]):
            target[column, c] = values[column, c]


@compiled
def _convolve(rows, oldest, column, kernels, taps, target, begin, panel):
    """Add the first ``taps`` of a kernel's rows (.., panels, columns * c, `PANEL`) to target (n, w, out), from its column ``begin`` on.

    ``rows`` (.., n, w', c) are those that the kernel sees, the first of them row ``oldest`` of the picture, from ``column`` on.
    A part of the weights at a time becomes float32, in ``panel``, for all that it is multiplied with.
    """
    _, samples, padded, channels = rows.shape
    width, outputs = target.shape[1:]
    _, panels, inputs, _ = kernels.shape
    block = -(-inputs // -(-inputs // BLOCK))  # parts of one size
    for tap in range(taps):
        source = rows[(oldest + tap) % len(rows)]
        for p in range(panels):
            halves = kernels[tap, p]
            for i in range(0, inputs, block):
                size = min(block, inputs - i)
                for k in range(0, size * PANEL, LANES):
                    widen(halves, i * PANEL + k, 0, panel, k, 0)
                for s in range(samples):
                    start, to = (s * padded + column) * channels + i, (s * width + begin) * outputs + p * PANEL
                    multiply_add_panel(source, start, channels, panel, size, target, to, outputs, width - begin)


@compiled
def _see(activated, points):
    """What a kernel three columns wide multiplies, of activated rows (n, 1 + `TILE` tiles + 1, c): points (`POINTS`, n, tiles, c)."""
    samples, padded, channels = activated.shape
    tiles = points.shape[2]
    for s in range(samples):
        for tile in range(tiles):
            for c in range(0, channels, LANES):
                start, to = (s * padded + tile * TILE) * channels + c, (s * tiles + tile) * channels + c
                see_source(activated, start, channels, points, to, samples * tiles * channels)


@compiled
def _convolve_points(rows, oldest, kernels, products, target, panels):
    """Add the kernel's rows (rows, panels, 3 * in, `PANEL`) to target (n, `TILE` tiles, out), from what `_see` made of those that they see.

    ``rows`` are (rows, `POINTS`, n, tiles, c), the first of them row ``oldest`` of the picture; ``products`` (`POINTS`, n, tiles, out) is room to work in.
    """
    taps, _, samples, tiles, channels = rows.shape
    tiles *= samples
    outputs = target.shape[2]
    inputs, apart = kernels.shape[2] // 3, panels.shape[1] * PANEL
    block = -(-inputs // -(-inputs // POINT_BLOCK))  # parts of one size
    products[:] = 0
    for tap in range(taps):
        source = rows[(oldest + tap) % taps]
        for p in range(kernels.shape[1]):
            halves = kernels[tap, p]
            for i in range(0, inputs, block):
                size = min(block, inputs - i)
                for k in range(0, size * PANEL, LANES):
                    see_halves(halves, i * PANEL + k, inputs * PANEL, panels, k, apart)
                for point in range(POINTS):
                    start, to = point * tiles * channels + i, point * tiles * outputs + p * PANEL
                    multiply_add_panel(source, start, channels, panels[point], size, products, to, outputs, tiles)
    for tile in range(tiles):
        for c in range(0, outputs, LANES):
            add_products(products, tile * outputs + c, tiles * outputs, target, tile * TILE * outputs + c, outputs)


# drawing


def _drawing(real: type, compiled: Callable[[Callable], Callable]) -> Callable:
    """`draw_real` of one pixel in one kind of numbers, ``compiled``: for the loop, or not at all, for Python."""
    _, in_gamut = colors(real, compiled)
    zero, half, one, scale = (real(x) for x in (0, 0.5, 1, 127.5))
    slack, steps = real(color.GAMUT_SLACK), real(SHRINK_STEPS)
    least, most = real(mixture.MIN_LOG_SCALE), real(80)  # of log-scales; beyond, float32 has no exponential
    lowest, highest = (real(q) for q in mixture.QUANTILES)
    low, high = (real(math.log(q / (1 - q))) for q in mixture.QUANTILES)

    @compiled
    def snap(x):
        if not x > -one:
            return -one
        if x > one:
            return one
        return real(round((x + one) * scale)) / scale - one

    @compiled
    def logit(u):
        if u <= lowest:
            return low
        if u >= highest:
            return high
        return real(math.log(u / (one - u)))

    @compiled
    def scale_of(log_scale):
        if not log_scale > least:
            log_scale = least
        return real(math.exp(log_scale if log_scale < most else most))

    @compiled
    def accumulate(logits, temperature, cumulative):
        """The components' probabilities, summed up."""
        largest = logits[0]
        for c in range(1, len(cumulative)):
            if logits[c] > largest:
                largest = logits[c]
        total = zero
        for c in range(len(cumulative)):
            total += real(math.exp((logits[c] - largest) / temperature))
            cumulative[c] = total
        for c in range(len(cumulative)):
            cumulative[c] /= total

    @compiled
    def draw(parameters, cumulative, uniforms, temperature):
        """`picgui.pic.mixture.draw` of one pixel."""
        k = len(cumulative)
        component = 0
        while component < k - 1 and uniforms[0] >= cumulative[component]:
            component += 1
        mean_a, mean_b = parameters[k + component], parameters[3 * k + component]
        scale_a, scale_b = scale_of(parameters[2 * k + component]), scale_of(parameters[4 * k + component])
        coefficient = real(math.tanh(parameters[5 * k + component]))
        a = snap(mean_a + temperature * scale_a * logit(uniforms[1]))
        b = snap(mean_b + coefficient * a + temperature * scale_b * logit(uniforms[2]))
        return a, b

    @compiled
    def draw_real(parameters, cumulative, uniforms, lightness, temperature, attempts):
        """Draw normalised a and b until the colour is one of sRGB; ``attempts`` 0 takes the first whatever it is.

        ``parameters`` are 6 K, ``uniforms`` (tries, 3), ``lightness`` L in [0, 100]; ``cumulative`` of K is room to work in.
        """
        accumulate(parameters, temperature, cumulative)
        a, b = draw(parameters, cumulative, uniforms[0], temperature)
        if attempts == 0:
            return a, b
        attempt = 1
        while not in_gamut(lightness, a * scale + half, b * scale - half, slack) and attempt < attempts:
            a, b = draw(parameters, cumulative, uniforms[attempt], temperature)
            attempt += 1
        units_a, units_b = real(round(a * scale + half)), real(round(b * scale - half))
        step = SHRINK_STEPS
        real_a, real_b = units_a, units_b
        while not in_gamut(lightness, real_a, real_b, slack) and step > 0:
            step -= 1
            factor = real(step) / steps
            real_a, real_b = real(int(units_a * factor)), real(int(units_b * factor))
        if step < SHRINK_STEPS:
            a, b = (real_a - half) / scale, (real_b + half) / scale
        return a, b

    return draw_real


_draw_real = _drawing(np.float32, compiled_within)
draw_real = _drawing(float, lambda function: function)


@compiled
def _log_sigmoid(x):
    return min(x, 0.0) - math.log1p(math.exp(-abs(x)))


@compiled
def _log_bin(x, mean, log_scale):
    """`picgui.pic.mixture._log_bin` of one component, float64."""
    inverse = math.exp(-max(log_scale, mixture.MIN_LOG_SCALE))
    below = _log_sigmoid((x - mean + mixture.BIN / 2) * inverse)
    above = _log_sigmoid(-(x - mean - mixture.BIN / 2) * inverse)
    if x < -1 + mixture.BIN / 2:
        return below
    if x > 1 - mixture.BIN / 2:
        return above
    return below + above + math.log(-math.expm1(-mixture.BIN * inverse))


@compiled
def _bin_share(x, mean, log_scale):
    """The exponential of `_log_bin`, with half of its work; 0 where that is too small for a float64."""
    inverse = math.exp(-max(log_scale, mixture.MIN_LOG_SCALE))
    behind, half = math.exp((mean - x) * inverse), math.exp(-mixture.BIN / 2 * inverse)
    below, above = 1 / (1 + behind * half), 1 / (1 + half / behind)
    if x < -1 + mixture.BIN / 2:
        return below
    if x > 1 - mixture.BIN / 2:
        return above
    return below * above * (1 - half * half)


@compiled
def _log_prob(parameters, k, a, b):
    """`picgui.pic.mixture.log_prob` of one pixel, float64."""
    largest = parameters[0]
    for c in range(1, k):
        largest = max(largest, parameters[c])
    total, weights = 0.0, 0.0
    for c in range(k):
        weight, coefficient = math.exp(np.float64(parameters[c]) - np.float64(largest)), math.tanh(np.float64(parameters[5 * k + c]))
        share = _bin_share(np.float64(a), np.float64(parameters[k + c]), np.float64(parameters[2 * k + c]))
        share *= _bin_share(np.float64(b), np.float64(parameters[3 * k + c]) + coefficient * np.float64(a), np.float64(parameters[4 * k + c]))
        weights += weight
        total += weight * share
    return math.log(total / weights) if total > _LEAST_SHARE else _log_prob_far_off(parameters, k, a, b)


@compiled
def _log_prob_far_off(parameters, k, a, b):
    """`_log_prob` where no component is near: logarithms of sums of exponentials, each summed below its largest so far."""
    largest, total = -math.inf, 0.0
    largest_weight, weights = -math.inf, 0.0
    for c in range(k):
        weight = np.float64(parameters[c])
        coefficient = math.tanh(np.float64(parameters[5 * k + c]))
        term = weight + _log_bin(np.float64(a), np.float64(parameters[k + c]), np.float64(parameters[2 * k + c]))
        term += _log_bin(np.float64(b), np.float64(parameters[3 * k + c]) + coefficient * np.float64(a), np.float64(parameters[4 * k + c]))
        total = total * math.exp(min(largest - term, 0.0)) + math.exp(min(term - largest, 0.0))
        largest = max(largest, term)
        weights = weights * math.exp(min(largest_weight - weight, 0.0)) + math.exp(min(weight - largest_weight, 0.0))
        largest_weight = max(largest_weight, weight)
    return largest + math.log(total) - largest_weight - math.log(weights)


@compiled
def _start_row(weights, given, buffers, y, strength):
    """The whole vertical flow of row y, and of the horizontal one what does not wait for the row's own pixels."""
    zero, one, two = np.int64(0), np.int64(1), np.int64(2)  # no literals, for each of which numba would compile anew
    number, width, _ = buffers.chroma.shape
    embeddings, blocks, _, _, channels = given.vertical.shape
    above = weights.horizontal_first.shape[1]
    past, activated, u, h, pq, ul = buffers.past, buffers.activated, buffers.u, buffers.h, buffers.pq, buffers.ul
    for s in range(number):
        for x in range(width):
            values = past[y % 3, s, 1 + x]
            values[0], values[1], values[2], values[3], values[4] = given.luminance[y, x], 0, 0, 1, strength
    u[:] = 0
    ul[:] = 0
    if y > 0:  # the shift makes row 0 zero, bias included
        for s in range(number):
            _fill(u[s], weights.u_bias)
            _fill(ul[s], weights.above_bias)
        _convolve(past, y - 2, zero, weights.u, two, u, zero, buffers.panel)
        _convolve(past, y - 1, zero, weights.above, one, ul, zero, buffers.panel)
    for s in range(number):
        for x in range(1, width):  # and column 0
            for c in range(channels):
                ul[s, x, c] += weights.left_bias[c]
    _convolve(past, y - 1, one, weights.left, two, ul, one, buffers.panel)
    for s in range(number):
        activate(u[s], channels, activated[0, s, 1 : 1 + width])
    for block in range(blocks):
        rows, gate_rows = buffers.vertical_first[block], buffers.vertical_gate[block]
        first, gate = buffers.first[block], buffers.gate[block]
        _see(activated[0], rows[y % len(rows)])
        for s in range(number):
            _copy(h[s], given.vertical[s % embeddings, block, y])
        _convolve_points(rows, y - len(rows) + 1, weights.vertical_first[block], buffers.h_products, h, buffers.panels)
        for s in range(number):
            activate(h[s, :width], channels, activated[0, s, 1 : 1 + width])
            _fill(pq[s], weights.vertical_gate_bias[block])
        _see(activated[0], gate_rows[y % len(gate_rows)])
        _convolve_points(gate_rows, y - len(gate_rows) + 1, weights.vertical_gate[block], buffers.pq_products, pq, buffers.panels)
        for s in range(number):
            add_gated(u[s], pq[s], channels)
            activate(u[s], channels, activated[0, s, 1 : 1 + width])
            _copy(first[s], given.horizontal[s % embeddings, block, y])
            _fill(gate[s], weights.horizontal_gate_bias[block])
        _convolve(activated, y, one, weights.from_u[block], one, first, zero, buffers.panel)
        _convolve(buffers.horizontal_first[block], y - above, zero, weights.horizontal_first[block], above, first, zero, buffers.panel)
        _convolve(buffers.horizontal_gate[block], y - above, zero, weights.horizontal_gate[block], above, gate, zero, buffers.panel)


@compiled
def _apply(rows, column, kernel, target, x):
    """Add a kernel's taps on the current row (n, w', c), the first of them at ``column``, to pixel x of target (n, w, out), all samples in one product."""
    number, padded, channels = rows.shape
    width, outputs = target.shape[1:]
    multiply_add(rows, column * channels, padded * channels, kernel, target, x * outputs, width * outputs, number)


@compiled
def _apply_far(rows, x, kernel, target, pixels):
    """`_apply` what lies two columns and more to the left, to ``pixels`` side by side from x on; of one sample all in one product."""
    number, _, channels = rows.shape
    outputs = target.shape[2]
    if kernel.shape[1] == 0:
        return
    if number == 1:
        multiply_add(rows, x * channels, channels, kernel, target, x * outputs, outputs, pixels)
    else:
        for pixel in range(x, x + pixels):
            _apply(rows, pixel, kernel, target, pixel)


@compiled
def _draw_row(weights, given, buffers, drawing, y):
    number, width, _ = buffers.chroma.shape
    _, blocks, _, _, channels = given.vertical.shape
    chroma, parameters, ul = buffers.chroma, buffers.parameters, buffers.ul
    now, reach = y % buffers.horizontal_first.shape[1], buffers.horizontal_first.shape[3] - width
    far = weights.far_first.shape[2] // (2 * channels)  # columns
    temperature = np.float32(drawing.temperature)
    components = len(weights.out_bias) // 6
    cumulative = np.empty(components, np.float32)
    activated = np.zeros((number, 1, channels), np.float32)
    for s in range(number):
        _fill(parameters[s], weights.out_bias)
    for x in range(width):
        if x > 0:
            for s in range(number):
                for c in range(channels):
                    ul[s, x, c] += chroma[s, x - 1, 0] * weights.left_chroma[0, c] + chroma[s, x - 1, 1] * weights.left_chroma[1, c]
        for block in range(blocks):
            first, gate = buffers.first[block], buffers.gate[block]
            rows, gate_rows = buffers.horizontal_first[block, now], buffers.horizontal_gate[block, now]
            if x % 2 == 0:
                pixels = min(2, width - x)
                _apply_far(rows, x, weights.far_first[block], first, pixels)
                _apply_far(gate_rows, x, weights.far_gate[block], gate, pixels)
            for s in range(number):
                activate(ul[s, x : x + 1], channels, rows[s, reach + x : reach + x + 1])
            _apply(rows, x + far, weights.near_first[block], first, x)
            for s in range(number):
                activate(first[s, x : x + 1], channels, gate_rows[s, reach + x : reach + x + 1])
            _apply(gate_rows, x + far, weights.near_gate[block], gate, x)
            for s in range(number):
                add_gated(ul[s, x : x + 1], gate[s, x : x + 1], channels)
        for s in range(number):
            for c in range(channels):
                value = ul[s, x, c]
                activated[s, 0, c] = value if value > 0 else exp(value) - np.float32(1)
        multiply_add(
            activated, np.int64(0), channels, weights.out, parameters, x * parameters.shape[2], width * parameters.shape[2], number
        )
        for s in range(number):
            if drawing.known[x]:
                chroma[s, x] = drawing.known_chroma[x]
            else:
                chroma[s, x, 0], chroma[s, x, 1] = _draw_real(
                    parameters[s, x], cumulative, drawing.uniforms[s, x], drawing.lightness[x], temperature, drawing.attempts
                )
            buffers.log_prob[s, x] = _log_prob(parameters[s, x], components, chroma[s, x, 0], chroma[s, x, 1])
            past = buffers.past[y % 3, s, 1 + x]
            past[1], past[2] = chroma[s, x]
