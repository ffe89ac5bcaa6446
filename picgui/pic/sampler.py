"""Exact ancestral sampling of f, row by row, with everything that can be kept kept (SAMPLING.md's cached design).

Of each convolution the taps on finished rows are applied a row at a time (`_RowPhase`); for a pixel only the taps of its own row
are left (`_TorchLanes`). That is PyTorch; `picgui.pic.pixel_loop` does the same compiled, and serves float32 on the CPU for weights that half
precision holds, as every checkpoint's do. What is drawn is exactly what full forward passes would draw.

A sample is computed in the same shapes and order whatever else is drawn with it: in PyTorch on the CPU alone, on other devices in a
batch that is always filled up to the same size. So its pixels do not depend on its company.
"""

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from itertools import cycle
from typing import NamedTuple

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from picgui import color
from picgui.pic import mixture, pixel_loop
from picgui.pic.layers import GatedResidualBlock, WeightNormConv2d, concat_elu
from picgui.pic.network import PixelCNN

ATTEMPTS = 16  # draws of a pixel until one is a colour that sRGB has
LANES = 8  # samples in a batch where there is a GPU
_ROWS_AHEAD = 2  # that threads may be of who takes the rows
_SHRINK_STEPS = 32

Known = tuple[Tensor, Tensor]  # mask (1, 1, h, w) in {0, 1}; chroma (1, 2, h, w), normalised whole units


class Row(NamedTuple):
    """One drawn row of n samples."""

    y: int
    chroma: np.ndarray  # (n, 2, w) float32, whole Lab units
    log_prob: np.ndarray  # (n,) float64, nats: of the row's pixels that were not known, bare model, temperature 1


def sample_rows(
    pixel_cnn: PixelCNN,
    embedding: Tensor,
    luminance: Tensor,
    *,
    seeds: Sequence[int],
    temperature: float = 1.0,
    known: Known | None = None,
    within_gamut: bool = True,
    strength: float = 0.0,
) -> Iterator[Row]:
    """Yield rows from the top. Stop iterating, or `close`, to cancel.

    ``embedding`` is (1, E, h, w) for all samples or (n, E, h, w), one for each of n seeds; ``luminance`` is (1, 1, h, w), normalised,
    at the resolution of the chroma; both of the network's dtype and device. A sample is a function of its embedding, the luminance,
    its seed, the temperature and ``known`` alone. Within the gamut, a pixel is drawn up to 16 times; if no draw is a colour of sRGB,
    the last is moved towards grey. ``strength`` in [0, 1] is the corruption that f is told its past has: what it drew itself is a
    little off, and told so, it leans on it a little less. Raises ValueError for a negative temperature or another number of embeddings.
    """
    if temperature < 0:
        raise ValueError(f"temperature is {temperature}; it must not be negative")
    if len(embedding) not in (1, len(seeds)):
        raise ValueError(f"{len(embedding)} embeddings for {len(seeds)} seeds; it takes one for all or one for each")
    for y, chroma, _, log_prob in _rows(
        pixel_cnn,
        embedding,
        luminance,
        noise=[np.random.default_rng(seed) for seed in seeds],
        temperature=temperature,
        known=known,
        within_gamut=within_gamut,
        strength=strength,
    ):
        yield _finished_row(y, chroma, log_prob, known)


def teacher_forced(
    pixel_cnn: PixelCNN, embedding: Tensor, luminance: Tensor, chroma: Tensor, *, strength: float = 0.0
) -> Tensor:
    """Mixture parameters (1, 6 K, h, w) at every pixel when ``chroma`` (1, 2, h, w) is what is drawn: the caches' own exactness."""
    known = (torch.ones_like(luminance), chroma)
    rows = _rows(
        pixel_cnn,
        embedding,
        luminance,
        noise=[np.random.default_rng(0)],
        temperature=1.0,
        known=known,
        within_gamut=False,
        strength=strength,
    )
    return torch.cat([parameters[:1] for _, _, parameters, _ in rows], dim=2)


