"""What f's samples compute a row at a time, in PyTorch: everything but the taps on the pixels of the current row.

Sums of n samples are (n * w, channels), activations (n, columns, channels), so that rows of pixels are rows of matrices.
"""

from collections.abc import Sequence
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor

from picgui import color
from picgui.pic.layers import GatedResidualBlock, WeightNormConv2d, concat_elu, once_for_weights
from picgui.pic.network import PixelCNN


class Given(NamedTuple):
    """What depends on the embedding, the luminance and the strength alone."""

    strength: float  # of corruption, as f is told
    luminance: Tensor  # (h, w), normalised
    lightness: Tensor  # (h, w), L in [0, 100]
    vertical: Tensor  # (1 or n, blocks, h, w, C): each embedding's terms and the biases of the first convolutions
    horizontal: Tensor

    @classmethod
    @torch.inference_mode()
    def of(cls, pixel_cnn: PixelCNN, embedding: Tensor, luminance: Tensor, strength: float) -> "Given":
        # one by one: a product's last bits may depend on its size
        conditions = [concat_elu(one)[0].flatten(1).t() for one in embedding.split(1)]  # (h * w, 2 E)

        def terms(blocks: Sequence[GatedResidualBlock]) -> Tensor:
            weights = torch.cat([b.condition.weight()[:, -conditions[0].shape[1] :, 0, 0] for b in blocks])
            biases = torch.cat([b.condition.bias + b.first.bias for b in blocks])
            each = [torch.addmm(biases, condition, weights.t()) for condition in conditions]
            return torch.stack([x.view(*luminance.shape[2:], len(blocks), -1).movedim(2, 0) for x in each])

        return cls(
            strength=strength,
            luminance=luminance[0, 0],
            lightness=color.denormalize_luminance(luminance[0, 0]),
            vertical=terms(pixel_cnn.u_blocks),
            horizontal=terms(pixel_cnn.ul_blocks),
        )


class Taps(NamedTuple):
    """A convolution by rows of its kernel: weights (kw * in, out) for the rows above, oldest first, and for the current row."""

    above: tuple[Tensor, ...]
    current: Tensor
    width: int
    left: int  # columns of padding
    right: int

    @classmethod
    def of(cls, convolution: WeightNormConv2d) -> "Taps":
        weight = convolution.weight().detach()  # (out, in, kh, kw)
        *above, current = weight.permute(0, 2, 3, 1).flatten(1).t().contiguous().chunk(weight.shape[2])
        return cls(tuple(above), current, weight.shape[3], *convolution.padding[:2])


def _pointwise(convolution: WeightNormConv2d) -> Tensor:
    """The weights (in, out) of a 1x1 convolution."""
    return convolution.weight().detach()[:, :, 0, 0].t().contiguous()


class _Block(NamedTuple):
    first: Taps
    gate: Taps
    gate_bias: Tensor
    from_u: Tensor | None  # (2 C, C), of a horizontal block

    @classmethod
    def of(cls, block: GatedResidualBlock, from_u: Tensor | None = None) -> "_Block":
        return cls(Taps.of(block.first), Taps.of(block.gate), block.gate.bias, from_u)


class Packed(NamedTuple):
    """The network's weights as products like them."""

    channels: int
    u_input: Taps
    u_bias: Tensor
    ul_above: Taps
    ul_above_bias: Tensor
    ul_left: tuple[Tensor, Tensor]  # (5, C) for the row above and the current row
    ul_left_bias: Tensor
    vertical: tuple[_Block, ...]
    horizontal: tuple[_Block, ...]
    out: Tensor  # (C, 6 K)
    out_bias: Tensor

    @staticmethod
    @once_for_weights
    @torch.inference_mode()
    def of(pixel_cnn: PixelCNN) -> "Packed":
        left = pixel_cnn.ul_left.weight()[:, :, :, 0]  # (C, 5, 2)
        channels = left.shape[0]
        return Packed(
            channels=channels,
            u_input=Taps.of(pixel_cnn.u_input),
            u_bias=pixel_cnn.u_input.bias,
            ul_above=Taps.of(pixel_cnn.ul_above),
            ul_above_bias=pixel_cnn.ul_above.bias,
            ul_left=tuple(left[:, :, dy].t().contiguous() for dy in (0, 1)),
            ul_left_bias=pixel_cnn.ul_left.bias,
            vertical=tuple(_Block.of(b) for b in pixel_cnn.u_blocks),
            horizontal=tuple(_Block.of(b, _pointwise(b.condition)[: 2 * channels]) for b in pixel_cnn.ul_blocks),
            out=_pointwise(pixel_cnn.out),
            out_bias=pixel_cnn.out.bias,
        )


