"""A row of the sampler, compiled by numba: float32, CPU, without the interpreter lock.

The same arithmetic as `picgui.pic.lanes` does in PyTorch, `picgui.pic.mixture.draw` included (tests hold
them together); the drawing of one pixel serves uncompiled there, too. Weights pass through the cache once for all samples, in half precision, as checkpoints hold them: reading them is what
takes the time. Every sample's sums run in one order, whatever else is drawn.
"""

import math
import platform
import threading
import time
import warnings
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import NamedTuple

import llvmlite.binding
import numba
import numpy as np
import torch
import torch.nn.functional as F
from llvmlite import ir
from numba.core import cgutils, types
from numba.extending import intrinsic
from torch import Tensor

from picgui import color
from picgui.compiled import colors, compiled, compiled_within, exp
from picgui.pic import mixture
from picgui.pic.layers import once_for_weights, weight_norm_convolutions
from picgui.pic.network import CONFIGS, PixelCNN

_LEAST_SHARE = 1e-200  # under which a probability is summed up by its logarithm
SHRINK_STEPS = 32  # in which a colour that sRGB does not have goes to grey


# the vectors of this machine: how many float32 in one, and how many sums may stay in registers
# by what LLVM knows of it, which is what numba keeps compiled loops apart by
_HAS = llvmlite.binding.get_host_cpu_features()
_HAS_AVX512, _HAS_AVX2 = (all(_HAS.get(name) for name in names.split()) for names in ("avx512f avx512bw avx512vl f16c", "avx2 fma f16c"))
_LANES, _SUMS = (16, 20) if _HAS_AVX512 else (8, 10) if _HAS_AVX2 else (4, 20)
# where half precision is not converted in hardware, as every 64-bit ARM does, LLVM would call a function that is not there, and abort
_CAN_COMPILE = _HAS_AVX512 or _HAS_AVX2 or platform.machine().lower() in ("arm64", "aarch64")
_PANEL = 2 * _LANES  # columns of a matrix that are stored together
_AHEAD = 2048  # bytes that a product asks for before it needs them
_BLOCK = 192  # at most so many rows of a panel at a time: as float32 they fit into the innermost cache


class Weights(NamedTuple):
    """What a row multiplies with. Matrices are in panels of columns, (panels, in, `_PANEL`), half precision seen as uint16; the rest is float32.

    Kernels are by their rows, the current one last, and within a row (columns * in, out).
    """

    u: np.ndarray  # (2, *matrix): the vertical flow's input
    above: np.ndarray  # (1, *matrix)
    left: np.ndarray  # (2, *matrix)
    left_chroma: np.ndarray  # (2, C): of a and b of the pixel to the left
    vertical_first: np.ndarray  # (blocks, rows, *matrix)
    vertical_gate: np.ndarray
    horizontal_first: np.ndarray
    horizontal_gate: np.ndarray
    from_u: np.ndarray  # (blocks, *matrix)
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
    vertical_first: np.ndarray  # (blocks, rows, n, side + w + side, 2 C)
    vertical_gate: np.ndarray
    horizontal_first: np.ndarray  # (blocks, rows, n, reach + w, 2 C)
    horizontal_gate: np.ndarray
    activated_u: np.ndarray  # (1, n, w, 2 C)
    u: np.ndarray  # (n, w, C), as all that follow with columns that fill the last panel
    h: np.ndarray
    pq: np.ndarray  # (n, w, 2 C)
    ul: np.ndarray  # (n, w, C)
    first: np.ndarray  # (blocks, n, w, C): the horizontal blocks' sums
    gate: np.ndarray  # (blocks, n, w, 2 C)
    parameters: np.ndarray  # (n, w, 6 K)
    chroma: np.ndarray  # (n, w, 2), normalised
    log_prob: np.ndarray  # (n, w) float64, nats: at temperature 1, whatever sRGB has
    panel: np.ndarray  # (`_BLOCK`, `_PANEL`): weights as float32