@torch.inference_mode()
def _finished_row(y: int, chroma: Tensor, log_prob: Tensor, known: Known | None) -> Row:
    if known is not None:
        log_prob = log_prob * (1 - known[0][0, 0, y].double())
    units = color.round_chroma(color.denormalize_chroma(chroma))[:, :, 0]
    return Row(y, units.float().cpu().numpy(), log_prob.sum(dim=1).cpu().numpy())


def _rows(
    pixel_cnn: PixelCNN,
    embedding: Tensor,
    luminance: Tensor,
    *,
    noise: Sequence[np.random.Generator],
    temperature: float,
    known: Known | None,
    within_gamut: bool,
    strength: float,
) -> Iterator[tuple[int, Tensor, Tensor, Tensor]]:
    """Yield y, normalised chroma (n, 2, 1, w), parameters (n, 6 K, 1, w) and log-probabilities (n, w)."""
    options = {"temperature": max(temperature, 1e-3), "known": known, "within_gamut": within_gamut}
    number, on_cpu = len(noise), _is_on_cpu(embedding)
    compiled = None
    if on_cpu and embedding.dtype == torch.float32 and pixel_loop.is_available():
        compiled = pixel_loop.pack(pixel_cnn)
    if compiled:
        threads = min(torch.get_num_threads(), number)
        members = [range(i, number, threads) for i in range(threads)]
    else:
        size = 1 if on_cpu else LANES
        members = [range(i, i + size) for i in range(0, number, size)]
        noise = [*noise, *(np.random.default_rng(0) for _ in range(-number % size))]
    lanes, weights = (_CompiledLanes, compiled) if compiled else (_TorchLanes, _Packed.of(pixel_cnn))
    groups = [
        lanes(weights, given, [noise[i] for i in samples], **options)
        for samples, given in zip(members, _given_to(members, pixel_cnn, embedding, luminance, strength))
    ]
    places = sorted((i, group, k) for group, samples in enumerate(members) for k, i in enumerate(samples))[:number]
    rows = range(luminance.shape[2])
    if on_cpu:
        drawn = _in_threads(groups, rows, threads if compiled else 1)
    else:
        drawn = ([group.row(y) for group in groups] for y in rows)
    with closing(drawn):
        for y, parts in zip(rows, drawn):
            # not an index, which PyTorch splits over threads that then spin where the next row is drawn
            chroma, parameters, log_prob = (torch.stack([x[group][k] for _, group, k in places]) for x in zip(*parts))
            yield y, chroma, parameters, log_prob


def _is_on_cpu(x: Tensor) -> bool:
    return x.device.type == "cpu"


def _given_to(
    groups: Sequence[range], pixel_cnn: PixelCNN, embedding: Tensor, luminance: Tensor, strength: float
) -> Iterator["_Given"]:
    """What each group of samples is given: the same, once, where the embedding is shared."""
    if len(embedding) == 1:
        yield from [_Given.of(pixel_cnn, embedding, luminance, strength)] * len(groups)
        return
    for samples in groups:
        own = embedding[[i % len(embedding) for i in samples]]  # what fills up a batch has any
        yield _Given.of(pixel_cnn, own, luminance, strength)


def _in_threads(groups: Sequence["_Lanes"], rows: Sequence[int], number: int) -> Iterator[list[tuple[Tensor, ...]]]:
    """Yield what all groups drew of a row. They draw on meanwhile: a thread that waits for others every row is slow to come back."""
    with ExitStack() as stack:
        # a row's products are too small for more than one thread each
        threads = [ThreadPoolExecutor(1, initializer=torch.set_num_threads, initargs=(1,)) for _ in range(number)]
        for thread in threads:
            stack.callback(thread.shutdown, cancel_futures=True)
        drawing = deque()
        for y in rows:
            drawing.append([thread.submit(group.row, y) for thread, group in zip(cycle(threads), groups)])
            if len(drawing) > _ROWS_AHEAD:
                yield [part.result() for part in drawing.popleft()]
        for parts in drawing:
            yield [part.result() for part in parts]


# what all samples of an embedding share


