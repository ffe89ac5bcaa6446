"""From a photograph to its colourings: load a model, embed the luminance once, sample rows.

The command line, the window and training all draw their samples here; `picgui.upsample.compose` makes pictures of them.
"""

import functools
import math
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import NamedTuple, TypeVar

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from picgui import color
from picgui.defaults import MAX_CANDIDATES
from picgui.errors import CardMemoryError, DeviceError, OutOfMemoryError, PhotoError, PicError, is_out_of_memory
from picgui.lightness import LIGHTNESS_STEP
from picgui.opencv import cv2, resized
from picgui.paths import default_checkpoint
from picgui.photo import Photo, quarter_turned
from picgui.pic import convolutions, mixture, pixel_loop, sampler
from picgui.pic.checkpoint import Checkpoint, load_checkpoint
from picgui.pic.network import PIC, known_planes, nothing_known, reduce_luminance, with_coarse, within_gamut
from picgui.pic.sampler import Row
from picgui.threads import number_of_threads, side_by_side
from picgui.version import __version__

LOOPS = convolutions.LOOP, pixel_loop.LOOP  # that numba compiles, in the order in which a photograph needs them

_Item, _Result = TypeVar("_Item"), TypeVar("_Result")

MAX_LONG_SIDE = 4096  # network pixels; beyond it the embedding alone takes gigabytes
SAMPLES_AT_ONCE = 8
_PIXELS_AT_ONCE = 1 << 20  # of the chroma of samples that are drawn at once: some 3 KB each
_PRIOR_SLOPE = 0.1  # nats a pixel and Lab unit of chroma: how much rarer colourful pixels are than grey ones, in any photograph
_DISTANCE_SLOPE = 0.1  # nats a pixel and Lab unit: how much less is expected of a candidate that is far from the mean
_DOUBT = 0.1  # nats a pixel: how much less may be expected of a candidate at a place than of the middle one before the mean is taken there
_PLACE = 1.5  # pixels of a coarse sample: standard deviation of the Gaussian that a place is
_OWN = 0.65  # of coarse colours, how much is the candidate's; the rest is the mean's
_SURROUNDINGS = 3.0  # pixels of a coarse sample: of the Gaussian within which mixed colours are to be as vivid as the candidates
_MOST_VIVID = 1.6  # times: more would make noise of what is nearly grey


@dataclass(frozen=True)
class Model:
    """A network ready to colorize, on its device."""

    network: PIC = field(repr=False)  # folded, in eval mode
    device: torch.device
    checkpoint: Checkpoint

    @property
    def chroma_scale(self) -> int:
        """Network luminance pixels per chroma pixel, along each axis."""
        return self.network.config.chroma_scale


@dataclass(frozen=True)
class Embedded:
    """What one pass of g^w over a photograph leaves."""

    luminance: Tensor  # (1, 1, h, w), L / 50 - 1, at network resolution
    features: Tensor  # of the part of g^w that no known colour reaches
    embedding: Tensor | None  # (1, E, h / s, w / s), nothing known; None where there is a coarse one, as samples then always know colours
    draft: np.ndarray  # (2, h / s, w / s) float32, Lab units: the mean colours of g^w's own mixture, of `first`
    coarse: "Embedded | None" = None  # of the smaller picture that samples begin with

    @property
    def chroma_shape(self) -> tuple[int, int]:
        """Height and width of the chroma to be sampled."""
        return self.draft.shape[1], self.draft.shape[2]

    @property
    def first(self) -> "Embedded":
        """What samples begin with: the smaller picture, where there is one. It has the size of training pictures: g^w's own opinions are read there."""
        return self.coarse or self


