"""Exact ancestral sampling of f, row by row, with everything that can be kept kept (SAMPLING.md's cached design).

Of each convolution the taps on finished rows are applied a row at a time (`_RowPhase`); for a pixel only the taps of its own row
are left (`_draw_row` here, in PyTorch; `picgui.pic.pixel_loop` does the same compiled, and serves float32 on the CPU). What is drawn is exactly what
full forward passes would draw.

A sample is computed in the same shapes and order whatever else is drawn with it: on the CPU alone, on other devices in a batch
that is always filled up to the same size. So its pixels do not depend on its company.
"""

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
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
CPU_THREADS = 2
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
) -> Iterator[Row]:
    """Yield rows from the top. Stop iterating, or `close`, to cancel.

    ``embedding`` is (1, E, h, w), ``luminance`` (1, 1, h, w), normalised, at the resolution of the chroma; both of the network's dtype
    and device. A sample is a function of these, its seed, the temperature and ``known`` alone. Within the gamut, a pixel is drawn
    up to 16 times; if no draw is a colour of sRGB, the last is moved towards grey. Raises ValueError for a negative temperature.
    """
    if temperature < 0:
        raise ValueError(f"temperature is {temperature}; it must not be negative")
    for y, chroma, parameters in _rows(
        pixel_cnn,
        embedding,
        luminance,
        noise=[np.random.default_rng(seed) for seed in seeds],
        temperature=temperature,
        known=known,
        within_gamut=within_gamut,
    ):
        yield _finished_row(y, chroma, parameters, known)


def teacher_forced(pixel_cnn: PixelCNN, embedding: Tensor, luminance: Tensor, chroma: Tensor) -> Tensor:
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
    )
    return torch.cat([parameters[:1] for _, _, parameters in rows], dim=2)


@torch.inference_mode()
def _finished_row(y: int, chroma: Tensor, parameters: Tensor, known: Known | None) -> Row:
    log_prob = mixture.log_prob(parameters.double(), chroma.double())[:, 0]
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
) -> Iterator[tuple[int, Tensor, Tensor]]:
    """Yield y, normalised chroma (n, 2, 1, w) and parameters (n, 6 K, 1, w)."""
    options = {"temperature": max(temperature, 1e-3), "known": known, "within_gamut": within_gamut}
    shared = _Shared.of(pixel_cnn, embedding, luminance)
    number = len(noise)
    if embedding.device.type == "cpu":
        compiled = embedding.dtype == torch.float32 and pixel_loop.is_available()
        make = _CompiledLanes if compiled else _TorchLanes
        threads = min(CPU_THREADS, number) if compiled else 1
        groups = [make(shared, noise[i::threads], **options) for i in range(threads)]
        order = [i + threads * k for i in range(threads) for k in range(len(noise[i::threads]))]
    else:
        filled = list(noise) + [np.random.default_rng(0)] * (-number % LANES)
        groups = [_TorchLanes(shared, filled[i : i + LANES], **options) for i in range(0, number, LANES)]
        order = list(range(len(filled)))
    place = torch.tensor(order).argsort()[:number]
    with ExitStack() as stack:
        if len(groups) > 1 and embedding.device.type == "cpu":
            pool = stack.enter_context(ThreadPoolExecutor(len(groups), initializer=torch.set_num_threads, initargs=(1,)))
            run = pool.map
        else:
            run = map
        for y in range(luminance.shape[2]):
            done = list(run(lambda group: group.row(y), groups))
            chroma, parameters = (torch.cat([d[part] for d in done])[place] for part in (0, 1))
            yield y, chroma, parameters


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


class _VerticalBlock(NamedTuple):
    first: _Taps
    gate: _Taps
    gate_bias: Tensor
    given: Tensor  # (h, w, C): the embedding's term and the biases of the first convolution


class _HorizontalBlock(NamedTuple):
    first: _Taps
    gate: _Taps
    gate_bias: Tensor
    given: Tensor
    from_u: Tensor  # (2 C, C)


