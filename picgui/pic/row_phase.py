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


# oneDNN's, as PyTorch's own compiler calls them; not every build has them
_pack, _multiply_packed = (getattr(torch.ops.mkldnn, name, None) for name in ("_reorder_linear_weight", "_linear_pointwise"))
_WORTH_PACKING = 129  # inputs of a matrix: a call takes 10 microseconds


def _onednn_packs() -> bool:
    """Whether such a product comes out right here."""
    try:
        rows, weight = torch.ones(2, 16), torch.ones(8, 16)
        return torch.equal(_multiply_packed(rows, _pack(weight), None, "none", [], ""), rows @ weight.t())
    except (RuntimeError, TypeError):  # it is not there, is called otherwise, or does not know this processor
        return False


_ONEDNN_PACKS = torch.backends.mkldnn.is_available() and _onednn_packs()


class Matrix(NamedTuple):
    """A matrix that rows are multiplied by, also as oneDNN packs it where that computes them.

    On the CPU PyTorch's own products go to MKL, which packs weights anew every time, and on AMD's processors leaves half of their vectors.
    """

    weight: Tensor  # (in, out)
    packed: Tensor | None

    @classmethod
    def of(cls, weight: Tensor) -> "Matrix":
        pays = weight.is_cpu and weight.dtype == torch.float32 and len(weight) >= _WORTH_PACKING
        return cls(weight, _pack(weight.t().contiguous()) if pays and _ONEDNN_PACKS else None)

    def add_product(self, total: Tensor, rows: Tensor) -> None:
        """total (n, out) += rows (n, in) @ weight."""
        if self.packed is None:
            total.addmm_(rows, self.weight)
        else:
            total.add_(_multiply_packed(rows, self.packed, None, "none", [], ""))


class _Terms(NamedTuple):
    """What makes the embedding's terms of all blocks of one kind."""

    weights: Matrix  # (2 E, blocks * C)
    biases: Tensor  # (blocks * C,), those of the first convolutions too

    @classmethod
    def of(cls, blocks: Sequence[GatedResidualBlock], conditions: int) -> "_Terms":
        weights = torch.cat([b.condition.weight()[:, -conditions:, 0, 0] for b in blocks])
        return cls(Matrix.of(weights.detach().t().contiguous()), torch.cat([b.condition.bias + b.first.bias for b in blocks]))


@once_for_weights
@torch.inference_mode()
def _terms(pixel_cnn: PixelCNN) -> tuple[_Terms, _Terms]:
    """Those of the vertical and of the horizontal blocks."""
    conditions = pixel_cnn.u_blocks[0].condition.weight().shape[1]  # the horizontal ones have u before
    return _Terms.of(pixel_cnn.u_blocks, conditions), _Terms.of(pixel_cnn.ul_blocks, conditions)


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

        def terms_of(terms: _Terms) -> Tensor:
            each = [terms.biases.repeat(len(condition), 1) for condition in conditions]
            for total, condition in zip(each, conditions):
                terms.weights.add_product(total, condition)
            return torch.stack([x.view(*luminance.shape[2:], len(pixel_cnn.u_blocks), -1).movedim(2, 0) for x in each])

        vertical, horizontal = _terms(pixel_cnn)
        return cls(
            strength=strength,
            luminance=luminance[0, 0],
            lightness=color.denormalize_luminance(luminance[0, 0]),
            vertical=terms_of(vertical),
            horizontal=terms_of(horizontal),
        )


class Taps(NamedTuple):
    """A convolution's weights: for whole rows at a time, oldest first, and for the current row where its pixels come one after the other."""

    rows: Matrix  # (height * kw * in, out)
    current: Tensor | None  # (kw * in, out), of a horizontal convolution
    height: int
    width: int
    left: int  # columns of padding
    right: int

    @classmethod
    def of(cls, convolution: WeightNormConv2d, *, pixel_by_pixel: bool = False) -> "Taps":
        weight = convolution.weight().detach()  # (out, in, kh, kw)
        rows = weight.permute(2, 3, 1, 0).flatten(1, 2).contiguous()
        rows, current = (rows[:-1], rows[-1]) if pixel_by_pixel else (rows, None)
        return cls(Matrix.of(rows.flatten(0, 1)), current, len(rows), weight.shape[3], *convolution.padding[:2])