@dataclass(frozen=True, eq=False)  # each is its own: samples of one are drawn together
class Known:
    """Colours that are given: they are kept, and everything sampled fits to them."""

    mask: np.ndarray  # (h, w) bool, at chroma resolution
    chroma: np.ndarray  # (2, h, w) Lab units; only what the mask covers matters

    def turned(self, quarter_turns: int) -> "Known":
        """These colours as they lie in `Photo.turned`."""
        return Known(quarter_turned(self.mask, quarter_turns), quarter_turned(self.chroma, quarter_turns, axes=(1, 2)))


class Coarse(NamedTuple):
    """How far the coarse samples of n samples are; with the last step what each sample goes on with, enlarged to its size."""

    share: float  # from 0 to 1
    chroma: np.ndarray | None = None  # (n, 2, h, w) float32, whole Lab units
    log_prob: np.ndarray | None = None  # (n,) float64, nats, as `Row`'s: of the candidate as it was drawn


@dataclass(frozen=True)
class Sample:
    """One colouring at network resolution."""

    seed: int
    temperature: float
    candidates: int  # that its coarse one was chosen from
    chroma: np.ndarray  # (2, h, w) float32, whole Lab units
    log_prob: float  # nats, of the whole picture and of its coarse candidate: at temperature 1 and whatever sRGB has, f being told its `sampling_strength`


def load_model(path: str | Path | None = None, *, device: str | torch.device | None = None) -> Model:
    """Load a checkpoint (the shipped one by default) for inference.

    ``device`` is ``"cpu"``, ``"cuda"`` or None for CUDA where there is one. Raises CheckpointError or DeviceError.
    """
    try:
        chosen = torch.device(device or ("cuda" if has_usable_card() else "cpu"))
    except RuntimeError:
        chosen = None
    if chosen is None or chosen.type not in ("cpu", "cuda"):
        raise DeviceError("There is no device {device}; there are cpu and cuda.", device=device)
    if chosen.type == "cuda" and not (has_usable_card() and (chosen.index or 0) < torch.cuda.device_count()):
        raise DeviceError("There is no CUDA device that PyTorch can use. Choose the device cpu.")
    torch.backends.cudnn.allow_tf32 = False  # a graphics card computes what the processor does
    checkpoint = load_checkpoint(path or default_checkpoint())
    with enough_memory(chosen):
        network = checkpoint.network().fold().to(chosen).to(memory_format=torch.channels_last)
    if chosen.type == "cpu":
        convolutions.use(network.embedding)
    return Model(network, chosen, checkpoint)


@functools.cache
def has_usable_card() -> bool:
    """Whether there is a CUDA device, and PyTorch has kernels for it: not for older ones, which it finds all the same."""
    if not torch.cuda.is_available():
        return False
    try:
        return (torch.zeros(1, device="cuda") + 1).item() == 1
    except Exception as error:
        return is_out_of_memory(error)  # which is told when it matters


def network_shape(photo: Photo, model: Model, *, long_side: int | None = None) -> tuple[int, int]:
    """Height and width at which the network sees a photo: the photo's aspect, in multiples of the chroma scale.

    By default the smaller picture that samples begin with has the area of a training picture; without one, the photo itself has it.
    ``long_side`` (pixels) fixes the longer side instead. Raises PhotoError where ``long_side`` is out of range.
    """
    config, scale = model.network.config, model.chroma_scale
    check_long_side(long_side, model)
    if long_side is None:
        ratio = math.sqrt((config.network_size * config.coarse_factor) ** 2 / (photo.height * photo.width))
        ratio = min(ratio, MAX_LONG_SIDE / max(photo.height, photo.width))
    else:
        ratio = long_side / max(photo.height, photo.width)
    height, width = (max(scale, round(side * ratio / scale) * scale) for side in (photo.height, photo.width))
    return height, width


def check_long_side(long_side: int | None, model: Model) -> None:
    """Raise PhotoError where the network cannot see a picture of this long side in pixels."""
    if long_side is not None and not model.chroma_scale <= long_side <= MAX_LONG_SIDE:
        raise PhotoError(
            "The long side for the network is {pixels} pixels; it must be from {least} to {most}.",
            pixels=long_side,
            least=model.chroma_scale,
            most=MAX_LONG_SIDE,
        )