class _Shared(NamedTuple):
    """Packed weights, and what depends on the embedding and the luminance alone."""

    luminance: Tensor  # (h, w), normalised
    lightness: Tensor  # (h, w), L in [0, 100]
    channels: int
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
    compiled: "pixel_loop.Weights"

    @classmethod
    @torch.inference_mode()
    def of(cls, pixel_cnn: PixelCNN, embedding: Tensor, luminance: Tensor) -> "_Shared":
        condition = concat_elu(embedding)[0].permute(1, 2, 0)  # (h, w, 2 E)

        def given(block: GatedResidualBlock) -> Tensor:
            weight = _pointwise(block.condition)[-condition.shape[2] :]
            return condition @ weight + (block.condition.bias + block.first.bias).detach()

        def shape(block: GatedResidualBlock) -> dict:
            return {
                "first": _Taps.of(block.first),
                "gate": _Taps.of(block.gate),
                "gate_bias": block.gate.bias.detach(),
                "given": given(block),
            }

        left = pixel_cnn.ul_left.weight().detach()[:, :, :, 0]  # (C, 5, 2)
        horizontal = tuple(
            _HorizontalBlock(**shape(b), from_u=_pointwise(b.condition)[: -condition.shape[2]].contiguous())
            for b in pixel_cnn.ul_blocks
        )
        out, out_bias = _pointwise(pixel_cnn.out), pixel_cnn.out.bias.detach()
        ul_left = tuple(left[:, :, dy].t().contiguous() for dy in (0, 1))
        return cls(
            luminance=luminance[0, 0],
            lightness=luminance[0, 0] * 50 + 50,
            channels=left.shape[0],
            u_input=_Taps.of(pixel_cnn.u_input),
            u_bias=pixel_cnn.u_input.bias.detach(),
            ul_above=_Taps.of(pixel_cnn.ul_above),
            ul_above_bias=pixel_cnn.ul_above.bias.detach(),
            ul_left=ul_left,
            ul_left_bias=pixel_cnn.ul_left.bias.detach(),
            vertical=tuple(_VerticalBlock(**shape(b)) for b in pixel_cnn.u_blocks),
            horizontal=horizontal,
            out=out,
            out_bias=out_bias,
            compiled=pixel_loop.pack(
                first=[b.first.current for b in horizontal],
                gate=[b.gate.current for b in horizontal],
                out=out,
                out_bias=out_bias,
                left=ul_left[1][1:3],
            ),
        )


# one row


def _activate(x: Tensor) -> Tensor:
    """concat_elu of (n, w, C): (n, w, 2 C)."""
    return F.elu(torch.cat((x, -x), dim=-1))


def _windows(row: Tensor, taps: _Taps) -> Tensor:
    """What a kernel row sees at each column: (n, w, c) to (n, w, kw * c)."""
    padded = F.pad(row, (0, 0, taps.left, taps.right))
    return padded.unfold(1, taps.width, 1).transpose(2, 3).flatten(2)


class _History:
    """Windows of the last rows of one layer, oldest first; rows above the picture are zero."""

    def __init__(self, taps: _Taps, like: Tensor, inputs: int):
        self.taps = taps
        number, width = like.shape[:2]
        self.rows = [like.new_zeros(number, width, taps.width * inputs) for _ in taps.above]

    def above(self, start: Tensor) -> Tensor:
        """``start`` plus the taps on the rows above."""
        for windows, weight in zip(self.rows, self.taps.above):
            start = start + windows @ weight
        return start

    def push(self, windows: Tensor) -> None:
        """A row is finished."""
        self.rows = [*self.rows, windows][1:] if self.rows else []


