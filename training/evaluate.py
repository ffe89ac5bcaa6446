"""Likelihoods of a network on pictures: the code length of whole-unit chroma, in bits per dimension."""

import math
from collections.abc import Iterator

import numpy as np
import torch

from picgui.pic import mixture
from picgui.pic.network import PIC
from training.augment import lab_batch
from training.data import Pictures


def center_crops(pictures: Pictures, *, size: int, batch: int, limit: int | None = None) -> Iterator[torch.Tensor]:
    """The first ``limit`` pictures, cropped around the centre, in batches (N, size, size, 3) uint8."""
    number = min(len(pictures), limit or len(pictures))
    edge = (pictures.size - size) // 2
    for start in range(0, number, batch):
        crops = pictures.images[start : min(start + batch, number), edge : edge + size, edge : edge + size]
        yield torch.from_numpy(np.ascontiguousarray(crops))


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