@once_for_weights
@torch.no_grad()
def pack(pixel_cnn: PixelCNN) -> Weights | None:
    """A network's own tensors for the loop, packed once; None where half precision would change a kernel."""
    kernels = (c.weight() for c in weight_norm_convolutions(pixel_cnn).values())
    if not all(torch.equal(k.half().to(k.dtype), k) for k in kernels):
        return None
    vertical, horizontal = pixel_cnn.u_blocks, pixel_cnn.ul_blocks
    left, doubled = pixel_cnn.ul_left.weight(), 2 * len(pixel_cnn.u_input.bias)

    def matrices(blocks: Sequence[Tensor]) -> np.ndarray:
        return torch.stack([_matrices(b) for b in blocks]).view(torch.int16).numpy().view(np.uint16)

    def numbers(x: Sequence[Tensor]) -> np.ndarray:
        return torch.stack(list(x)).numpy()

    return Weights(
        u=matrices([pixel_cnn.u_input.weight()])[0],
        above=matrices([pixel_cnn.ul_above.weight()])[0],
        left=matrices([left])[0],
        left_chroma=left[:, 1:3, 1, 0].t().contiguous().numpy(),
        vertical_first=matrices([b.first.weight() for b in vertical]),
        vertical_gate=matrices([b.gate.weight() for b in vertical]),
        horizontal_first=matrices([b.first.weight() for b in horizontal]),
        horizontal_gate=matrices([b.gate.weight() for b in horizontal]),
        from_u=matrices([b.condition.weight()[:, :doubled] for b in horizontal]),
        out=matrices([pixel_cnn.out.weight()])[0, 0],
        u_bias=numbers(pixel_cnn.u_input.bias),
        above_bias=numbers(pixel_cnn.ul_above.bias),
        left_bias=numbers(pixel_cnn.ul_left.bias),
        vertical_gate_bias=numbers([b.gate.bias for b in vertical]),
        horizontal_gate_bias=numbers([b.gate.bias for b in horizontal]),
        out_bias=numbers(pixel_cnn.out.bias),
    )


def _matrices(weight: Tensor) -> Tensor:
    """A kernel (out, in, rows, columns) as half-precision matrices (rows, panels, columns * in, `_PANEL`)."""
    weight = weight.half().permute(2, 3, 1, 0).flatten(1, 2)
    return F.pad(weight, (0, -weight.shape[2] % _PANEL)).unflatten(2, (-1, _PANEL)).transpose(1, 2)


