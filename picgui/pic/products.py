"""Products of a network's kernels, compiled by numba: float32 with kernels in half precision, as checkpoints hold them, in tiles that stay in registers.

A kernel that is three wide is multiplied by Winograd's F(4, 3), with half of the multiplications; where it is three high, too, with a quarter.
Sources: Lavin and Gray 2015 (Fast Algorithms for Convolutional Neural Networks).
"""

import platform
from collections.abc import Iterable, Sequence

import llvmlite.binding
import numpy as np
import torch
import torch.nn.functional as F
from llvmlite import ir
from numba.core import cgutils, types
from numba.extending import intrinsic
from torch import Tensor

from picgui.compiled import compiled, compiled_within, exp

# the vectors of this machine: how many float32 in one, and how many sums may stay in registers
# by what LLVM knows of it, which is what numba keeps compiled loops apart by
_HAS = llvmlite.binding.get_host_cpu_features()
_HAS_AVX512, _HAS_AVX2 = (all(_HAS.get(name) for name in names.split()) for names in ("avx512f avx512bw avx512vl f16c", "avx2 fma f16c"))
LANES, _SUMS = (16, 20) if _HAS_AVX512 else (8, 10) if _HAS_AVX2 else (4, 20)
# where half precision is not converted in hardware, as every 64-bit ARM does, LLVM would call a function that is not there, and abort
CAN_COMPILE = _HAS_AVX512 or _HAS_AVX2 or platform.machine().lower() in ("arm64", "aarch64")
PANEL = 2 * LANES  # columns of a matrix that are stored together
_AHEAD = 2048  # bytes that a product asks for before it needs them
BLOCK = 192  # at most so many rows of a panel at a time: as float32 they fit into the innermost cache
POINT_BLOCK = 64  # of those that Winograd makes of a kernel

# A row of a kernel that is three columns wide, by Winograd's F(4, 3): four columns of the result are sums of six products in place of twelve.
# Of what the six columns of the source under them, the three of the kernel, and the six products give (Lavin and Gray 2015):
TILE, POINTS = 4, 6
_OF_SOURCE = ((4, 0, -5, 0, 1, 0), (0, -4, -4, 1, 1, 0), (0, 4, -4, -1, 1, 0), (0, -2, -1, 2, 1, 0), (0, 2, -1, -2, 1, 0), (0, 4, 0, -5, 0, 1))
_OF_KERNEL = ((1 / 4, 0, 0), (-1 / 6, -1 / 6, -1 / 6), (-1 / 6, 1 / 6, -1 / 6), (1 / 24, 1 / 12, 1 / 6), (1 / 24, -1 / 12, 1 / 6), (0, 0, 1))
_OF_PRODUCTS = ((1, 1, 1, 1, 1, 0), (0, 1, -1, 2, -2, 0), (0, 1, 1, 4, 4, 0), (0, 1, -1, 8, -8, 1))


def matrices(weight: Tensor) -> Tensor:
    """A kernel (out, in, rows, columns) as half-precision matrices (rows, panels, columns * in, `PANEL`)."""
    weight = weight.half().permute(2, 3, 1, 0).flatten(1, 2)
    return F.pad(weight, (0, -weight.shape[2] % PANEL)).unflatten(2, (-1, PANEL)).transpose(1, 2)


def packed(kernels: Sequence[Tensor]) -> np.ndarray:
    """`matrices` of kernels of one shape, stacked, half precision seen as uint16."""
    return torch.stack([matrices(kernel) for kernel in kernels]).view(torch.int16).numpy().view(np.uint16)


def are_halves(kernels: Iterable[Tensor]) -> bool:
    """Whether half precision would change none of them."""
    return all(torch.equal(kernel.half().to(kernel.dtype), kernel) for kernel in kernels)


def zeros(*shape: int) -> np.ndarray:
    """float32 that lies where vectors like it."""
    return torch.zeros(shape).numpy()


def _generate_prefetch(builder, pointer) -> None:
    """Ask for what lies `_AHEAD` behind the pointer; it need not exist."""
    byte, integer = ir.IntType(8).as_pointer(), ir.IntType(32)
    function = cgutils.get_or_insert_function(
        builder.module, ir.FunctionType(ir.VoidType(), [byte] + [integer] * 3), "llvm.prefetch.p0"
    )
    place = builder.gep(builder.bitcast(pointer, byte), [ir.Constant(ir.IntType(64), _AHEAD)])
    builder.call(function, [place] + [ir.Constant(integer, x) for x in (0, 3, 1)])


def _combination(coefficients: Sequence[Sequence[float]], *, halves: bool = False, add: bool = False):
    """A vector of each row of the target = its ``coefficients`` times those of the source's rows, added to what is there with ``add``.

    Arrays come with the place of the first row's vector and the step from row to row; the source is float32, or half precision seen as uint16.
    """
    vector, narrow = (ir.VectorType(t, LANES) for t in (ir.FloatType(), ir.HalfType()))

    @intrinsic
    def combine(typing, source, start, step, target, to, target_step):
        def generate(context, builder, signature, arguments):
            source, start, step, target, to, target_step = (
                context.make_array(kind)(context, builder, argument).data if isinstance(kind, types.Array) else argument
                for kind, argument in zip(signature.args, arguments)
            )
            fused = cgutils.get_or_insert_function(
                builder.module, ir.FunctionType(vector, [vector] * 3), f"llvm.fma.v{LANES}f32"
            )

            def at(pointer, first, step, row, kind):
                place = builder.add(first, builder.mul(step, ir.Constant(ir.IntType(64), row)))
                return builder.bitcast(builder.gep(pointer, [place]), kind.as_pointer())

            values = []
            for row in range(len(coefficients[0])):
                place = at(source, start, step, row, narrow if halves else vector)
                if halves:
                    _generate_prefetch(builder, place)
                value = builder.load(place, align=2 if halves else 4)
                values.append(builder.fpext(value, vector) if halves else value)
            for row, factors in enumerate(coefficients):
                place = at(target, to, target_step, row, vector)
                total = builder.load(place, align=4) if add else None
                for factor, value in zip(factors, values):
                    if factor == 1:
                        total = builder.fadd(total, value) if total else value
                    elif factor:
                        many = ir.Constant(vector, [factor] * LANES)
                        total = builder.call(fused, [many, value, total]) if total else builder.fmul(many, value)
                builder.store(total, place, align=4)
            return context.get_dummy_value()

        n = types.intp
        return types.void(source, n, n, target, n, n), generate

    return combine