class Layer:
    """One convolution of n samples: the activations of its current row, and what its kernel sees of the last rows.

    ``inner`` is the current row (n, w, c), ``seen`` (n, w, kw * c) what the kernel sees of it at each column, zero outside the picture.
    """

    def __init__(self, taps: Taps, *, number: int, width: int, channels: int, like: Tensor):
        self.taps = taps
        padded = like.new_zeros(number, taps.left + width + taps.right, channels)
        self.inner = padded[:, taps.left : taps.left + width]
        # columns overlap: what the kernel sees at each column, without a copy
        self.seen = padded.as_strided((number, width, taps.width * channels), (padded.stride(0), channels, 1))
        self.windows = [
            like.new_zeros(number * width, taps.width * channels) for _ in range(len(taps.above) + 1)
        ]  # oldest row first, the current row last; rows above the picture are zero

    def activate(self, x: Tensor) -> None:
        """Take concat_elu of (n * w, c / 2) as the current row."""
        half = self.inner.shape[2] // 2
        x = x.view(*self.inner.shape[:2], half)
        self.inner[:, :, :half] = x
        torch.neg(x, out=self.inner[:, :, half:])
        F.elu_(self.inner)

    def gather(self) -> None:
        """The activations of the current row are complete."""
        self.windows[-1].view(self.seen.shape).copy_(self.seen)

    def add_above(self, total: Tensor) -> None:
        """Add the taps on the rows above to (n * w, out)."""
        for windows, weight in zip(self.windows, self.taps.above):
            total.addmm_(windows, weight)

    def add_all(self, total: Tensor) -> None:
        """Add all taps to (n * w, out)."""
        self.add_above(total)
        total.addmm_(self.windows[-1], self.taps.current)

    def next_row(self) -> None:
        """The current row becomes the row above."""
        self.windows.append(self.windows.pop(0))


class RowPhase:
    """The caches of n samples, and what is computed before a row's pixels.

    What it leaves for them: ``ul`` (n * w, C) and each block's sums ``first`` (n * w, C) and ``gate`` (n * w, 2 C); what they fill in turn
    are the current rows of the horizontal layers.
    """

    def __init__(self, packed: Packed, given: Given, number: int):
        self.packed, self.given, self.number = packed, given, number
        self.width = width = given.luminance.shape[1]
        channels, blocks = packed.channels, packed.horizontal

        def sums(columns: int) -> Tensor:
            return given.luminance.new_zeros(number * width, columns)

        def layer(taps: Taps, columns: int = 2 * channels) -> Layer:
            return Layer(taps, number=number, width=width, channels=columns, like=given.luminance)

        self.past, self.past_above = (layer(taps, PixelCNN.INPUTS) for taps in (packed.u_input, packed.ul_above))
        self.now = given.luminance.new_zeros(number, width, PixelCNN.INPUTS)  # the current row's inputs, no chroma yet
        self.vertical = [(layer(b.first), layer(b.gate)) for b in packed.vertical]
        self.activated_u = layer(Taps((), blocks[-1].from_u, 1, 0, 0))
        self.horizontal = [(layer(b.first), layer(b.gate)) for b in blocks]
        self.u, self.h, self.left, self.pq = sums(channels), sums(channels), sums(channels), sums(2 * channels)
        self.ul = sums(channels)
        self.first, self.gate = [sums(channels) for _ in blocks], [sums(2 * channels) for _ in blocks]

    def before(self, y: int) -> None:
        """Fill ``ul`` and the sums of the horizontal blocks of row y."""
        s, given = self.packed, self.given
        self._start(y)
        for index, (block, (first, gate)) in enumerate(zip(s.vertical, self.vertical)):
            if index == 0:
                first.activate(self.u)
            first.gather()
            self._spread(self.h, given.vertical[:, index, y])
            first.add_all(self.h)
            first.next_row()
            gate.activate(self.h)
            gate.gather()
            self.pq.copy_(block.gate_bias)
            gate.add_all(self.pq)
            gate.next_row()
            p, q = self.pq.chunk(2, dim=1)
            self.u.addcmul_(p, q.sigmoid_())
            after = self.vertical[index + 1][0] if index + 1 < len(self.vertical) else self.activated_u
            after.activate(self.u)
            self._start_horizontal(index, after.inner, y)

    def _start(self, y: int) -> None:
        """``u`` and ``ul`` from the rows above."""
        s = self.packed
        self.now[:, :, 0] = self.given.luminance[y]
        self.now[:, :, 3] = 1
        self.now[:, :, 4] = self.given.strength
        torch.addmm(s.ul_left_bias, self.now.flatten(0, 1), s.ul_left[1], out=self.left)
        self.u.zero_()
        self.ul.zero_()
        if y > 0:  # the shift makes row 0 zero, bias included
            self.u.copy_(s.u_bias)
            self.past.add_all(self.u)
            self.past.next_row()
            self.ul.copy_(s.ul_above_bias)
            self.past_above.add_all(self.ul)
            self.left.addmm_(self.past.inner.flatten(0, 1), s.ul_left[0])
        columns = (self.number, self.width, -1)
        self.ul.view(columns)[:, 1:] += self.left.view(columns)[:, :-1]

    def _start_horizontal(self, index: int, activated_u: Tensor, y: int) -> None:
        block, (first, gate) = self.packed.horizontal[index], self.horizontal[index]
        self._spread(self.first[index], self.given.horizontal[:, index, y])
        self.first[index].addmm_(activated_u.flatten(0, 1), block.from_u)
        first.add_above(self.first[index])
        self.gate[index].copy_(block.gate_bias)
        gate.add_above(self.gate[index])

    def _spread(self, total: Tensor, terms: Tensor) -> None:
        """total (n * w, C) = the terms (1 or n, w, C) of each sample's embedding."""
        total.view(self.number, self.width, -1).copy_(terms)

    def after(self, chroma: Tensor) -> None:
        """After a row's pixels: ``chroma`` is (n, w, 2)."""
        for layer in (self.past, self.past_above):
            layer.inner.copy_(self.now)
            layer.inner[:, :, 1:3] = chroma
            layer.gather()
        for first, gate in self.horizontal:
            for layer in (first, gate):
                layer.gather()
                layer.next_row()
