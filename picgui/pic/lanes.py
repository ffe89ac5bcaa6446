"""Samples of f drawn in lock-step, row by row: in PyTorch, or in `picgui.pic.pixel_loop`."""

import threading
from collections.abc import Sequence
from contextlib import suppress
from functools import cache
from typing import NamedTuple

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from picgui import color
from picgui.pic import mixture, pixel_loop
from picgui.pic.layers import concat_elu
from picgui.pic.row_phase import Given, Layer, Packed, RowPhase

_one_capture = threading.Lock()
ATTEMPTS = 16  # draws of a pixel until one is a colour that sRGB has

Known = tuple[Tensor, Tensor]  # mask (1, 1, h, w) in {0, 1}; chroma (1, 2, h, w), normalised whole units
Drawn = tuple[Tensor, Tensor, Tensor]  # chroma (n, 2, 1, w), normalised; parameters (n, 6 K, 1, w); log-probabilities (n, w) float64


class Lanes:
    """Some samples drawn in lock-step."""

    def __init__(
        self,
        given: Given,
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
            self.known = known[0][0, 0].bool().contiguous().cpu().numpy()  # a compiled loop is compiled for one layout
            self.known_chroma = known[1][0].movedim(0, -1).to(given.luminance)

    def row(self, y: int) -> Drawn:
        """Draw row y; the rows come in their order."""
        raise NotImplementedError

    def uniforms(self) -> np.ndarray:
        """The next row's noise: (n, w, attempts, 3), each sample from its own generator."""
        width = self.given.luminance.shape[1]
        return np.stack([generator.random((width, ATTEMPTS, 3), dtype=np.float32) for generator in self.noise])


class BatchLanes(Lanes):
    """Any device, any dtype: the samples are one batch. Pixels go from fixed buffers to fixed buffers without a look at any value, on
    CUDA as one graph a row."""

    def __init__(self, packed: Packed, given: Given, noise: Sequence[np.random.Generator], **options):
        super().__init__(given, noise, **options)
        self.packed, self.phase = packed, RowPhase(packed, given, len(noise))
        zeros, width = given.luminance.new_zeros, given.luminance.shape[1]
        self.noise_of_row = zeros(len(noise), width, ATTEMPTS if self.within_gamut else 1, 3)
        self.lightness = zeros(width)
        self.known_of_row = torch.zeros(width, dtype=torch.bool, device=given.luminance.device)
        self.known_chroma_of_row = zeros(width, 2)
        self.chroma = zeros(len(noise), width, 2)
        self.parameters = zeros(len(noise), width, packed.out.shape[1])
        self.known_mask = torch.from_numpy(self.known).to(given.luminance.device)
        self.graph: torch.cuda.CUDAGraph | None = None

    @torch.inference_mode()
    def row(self, y: int) -> Drawn:
        self.phase.before(y)
        self.noise_of_row.copy_(torch.from_numpy(self.uniforms()[:, :, : self.noise_of_row.shape[2]]))
        self.lightness.copy_(self.given.lightness[y])
        self.known_of_row.copy_(self.known_mask[y])
        self.known_chroma_of_row.copy_(self.known_chroma[y])
        if self.chroma.device.type == "cuda" and y > 0:
            self._replay()
        else:  # the first as it comes, which also loads what CUDA loads lazily
            self._draw_row()
        self.phase.after(self.chroma)
        chroma, parameters = (x.movedim(-1, 1)[:, :, None].clone() for x in (self.chroma, self.parameters))
        return chroma, parameters, mixture.log_prob(parameters.double(), chroma.double())[:, 0]

    def _replay(self) -> None:
        """`_draw_row` as one CUDA graph."""
        if self.graph is None:
            with _one_capture, torch.cuda.device(self.chroma.device):
                self.graph = self._captured()
        self.graph.replay()

    def _captured(self) -> torch.cuda.CUDAGraph:
        """What `torch.cuda.graph` does, but for collecting Python's garbage, which some versions of it do in this thread."""
        graph = torch.cuda.CUDAGraph()
        torch.cuda.synchronize()  # where another thread captures, this fails: one at a time
        torch.cuda.empty_cache()  # what earlier graphs held: a capture itself cannot free it
        with torch.cuda.stream(_capture_stream(self.chroma.device)):
            graph.capture_begin(capture_error_mode="thread_local")
            try:
                self._draw_row()
            except BaseException:
                with suppress(RuntimeError):  # of a capture that came to nothing; why is what counts
                    graph.capture_end()
                raise
            graph.capture_end()
        return graph

    def _draw_row(self) -> None:
        s, phase = self.packed, self.phase
        shape = (phase.number, phase.width, -1)
        sums = [(first.view(shape), gate.view(shape)) for first, gate in zip(phase.first, phase.gate)]
        for x in range(phase.width):
            ul = phase.ul.view(shape)[:, x]
            if x > 0:
                ul = ul + self.chroma[:, x - 1] @ s.ul_left[1][1:3]
            for block, (first, gate), (first_sum, gate_sum) in zip(s.horizontal, phase.horizontal, sums):
                first.inner[:, x] = concat_elu(ul)
                h = first_sum[:, x] + first.seen[:, x] @ block.first.current
                gate.inner[:, x] = concat_elu(h)
                p, q = (gate_sum[:, x] + gate.seen[:, x] @ block.gate.current).chunk(2, dim=-1)
                ul = ul + p * q.sigmoid()
            self.parameters[:, x] = F.elu(ul) @ s.out + s.out_bias
            drawn = self._draw(self.parameters[:, x], self.noise_of_row[:, x], self.lightness[x])
            self.chroma[:, x] = torch.where(self.known_of_row[x], self.known_chroma_of_row[x], drawn)

    def _draw(self, parameters: Tensor, uniforms: Tensor, lightness: Tensor) -> Tensor:
        """Chroma (n, 2) from parameters (n, 6 K) and noise (n, attempts, 3)."""
        drawn = mixture.draw(
            parameters[:, :, None, None].expand(-1, -1, 1, uniforms.shape[1]),
            uniforms.movedim(-1, 1)[:, :, None],
            temperature=self.temperature,
        )[:, :, 0]  # (n, 2, attempts)
        if not self.within_gamut:
            return drawn[:, :, 0]
        candidates = torch.cat((drawn, _towards_grey(drawn[:, :, -1])), dim=2)
        chosen = _inside(candidates, lightness).int().argmax(dim=1)  # the first; grey, the last of all, is always inside
        return candidates.gather(2, chosen[:, None, None].expand(-1, 2, 1))[:, :, 0]


@cache
def _capture_stream(device: torch.device) -> torch.cuda.Stream:
    """One for all captures: cuBLAS keeps memory for each stream that it has seen."""
    return torch.cuda.Stream(device)


def _inside(chroma: Tensor, lightness: Tensor) -> Tensor:
    """Whether normalised chroma (n, 2, m) at one lightness is a colour of sRGB: (n, m) bool."""
    units = color.denormalize_chroma(chroma[:, :, None])
    return color.in_gamut(torch.cat((lightness.expand_as(units[:, :1]), units), dim=1))[:, 0]


def _towards_grey(chroma: Tensor) -> Tensor:
    """Normalised chroma (n, 2) moved to grey in equal steps, on whole Lab units: (n, 2, steps)."""
    steps = pixel_loop.SHRINK_STEPS
    units = color.round_chroma(color.denormalize_chroma(chroma[:, :, None, None]))[:, :, 0]
    factors = torch.arange(steps - 1, -1, -1, device=chroma.device, dtype=chroma.dtype) / steps
    return color.normalize_chroma((units * factors).trunc()[:, :, None])[:, :, 0]


class _Views(NamedTuple):
    """Where one convolution computes one pixel. NumPy sees the memory of PyTorch: its calls cost less, and its products with vectors are faster."""

    upper: np.ndarray  # (C,) of the activations: x, and in the end elu(x)
    lower: np.ndarray  # (C,): elu(-x)
    both: Tensor  # (2 C,)
    seen: np.ndarray  # (kw * 2 C,), they and those to their left
    start: np.ndarray  # (out,) from the row phase
    total: np.ndarray  # (out,)

    @classmethod
    def of(cls, layer: Layer, x: int, start: Tensor, total: Tensor) -> "_Views":
        """Those of the pixel at column x."""
        both = layer.inner[0, x]
        return cls(*both.view(2, -1).numpy(), both, *(array.numpy() for array in (layer.seen[0, x], start, total)))

    def convolve(self, weight: np.ndarray) -> None:
        """total = start + the taps (kw * 2 C, out) on the current row, x being in ``upper``."""
        np.negative(self.upper, self.lower)
        F.elu_(self.both)
        np.dot(self.seen, weight, self.total)
        np.add(self.total, self.start, self.total)


class SingleLane(Lanes):
    """One sample on the CPU, float32 or float64. At a pixel PyTorch's own calls take as long as the work: few, and on views made once."""

    @torch.inference_mode()
    def __init__(self, packed: Packed, given: Given, noise: Sequence[np.random.Generator], **options):
        super().__init__(given, noise, **options)
        self.packed, self.phase = packed, RowPhase(packed, given, 1)
        zeros, width = given.luminance.new_zeros, given.luminance.shape[1]
        self.chroma = zeros(1 + width, 2)  # of the row, normalised; the first is outside the picture
        self.parameters = zeros(width, packed.out.shape[1])
        self.ul, self.pq = zeros(packed.channels), zeros(2 * packed.channels)
        self.lightness = given.lightness.tolist()
        self.known_units = self.known_chroma.numpy()
        self.views = [self._views(x) for x in range(width)]

    def _views(self, x: int) -> list[tuple[_Views, _Views]]:
        """Those of both convolutions of each block."""
        pairs = []
        for (first, gate), first_start, gate_start in zip(self.phase.horizontal, self.phase.first, self.phase.gate):
            h = gate.inner[0, x, : self.packed.channels]  # where the second convolution takes it
            pairs.append((_Views.of(first, x, first_start[x], h), _Views.of(gate, x, gate_start[x], self.pq)))
        return pairs

    @torch.inference_mode()
    def row(self, y: int) -> Drawn:
        self.phase.before(y)
        self._draw_row(y)
        chroma, parameters = self.chroma[None, 1:], self.parameters[None]
        self.phase.after(chroma)
        chroma, parameters = (x.movedim(-1, 1)[:, :, None].clone() for x in (chroma, parameters))
        return chroma, parameters, mixture.log_prob(parameters.double(), chroma.double())[:, 0]

    def _draw_row(self, y: int) -> None:
        s, ul, (p, q) = self.packed, self.ul, self.pq.chunk(2)
        left, out, bias = (x.numpy() for x in (s.ul_left[1][1:3], s.out, s.out_bias))
        blocks = [tuple(taps.current.numpy() for taps in (block.first, block.gate)) for block in s.horizontal]
        starts, ul_array, chroma, parameters = (x.numpy() for x in (self.phase.ul, ul, self.chroma, self.parameters))
        cumulative = [0.0] * (len(bias) // mixture.PARAMETERS_PER_COMPONENT)
        uniforms, attempts = self.uniforms()[0].tolist(), ATTEMPTS if self.within_gamut else 0
        for x, views in enumerate(self.views):
            np.dot(chroma[x], left, ul_array)
            np.add(ul_array, starts[x], ul_array)
            for (first_weight, gate_weight), (first, gate) in zip(blocks, views):
                np.copyto(first.upper, ul_array)
                first.convolve(first_weight)
                gate.convolve(gate_weight)
                ul.addcmul_(p, q.sigmoid_())
            F.elu_(ul)
            np.dot(ul_array, out, parameters[x])
            np.add(parameters[x], bias, parameters[x])
            if self.known[y, x]:
                chroma[1 + x] = self.known_units[y, x]
            else:
                chroma[1 + x] = pixel_loop.draw_real(
                    parameters[x].tolist(), cumulative, uniforms[x], self.lightness[y][x], self.temperature, attempts
                )


class CompiledLanes(Lanes):
    """float32 on the CPU, weights that half precision holds: rows of all samples in one compiled loop."""

    def __init__(self, weights: pixel_loop.Weights, given: Given, noise: Sequence[np.random.Generator], **options):
        super().__init__(given, noise, **options)
        self.weights = weights
        self.arrays = pixel_loop.Given(given.luminance.numpy(), given.vertical.numpy(), given.horizontal.numpy())
        self.lightness = given.lightness.numpy()
        self.known_units = self.known_chroma.contiguous().numpy()
        self.buffers = pixel_loop.buffers(weights, number=len(noise), width=given.luminance.shape[1])

    @torch.inference_mode()
    def row(self, y: int) -> Drawn:
        drawing = pixel_loop.Drawing(
            self.uniforms(),
            self.lightness[y],
            self.known[y],
            self.known_units[y],
            strength=float(self.given.strength),  # for another type numba would compile anew
            temperature=float(self.temperature),
            attempts=ATTEMPTS if self.within_gamut else 0,
        )
        pixel_loop.draw_row(self.weights, self.arrays, self.buffers, drawing, y)
        outputs = len(self.weights.out_bias)
        chroma, parameters = (
            torch.from_numpy(x.copy()).movedim(-1, 1)[:, :, None]
            for x in (self.buffers.chroma, self.buffers.parameters[:, :, :outputs])
        )
        return chroma, parameters, torch.from_numpy(self.buffers.log_prob.copy())
