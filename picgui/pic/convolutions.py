"""g^w's 3x3 convolutions, compiled by numba: float32, CPU, one picture at a time, without the interpreter lock.

The same as `picgui.pic.layers` computes in PyTorch (tests hold them together), by Winograd's F(4x4, 3x3): sixteen pixels of the result are
sums of 36 products in place of 144, in strips of the picture that fit into a cache. concat_elu and gates are part of it.
"""

from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor, nn

from picgui.compiled import Loop, compiled
from picgui.pic.layers import GatedResidualBlock, WeightNormConv2d, once_for_weights
from picgui.pic.products import (
    CAN_COMPILE,
    LANES,
    PANEL,
    POINT_BLOCK,
    POINTS,
    TILE,
    activate,
    add_gated,
    are_halves,
    multiply_add_panel,
    packed,
    see_halves,
    see_kernel,
    see_source,
    sum_products,
    zeros,
)

_STRIP = 128  # tiles at a time
_LEAST = 8  # channels of what is worth it


class Kernel(NamedTuple):
    """A folded convolution."""

    halves: np.ndarray  # (panels, 9, in, `PANEL`), half precision seen as uint16
    bias: np.ndarray  # (out,) float32


class Room(NamedTuple):
    """To work in, for a strip of ``tiles``; what lies apart by a power of two would push itself out of a cache."""

    plane: np.ndarray  # (2 + `TILE` rows of tiles, 2 + `TILE` columns of tiles, in): the source, zero outside the picture
    points: np.ndarray  # (`POINTS`^2, tiles * in + some)
    products: np.ndarray  # (`POINTS`^2, tiles * out + some)
    panels: np.ndarray  # (`POINTS`^2, `POINT_BLOCK` + 1, `PANEL`)
    between: np.ndarray  # (`POINTS`^2, `LANES`)
    result: np.ndarray  # (`TILE` rows of tiles, `TILE` columns of tiles, out)


class CompiledConvolution(WeightNormConv2d):
    """What `use` makes of one."""

    def forward(self, x: Tensor) -> Tensor:
        kernels = _kernels_for(self, x)
        return super().forward(x) if kernels is None else _as_tensor(_convolved(_as_numpy(x), *kernels))


class CompiledBlock(GatedResidualBlock):
    """What `use` makes of one."""

    def forward(self, x: Tensor, condition: Tensor | None = None) -> Tensor:
        kernels = _kernels_for(self, x)
        if kernels is None:
            return super().forward(x, condition)
        first, gate = kernels
        pixels = _as_numpy(x)
        result = pixels.copy()
        add_all_gated(result, _convolved(_convolved(pixels, first), gate))
        return _as_tensor(result)


def use(embedding: nn.Module) -> None:
    """From now on a folded network on the CPU computes here what can be: gated residual blocks and 3x3 convolutions that half precision holds.

    Where the loop is not available, where there are gradients, and for more than one picture at once, PyTorch serves as before.
    """
    if not CAN_COMPILE:
        return
    within = set()
    for module in embedding.modules():  # a block comes before its parts
        kind = {GatedResidualBlock: CompiledBlock, WeightNormConv2d: CompiledConvolution}.get(type(module))
        if kind is not None and module not in within and _kernels(module) is not None:
            module.__class__ = kind  # not another forward: what refers to itself is deleted late or never
            within |= set(module.modules())


@once_for_weights
def _kernels(module: WeightNormConv2d | GatedResidualBlock) -> tuple[Kernel, ...] | None:
    """Those of a convolution, or of a block's two; None where it is left to PyTorch."""
    if isinstance(module, WeightNormConv2d):
        convolutions = (module,)
    else:
        convolutions = None if module.condition is not None else (module.first, module.gate)
    return tuple(_packed(c) for c in convolutions) if convolutions and all(_suits(c) for c in convolutions) else None


def _suits(convolution: WeightNormConv2d) -> bool:
    weight = convolution.weight()
    return (
        convolution.folded
        and tuple(weight.shape[2:]) == (3, 3)
        and (convolution.stride, convolution.dilation, convolution.padding) == (1, 1, (1, 1, 1, 1))
        and min(weight.shape[:2]) >= _LEAST
        and weight.dtype == torch.float32
        and weight.device.type == "cpu"
        and are_halves([weight])
    )