class _RowPhase:
    """The caches of some samples, and what is computed before a row's pixels."""

    def __init__(self, shared: _Shared, number: int):
        self.shared = shared
        height, width = shared.luminance.shape
        like = shared.luminance.new_zeros(number, width, 1)
        inputs, doubled = PixelCNN.INPUTS, 2 * shared.channels
        self.number, self.width = number, width
        self.past = like.new_zeros(number, width, inputs)  # the row above
        self.u_history = _History(shared.u_input, like, inputs)
        self.u_histories = [
            (_History(b.first, like, doubled), _History(b.gate, like, doubled)) for b in shared.vertical
        ]
        self.ul_histories = [
            (_History(b.first, like, doubled), _History(b.gate, like, doubled)) for b in shared.horizontal
        ]

    def before(self, y: int) -> tuple[Tensor, list[Tensor], list[Tensor]]:
        """Before row y's pixels: the start of ul (n, w, C), and of both convolutions of each horizontal block."""
        s = self.shared
        u = self.past.new_zeros(self.number, self.width, s.channels)
        ul = torch.zeros_like(u)
        if y > 0:  # the shift makes row 0 zero, bias included
            windows = _windows(self.past, s.u_input)
            u = self.u_history.above(s.u_bias + windows @ s.u_input.current)
            self.u_history.push(windows)
            ul = s.ul_above_bias + _windows(self.past, s.ul_above) @ s.ul_above.current
        left = s.ul_left_bias + s.luminance[y][:, None] * s.ul_left[1][0] + s.ul_left[1][3]
        ul[:, 1:] += (left + self.past @ s.ul_left[0])[:, :-1]
        first_starts, gate_starts = [], []
        for vertical, horizontal, u_caches, ul_caches in zip(
            s.vertical, s.horizontal, self.u_histories, self.ul_histories
        ):
            u = self._vertical(u, vertical, u_caches, y)
            first_starts.append(ul_caches[0].above(horizontal.given[y] + _activate(u) @ horizontal.from_u))
            gate_starts.append(ul_caches[1].above(horizontal.gate_bias.expand(self.number, self.width, -1)))
        return ul, first_starts, gate_starts

    @staticmethod
    def _vertical(u: Tensor, block: _VerticalBlock, caches: tuple[_History, _History], y: int) -> Tensor:
        windows = _windows(_activate(u), block.first)
        h = caches[0].above(block.given[y] + windows @ block.first.current)
        caches[0].push(windows)
        windows = _windows(_activate(h), block.gate)
        p, q = caches[1].above(block.gate_bias + windows @ block.gate.current).chunk(2, dim=-1)
        caches[1].push(windows)
        return u + p * q.sigmoid()

    def after(self, y: int, chroma: Tensor, first_rows: Sequence[Tensor], gate_rows: Sequence[Tensor]) -> None:
        """After row y's pixels: ``chroma`` (n, w, 2) and the horizontal blocks' activations, each (n, w, 2 C)."""
        luminance = self.shared.luminance[y].expand(self.number, -1)[..., None]
        ones = torch.ones_like(luminance)
        self.past = torch.cat((luminance, chroma, ones, torch.zeros_like(ones)), dim=-1)
        for block, caches, first, gate in zip(self.shared.horizontal, self.ul_histories, first_rows, gate_rows):
            caches[0].push(_windows(first, block.first))
            caches[1].push(_windows(gate, block.gate))


class _Lanes:
    """Some samples drawn in lock-step."""

    def __init__(
        self,
        shared: _Shared,
        noise: Sequence[np.random.Generator],
        *,
        temperature: float,
        known: Known | None,
        within_gamut: bool,
    ):
        self.shared, self.noise = shared, noise
        self.temperature, self.within_gamut = temperature, within_gamut
        height, width = shared.luminance.shape
        if known is None:
            self.known = np.zeros((height, width), bool)
            self.known_chroma = shared.luminance.new_zeros(height, width, 2)
        else:
            self.known = known[0][0, 0].bool().cpu().numpy()
            self.known_chroma = known[1][0].movedim(0, -1).to(shared.luminance)

    def uniforms(self) -> np.ndarray:
        """The next row's noise: (n, w, attempts, 3), each sample from its own generator."""
        width = self.shared.luminance.shape[1]
        return np.stack([generator.random((width, ATTEMPTS, 3), dtype=np.float32) for generator in self.noise])