class _Taps(NamedTuple):
    """A convolution by rows of its kernel: weights (kw * in, out) for the rows above, oldest first, and for the current row."""

    above: tuple[Tensor, ...]
    current: Tensor
    width: int
    left: int  # columns of padding
    right: int

    @classmethod
    def of(cls, convolution: WeightNormConv2d) -> "_Taps":
        weight = convolution.weight().detach()  # (out, in, kh, kw)
        rows = [weight[:, :, dy].permute(2, 1, 0).flatten(0, 1).contiguous() for dy in range(weight.shape[2])]
        return cls(tuple(rows[:-1]), rows[-1], weight.shape[3], *convolution.padding[:2])


def _pointwise(convolution: WeightNormConv2d) -> Tensor:
    """The weights (in, out) of a 1x1 convolution."""
    return convolution.weight().detach()[:, :, 0, 0].t().contiguous()


class _Given(NamedTuple):
    """What depends on the embedding, the luminance and the strength alone."""

    strength: float  # of corruption, as f is told
    luminance: Tensor  # (h, w), normalised
    lightness: Tensor  # (h, w), L in [0, 100]
    vertical: Tensor  # (1 or n, blocks, h, w, C): each embedding's terms and the biases of the first convolutions
    horizontal: Tensor

    @classmethod
    @torch.inference_mode()
    def of(cls, pixel_cnn: PixelCNN, embedding: Tensor, luminance: Tensor, strength: float) -> "_Given":
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
            lightness=luminance[0, 0] * 50 + 50,
            vertical=terms(pixel_cnn.u_blocks),
            horizontal=terms(pixel_cnn.ul_blocks),
        )


class _VerticalBlock(NamedTuple):
    first: _Taps
    gate: _Taps
    gate_bias: Tensor


class _HorizontalBlock(NamedTuple):
    first: _Taps
    gate: _Taps
    gate_bias: Tensor
    from_u: Tensor  # (2 C, C)


class _Packed(NamedTuple):
    """The network's weights as PyTorch's products like them."""

    channels: int
    reach: int  # columns to the left that a horizontal kernel sees
    u_input: _Taps
    u_bias: Tensor
    ul_above: _Taps
    ul_above_bias: Tensor
    ul_left: tuple[Tensor, Tensor]  # (5, C) for the row above and the current row
    ul_left_bias: Tensor
    vertical: tuple[_VerticalBlock, ...]
    horizontal: tuple[_HorizontalBlock, ...]
    out: Tensor  # (C, 6 K)
    out_bias: Tensor

    @classmethod
    @torch.inference_mode()
    def of(cls, pixel_cnn: PixelCNN) -> "_Packed":
        left = pixel_cnn.ul_left.weight()[:, :, :, 0]  # (C, 5, 2)
        doubled = 2 * left.shape[0]

        def shape(block: GatedResidualBlock) -> dict:
            return {"first": _Taps.of(block.first), "gate": _Taps.of(block.gate), "gate_bias": block.gate.bias}

        horizontal = tuple(
            _HorizontalBlock(**shape(b), from_u=_pointwise(b.condition)[:doubled].contiguous())
            for b in pixel_cnn.ul_blocks
        )
        return cls(
            channels=left.shape[0],
            reach=horizontal[0].first.width - 1,
            u_input=_Taps.of(pixel_cnn.u_input),
            u_bias=pixel_cnn.u_input.bias,
            ul_above=_Taps.of(pixel_cnn.ul_above),
            ul_above_bias=pixel_cnn.ul_above.bias,
            ul_left=tuple(left[:, :, dy].t().contiguous() for dy in (0, 1)),
            ul_left_bias=pixel_cnn.ul_left.bias,
            vertical=tuple(_VerticalBlock(**shape(b)) for b in pixel_cnn.u_blocks),
            horizontal=horizontal,
            out=_pointwise(pixel_cnn.out),
            out_bias=pixel_cnn.out.bias,
        )


# one row


