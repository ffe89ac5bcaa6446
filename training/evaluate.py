"""Likelihoods of a network on pictures: the code length of whole-unit chroma, in bits per dimension."""

import math
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F

from picgui import color
from picgui.errors import DataError
from picgui.photo import photo_from_rgb
from picgui.pic import mixture
from picgui.pic.network import PIC, known_planes, nothing_known, reduce_luminance, with_coarse
from picgui.pipeline import Known, Model, colorize, embed, nearest, sample_rows
from training.augment import lab_batch
from training.baselines import Baseline, check_comparable
from training.data import Pictures
from training.figures import embedding_mode, other_result
from training.measures import Figure, mean_with_interval, measure

DAB_COUNTS = (0, 1, 4, 16, 64)


def center_crops(pictures: Pictures, *, size: int, batch: int, limit: int | None = None) -> Iterator[torch.Tensor]:
    """The first ``limit`` pictures, cropped around the centre, in batches (N, size, size, 3) uint8."""
    number = min(len(pictures), limit or len(pictures))
    edge = (pictures.size - size) // 2
    for start in range(0, number, batch):
        crops = pictures.images[start : min(start + batch, number), edge : edge + size, edge : edge + size]
        yield torch.from_numpy(crops.copy())


@torch.inference_mode()
def evaluate(
    network: PIC | Baseline,
    pictures: Pictures,
    *,
    device: torch.device | str = "cpu",
    batch: int = 20,
    limit: int | None = None,
    dtype: torch.dtype = torch.float32,
    whole_units: bool = True,
) -> dict[str, object]:
    """Teacher-forced bits/dim of the bare model, T = 1, nothing known, past not corrupted.

    ``network`` is in eval mode on ``device``; ``dtype`` bfloat16 runs the convolutions in it. Without ``whole_units`` chroma is not
    rounded, as the authors' released code has it: the figure is then no code length. Returns ``bits_per_dim``,
    ``bits_per_dim_embedding_only`` (the auxiliary head's), ``bits_per_dim_standard_error``, ``n_images``, ``chroma_rule``,
    ``network_size``; for a baseline its ``loss`` in place of the bits.
    """
    config = network.config
    totals: list[torch.Tensor] = []
    for images in center_crops(pictures, size=config.network_size, batch=batch, limit=limit):
        luminance, chroma = lab_batch(images.to(device), config, whole_units=whole_units)
        known = nothing_known(reduce_luminance(luminance, config.chroma_scale)) if config.known_colors else None
        with torch.autocast(torch.device(device).type, dtype, enabled=dtype != torch.float32):
            outputs = network(luminance, chroma, known)
        if isinstance(network, PIC):
            losses = [-mixture.log_prob(p.float(), chroma) / (2 * math.log(2)) for p in outputs[:2]]  # f's and those of g^w alone
        else:
            losses = [network.loss(outputs.float(), chroma)]
        totals.append(torch.stack([loss.double().mean(dim=(1, 2)) for loss in losses], dim=1).cpu())
    means = torch.cat(totals)
    about = {"n_images": len(means), "chroma_rule": config.chroma_rule, "network_size": config.network_size}
    if not isinstance(network, PIC):
        return {"loss": means.mean().item()} | about
    return {
        "bits_per_dim": means[:, 0].mean().item(),
        "bits_per_dim_embedding_only": means[:, 1].mean().item(),
        "bits_per_dim_standard_error": (means[:, 0].std() / math.sqrt(len(means))).item() if len(means) > 1 else None,
    } | about


@torch.inference_mode()
def evaluate_coarse(
    network: PIC, pictures: Pictures, *, device: torch.device | str = "cpu", batch: int = 20, limit: int | None = None
) -> dict[str, float]:
    """Bits/dim of two passes as they were trained, at half the size and then at the whole, as `evaluate` otherwise.

    Returns ``bits_per_dim_coarse``, of the coarse colours (the chroma's averages on whole units) given the smaller luminance,
    ``bits_per_dim_given_coarse``, of the chroma given those, and ``bits_per_dim_two_passes``, a whole code by dimensions of the chroma:
    an upper bound, as it says the averages twice. Raises DataError for a network that draws in one pass, or whose pictures cannot be halved.
    """
    config = network.config
    factor = config.coarse_factor
    if factor == 1:
        raise DataError(f"The model {config.name} draws no coarse samples.")
    if config.network_size % (factor * config.chroma_scale):
        raise DataError(f"Pictures of {config.network_size} pixels cannot be halved for coarse samples.")
    totals: list[torch.Tensor] = []
    for images in center_crops(pictures, size=config.network_size, batch=batch, limit=limit):
        luminance, chroma = lab_batch(images.to(device), config)
        small = reduce_luminance(luminance, config.chroma_scale)
        coarse = color.normalize_chroma(color.round_chroma(color.denormalize_chroma(F.avg_pool2d(chroma, factor))))
        nothing = torch.zeros_like(small)
        planes = known_planes(small, *with_coarse(chroma, nothing, coarse, torch.zeros(len(images), device=device)))
        passes = (network(F.avg_pool2d(luminance, factor), coarse)[0], coarse), (network(luminance, chroma, planes)[0], chroma)
        bits = [-mixture.log_prob(p.float(), c).double().mean(dim=(1, 2)) / (2 * math.log(2)) for p, c in passes]
        totals.append(torch.stack(bits, dim=1).cpu())
    first, second = torch.cat(totals).mean(dim=0).tolist()
    return {
        "bits_per_dim_coarse": first,
        "bits_per_dim_given_coarse": second,
        "bits_per_dim_two_passes": second + first / factor**2,
    }