def buffers(weights: Weights, *, number: int, width: int) -> Buffers:
    """Arrays for ``number`` samples, ``width`` columns."""
    channels, inputs = len(weights.u_bias), weights.left.shape[2]

    def zeros(*shape: int) -> np.ndarray:
        return torch.zeros(shape).numpy()  # which lie where vectors like them

    def rows(kernels: np.ndarray, channels: int) -> np.ndarray:
        columns = kernels.shape[-2] // channels
        return zeros(*kernels.shape[:-3], number, columns - 1 + width, channels)

    def sums(matrices: np.ndarray) -> np.ndarray:
        return zeros(number, width, matrices.shape[-3] * _PANEL)

    blocks = len(weights.from_u)
    return Buffers(
        past=zeros(3, number, 1 + width + 1, inputs),
        vertical_first=rows(weights.vertical_first, 2 * channels),
        vertical_gate=rows(weights.vertical_gate, 2 * channels),
        horizontal_first=rows(weights.horizontal_first, 2 * channels),
        horizontal_gate=rows(weights.horizontal_gate, 2 * channels),
        activated_u=zeros(1, number, width, 2 * channels),
        u=sums(weights.u),
        h=sums(weights.u),
        pq=sums(weights.vertical_gate),
        ul=sums(weights.u),
        first=np.stack([sums(weights.u)] * blocks),
        gate=np.stack([sums(weights.vertical_gate)] * blocks),
        parameters=sums(weights.out),
        chroma=zeros(number, width, 2),
        log_prob=np.zeros((number, width)),
        panel=zeros(_BLOCK, _PANEL),
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


_ready = threading.Event()
_lock = threading.Lock()
_PATIENCE = 2.0  # seconds in which the compiled loop is read from its cache
_background: list[float] = []  # when `warm_up_in_background` began


def warm_up() -> None:
    """Compile the loop, or load it compiled; some ten seconds once on a machine. Call it off the window's thread.

    Where that fails it is not available.
    """
    global _CAN_COMPILE
    with _lock:
        if _ready.is_set() or not _CAN_COMPILE:
            return
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
        try:
            draw_row(weights, Given(nothing[0, 0], terms, terms), buffers(weights, number=1, width=1), drawing, 0)
        except Exception as error:  # of the compiler, or where it keeps what it compiled
            warnings.warn(f"Samples are drawn by PyTorch alone, three times slower: {error}", stacklevel=1)
            _CAN_COMPILE = False
            return
        _ready.set()


def warm_up_in_background(first: Callable[[], None]) -> None:
    """Begin `warm_up` in a thread, after what comes ``first``. Where it has to compile, `is_available` says no until that is done, and PyTorch serves."""

    def both() -> None:
        try:
            first()
        finally:
            warm_up()

    _background.append(time.monotonic())
    threading.Thread(target=both, name="picgui-warm-up", daemon=True).start()


def is_available() -> bool:
    """Whether the loop may be used now; waits for the compiler where `warm_up_in_background` was not called."""
    if not _CAN_COMPILE or _ready.is_set():
        return _CAN_COMPILE
    if not _background:
        warm_up()
    return _ready.wait(max(0.0, _background[0] + _PATIENCE - time.monotonic()) if _background else 0.0)


def _generate_prefetch(builder, pointer) -> None:
    """Ask for what lies `_AHEAD` behind the pointer; it need not exist."""
    byte, integer = ir.IntType(8).as_pointer(), ir.IntType(32)
    function = cgutils.get_or_insert_function(
        builder.module, ir.FunctionType(ir.VoidType(), [byte] + [integer] * 3), "llvm.prefetch.p0"
    )
    place = builder.gep(builder.bitcast(pointer, byte), [ir.Constant(ir.IntType(64), _AHEAD)])
    builder.call(function, [place] + [ir.Constant(integer, x) for x in (0, 3, 1)])


@intrinsic
def _widen(typing, halves, i, panel, to):
    """Row ``to`` of the panel = row i of halves (.., `_PANEL`), half precision seen as uint16, as float32."""

    def generate(context, builder, signature, arguments):
        halves, i, panel, to = (
            context.make_array(kind)(context, builder, argument).data if isinstance(kind, types.Array) else argument
            for kind, argument in zip(signature.args, arguments)
        )
        wide, narrow = (ir.VectorType(t, _PANEL) for t in (ir.FloatType(), ir.HalfType()))
        columns = ir.Constant(ir.IntType(64), _PANEL)
        source = builder.gep(halves, [builder.mul(i, columns)])
        target = builder.gep(panel, [builder.mul(to, columns)])
        _generate_prefetch(builder, source)
        values = builder.load(builder.bitcast(source, narrow.as_pointer()), align=2)
        builder.store(builder.fpext(values, wide), builder.bitcast(target, wide.as_pointer()), align=4)
        return context.get_dummy_value()

    return types.void(halves, types.intp, panel, types.intp), generate


@compiled
def _activate(x, channels, target):
    """concat_elu of x (w, >= channels) into target (w, 2 channels), with one exponential for both signs."""
    for column in range(len(x)):
        source, above, below = x[column], target[column, :channels], target[column, channels:]
        for c in range(channels):
            value = source[c]
            curve = exp(-abs(value)) - np.float32(1)
            above[c] = value if value > 0 else curve
            below[c] = curve if value > 0 else -value


@compiled
def _add_gated(total, pq, channels):
    """total (w, >= channels) += p sigmoid(q)."""
    for column in range(len(total)):
        target, p, q = total[column], pq[column], pq[column, channels:]
        for c in range(channels):
            target[c] += p[c] / (np.float32(1) + exp(-q[c]))


@compiled
def _fill(target, values):
    """Every row of target (w, >= channels) = values (channels,)."""
    for column in range(len(target)):
        for c in range(len(values)):
            target[column, c] = values[c]


@compiled
def _copy(target, values):
    """target (w, >= channels) = values (w, channels)."""
    for column in range(len(target)):
        for c in range(values.shape[1]):
            target[column, c] = values[column, c]


# products


def _tile(rows: int, panels: int):
    """target (rows, panels * `_PANEL`) += source (rows, inputs) @ panels of weights; their sums stay in registers.

    Each sum is one chain of fused multiply-adds over the inputs in order, whatever the tile. Arrays come with the place of their first
    element and, the source and the target, the step from row to row; weights are half precision seen as uint16, or float32.
    """
    vector, halves = (ir.VectorType(t, _LANES) for t in (ir.FloatType(), ir.HalfType()))
    size, integer = ir.IntType(64), ir.IntType(32)

    @intrinsic
    def tile(typing, source, start, step, weights, panel, inputs, target, to, target_step):
        packed = weights.dtype == types.uint16

        def generate(context, builder, signature, arguments):
            source, start, step, weights, panel, inputs, target, to, target_step = (
                context.make_array(kind)(context, builder, argument).data if isinstance(kind, types.Array) else argument
                for kind, argument in zip(signature.args, arguments)
            )

            def number(value: int):
                return ir.Constant(size, value)

            def at(pointer, offset, kind):
                return builder.bitcast(builder.gep(pointer, [offset]), kind.as_pointer())

            def splat(value):
                nothing = ir.Constant(vector, ir.Undefined)
                one = builder.insert_element(nothing, value, ir.Constant(integer, 0))
                return builder.shuffle_vector(one, nothing, ir.Constant(ir.VectorType(integer, _LANES), [0] * _LANES))

            fused = cgutils.get_or_insert_function(
                builder.module, ir.FunctionType(vector, [vector] * 3), f"llvm.fma.v{_LANES}f32"
            )
            stride = builder.mul(inputs, number(_PANEL))  # from panel to panel
            places = [
                [at(target, builder.add(to, builder.add(builder.mul(target_step, number(r)), number(c))), vector) for c in range(0, panels * _PANEL, _LANES)]
                for r in range(rows)
            ]
            sources = [builder.gep(source, [builder.add(start, builder.mul(step, number(r)))]) for r in range(rows)]
            first = [
                builder.gep(weights, [builder.mul(builder.add(panel, number(p)), stride)]) for p in range(panels)
            ]
            sums = [[builder.load(place, align=4) for place in row] for row in places]
            before, loop, after = builder.block, builder.append_basic_block("inputs"), builder.append_basic_block("done")
            builder.branch(loop)
            builder.position_at_end(loop)
            i = builder.phi(size)
            i.add_incoming(number(0), before)
            chains = [[builder.phi(vector) for _ in row] for row in sums]
            values = [splat(builder.load(builder.gep(pointer, [i]), align=4)) for pointer in sources]
            row_of_panel = builder.mul(i, number(_PANEL))
            next_sums = [list(row) for row in chains]
            for p, pointer in enumerate(first):
                place = builder.gep(pointer, [row_of_panel])
                if packed:
                    _generate_prefetch(builder, place)
                for v in range(2):
                    weight = builder.load(at(place, number(v * _LANES), halves if packed else vector), align=2)
                    weight = builder.fpext(weight, vector) if packed else weight
                    for r in range(rows):
                        next_sums[r][2 * p + v] = builder.call(fused, [values[r], weight, chains[r][2 * p + v]])
            for chain, old, new in zip(sum(chains, []), sum(sums, []), sum(next_sums, [])):
                chain.add_incoming(old, before)
                chain.add_incoming(new, loop)
            next_i = builder.add(i, number(1))
            i.add_incoming(next_i, loop)
            builder.cbranch(builder.icmp_signed("<", next_i, inputs), loop, after)
            builder.position_at_end(after)
            for place, value in zip(sum(places, []), sum(next_sums, [])):
                builder.store(value, place, align=4)
            return context.get_dummy_value()

        n = types.intp
        return types.void(source, n, n, weights, n, n, target, n, n), generate

    return tile


def _strip(rows: int):
    """A function: target (rows, all columns) += source (rows, inputs) @ weights (panels, inputs, `_PANEL`), as many panels at a time as registers allow."""
    five, two, one = (_tile(rows, panels) for panels in (5, 2, 1))
    has_five, has_two = (2 * panels * rows <= _SUMS for panels in (5, 2))

    @compiled_within
    def strip(source, start, step, weights, target, to, target_step):
        panels, inputs, _ = weights.shape
        panel = 0
        if has_five:
            while panel + 5 <= panels:
                five(source, start, step, weights, panel, inputs, target, to + panel * _PANEL, target_step)
                panel += 5
        if has_two:
            while panel + 2 <= panels:
                two(source, start, step, weights, panel, inputs, target, to + panel * _PANEL, target_step)
                panel += 2
        while panel < panels:
            one(source, start, step, weights, panel, inputs, target, to + panel * _PANEL, target_step)
            panel += 1

    return strip


_EIGHT_ROWS = 2 * 8 <= _SUMS
_strip_4, _strip_2, _strip_1 = (_strip(rows) for rows in (4, 2, 1))
_tile_8, _tile_4, _tile_1 = (_tile(rows, 1) for rows in (8, 4, 1))


@compiled
def _multiply_add(source, start, step, weights, target, to, target_step, rows):
    """target (rows, out) += source (rows, inputs) @ weights (panels, inputs, `_PANEL`); see `_tile` for the places."""
    row = 0
    while row + 4 <= rows:
        _strip_4(source, start + row * step, step, weights, target, to + row * target_step, target_step)
        row += 4
    if row + 2 <= rows:
        _strip_2(source, start + row * step, step, weights, target, to + row * target_step, target_step)
        row += 2
    if row < rows:
        _strip_1(source, start + row * step, step, weights, target, to + row * target_step, target_step)


@compiled
def _multiply_add_panel(source, start, step, panel, inputs, target, to, target_step, rows):
    """`_multiply_add` with one panel as float32."""
    row = 0
    if _EIGHT_ROWS:
        while row + 8 <= rows:
            _tile_8(source, start + row * step, step, panel, 0, inputs, target, to + row * target_step, target_step)
            row += 8
    while row + 4 <= rows:
        _tile_4(source, start + row * step, step, panel, 0, inputs, target, to + row * target_step, target_step)
        row += 4
    while row < rows:
        _tile_1(source, start + row * step, step, panel, 0, inputs, target, to + row * target_step, target_step)
        row += 1


@compiled
def _convolve(rows, oldest, column, kernels, taps, target, begin, panel):
    """Add the first ``taps`` of a kernel's rows (.., panels, columns * c, `_PANEL`) to target (n, w, out), from its column ``begin`` on.

    ``rows`` (.., n, w', c) are those that the kernel sees, the first of them row ``oldest`` of the picture, from ``column`` on.
    A part of the weights at a time becomes float32, in ``panel``, for all that it is multiplied with.
    """
    _, samples, padded, channels = rows.shape
    width, outputs = target.shape[1:]
    _, panels, inputs, _ = kernels.shape
    block = -(-inputs // -(-inputs // _BLOCK))  # parts of one size
    for tap in range(taps):
        source = rows[(oldest + tap) % len(rows)]
        for p in range(panels):
            halves = kernels[tap, p]
            for i in range(0, inputs, block):
                size = min(block, inputs - i)
                for k in range(size):
                    _widen(halves, i + k, panel, k)
                for s in range(samples):
                    start, to = (s * padded + column) * channels + i, (s * width + begin) * outputs + p * _PANEL
                    _multiply_add_panel(source, start, channels, panel, size, target, to, outputs, width - begin)


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
    above, side = weights.horizontal_first.shape[1] - 1, (buffers.vertical_first.shape[3] - width) // 2
    past, u, h, pq, ul = buffers.past, buffers.u, buffers.h, buffers.pq, buffers.ul
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
    for block in range(blocks):
        rows, gate_rows = buffers.vertical_first[block], buffers.vertical_gate[block]
        first, gate = buffers.first[block], buffers.gate[block]
        for s in range(number):
            if block == 0:
                _activate(u[s], channels, rows[y % len(rows), s, side : side + width])
            _copy(h[s], given.vertical[s % embeddings, block, y])
        _convolve(rows, y - len(rows) + 1, zero, weights.vertical_first[block], len(rows), h, zero, buffers.panel)
        for s in range(number):
            _activate(h[s], channels, gate_rows[y % len(gate_rows), s, side : side + width])
            _fill(pq[s], weights.vertical_gate_bias[block])
        _convolve(gate_rows, y - len(rows) + 1, zero, weights.vertical_gate[block], len(rows), pq, zero, buffers.panel)
        activated, left = (buffers.vertical_first[block + 1], side) if block + 1 < blocks else (buffers.activated_u, zero)
        for s in range(number):
            _add_gated(u[s], pq[s], channels)
            _activate(u[s], channels, activated[y % len(activated), s, left : left + width])
            _copy(first[s], given.horizontal[s % embeddings, block, y])
            _fill(gate[s], weights.horizontal_gate_bias[block])
        _convolve(activated, y, left, weights.from_u[block], one, first, zero, buffers.panel)
        _convolve(buffers.horizontal_first[block], y - above, zero, weights.horizontal_first[block], above, first, zero, buffers.panel)
        _convolve(buffers.horizontal_gate[block], y - above, zero, weights.horizontal_gate[block], above, gate, zero, buffers.panel)


@compiled
def _apply_current(rows, x, kernel, target):
    """Add the taps of the current row (n, w', c) on pixel x to target (n, w, out), all samples in one product."""
    number, padded, channels = rows.shape
    width, outputs = target.shape[1:]
    _multiply_add(rows, x * channels, padded * channels, kernel, target, x * outputs, width * outputs, number)


@compiled
def _draw_row(weights, given, buffers, drawing, y):
    number, width, _ = buffers.chroma.shape
    _, blocks, _, _, channels = given.vertical.shape
    chroma, parameters, ul = buffers.chroma, buffers.parameters, buffers.ul
    kernels = weights.horizontal_first.shape[1]
    now, reach = y % kernels, buffers.horizontal_first.shape[3] - width
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
            for s in range(number):
                _activate(ul[s, x : x + 1], channels, rows[s, reach + x : reach + x + 1])
            _apply_current(rows, x, weights.horizontal_first[block, -1], first)
            for s in range(number):
                _activate(first[s, x : x + 1], channels, gate_rows[s, reach + x : reach + x + 1])
            _apply_current(gate_rows, x, weights.horizontal_gate[block, -1], gate)
            for s in range(number):
                _add_gated(ul[s, x : x + 1], gate[s, x : x + 1], channels)
        for s in range(number):
            for c in range(channels):
                value = ul[s, x, c]
                activated[s, 0, c] = value if value > 0 else exp(value) - np.float32(1)
        _multiply_add(
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
