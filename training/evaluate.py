"""Likelihoods of a network on pictures: the code length of whole-unit chroma, in bits per dimension."""

import math
from collections.abc import Iterator

import numpy as np
import torch
import torch.nn.functional as F

from picgui import color
from picgui.colorize import Known, Model, colorize, embed, sample_rows
from picgui.errors import DataError
from picgui.photo import photo_from_rgb
from picgui.pic import mixture
from picgui.pic.network import PIC
from training.augment import lab_batch
from training.data import Pictures
from training.figures import embedding_mode
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
    network: PIC,
    pictures: Pictures,
    *,
    device: torch.device | str = "cpu",
    batch: int = 20,
    limit: int | None = None,
    dtype: torch.dtype = torch.float32,
) -> dict[str, object]:
    """Teacher-forced bits/dim of the bare model, T = 1, nothing known, past not corrupted.

    ``network`` is in eval mode on ``device``; ``dtype`` bfloat16 runs the convolutions in it. Returns ``bits_per_dim``,
    ``bits_per_dim_embedding_only`` (the auxiliary head's), ``bits_per_dim_standard_error``, ``n_images``, ``chroma_rule``,
    ``network_size``.
    """
    config = network.config
    totals: list[torch.Tensor] = []
    for images in center_crops(pictures, size=config.network_size, batch=batch, limit=limit):
        luminance, chroma = lab_batch(images.to(device), config)
        with torch.autocast(torch.device(device).type, dtype, enabled=dtype != torch.float32):
            parameters, auxiliary = network(luminance, chroma)
        totals.append(
            torch.stack(
                [-mixture.log_prob(p.float(), chroma).double().mean(dim=(1, 2)) for p in (parameters, auxiliary)], dim=1
            ).cpu()
        )
    bits = torch.cat(totals) / (2 * math.log(2))  # two dimensions a pixel
    return {
        "bits_per_dim": bits[:, 0].mean().item(),
        "bits_per_dim_embedding_only": bits[:, 1].mean().item(),
        "bits_per_dim_standard_error": (bits[:, 0].std() / math.sqrt(len(bits))).item() if len(bits) > 1 else None,
        "n_images": len(bits),
        "chroma_rule": config.chroma_rule,
        "network_size": config.network_size,
    }


def measure_samples(
    model: Model, pictures: Pictures, *, number: int, samples: int, temperature: float = 1.0
) -> dict[str, dict[str, Figure]]:
    """`training.measures` of samples, of the MAP of g^w alone, of grey and of the real chroma, over ``number`` pictures.

    Samples have the seeds 1, 2, ... and are drawn within the gamut, as the product draws them.
    """
    config = model.network.config
    lightness, real, drawn, modes = [], [], [], []
    for crops in center_crops(pictures, size=config.network_size, batch=1, limit=number):
        photo = photo_from_rgb(crops[0].numpy())
        luminance, chroma = lab_batch(crops, config)
        lightness.append(F.avg_pool2d(luminance * 50 + 50, config.chroma_scale))
        real.append(color.denormalize_chroma(chroma))
        drawn.append(
            torch.stack(
                [
                    torch.from_numpy(s.chroma)
                    for s in colorize(photo, model, seeds=range(1, samples + 1), temperature=temperature)
                ]
            )
        )
        modes.append(torch.from_numpy(embedding_mode(embed(photo, model), model)))
    lightness, real = torch.cat(lightness), torch.cat(real)
    return {
        "samples": measure(lightness, real, torch.stack(drawn)),
        "embedding_only_map": measure(lightness, real, torch.stack(modes)[:, None]),
        "grey": measure(lightness, real, torch.zeros_like(real)[:, None]),
        "real": measure(lightness, real, real[:, None]),
    }


def measure_dabs(model: Model, pictures: Pictures, *, number: int, temperature: float = 1.0) -> dict[str, Figure]:
    """Root mean square error of a sample's chroma, in Lab units, where nothing is known, by the number of known dabs of 3 x 3 pixels.

    The dabs have the real colours and lie anywhere, the same first ones at every count; ``number`` pictures, seed 1. Raises DataError
    for a model that reads no known colours.
    """
    config = model.network.config
    if not config.known_colors:
        raise DataError(f"The model {config.name} reads no known colours.")
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
            rows = sample_rows(embedded, model, seeds=(1,), temperature=temperature, known=Known(mask, real))
            chroma = np.stack([row.chroma[0] for row in rows], axis=1)
            if not mask.all():
                errors[count].append(float(np.sqrt(((chroma - real)[:, ~mask] ** 2).mean())))
    return {str(count): mean_with_interval(torch.tensor(values)) for count, values in errors.items() if values}
