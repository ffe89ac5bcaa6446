"""sRGB and CIE Lab (D65), chroma normalisation, and the sRGB gamut, in torch.

Images are float tensors (..., 3, H, W). L is in [0, 100]; a and b are in Lab units. One conversion serves training,
sampling and display. Source: CIE 15:2004; IEC 61966-2-1.
"""

import torch
from torch import Tensor

# D65, 2 degree observer: the white point and the matrix that scikit-image uses.
WHITE = (0.95047, 1.0, 1.08883)
_RGB_TO_XYZ = (
    (0.412453, 0.357580, 0.180423),
    (0.212671, 0.715160, 0.072169),
    (0.019334, 0.119193, 0.950227),
)
XYZ_TO_RGB = torch.linalg.inv(torch.tensor(_RGB_TO_XYZ, dtype=torch.float64)).tolist()

_EPSILON = 0.008856
GAMUT_SLACK = 1e-3  # linear light: as much as whole Lab units miss a colour by; in the darkest tones 8 bits show it


def _mix(matrix, x, y, z):
    return [row[0] * x + row[1] * y + row[2] * z for row in matrix]


def linear_to_srgb(linear: Tensor) -> Tensor:
    """Encode linear light with the sRGB curve, clipped to [0, 1]; any shape."""
    linear = linear.clamp(0, 1)
    return torch.where(linear > 0.0031308, 1.055 * linear.clamp_min(1e-8).pow(1 / 2.4) - 0.055, 12.92 * linear)


def srgb_to_linear(rgb: Tensor) -> Tensor:
    """Decode sRGB values in [0, 1] to linear light; any shape."""
    return torch.where(rgb > 0.04045, ((rgb + 0.055) / 1.055).pow(2.4), rgb / 12.92)


def srgb_to_lab(rgb: Tensor) -> Tensor:
    """sRGB (..., 3, H, W) in [0, 1] to Lab (..., 3, H, W)."""
    xyz = _mix(_RGB_TO_XYZ, *srgb_to_linear(rgb).unbind(-3))
    fx, fy, fz = (
        torch.where(t > _EPSILON, t.clamp_min(_EPSILON).pow(1 / 3), 7.787 * t + 16 / 116)
        for t in (channel / white for channel, white in zip(xyz, WHITE))
    )
    return torch.stack((116 * fy - 16, 500 * (fx - fy), 200 * (fy - fz)), dim=-3)


def lab_to_linear_rgb(lab: Tensor) -> Tensor:
    """Lab (..., 3, H, W) to linear RGB (..., 3, H, W), not clipped: outside [0, 1] means outside the sRGB gamut."""
    luminance, a, b = lab.unbind(-3)
    fy = (luminance + 16) / 116
    xyz = []
    for f, white in zip((fy + a / 500, fy, fy - b / 200), WHITE):
        xyz.append(white * torch.where(f > 0.2068966, f * f * f, (f - 16 / 116) / 7.787))
    return torch.stack(_mix(XYZ_TO_RGB, *xyz), dim=-3)


def lab_to_srgb(lab: Tensor) -> Tensor:
    """Lab (..., 3, H, W) to sRGB (..., 3, H, W), clipped to [0, 1]."""
    return linear_to_srgb(lab_to_linear_rgb(lab))


def in_gamut(lab: Tensor, *, slack: float = GAMUT_SLACK) -> Tensor:
    """Whether Lab colours (..., 3, H, W) are sRGB colours, but for ``slack`` (in linear light): bool (..., H, W)."""
    linear = lab_to_linear_rgb(lab)
    return ((linear >= -slack) & (linear <= 1 + slack)).all(dim=-3)


def clamp_chroma_to_gamut(luminance: Tensor, chroma: Tensor) -> Tensor:
    """Scale chroma (..., 2, H, W) towards grey, at fixed luminance (..., 1, H, W), just enough to be an sRGB colour, as `in_gamut` has it.

    Colours inside the gamut are returned as they are. Hue (the angle in the a, b plane) is kept.
    """
    outside = ~in_gamut(torch.cat((luminance, chroma), dim=-3))
    if not outside.any():
        return chroma
    light = luminance.movedim(-3, -1)[outside][:, 0]
    ab = chroma.movedim(-3, -1)[outside]
    low, high = torch.zeros_like(light), torch.ones_like(light)
    for _ in range(10):
        middle = (low + high) / 2
        trial = torch.stack((light, ab[:, 0] * middle, ab[:, 1] * middle))[:, :, None]
        inside = in_gamut(trial)[:, 0]
        low, high = torch.where(inside, middle, low), torch.where(inside, high, middle)
    result = chroma.movedim(-3, -1).clone()
    result[outside] = ab * low[:, None]
    return result.movedim(-1, -3)


def normalize_luminance(luminance: Tensor) -> Tensor:
    """L in [0, 100] to [-1, 1] (Royer et al. 2017, section 3.1)."""
    return (luminance - 50) / 50


def denormalize_luminance(luminance: Tensor) -> Tensor:
    """The inverse of `normalize_luminance`."""
    return luminance * 50 + 50


def normalize_chroma(chroma: Tensor) -> Tensor:
    """a in [-127, 128] and b in [-128, 127], (..., 2, H, W), to [-1, 1]; one Lab unit is 1/127.5."""
    a, b = chroma.unbind(-3)
    return torch.stack((a - 0.5, b + 0.5), dim=-3) / 127.5


def denormalize_chroma(chroma: Tensor) -> Tensor:
    """The inverse of `normalize_chroma`."""
    a, b = (chroma * 127.5).unbind(-3)
    return torch.stack((a + 0.5, b - 0.5), dim=-3)


def round_chroma(chroma: Tensor) -> Tensor:
    """Round chroma (..., 2, H, W) to whole Lab units within the ranges of a and b."""
    a, b = chroma.round().unbind(-3)
    return torch.stack((a.clamp(-127, 128), b.clamp(-128, 127)), dim=-3)