class _Layer:
    """One convolution of some samples: the activations of its current row, and what its kernel sees of the last rows.

    ``activations`` is (n, left + w + right, c) with zeros in the padding; a horizontal layer's are written while the row's pixels are drawn.
    """

    def __init__(self, taps: _Taps, activations: Tensor, width: int):
        self.taps = taps
        number, _, channels = activations.shape
        self.inner = activations[:, taps.left : taps.left + width]
        strides = (activations.stride(0), activations.stride(1), activations.stride(1), 1)
        # columns overlap: what the kernel sees at each column, without a copy
        self.seen = activations.as_strided((number, width, taps.width, channels), strides, activations.storage_offset())
        self.windows = [
            activations.new_zeros(number * width, taps.width * channels) for _ in range(len(taps.above) + 1)
        ]  # oldest row first, the current row last; rows above the picture are zero

    @classmethod
    def padded(cls, taps: _Taps, *, number: int, width: int, channels: int, like: Tensor) -> "_Layer":
        """A layer with activations of its own."""
        return cls(taps, like.new_zeros(number, taps.left + width + taps.right, channels), width)

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

    def add_above(self, total: Tensor, together: int) -> None:
        """Add the taps on the rows above to (n * w, out), ``together`` pixels in a product."""
        for windows, weight in zip(self.windows, self.taps.above):
            _multiply_add(total, windows, weight, together)

    def add_all(self, total: Tensor, together: int) -> None:
        """Add all taps to (n * w, out)."""
        self.add_above(total, together)
        _multiply_add(total, self.windows[-1], self.taps.current, together)

    def next_row(self) -> None:
        """The current row becomes the row above."""
        self.windows.append(self.windows.pop(0))


def _multiply_add(total: Tensor, x: Tensor, weight: Tensor, together: int) -> None:
    """total (m, out) += x (m, in) @ weight, so many rows in a product: a product's last bits may depend on its size."""
    if together == len(total):
        total.addmm_(x, weight)
        return
    for start in range(0, len(total), together):
        total[start : start + together].addmm_(x[start : start + together], weight)


class _Starts(NamedTuple):
    """What the row phase leaves for the pixels of a row of n samples."""

    ul: Tensor  # (n * w, C)
    first: Sequence[Tensor]  # of each block (n * w, C)
    gate: Sequence[Tensor]  # of each block (n * w, 2 C)