class _TorchLanes(_Lanes):
    """In PyTorch: any dtype, any device. On the CPU each sample is computed by itself."""

    def __init__(self, shared: _Shared, noise: Sequence[np.random.Generator], **options):
        super().__init__(shared, noise, **options)
        size = 1 if shared.luminance.device.type == "cpu" else len(noise)
        self.phases = [_RowPhase(shared, size) for _ in range(len(noise) // size)]

    @torch.inference_mode()
    def row(self, y: int) -> tuple[Tensor, Tensor]:
        """Draw row y: normalised chroma (n, 2, 1, w), parameters (n, 6 K, 1, w)."""
        uniforms = torch.from_numpy(self.uniforms()).to(self.shared.luminance)
        done = [
            self._draw_row(y, phase, part) for phase, part in zip(self.phases, uniforms.chunk(len(self.phases)))
        ]
        return tuple(torch.cat(part) for part in zip(*done))

    def _draw_row(self, y: int, phase: _RowPhase, uniforms: Tensor) -> tuple[Tensor, Tensor]:
        s = self.shared
        start, first_starts, gate_starts = phase.before(y)
        number, width, doubled = phase.number, phase.width, 2 * s.channels
        reach = s.horizontal[0].first.width - 1 if s.horizontal else 0  # columns to the left that a kernel sees
        first_rows, gate_rows = (
            [start.new_zeros(number, reach + width, doubled) for _ in s.horizontal] for _ in range(2)
        )
        chroma = start.new_zeros(number, width, 2)
        parameters = start.new_zeros(number, width, s.out.shape[1])
        for x in range(width):
            ul = start[:, x]
            if x > 0:
                ul = ul + chroma[:, x - 1] @ s.ul_left[1][1:3]
            for index, block in enumerate(s.horizontal):
                first_rows[index][:, x + reach] = _activate(ul)
                window = first_rows[index][:, x : x + reach + 1].flatten(1)
                h = first_starts[index][:, x] + window @ block.first.current
                gate_rows[index][:, x + reach] = _activate(h)
                window = gate_rows[index][:, x : x + reach + 1].flatten(1)
                p, q = (gate_starts[index][:, x] + window @ block.gate.current).chunk(2, dim=-1)
                ul = ul + p * q.sigmoid()
            parameters[:, x] = F.elu(ul) @ s.out + s.out_bias
            if self.known[y, x]:
                chroma[:, x] = self.known_chroma[y, x]
            else:
                chroma[:, x] = self._draw(parameters[:, x], uniforms[:, x], s.lightness[y, x])
        phase.after(y, chroma, [r[:, reach:] for r in first_rows], [r[:, reach:] for r in gate_rows])
        return chroma.movedim(-1, 1)[:, :, None], parameters.movedim(-1, 1)[:, :, None]

    def _draw(self, parameters: Tensor, uniforms: Tensor, lightness: Tensor) -> Tensor:
        """Chroma (n, 2) from parameters (n, 6 K) and noise (n, attempts, 3)."""
        if not self.within_gamut:
            uniforms = uniforms[:, :1]
        tries = uniforms.shape[1]
        drawn = mixture.draw(
            parameters[:, :, None, None].expand(-1, -1, 1, tries),
            uniforms.movedim(-1, 1)[:, :, None],
            temperature=self.temperature,
        )[:, :, 0]  # (n, 2, tries)
        if not self.within_gamut:
            return drawn[:, :, 0]
        candidates = torch.cat((drawn, towards_grey(drawn[:, :, -1])), dim=2)
        units = color.denormalize_chroma(candidates[:, :, None])
        inside = color.in_gamut(torch.cat((lightness.expand_as(units[:, :1]), units), dim=1))[:, 0]
        chosen = inside.int().argmax(dim=1)  # the first; grey, the last of all, is always inside
        return candidates.gather(2, chosen[:, None, None].expand(-1, 2, 1))[:, :, 0]


def towards_grey(chroma: Tensor) -> Tensor:
    """Normalised chroma (n, 2) moved to grey in 32 steps, on whole Lab units: (n, 2, 32)."""
    units = color.denormalize_chroma(chroma[:, :, None, None])[:, :, 0]
    steps = torch.arange(_SHRINK_STEPS - 1, -1, -1, device=chroma.device, dtype=chroma.dtype) / _SHRINK_STEPS
    return color.normalize_chroma((units * steps).trunc()[:, :, None])[:, :, 0]


class _CompiledLanes(_Lanes):
    """float32 on the CPU: the row phase sample by sample, the pixels of all samples in one compiled loop."""

    def __init__(self, shared: _Shared, noise: Sequence[np.random.Generator], **options):
        super().__init__(shared, noise, **options)
        self.phases = [_RowPhase(shared, 1) for _ in noise]
        self.lightness = shared.lightness.numpy()
        self.known_units = self.known_chroma.numpy()
        self.buffers = pixel_loop.buffers(
            shared.compiled, number=len(noise), width=shared.luminance.shape[1], reach=shared.horizontal[0].first.width - 1
        )

    @torch.inference_mode()
    def row(self, y: int) -> tuple[Tensor, Tensor]:
        """Draw row y: normalised chroma (n, 2, 1, w), parameters (n, 6 K, 1, w)."""
        b = self.buffers
        for index, phase in enumerate(self.phases):
            start, first_starts, gate_starts = phase.before(y)
            torch.from_numpy(b.start)[index] = start[0]
            for block, (first, gate) in enumerate(zip(first_starts, gate_starts)):
                torch.from_numpy(b.first_start)[index, block] = first[0]
                torch.from_numpy(b.gate_start)[index, block] = gate[0]
        pixel_loop.draw_row(
            self.shared.compiled,
            b,
            self.uniforms(),
            self.lightness[y],
            self.known[y],
            self.known_units[y],
            temperature=self.temperature,
            attempts=ATTEMPTS if self.within_gamut else 0,
        )
        chroma, parameters = torch.from_numpy(b.chroma.copy()), torch.from_numpy(b.parameters.copy())
        first_rows, gate_rows = torch.from_numpy(b.first_row), torch.from_numpy(b.gate_row)
        for index, phase in enumerate(self.phases):
            one = slice(index, index + 1)
            phase.after(y, chroma[one], first_rows[one, :, b.reach :].unbind(1), gate_rows[one, :, b.reach :].unbind(1))
        return chroma.movedim(-1, 1)[:, :, None], parameters.movedim(-1, 1)[:, :, None]
