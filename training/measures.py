"""What samples look like, in numbers: saturation, colourfulness, error, diversity, derailing. Each with a 95 % interval.

Everything is taken at chroma resolution: lightness (N, 1, h, w) in [0, 100], chroma (N, 2, h, w) in Lab units.
"""

import math
from collections.abc import Callable
from typing import NamedTuple

import torch
from torch import Tensor

from picgui import color


class Figure(NamedTuple):
    """A mean and the ends of its 95 % interval."""

    mean: float
    low: float
    high: float


def mean_with_interval(values: Tensor) -> Figure:
    """Mean of independent values (N,), with the normal 95 % interval: of few values it is too small."""
    mean = values.double().mean().item()
    half = 1.96 * values.double().std().item() / math.sqrt(len(values)) if len(values) > 1 else math.nan
    return Figure(mean, mean - half, mean + half)


def share_with_interval(share: float, number: int) -> Figure:
    """A share of so many independent trials with the Wilson 95 % interval, sound at 0 as well."""
    z = 1.96
    middle = (share + z * z / (2 * number)) / (1 + z * z / number)
    half = z / (1 + z * z / number) * math.sqrt(share * (1 - share) / number + z * z / (4 * number * number))
    return Figure(share, max(0.0, middle - half), min(1.0, middle + half))


def mean_chroma(chroma: Tensor) -> Tensor:
    """Mean distance from grey, in Lab units: (..., 2, h, w) to (...)."""
    return chroma.norm(dim=-3).mean(dim=(-2, -1))


def perceptual_saturation(lightness: Tensor, chroma: Tensor) -> Tensor:
    """Lübke's saturation, C / sqrt(C^2 + L^2) in percent, mean over a picture: (N,) (Royer et al. 2017, section 4.3)."""
    c = chroma.norm(dim=-3)
    return 100 * (c / torch.sqrt(c * c + lightness[..., 0, :, :] ** 2).clamp_min(1e-6)).mean(dim=(-2, -1))


def colorfulness(lightness: Tensor, chroma: Tensor) -> Tensor:
    """Hasler and Süsstrunk 2003, of 8-bit sRGB: (N,)."""
    r, g, b = (255 * color.lab_to_srgb(torch.cat((lightness, chroma), dim=-3))).unbind(-3)
    rg, yb = r - g, (r + g) / 2 - b
    deviation = torch.sqrt(rg.flatten(-2).var(-1) + yb.flatten(-2).var(-1))
    mean = torch.sqrt(rg.flatten(-2).mean(-1) ** 2 + yb.flatten(-2).mean(-1) ** 2)
    return deviation + 0.3 * mean


def chroma_rmse(chroma: Tensor, real: Tensor) -> Tensor:
    """Root mean square error over both chroma channels, in Lab units: (N,)."""
    return (chroma - real).square().mean(dim=(-3, -2, -1)).sqrt()


def psnr(lightness: Tensor, chroma: Tensor, real: Tensor) -> Tensor:
    """Peak signal-to-noise ratio in dB, of sRGB: (N,)."""
    first, second = (color.lab_to_srgb(torch.cat((lightness, c), dim=-3)) for c in (chroma, real))
    return -10 * (first - second).square().mean(dim=(-3, -2, -1)).clamp_min(1e-10).log10()


def diversity(samples: Tensor) -> Tensor:
    """Mean pairwise distance of the samples (N, S, 2, h, w) of a picture, in Lab units a pixel: (N,)."""
    number = samples.shape[1]
    pairs = [(i, j) for i in range(number) for j in range(i)]
    return torch.stack([mean_chroma(samples[:, i] - samples[:, j]) for i, j in pairs]).mean(0)


def measure(lightness: Tensor, real: Tensor, samples: Tensor) -> dict[str, Figure]:
    """All measures of samples (N, S, 2, h, w) of pictures; the interval is over pictures, whose samples are averaged first, or, of
    those that derailed, taken for one.

    A sample is derailed where its mean chroma exceeds that of every real picture given.
    """
    def over_samples(function: Callable[[Tensor], Tensor]) -> Tensor:
        return torch.stack([function(samples[:, s]) for s in range(samples.shape[1])], dim=1)

    error = over_samples(lambda s: chroma_rmse(s, real))
    derailed = over_samples(mean_chroma) > mean_chroma(real).max()
    saturation = over_samples(lambda s: perceptual_saturation(lightness, s)).mean(1)
    figures = {
        "saturation": mean_with_interval(saturation),
        "saturation_minus_real": mean_with_interval(saturation - perceptual_saturation(lightness, real)),
        "colorfulness": mean_with_interval(over_samples(lambda s: colorfulness(lightness, s)).mean(1)),
        "mean_chroma": mean_with_interval(over_samples(mean_chroma).mean(1)),
        "psnr": mean_with_interval(over_samples(lambda s: psnr(lightness, s, real)).mean(1)),
        "chroma_rmse": mean_with_interval(error.mean(1)),
        "derailed": share_with_interval(derailed.double().mean().item(), len(derailed)),
    }
    if samples.shape[1] > 1:
        figures[f"chroma_rmse_best_of_{samples.shape[1]}"] = mean_with_interval(error.min(1).values)
        figures[f"chroma_rmse_worst_of_{samples.shape[1]}"] = mean_with_interval(error.max(1).values)
        figures["diversity"] = mean_with_interval(diversity(samples))
    return figures
