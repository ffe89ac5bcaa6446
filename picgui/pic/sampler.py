"""Exact ancestral sampling of f, row by row, with everything that can be kept kept.

Of each convolution the taps on finished rows are applied a row at a time (`picgui.pic.row_phase`); for a pixel only the taps of its own
row are left (`picgui.pic.lanes`). That is PyTorch; `picgui.pic.pixel_loop` does the same compiled, and serves float32 on the CPU for
weights that half precision holds, as every checkpoint's do. What is drawn is exactly what full forward passes would draw.

A sample is computed in the same shapes and order whatever else is drawn with it: in PyTorch on the CPU alone, on other devices in a
batch that is always filled up to a size that the picture's own gives. So its pixels do not depend on its company.
"""

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from itertools import cycle
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from picgui import color
from picgui.pic import pixel_loop
from picgui.pic.lanes import BatchLanes, CompiledLanes, Drawn, Known, Lanes, SingleLane
from picgui.pic.network import PixelCNN
from picgui.pic.row_phase import Given, Packed
from picgui.threads import number_of_threads, one_thread_each, side_by_side

LANES = 32  # samples in a batch where there is a GPU, whose time goes into steps that wait for each other: the four candidates of each of eight samples
_PIXELS = 1 << 18  # of the chroma of a batch at most, some 4 KB each: larger pictures have fewer lanes
_ROWS_AHEAD = 2  # that threads may be of who takes the rows


class Row(NamedTuple):
    """One drawn row of n samples."""

    y: int
    chroma: np.ndarray  # (n, 2, w) float32, whole Lab units
    log_prob: np.ndarray  # (n,) float64, nats: of the row's pixels that were not known, at temperature 1 and whatever sRGB has, f being told ``strength``


def sample_rows(
    pixel_cnn: PixelCNN,
    embedding: Tensor,
    luminance: Tensor,
    *,
    seeds: Sequence[int | tuple[int, ...]],
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
    if not len(seeds):
        return
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
    cores = number_of_threads()  # before anything is computed
    options = {"temperature": max(temperature, 1e-3), "known": known, "within_gamut": within_gamut}
    number, on_cpu = len(noise), _is_on_cpu(embedding)
    weights, size = None, 1 if on_cpu else max(1, min(LANES, _PIXELS // luminance[0].numel()))
    members = [range(i, i + size) for i in range(0, number, size)]
    threads = 1
    if on_cpu and embedding.dtype == torch.float32 and pixel_loop.LOOP.is_available():
        weights = pixel_loop.pack(pixel_cnn)
    if weights:
        lanes, threads = CompiledLanes, min(cores, number)
        members = [range(i, number, threads) for i in range(threads)]
    else:
        lanes, weights = SingleLane if on_cpu else BatchLanes, Packed.of(pixel_cnn)
        noise = [*noise, *(np.random.default_rng(0) for _ in range(-number % size))]

    def given_of(embedding: Tensor) -> Given:
        return Given.of(pixel_cnn, embedding, luminance, strength)

    shared = None
    if len(embedding) == 1:
        (shared,) = side_by_side(given_of, [embedding]) if on_cpu else [given_of(embedding)]

    def group(samples: range) -> Lanes:
        own = [i % len(embedding) for i in samples]  # what fills up a batch has any
        given = shared or given_of(embedding[own])
        return lanes(weights, given, [noise[i] for i in samples], **options)

    drawn_as = [i for samples in members for i in samples]
    places = sorted(range(len(drawn_as)), key=drawn_as.__getitem__)[:number]
    rows = range(luminance.shape[2])
    if on_cpu:
        drawn = _in_threads(group, members, rows, threads)
    else:
        groups = [group(samples) for samples in members]
        drawn = ([group.row(y) for group in groups] for y in rows)
    with closing(drawn):
        for y, parts in zip(rows, drawn):
            each = ([one for part in kind for one in part.unbind()] for kind in zip(*parts))
            # not an index, which PyTorch splits over threads that then spin where the next row is drawn
            yield y, *(torch.stack([kind[place] for place in places]) for kind in each)


def _is_on_cpu(x: Tensor) -> bool:
    return x.device.type == "cpu"


def _in_threads(group: Callable[[range], Lanes], members: Sequence[range], rows: Sequence[int], number: int) -> Iterator[list[Drawn]]:
    """Yield what the groups of all members drew of a row. They draw on meanwhile: a thread that waits for others every row is slow to come back."""
    with one_thread_each(number) as threads:  # a row's products are too small for more
        places = list(zip(cycle(threads), members))
        groups = [made.result() for made in [thread.submit(group, samples) for thread, samples in places]]
        drawing = deque()
        for y in rows:
            drawing.append([thread.submit(one.row, y) for (thread, _), one in zip(places, groups)])
            if len(drawing) > _ROWS_AHEAD:
                yield [part.result() for part in drawing.popleft()]
        for parts in drawing:
            yield [part.result() for part in parts]