def _luminance(photo: Photo, shape: tuple[int, int]) -> Tensor:
    """The photo's luminance as g^w reads it: (1, 1, h, w) float32 in [-1, 1], on the CPU."""
    height, width = shape
    lightness = resized(photo.lightness, height, width)
    return color.normalize_luminance(torch.from_numpy(lightness.astype(np.float32) * LIGHTNESS_STEP)[None, None])


@torch.inference_mode()
def embed(photo: Photo, model: Model, *, long_side: int | None = None) -> Embedded:
    """Run g^w on the picture that samples begin with and, where a larger one follows, on that as far as no colours are needed.

    Raises PhotoError for an impossible ``long_side``, OutOfMemoryError.
    """
    factor, scale = model.network.config.coarse_factor, model.chroma_scale
    shapes = [network_shape(photo, model, long_side=long_side)]
    if factor > 1 and min(shapes[0]) >= factor * scale:
        shapes.insert(0, tuple(max(scale, round(side / factor / scale) * scale) for side in shapes[0]))
    with enough_memory(model.device):
        first, *larger = _each(lambda shape: _embed_at(photo, model, shape, finish=shape == shapes[0]), shapes, model)
        if not larger:
            return first
        enlarged = torch.from_numpy(first.draft)[None].to(model.device)
        draft = F.interpolate(enlarged, size=larger[0].chroma_shape, mode="bilinear", align_corners=False)
        return replace(larger[0], draft=_one(within_gamut(draft, larger[0].luminance, scale)), coarse=first)


def _each(function: Callable[[_Item], _Result], items: Sequence[_Item], model: Model) -> list[_Result]:
    """What g^w computes of each item, on a processor each in one thread: what it computes must depend neither on the others nor on how many threads there are."""
    in_inference = torch.inference_mode()(function)
    return side_by_side(in_inference, items) if model.device.type == "cpu" else [in_inference(item) for item in items]


def _embed_at(photo: Photo, model: Model, shape: tuple[int, int], *, finish: bool) -> Embedded:
    """Its stem at one size and, to ``finish``, its body, nothing known; else ``embedding`` is None and ``draft`` empty."""
    scale = model.chroma_scale
    luminance = _luminance(photo, shape).to(model.device)
    features = model.network.embedding.stem(luminance.contiguous(memory_format=torch.channels_last))
    height, width = shape[0] // scale, shape[1] // scale
    if not finish:
        return Embedded(luminance, features, None, np.empty((2, height, width), np.float32))
    empty = nothing_known(reduce_luminance(luminance, scale)) if model.network.config.known_colors else None
    embedding = _finish(features, empty, model, height, width)
    _, draft = _expected(embedding, model)
    return Embedded(luminance, features, embedding, _one(within_gamut(draft, luminance, scale)))


def _expected(embedding: Tensor, model: Model) -> tuple[Tensor, Tensor]:
    """What g^w alone says: mixture parameters (n, 6 K, h, w), and their mean chroma (n, 2, h, w) in Lab units."""
    parameters = model.network.auxiliary_parameters(embedding)
    return parameters, color.denormalize_chroma(mixture.expectation(parameters))


def _one(batch: Tensor) -> np.ndarray:
    """The only one of a batch."""
    return batch[0].cpu().numpy()


def _finish(features: Tensor, known: Tensor | None, model: Model, height: int, width: int) -> Tensor:
    return model.network.embedding.body(features, known)[:, :, :height, :width].contiguous()


@contextmanager
def enough_memory(device: torch.device) -> Iterator[None]:
    """Raise OutOfMemoryError where memory of the device runs out."""
    try:
        yield
    except Exception as error:
        if isinstance(error, PicError) or not is_out_of_memory(error):
            raise
        if device.type == "cpu":
            raise OutOfMemoryError(
                "There is not enough memory for this. Draw fewer samples at once, or close other programs."
            ) from error
        raise CardMemoryError(
            "The memory of the graphics card does not suffice. Draw fewer samples at once, or use the processor (CPU)."
        ) from error