class _RowPhase:
    """The caches of some samples, and what is computed before a row's pixels.

    ``first_rows`` and ``gate_rows`` are each block's activations (n, reach + w, 2 C), which the pixels of a row fill.
    """

    def __init__(
        self,
        packed: _Packed,
        given: _Given,
        starts: _Starts,
        first_rows: Sequence[Tensor],
        gate_rows: Sequence[Tensor],
    ):
        self.packed, self.given, self.starts = packed, given, starts
        width = given.luminance.shape[1]
        number = len(starts.ul) // width
        self.number, self.width = number, width
        self.together = width if _is_on_cpu(starts.ul) else number * width
        sizes = {"number": number, "width": width, "like": starts.ul}
        inputs, doubled = PixelCNN.INPUTS, 2 * packed.channels
        self.past = _Layer.padded(packed.u_input, channels=inputs, **sizes)
        self.past_above = _Layer.padded(packed.ul_above, channels=inputs, **sizes)
        self.vertical = [
            (_Layer.padded(b.first, channels=doubled, **sizes), _Layer.padded(b.gate, channels=doubled, **sizes))
            for b in packed.vertical
        ]
        last = _Taps((), packed.horizontal[-1].from_u, 1, 0, 0)
        self.activated_u = _Layer.padded(last, channels=doubled, **sizes)
        self.horizontal = [
            (_Layer(b.first, first, width), _Layer(b.gate, gate, width))
            for b, first, gate in zip(packed.horizontal, first_rows, gate_rows)
        ]

    def before(self, y: int) -> None:
        """Fill the starts of row y: of ul, and of both convolutions of each horizontal block."""
        s, given = self.packed, self.given
        u = self.starts.ul.new_zeros(self.number * self.width, s.channels)
        ul = self.starts.ul.zero_()
        left = s.ul_left_bias + given.luminance[y][:, None] * s.ul_left[1][0] + s.ul_left[1][3]
        left = left + given.strength * s.ul_left[1][4]
        if y > 0:  # the shift makes row 0 zero, bias included
            u += s.u_bias
            self.past.add_all(u, self.together)
            self.past.next_row()
            ul += s.ul_above_bias
            self.past_above.add_all(ul, self.together)
            past = s.ul_left_bias.new_zeros(self.number * self.width, s.channels)
            _multiply_add(past, self.past.inner.flatten(0, 1), s.ul_left[0], self.together)
            left = left + past.view(self.number, self.width, -1)
        ul.view(self.number, self.width, -1)[:, 1:] += left[..., :-1, :]
        for index, (block, layers) in enumerate(zip(s.vertical, self.vertical)):
            if index == 0:
                layers[0].activate(u)
            u = self._vertical(u, block, layers, given.vertical[:, index, y])
            after = self.vertical[index + 1][0] if index + 1 < len(self.vertical) else self.activated_u
            after.activate(u)
            self._start_horizontal(index, after.inner, y)

    def _vertical(self, u: Tensor, block: _VerticalBlock, layers: tuple[_Layer, _Layer], given: Tensor) -> Tensor:
        first, gate = layers
        first.gather()
        h = given.repeat(self.number // len(given), 1, 1).flatten(0, 1)
        first.add_all(h, self.together)
        first.next_row()
        gate.activate(h)
        gate.gather()
        pq = block.gate_bias.repeat(len(h), 1)
        gate.add_all(pq, self.together)
        gate.next_row()
        p, q = pq.chunk(2, dim=1)
        return torch.addcmul(u, p, q.sigmoid())

    def _start_horizontal(self, index: int, activated_u: Tensor, y: int) -> None:
        block, (first, gate) = self.packed.horizontal[index], self.horizontal[index]
        start = self.starts.first[index]
        start.view(self.number, self.width, -1)[:] = self.given.horizontal[:, index, y]
        _multiply_add(start, activated_u.flatten(0, 1), block.from_u, self.together)
        first.add_above(start, self.together)
        start = self.starts.gate[index]
        start[:] = block.gate_bias
        gate.add_above(start, self.together)

    def after(self, y: int, chroma: Tensor) -> None:
        """After row y's pixels: ``chroma`` is (n, w, 2)."""
        for layer in (self.past, self.past_above):
            layer.inner[:, :, 0] = self.given.luminance[y]
            layer.inner[:, :, 1:3] = chroma
            layer.inner[:, :, 3] = 1
            layer.inner[:, :, 4] = self.given.strength
            layer.gather()
        for first, gate in self.horizontal:
            for layer in (first, gate):
                layer.gather()
                layer.next_row()


class _Lanes:
    """Some samples drawn in lock-step."""

    def __init__(
        self,
        given: _Given,
        noise: Sequence[np.random.Generator],
        *,
        temperature: float,
        known: Known | None,
        within_gamut: bool,
    ):
        self.given, self.noise = given, noise
        self.temperature, self.within_gamut = temperature, within_gamut
        height, width = given.luminance.shape
        if known is None:
            self.known = np.zeros((height, width), bool)
            self.known_chroma = given.luminance.new_zeros(height, width, 2)
        else:
            self.known = known[0][0, 0].bool().cpu().numpy()
            self.known_chroma = known[1][0].movedim(0, -1).to(given.luminance)

    def uniforms(self) -> np.ndarray:
        """The next row's noise: (n, w, attempts, 3), each sample from its own generator."""
        width = self.given.luminance.shape[1]
        return np.stack([generator.random((width, ATTEMPTS, 3), dtype=np.float32) for generator in self.noise])


class _Pixels:
    """A row's inputs and outputs at fixed addresses, and on CUDA the graph that goes from one to the other."""

    def __init__(self, *, phase: _RowPhase, **buffers: Tensor):
        self.phase = phase
        self.uniforms = buffers["uniforms"]  # (n, w, attempts, 3)
        self.lightness = buffers["lightness"]  # (w,), L in [0, 100]
        self.known = buffers["known"]  # (w,) bool
        self.known_chroma = buffers["known_chroma"]  # (w, 2), normalised
        self.chroma = buffers["chroma"]  # (n, w, 2), normalised
        self.parameters = buffers["parameters"]  # (n, w, 6 K)
        self.graph: torch.cuda.CUDAGraph | None = None
        self.rows = 0

    def run(self, draw_row: Callable[[], None]) -> None:
        """Draw the row: the first as it comes, which also loads what CUDA loads lazily; from the second on as one graph."""
        if self.chroma.device.type != "cuda" or self.rows == 0:
            draw_row()
        elif self.graph is None:
            torch.cuda.synchronize(self.chroma.device)
            self.graph = torch.cuda.CUDAGraph()
            with torch.cuda.device(self.chroma.device), torch.cuda.graph(
                self.graph, capture_error_mode="thread_local"
            ):
                draw_row()
            self.graph.replay()
        else:
            self.graph.replay()
        self.rows += 1


class _TorchLanes(_Lanes):
    """In PyTorch: any dtype, any device. The samples are one batch; on CUDA a row's pixels are one CUDA graph."""

    def __init__(self, packed: _Packed, given: _Given, noise: Sequence[np.random.Generator], **options):
        super().__init__(given, noise, **options)
        self.packed = packed
        self.pixels = self._pixels(len(noise))
        self.looks = _is_on_cpu(given.luminance)  # at values, which a CUDA graph cannot
        self.known_mask = torch.from_numpy(self.known).to(given.luminance.device)

    def _pixels(self, number: int) -> "_Pixels":
        s, width = self.packed, self.given.luminance.shape[1]

        def zeros(*shape: int) -> Tensor:
            return self.given.luminance.new_zeros(*shape)

        pixels, doubled = number * width, 2 * s.channels
        starts = _Starts(
            zeros(pixels, s.channels),
            [zeros(pixels, s.channels) for _ in s.horizontal],
            [zeros(pixels, doubled) for _ in s.horizontal],
        )
        rows = ([zeros(number, s.reach + width, doubled) for _ in s.horizontal] for _ in range(2))
        return _Pixels(
            phase=_RowPhase(s, self.given, starts, *rows),
            uniforms=zeros(number, width, ATTEMPTS if self.within_gamut else 1, 3),
            lightness=zeros(width),
            known=torch.zeros(width, dtype=torch.bool, device=self.given.luminance.device),
            known_chroma=zeros(width, 2),
            chroma=zeros(number, width, 2),
            parameters=zeros(number, width, s.out.shape[1]),
        )

    @torch.inference_mode()
    def row(self, y: int) -> tuple[Tensor, Tensor, Tensor]:
        """Draw row y: normalised chroma (n, 2, 1, w), parameters (n, 6 K, 1, w), log-probabilities (n, w) float64."""
        pixels = self.pixels
        pixels.phase.before(y)
        pixels.uniforms.copy_(torch.from_numpy(self.uniforms()[:, :, : pixels.uniforms.shape[2]]))
        pixels.lightness.copy_(self.given.lightness[y])
        pixels.known.copy_(self.known_mask[y])
        pixels.known_chroma.copy_(self.known_chroma[y])
        pixels.run(lambda: self._draw_row(pixels))
        pixels.phase.after(y, pixels.chroma)
        chroma = pixels.chroma.movedim(-1, 1)[:, :, None].clone()
        parameters = pixels.parameters.movedim(-1, 1)[:, :, None].clone()
        return chroma, parameters, mixture.log_prob(parameters.double(), chroma.double())[:, 0]

    def _draw_row(self, pixels: "_Pixels") -> None:
        """The pixels of a row, from buffers into buffers; where ``looks`` is off without a look at any value, so that it can be captured."""
        s, phase = self.packed, pixels.phase
        number, width = phase.number, phase.width
        start = phase.starts.ul.view(number, width, -1)
        starts = [
            (first.view(number, width, -1), gate.view(number, width, -1))
            for first, gate in zip(phase.starts.first, phase.starts.gate)
        ]
        for x in range(width):
            ul = start[:, x]
            if x > 0:
                ul = ul + pixels.chroma[:, x - 1] @ s.ul_left[1][1:3]
            for block, (first, gate), (first_start, gate_start) in zip(s.horizontal, phase.horizontal, starts):
                first.inner[:, x] = concat_elu(ul)
                h = first_start[:, x] + first.seen[:, x].flatten(1) @ block.first.current
                gate.inner[:, x] = concat_elu(h)
                p, q = (gate_start[:, x] + gate.seen[:, x].flatten(1) @ block.gate.current).chunk(2, dim=-1)
                ul = ul + p * q.sigmoid()
            pixels.parameters[:, x] = F.elu(ul) @ s.out + s.out_bias
            drawn = self._draw(pixels.parameters[:, x], pixels.uniforms[:, x], pixels.lightness[x])
            pixels.chroma[:, x] = torch.where(pixels.known[x], pixels.known_chroma[x], drawn)

    def _draw(self, parameters: Tensor, uniforms: Tensor, lightness: Tensor) -> Tensor:
        """Chroma (n, 2) from parameters (n, 6 K) and noise (n, attempts, 3)."""
        if not self.within_gamut:
            return self._candidates(parameters, uniforms)[:, :, 0]
        if self.looks:  # mostly the first draw will do
            first = self._candidates(parameters, uniforms[:, :1])
            if _inside(first, lightness).all():
                return first[:, :, 0]
        drawn = self._candidates(parameters, uniforms)
        candidates = torch.cat((drawn, towards_grey(drawn[:, :, -1])), dim=2)
        chosen = _inside(candidates, lightness).int().argmax(dim=1)  # the first; grey, the last of all, is always inside
        return candidates.gather(2, chosen[:, None, None].expand(-1, 2, 1))[:, :, 0]

    def _candidates(self, parameters: Tensor, uniforms: Tensor) -> Tensor:
        """Draws (n, 2, tries) from parameters (n, 6 K) and noise (n, tries, 3)."""
        return mixture.draw(
            parameters[:, :, None, None].expand(-1, -1, 1, uniforms.shape[1]),
            uniforms.movedim(-1, 1)[:, :, None],
            temperature=self.temperature,
        )[:, :, 0]


def _inside(chroma: Tensor, lightness: Tensor) -> Tensor:
    """Whether normalised chroma (n, 2, m) at one lightness is a colour of sRGB: (n, m) bool."""
    units = color.denormalize_chroma(chroma[:, :, None])
    return color.in_gamut(torch.cat((lightness.expand_as(units[:, :1]), units), dim=1))[:, 0]


def towards_grey(chroma: Tensor) -> Tensor:
    """Normalised chroma (n, 2) moved to grey in 32 steps, on whole Lab units: (n, 2, 32)."""
    units = color.denormalize_chroma(chroma[:, :, None, None])[:, :, 0]
    steps = torch.arange(_SHRINK_STEPS - 1, -1, -1, device=chroma.device, dtype=chroma.dtype) / _SHRINK_STEPS
    return color.normalize_chroma((units * steps).trunc()[:, :, None])[:, :, 0]


class _CompiledLanes(_Lanes):
    """float32 on the CPU, weights that half precision holds: rows of all samples in one compiled loop."""

    def __init__(self, weights: pixel_loop.Weights, given: _Given, noise: Sequence[np.random.Generator], **options):
        super().__init__(given, noise, **options)
        self.weights = weights
        self.arrays = pixel_loop.Given(given.luminance.numpy(), given.vertical.numpy(), given.horizontal.numpy())
        self.lightness = given.lightness.numpy()
        self.known_units = self.known_chroma.contiguous().numpy()
        self.buffers = pixel_loop.buffers(weights, number=len(noise), width=given.luminance.shape[1])

    @torch.inference_mode()
    def row(self, y: int) -> tuple[Tensor, Tensor, Tensor]:
        """Draw row y: normalised chroma (n, 2, 1, w), parameters (n, 6 K, 1, w), log-probabilities (n, w) float64."""
        drawing = pixel_loop.Drawing(
            self.uniforms(),
            self.lightness[y],
            self.known[y],
            self.known_units[y],
            strength=self.given.strength,
            temperature=self.temperature,
            attempts=ATTEMPTS if self.within_gamut else 0,
        )
        pixel_loop.draw_row(self.weights, self.arrays, self.buffers, drawing, y)
        outputs = len(self.weights.out_bias)
        chroma, parameters = (
            torch.from_numpy(x.copy()).movedim(-1, 1)[:, :, None]
            for x in (self.buffers.chroma, self.buffers.parameters[:, :, :outputs])
        )
        return chroma, parameters, torch.from_numpy(self.buffers.log_prob.copy())