def _packed(convolution: WeightNormConv2d) -> Kernel:
    rows, panels, inputs, _ = (halves := packed([convolution.weight()])[0]).shape
    halves = halves.reshape(rows, panels, rows, inputs // rows, PANEL).transpose(1, 0, 2, 3, 4)
    return Kernel(np.ascontiguousarray(halves).reshape(panels, rows * rows, inputs // rows, PANEL), convolution.bias.detach().numpy())


def _kernels_for(module: CompiledConvolution | CompiledBlock, x: Tensor) -> tuple[Kernel, ...] | None:
    """None where PyTorch must do this."""
    if len(x) > 1 or x.dtype != torch.float32 or module.training or torch.is_grad_enabled() or not LOOP.is_available():
        return None
    kernels = _kernels(module)
    if kernels is None:
        return None
    inputs = kernels[0].halves.shape[2] // (2 if isinstance(module, GatedResidualBlock) else 1)
    return kernels if x.shape[1] == inputs else None


def _as_numpy(x: Tensor) -> np.ndarray:
    return x[0].permute(1, 2, 0).contiguous().numpy()


def _as_tensor(pixels: np.ndarray) -> Tensor:
    return torch.from_numpy(pixels).permute(2, 0, 1)[None]


def _convolved(x: np.ndarray, kernel: Kernel) -> np.ndarray:
    """(h, w, in) to (h, w, out). Where the kernel reads twice as many channels, they are those of concat_elu."""
    height, width, _ = x.shape
    panels, _, inputs, _ = kernel.halves.shape
    channels, outputs = -(-inputs // LANES) * LANES, panels * PANEL
    columns = -(-width // TILE)
    rows = min(-(-height // TILE), max(1, _STRIP // columns))
    room = Room(
        plane=zeros(2 + TILE * rows, 2 + TILE * columns, channels),
        points=np.empty((POINTS**2, rows * columns * channels + PANEL), np.float32),
        products=np.empty((POINTS**2, rows * columns * outputs + PANEL), np.float32),
        panels=np.empty((POINTS**2, POINT_BLOCK + 1, PANEL), np.float32),
        between=np.empty((POINTS**2, LANES), np.float32),
        result=np.empty((TILE * rows, TILE * columns, outputs), np.float32),
    )
    y = np.empty((height, width, len(kernel.bias)), np.float32)
    for top in range(0, height, TILE * rows):
        convolve_strip(x, kernel, room, y, top)
    return y


@compiled
def convolve_strip(x, kernel, room, y, top):
    """Fill as many rows of y from ``top`` on as there is room for."""
    height, width, channels = x.shape
    plane, points, products, panels, between, result = room
    outputs, inputs = y.shape[2], kernel.halves.shape[2]
    high = min(len(result), height - top)
    rows, columns = -(-high // TILE), result.shape[1] // TILE
    for row in range(len(plane)):
        source = top + row - 1
        if source < 0 or source >= height:
            plane[row] = 0
        elif inputs == channels:
            for column in range(width):
                for c in range(channels):
                    plane[row, 1 + column, c] = x[source, column, c]
        else:
            activate(x[source], channels, plane[row, 1 : 1 + width])
    _see(plane, rows, columns, points, between)
    _multiply(points, kernel.halves, rows * columns, plane.shape[2], products, result.shape[2], panels, between)
    _sum_up(products, rows, columns, result, between)
    for row in range(high):
        for column in range(width):
            for c in range(outputs):
                y[top + row, column, c] = result[row, column, c] + kernel.bias[c]


@compiled
def _see(plane, rows, columns, points, between):
    """Every tile of the plane at the points, first along its rows, then along its columns."""
    _, width, channels = plane.shape
    apart = points.shape[1]
    for row in range(rows):
        for column in range(columns):
            for c in range(0, channels, LANES):
                start = (row * TILE * width + column * TILE) * channels + c
                for i in range(POINTS):
                    see_source(plane, start + i * width * channels, channels, between, i * POINTS * LANES, LANES)
                to = (row * columns + column) * channels + c
                for i in range(POINTS):
                    see_source(between, i * LANES, POINTS * LANES, points, to + i * apart, POINTS * apart)


@compiled
def _multiply(points, kernels, tiles, channels, products, outputs, panels, between):
    """The products at each point: of tiles with what is made of the kernels, a part at a time for all tiles."""
    inputs = kernels.shape[2]
    block = -(-inputs // -(-inputs // POINT_BLOCK))  # parts of one size
    apart, source_apart, target_apart = panels.shape[1] * PANEL, points.shape[1], products.shape[1]
    products[:] = 0
    for p in range(len(kernels)):
        for begin in range(0, inputs, block):
            size = min(block, inputs - begin)
            for k in range(0, size * PANEL, LANES):
                for i in range(3):
                    see_halves(kernels, ((p * 9 + i * 3) * inputs + begin) * PANEL + k, inputs * PANEL, between, i * POINTS * LANES, LANES)
                for i in range(POINTS):
                    see_kernel(between, i * LANES, POINTS * LANES, panels, i * apart + k, POINTS * apart)
            for point in range(POINTS * POINTS):
                start, to = point * source_apart + begin, point * target_apart + p * PANEL
                multiply_add_panel(points, start, channels, panels[point], size, products, to, outputs, tiles)


@compiled
def _sum_up(products, rows, columns, result, between):
    """The pixels of each tile, the products' sums, first along its columns, then along its rows."""
    _, width, outputs = result.shape
    apart = products.shape[1]
    for row in range(rows):
        for column in range(columns):
            for c in range(0, outputs, LANES):
                start = (row * columns + column) * outputs + c
                for i in range(POINTS):
                    sum_products(products, start + i * apart, POINTS * apart, between, i * TILE * LANES, LANES)
                to = (row * TILE * width + column * TILE) * outputs + c
                for i in range(TILE):
                    sum_products(between, i * LANES, TILE * LANES, result, to + i * width * outputs, outputs)


@compiled
def add_all_gated(total, pq):
    """total (h, w, C) += p sigmoid(q) of pq (h, w, 2 C)."""
    for row in range(len(total)):
        add_gated(total[row], pq[row], total.shape[2])


def _compile() -> None:
    kernel = Kernel(np.zeros((1, 9, 2, PANEL), np.uint16), np.zeros(2, np.float32))
    result = np.zeros((1, 1, 1), np.float32)
    add_all_gated(result, _convolved(result, kernel))


LOOP = Loop(_compile, possible=CAN_COMPILE, otherwise="Photographs are read by PyTorch alone, at half the speed")