def draw_rows(
    embedded: Embedded,
    model: Model,
    *,
    seeds: Sequence[int],
    temperature: float = 1.0,
    candidates: int = 1,
    known: Known | None = None,
    within_gamut: bool = True,
) -> Iterator[Row | Coarse]:
    """Draw samples in lock-step: their coarse ones first, then row by row from the top; stop iterating to cancel.

    The coarse sample settles what is to be of one colour; the sample itself puts it where it belongs. Of ``candidates`` coarse samples it
    goes on with the one that the photograph suggests most and that is not far from what g^w expects on average, mixed with that average and
    as vivid as candidates are, within sRGB. With 1, samples are the model's own. Log-probabilities are of what was drawn: the candidate, then the sample.
    A sample depends on its seed, temperature, ``candidates``, ``known`` and the embedding alone, never on the others.
    ``within_gamut`` redraws colours that sRGB does not have.
    Raises ValueError for a seed that is no whole number from 0 on, a temperature below 0 or infinite, ``candidates`` not from 1 to 64, a mask or colours of another shape or known
    colours that are not finite; OutOfMemoryError.
    """
    if not 0 <= temperature < math.inf:
        raise ValueError(f"temperature is {temperature}; it must be finite and not negative")
    if not 1 <= candidates <= MAX_CANDIDATES:
        raise ValueError(f"candidates is {candidates}; it must be from 1 to {MAX_CANDIDATES}")
    for seed in seeds:
        if not isinstance(seed, (int, np.integer)) or seed < 0:
            raise ValueError(f"a seed is {seed!r}; it must be a whole number from 0 on")
    if known is not None:
        known = _checked(known, embedded.chroma_shape)
    if len(seeds):
        with enough_memory(model.device):
            yield from _draw_rows(embedded, model, seeds, candidates, known, temperature=temperature, within_gamut=within_gamut)


def _checked(known: Known, shape: tuple[int, int]) -> Known:
    """These known colours, 0 where nothing is known. Raises ValueError where they are none, or of another shape."""
    mask, chroma = np.asarray(known.mask, bool), np.asarray(known.chroma, np.float32)
    if mask.shape != shape or chroma.shape != (2, *shape):
        raise ValueError(f"the mask is {mask.shape} and its colours are {chroma.shape}; the chroma is {(2, *shape)}")
    chroma = np.where(mask, chroma, 0)
    if not np.isfinite(chroma).all():
        raise ValueError("a known colour is not finite")
    return Known(mask, chroma)


def _draw_rows(
    embedded: Embedded, model: Model, seeds: Sequence[int], candidates: int, known: Known | None, **options: object
) -> Iterator[Row | Coarse]:
    number_of_threads()  # before anything is computed
    coarse = None
    if embedded.coarse is not None:
        height, width = embedded.coarse.chroma_shape
        given = _conditions(embedded.coarse, model, None if known is None else _reduced(known, (height, width)))
        number = len(seeds) * candidates
        chroma, log_prob = np.empty((number, 2, height, width), np.float32), np.zeros(number)
        # the sample's own noise must not be that of its coarse ones
        noise = [(seed, height, candidate) for seed in seeds for candidate in range(candidates)]
        for row in _rows(given, model, seeds=noise, **options):
            chroma[:, :, row.y] = row.chroma
            log_prob += row.log_prob
            if row.y + 1 < height:
                yield Coarse((row.y + 1) / height)
        coarse = chroma
        if candidates > 1:
            drawn = chroma.reshape(len(seeds), candidates, 2, height, width)
            suggested, mean = _suggestion(given, model, chroma)
            chosen, mixed = _settled(drawn, suggested.reshape(len(seeds), candidates, height, width), mean)
            real = within_gamut(torch.from_numpy(mixed).to(model.device), embedded.coarse.luminance, model.chroma_scale)
            coarse = color.round_chroma(real).cpu().numpy()
            if given.known is not None:  # what is known is no candidate's
                coarse = np.where(given.known[0][0].cpu().numpy() > 0, drawn[:, 0], coarse)
            log_prob = log_prob.reshape(drawn.shape[:2])[np.arange(len(seeds)), chosen]
        yield Coarse(1.0, nearest(coarse, embedded.chroma_shape), log_prob)
    yield from _rows(_conditions(embedded, model, known, coarse), model, seeds=seeds, **options)