MEASURED = ("samples", "embedding_only_map", "embedding_only_expectation", "grey", "real")  # by `measure_samples`, beside rivals


def measure_samples(
    model: Model,
    pictures: Pictures,
    *,
    number: int,
    samples: int,
    temperature: float = 1.0,
    candidates: int = 1,
    baselines: Mapping[str, Baseline] = {},
    others: Sequence[Path] = (),
) -> dict[str, dict[str, Figure]]:
    """`training.measures` of samples, of MAP and expectation of g^w alone, of ``baselines``, of grey and of the real chroma.

    Of the first ``number`` pictures. Samples are drawn within the gamut and averaged to the resolution of the real chroma; their seeds are 1, 2, ...,
    those of the next picture the following ones: pictures of one seed would share their noise, and be no independent values.
    ``others`` are folders of other programs' results, ``<number>.png`` of each whole picture, see `write_grey`. Raises
    DataError where one is missing or has another size.
    """
    config = model.network.config
    check_comparable(model, baselines)
    lightness, real, drawn = [], [], []
    answers: dict[str, list[torch.Tensor]] = defaultdict(list)
    for index, crops in enumerate(center_crops(pictures, size=config.network_size, batch=1, limit=number)):
        photo = photo_from_rgb(crops[0].numpy())
        luminance, chroma = lab_batch(crops, config)
        lightness.append(F.avg_pool2d(color.denormalize_luminance(luminance), config.chroma_scale))
        real.append(color.denormalize_chroma(chroma))
        colorized = colorize(photo, model, seeds=range(1 + index * samples, 1 + (index + 1) * samples), temperature=temperature, candidates=candidates)
        drawn.append(torch.stack([_reduced(sample.chroma, chroma.shape[2:]) for sample in colorized]))
        embedded = embed(photo, model).first
        answers["embedding_only_map"].append(torch.from_numpy(embedding_mode(embedded, model)))
        answers["embedding_only_expectation"].append(torch.from_numpy(embedded.draft))
        for name, baseline in baselines.items():
            answers[name].append(torch.from_numpy(baseline.colorize(luminance.to(model.device))))
        for folder in others:
            whole = other_result(folder, str(index), size=pictures.size)
            edge = (pictures.size - config.network_size) // 2
            crop = whole[edge : edge + config.network_size, edge : edge + config.network_size]
            chroma = lab_batch(torch.from_numpy(crop.copy())[None], config)[1]
            answers[folder.name].append(color.denormalize_chroma(chroma)[0])
    lightness, real = torch.cat(lightness), torch.cat(real)
    return {
        "samples": measure(lightness, real, torch.stack(drawn)),
        **{name: measure(lightness, real, torch.stack(chroma)[:, None]) for name, chroma in answers.items()},
        "grey": measure(lightness, real, torch.zeros_like(real)[:, None]),
        "real": measure(lightness, real, real[:, None]),
    }


def _reduced(chroma: np.ndarray, shape: tuple[int, int]) -> torch.Tensor:
    """Chroma (2, h, w) averaged to a shape."""
    return F.adaptive_avg_pool2d(torch.from_numpy(chroma), shape)


def check_known_colors(model: Model) -> None:
    """Raise DataError for a model that reads no known colours."""
    if not model.network.config.known_colors:
        raise DataError(f"The model {model.network.config.name} reads no known colours.")


def measure_dabs(
    model: Model, pictures: Pictures, *, number: int, temperature: float = 1.0, candidates: int = 1
) -> dict[str, Figure]:
    """Root mean square error of a sample's chroma, in Lab units, where nothing is known, by the number of known dabs of 3 x 3 pixels.

    The dabs, of the real chroma's pixels, have the real colours and lie anywhere, the same first ones at every count; ``number`` pictures, each
    of its own seed, averaged to the resolution of the real chroma. Raises DataError for a model that reads no known colours.
    """
    check_known_colors(model)
    config = model.network.config
    errors: dict[int, list[float]] = {count: [] for count in DAB_COUNTS}
    for index, crops in enumerate(center_crops(pictures, size=config.network_size, batch=1, limit=number)):
        embedded = embed(photo_from_rgb(crops[0].numpy()), model)
        real = color.denormalize_chroma(lab_batch(crops, config)[1])[0].numpy()
        height, width = real.shape[1:]
        places = np.random.default_rng(index).integers((height, width), size=(max(DAB_COUNTS), 2))
        for count in DAB_COUNTS:
            mask = np.zeros((height, width), bool)
            for y, x in places[:count]:
                mask[max(0, y - 1) : y + 2, max(0, x - 1) : x + 2] = True
            known = Known(nearest(mask, embedded.chroma_shape), nearest(real, embedded.chroma_shape))
            rows = sample_rows(embedded, model, seeds=(1 + index,), temperature=temperature, candidates=candidates, known=known)
            chroma = _reduced(np.stack([row.chroma[0] for row in rows], axis=1), (height, width)).numpy()
            if not mask.all():
                errors[count].append(float(np.sqrt(((chroma - real)[:, ~mask] ** 2).mean())))
    return {str(count): mean_with_interval(torch.tensor(values)) for count, values in errors.items() if values}