widen = _combination(((1,),), halves=True)
see_source, see_kernel, see_halves = _combination(_OF_SOURCE), _combination(_OF_KERNEL), _combination(_OF_KERNEL, halves=True)
sum_products, add_products = _combination(_OF_PRODUCTS), _combination(_OF_PRODUCTS, add=True)


def _tile(rows: int, panels: int):
    """target (rows, panels * `PANEL`) += source (rows, inputs) @ panels of weights; their sums stay in registers.

    Each sum is one chain of fused multiply-adds over the inputs in order, whatever the tile. Arrays come with the place of their first
    element and, the source and the target, the step from row to row; weights are half precision seen as uint16, or float32.
    """
    vector, halves = (ir.VectorType(t, LANES) for t in (ir.FloatType(), ir.HalfType()))
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
                return builder.shuffle_vector(one, nothing, ir.Constant(ir.VectorType(integer, LANES), [0] * LANES))

            fused = cgutils.get_or_insert_function(
                builder.module, ir.FunctionType(vector, [vector] * 3), f"llvm.fma.v{LANES}f32"
            )
            stride = builder.mul(inputs, number(PANEL))  # from panel to panel
            places = [
                [at(target, builder.add(to, builder.add(builder.mul(target_step, number(r)), number(c))), vector) for c in range(0, panels * PANEL, LANES)]
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
            weights_of_row = []
            for pointer in first:
                place = builder.gep(pointer, [builder.mul(i, number(PANEL))])
                if packed:
                    _generate_prefetch(builder, place)
                for v in range(2):
                    weight = builder.load(at(place, number(v * LANES), halves if packed else vector), align=2)
                    weights_of_row.append(builder.fpext(weight, vector) if packed else weight)
            next_sums = []
            for pointer, row in zip(sources, chains):  # one value after the other: so few that registers have place for them
                value = splat(builder.load(builder.gep(pointer, [i]), align=4))
                next_sums.append([builder.call(fused, [value, weight, chain]) for weight, chain in zip(weights_of_row, row)])
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
    """A function: target (rows, all columns) += source (rows, inputs) @ weights (panels, inputs, `PANEL`), as many panels at a time as registers allow."""
    five, two, one = (_tile(rows, panels) for panels in (5, 2, 1))
    has_five, has_two = (2 * panels * rows <= _SUMS for panels in (5, 2))

    @compiled_within
    def strip(source, start, step, weights, target, to, target_step):
        panels, inputs, _ = weights.shape
        panel = 0
        if has_five:
            while panel + 5 <= panels:
                five(source, start, step, weights, panel, inputs, target, to + panel * PANEL, target_step)
                panel += 5
        if has_two:
            while panel + 2 <= panels:
                two(source, start, step, weights, panel, inputs, target, to + panel * PANEL, target_step)
                panel += 2
        while panel < panels:
            one(source, start, step, weights, panel, inputs, target, to + panel * PANEL, target_step)
            panel += 1

    return strip


_MANY = 8 if 2 * 8 <= _SUMS else 6
_strip_4, _strip_2, _strip_1 = (_strip(rows) for rows in (4, 2, 1))
_tile_many, _tile_4, _tile_1 = (_tile(rows, 1) for rows in (_MANY, 4, 1))


@compiled
def multiply_add(source, start, step, weights, target, to, target_step, rows):
    """target (rows, out) += source (rows, inputs) @ weights (panels, inputs, `PANEL`); see `_tile` for the places."""
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
def multiply_add_panel(source, start, step, panel, inputs, target, to, target_step, rows):
    """`multiply_add` with the first ``inputs`` rows of one panel as float32."""
    row = 0
    while row + _MANY <= rows:
        _tile_many(source, start + row * step, step, panel, 0, inputs, target, to + row * target_step, target_step)
        row += _MANY
    while row + 4 <= rows:
        _tile_4(source, start + row * step, step, panel, 0, inputs, target, to + row * target_step, target_step)
        row += 4
    while row < rows:
        _tile_1(source, start + row * step, step, panel, 0, inputs, target, to + row * target_step, target_step)
        row += 1


@compiled
def activate(x, channels, target):
    """concat_elu of x (w, >= channels) into target (w, >= 2 channels), with one exponential for both signs."""
    for column in range(len(x)):
        source, above, below = x[column], target[column, :channels], target[column, channels:]
        for c in range(channels):
            value = source[c]
            curve = exp(-abs(value)) - np.float32(1)
            above[c] = value if value > 0 else curve
            below[c] = curve if value > 0 else -value


@compiled
def add_gated(total, pq, channels):
    """total (w, >= channels) += p sigmoid(q)."""
    for column in range(len(total)):
        target, p, q = total[column], pq[column], pq[column, channels:]
        for c in range(channels):
            target[c] += p[c] / (np.float32(1) + exp(-q[c]))