def sample_rows(embedded: Embedded, model: Model, **options: object) -> Iterator[Row]:
    """The rows of n samples, one a seed, from the top, each as soon as it is drawn: `Row` with chroma (n, 2, w) in Lab units.

    Options (``seeds``, ``temperature`` and others) and errors are those of `draw_rows`, which also tells how far the coarse samples before them are.
    """
    return (row for row in draw_rows(embedded, model, **options) if isinstance(row, Row))


class _Conditions(NamedTuple):
    """What samples are drawn from, all at the resolution of the chroma."""

    embedding: Tensor  # (1 or n, E, h, w)
    luminance: Tensor  # (1, 1, h, w), normalised
    known: tuple[Tensor, Tensor] | None  # mask (1, 1, h, w) in {0, 1} and chroma (1, 2, h, w), normalised


@torch.inference_mode()
def _conditions(embedded: Embedded, model: Model, known: Known | None, coarse: np.ndarray | None = None) -> _Conditions:
    """With ``coarse`` colours (n, 2, h', w') in Lab units for each of n samples, where there are any."""
    config = model.network.config
    luminance = reduce_luminance(embedded.luminance, model.chroma_scale)
    mask, chroma = torch.zeros_like(luminance), torch.zeros_like(luminance).repeat(1, 2, 1, 1)
    if known is not None:
        mask = torch.from_numpy(known.mask.astype(np.float32))[None, None].to(model.device)
        chroma = torch.from_numpy(np.asarray(known.chroma, np.float32))[None].to(model.device)
        chroma = color.normalize_chroma(color.round_chroma(chroma))
    is_known = bool(mask.any())
    embedding, planes = embedded.embedding, []
    if coarse is not None:
        strength = torch.full((1,), config.coarse_strength, device=model.device)
        given = color.normalize_chroma(torch.from_numpy(coarse).to(model.device))
        planes = [known_planes(luminance, *with_coarse(chroma, mask, one[None], strength)) for one in given]
    elif is_known and config.known_colors:
        planes = [known_planes(luminance, chroma, mask)]
    if planes:
        embedding = torch.cat(_each(lambda p: _finish(embedded.features, p, model, *embedded.chroma_shape), planes, model))
    return _Conditions(embedding, luminance, (mask, chroma) if is_known else None)


def _rows(
    given: _Conditions,
    model: Model,
    *,
    seeds: Sequence[int | tuple[int, ...]],
    temperature: float,
    within_gamut: bool,
) -> Iterator[Row]:
    yield from sampler.sample_rows(
        model.network.pixel_cnn,
        given.embedding,
        given.luminance,
        seeds=list(seeds),
        temperature=temperature,
        known=given.known,
        within_gamut=within_gamut,
        strength=model.network.config.sampling_strength,
    )