def _pointwise(convolution: WeightNormConv2d) -> Tensor:
    """The weights (in, out) of a 1x1 convolution."""
    return convolution.weight().detach()[:, :, 0, 0].t().contiguous()


class _Block(NamedTuple):
    first: Taps
    gate: Taps
    gate_bias: Tensor
    from_u: Matrix | None  # (2 C, C), of a horizontal block

    @classmethod
    def of(cls, block: GatedResidualBlock, from_u: Matrix | None = None) -> "_Block":
        first, gate = (Taps.of(c, pixel_by_pixel=from_u is not None) for c in (block.first, block.gate))
        return cls(first, gate, block.gate.bias, from_u)


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
            horizontal=tuple(_Block.of(b, Matrix.of(_pointwise(b.condition)[: 2 * channels])) for b in pixel_cnn.ul_blocks),
            out=_pointwise(pixel_cnn.out),
            out_bias=pixel_cnn.out.bias,
        )


class Layer:
    """One convolution of n samples: the activations of its current row, and what its kernel sees of the last whole ones.

    ``inner`` is the current row (n, w, c), ``seen`` (n, w, kw * c) what the kernel sees of it at each column, zero outside the picture.
    """

    def __init__(self, taps: Taps, *, number: int, width: int, channels: int, like: Tensor):
        self.taps = taps
        padded = like.new_zeros(number, taps.left + width + taps.right, channels)
        self.inner = padded[:, taps.left : taps.left + width]
        # columns overlap: what the kernel sees at each column, without a copy
        self.seen = padded.as_strided((number, width, taps.width * channels), (padded.stride(0), channels, 1))
        # oldest row first; those above the picture are zero
        self.windows = like.new_zeros(number * width, taps.height, taps.width * channels)

    def activate(self, x: Tensor) -> None:
        """Take concat_elu of (n * w, c / 2) as the current row."""
        half = self.inner.shape[2] // 2
        x = x.view(*self.inner.shape[:2], half)
        self.inner[:, :, :half] = x
        torch.neg(x, out=self.inner[:, :, half:])
        F.elu_(self.inner)

    def gather(self) -> None:
        """The current row is whole: it becomes the last of those that are seen."""
        rows = self.windows.unbind(1)
        for older, newer in zip(rows, rows[1:]):
            older.copy_(newer)
        for newest in rows[-1:]:  # a horizontal kernel may see none
            newest.view(self.seen.shape).copy_(self.seen)

    def add_rows(self, total: Tensor) -> None:
        """Add the taps on whole rows to (n * w, out)."""
        self.taps.rows.add_product(total, self.windows.flatten(1))


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
        self.activated_u = layer(Taps(blocks[-1].from_u, None, 0, 1, 0, 0))
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
            first.add_rows(self.h)
            gate.activate(self.h)
            gate.gather()
            self.pq.copy_(block.gate_bias)
            gate.add_rows(self.pq)
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
            self.past.add_rows(self.u)
            self.ul.copy_(s.ul_above_bias)
            self.past_above.add_rows(self.ul)
            self.left.addmm_(self.past.inner.flatten(0, 1), s.ul_left[0])
        columns = (self.number, self.width, -1)
        self.ul.view(columns)[:, 1:] += self.left.view(columns)[:, :-1]

    def _start_horizontal(self, index: int, activated_u: Tensor, y: int) -> None:
        block, (first, gate) = self.packed.horizontal[index], self.horizontal[index]
        self._spread(self.first[index], self.given.horizontal[:, index, y])
        block.from_u.add_product(self.first[index], activated_u.flatten(0, 1))
        first.add_rows(self.first[index])
        self.gate[index].copy_(block.gate_bias)
        gate.add_rows(self.gate[index])

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