@torch.inference_mode()
def _suggestion(given: _Conditions, model: Model, chroma: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """How much more this photograph suggests each chroma (n, 2, h, w), Lab units, than any photograph would: (n, h, w), nats; and the mean (2, h, w) of what it suggests.

    The log-probability of every pixel's colour under g^w alone, less that under a prior which only knows that grey is common.
    """
    def suggested(one: Tensor) -> Tensor:
        return (mixture.log_prob(parameters, color.normalize_chroma(one)) + _PRIOR_SLOPE * one.norm(dim=1))[0]

    ((parameters, mean),) = _each(lambda embedding: _expected(embedding, model), [given.embedding], model)
    each = torch.stack(_each(suggested, torch.from_numpy(chroma).to(model.device)[:, None], model))
    return each.cpu().numpy(), _one(mean)


def _settled(candidates: np.ndarray, suggested: np.ndarray, mean: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Which of k candidates (n, k, 2, h, w) each of n samples goes on with, (n,), and its colours (n, 2, h, w), in Lab units, perhaps outside sRGB.

    ``suggested`` (n, k, h, w) is in nats. A candidate errs in ways of its own, and the mean (2, h, w) errs least, but is pale and always the same: what
    samples go on with lies between, made as vivid as the candidates are thereabouts. Where a candidate is out of place, as a blue cheek is on a face, the mean stands alone.
    """
    expected = suggested - _DISTANCE_SLOPE * np.linalg.norm(candidates - mean, axis=2)
    samples, chosen = np.arange(len(candidates)), expected.mean(axis=(2, 3)).argmax(axis=1)
    around = np.array([_smoothed(one, _PLACE) for one in expected])
    is_out_of_place = around[samples, chosen] < np.median(around, axis=1) - _DOUBT
    mixed = mean + np.where(is_out_of_place[:, None], 0, _OWN * (candidates[samples, chosen] - mean))
    vivid = _smoothed(np.linalg.norm(candidates, axis=2).mean(axis=1), _SURROUNDINGS)
    pale = _smoothed(np.linalg.norm(mixed, axis=1), _SURROUNDINGS)
    return chosen, mixed * (vivid / np.maximum(pale, 1e-3)).clip(1, _MOST_VIVID)[:, None]


def _smoothed(planes: np.ndarray, deviation: float) -> np.ndarray:
    """Planes (n, h, w) smoothed by a Gaussian of this standard deviation in pixels."""
    return np.stack([cv2.GaussianBlur(plane, (0, 0), deviation, borderType=cv2.BORDER_REFLECT) for plane in planes])


def _reduced(known: Known, shape: tuple[int, int]) -> Known:
    """Known colours at a smaller size: where a quarter of a pixel is known, the mean of what is. What is too thin for that, as a hint may be, is known where it lies."""
    (height, width), mask = shape, known.mask.astype(np.float32)
    share = resized(mask, height, width)
    is_known = share > 0.24  # a quarter may be a little less by rounding
    _, parts = cv2.connectedComponents(known.mask.astype(np.uint8))
    at = np.nonzero(known.mask)
    to = tuple(places(here, old, new) for here, old, new in zip(at, mask.shape, shape))
    is_thin = ~np.isin(parts[at], parts[at][is_known[to]])  # of a part that is a quarter of no pixel
    thin = np.zeros(shape, bool)
    thin[tuple(axis[is_thin] for axis in to)] = True
    chroma = np.stack([resized(mask * plane, height, width) for plane in np.asarray(known.chroma, np.float32)])
    return Known(is_known | thin, chroma / np.maximum(share, 1e-9))


def nearest(planes: np.ndarray, shape: tuple[int, int]) -> np.ndarray:
    """Planes (..., h, w) at another size (..., *shape): each pixel is the one that its middle lies in."""
    ys, xs = (places(np.arange(new), new, old) for new, old in zip(shape, planes.shape[-2:]))
    return planes[..., ys[:, None], xs]


def places(at: np.ndarray, number: int, other: int) -> np.ndarray:
    """The pixels of a row of ``other`` ones that those ``at`` places in a row of ``number`` have their middle in."""
    return (2 * at + 1) * other // (2 * number)


def colorize(
    photo: Photo,
    model: Model,
    *,
    seeds: Sequence[int],
    temperature: float = 1.0,
    candidates: int = 1,
    long_side: int | None = None,
) -> Iterator[Sample]:
    """Yield one sample a seed, in order; `compose` brings each to the photo's own size.

    Seeds are whole numbers from 0. ``temperature`` and ``candidates`` are those of `draw_rows`; what the window begins with is in `picgui.defaults`.
    The photograph is embedded once; g^w then reads each sample's coarse colours. Up to 8 samples are drawn at once, fewer where they are large.
    Raises PhotoError, OutOfMemoryError and ValueError as `embed` and `sample_rows`.
    """
    options = {"temperature": temperature, "candidates": candidates, "long_side": long_side}
    for drawn in colorize_rows(photo, model, seeds=seeds, **options):
        if isinstance(drawn, Sample):
            yield drawn


def colorize_rows(
    photo: Photo,
    model: Model,
    *,
    seeds: Sequence[int],
    temperature: float = 1.0,
    candidates: int = 1,
    long_side: int | None = None,
) -> Iterator[Sample | float]:
    """`colorize` that can be watched and stopped: after every row, also yields the share of the work that is done."""
    embedded = embed(photo, model, long_side=long_side)
    pixels = math.prod(embedded.chroma_shape)
    if embedded.coarse is not None:
        pixels = max(pixels, candidates * math.prod(embedded.coarse.chroma_shape))
    at_once = min(max(1, _PIXELS_AT_ONCE // pixels), SAMPLES_AT_ONCE)
    for start in range(0, len(seeds), at_once):
        group = seeds[start : start + at_once]
        with enough_memory(model.device):
            chroma = np.empty((len(group), 2, *embedded.chroma_shape), np.float32)
        log_prob = np.zeros(len(group))
        for drawn in draw_rows(embedded, model, seeds=group, temperature=temperature, candidates=candidates):
            if isinstance(drawn, Row):
                chroma[:, :, drawn.y] = drawn.chroma
            if drawn.log_prob is not None:
                log_prob += drawn.log_prob
            yield (start + len(group) * work_done(embedded, drawn, candidates=candidates)) / len(seeds)
        for index, seed in enumerate(group):
            yield Sample(seed, temperature, candidates, chroma[index], float(log_prob[index]))


def work_done(embedded: Embedded, drawn: Row | Coarse, *, candidates: int = 1) -> float:
    """The share of `draw_rows`' work that is done, from 0 to 1, when it yields this: pixels, of coarse samples and of samples."""
    height, width = embedded.chroma_shape
    before = candidates * math.prod(embedded.coarse.chroma_shape) if embedded.coarse else 0
    done = before + (drawn.y + 1) * width if isinstance(drawn, Row) else before * drawn.share
    return done / (before + height * width)


def png_text(
    *,
    checkpoint: str,
    seed: int,
    temperature: float,
    candidates: int = 1,
    saturation: float = 1.0,
    long_side: int | None = None,
    turns: int = 0,
    source: Path | None = None,
) -> dict[str, str]:
    """The text chunks that an exported picture carries, enough to draw it again; ``checkpoint`` is its SHA-256, empty where it is not known,
    ``turns`` are those of the `Photo`, said in degrees."""
    text = {
        "Software": f"picgui {__version__}",
        "Comment": "Colours are estimated by a model.",
        "picgui:seed": str(seed),
        "picgui:temperature": _in_full(temperature),
        "picgui:candidates": str(candidates),
        "picgui:saturation": _in_full(saturation),
        "picgui:checkpoint": checkpoint,
        "picgui:version": __version__,
    }
    if long_side is not None:
        text["picgui:long_side"] = str(long_side)
    if turns:
        text["picgui:rotation"] = str(90 * turns)
    if source is not None:
        text["picgui:source"] = os.fsencode(source.name).decode(errors="replace")  # names may be no text at all
    return text


def _in_full(number: float) -> str:
    """The shortest text that is read as this number, without a fraction that is 0."""
    return repr(float(number)).removesuffix(".0")
