"""What is done to a batch before the networks see it: crops, flips, luminance of early films, degraded luminance, corrupted past, known colours.

All on the device of the batch, in torch. Luminance and chroma are normalised (`picgui.color`).
"""

import math
from collections.abc import Callable
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from picgui import color
from picgui.pic import mixture
from picgui.pic.network import ModelConfig, known_planes, reduce_chroma, reduce_luminance, with_coarse


@dataclass(frozen=True)
class Augmentation:
    """How often each thing is done, as shares of the pictures."""

    flip: float = 0.5
    corrupt_past: float = 0.0
    degrade_luminance: float = 0.0
    orthochromatic: float = 0.0  # luminance as films have it that see little or no red
    known_dabs: float = 0.0
    known_surroundings: float = 0.0
    known_coarse: float = 0.0  # of the pictures of full size: those of half size stand for the coarse ones themselves


@dataclass(frozen=True)
class Batch:
    """One training step's tensors."""

    luminance: Tensor  # (N, 1, H, W), perhaps degraded
    chroma: Tensor  # (N, 2, h, w), the target, on whole Lab units
    past: Tensor  # (N, 2, h, w), what f reads
    strength: Tensor  # (N,), of the corruption of the past
    known: Tensor | None  # (N, 5, h, w) planes
    counted: Tensor  # (N, h, w), 1 where the loss counts

    def map(self, function: Callable[[Tensor], Tensor]) -> "Batch":
        """The batch with a function of every tensor."""
        return Batch(*(None if part is None else function(part) for part in vars(self).values()))


def lab_batch(images: Tensor, config: ModelConfig, *, whole_units: bool = True) -> tuple[Tensor, Tensor]:
    """sRGB (N, S, S, 3) uint8 to normalised luminance (N, 1, S, S) and chroma (N, 2, s, s) of the config's rule, on ``whole_units`` or not."""
    lab = color.srgb_to_lab(images.movedim(-1, 1).float() / 255)
    chroma = reduce_chroma(lab[:, 1:], config.chroma_scale, config.chroma_rule)
    chroma = color.round_chroma(chroma) if whole_units else chroma
    return color.normalize_luminance(lab[:, :1]), color.normalize_chroma(chroma)


def crop_and_flip(images: Tensor, *, size: int, flip: float, generator: torch.Generator) -> Tensor:
    """Crop (N, S, S, 3) at random to ``size`` and mirror a share; the generator lives on the CPU."""
    number, side = images.shape[:2]
    tops, lefts = torch.randint(0, side - size + 1, (2, number), generator=generator).tolist()
    mirrored = (torch.rand(number, generator=generator) < flip).tolist()
    crops = []
    for image, top, left, mirror in zip(images, tops, lefts, mirrored):
        crop = image[top : top + size, left : left + size]
        crops.append(crop.flip(1) if mirror else crop)
    return torch.stack(crops)


def halve(images: Tensor) -> Tensor:
    """(N, S, S, 3) uint8 to half its size, by the mean of sRGB values, as photographs are reduced."""
    return F.avg_pool2d(images.movedim(-1, 1).float(), 2).round().to(torch.uint8).movedim(1, -1)


def training_batch(
    images: Tensor, config: ModelConfig, *, augmentation: Augmentation, generator: torch.Generator
) -> Batch:
    """Prepare cropped pictures (N, S, S, 3) uint8. All randomness comes from ``generator``, on the CPU."""
    luminance, chroma = lab_batch(images, config)
    device, number = images.device, len(images)
    draw = _Draw(generator, device, number)
    if augmentation.orthochromatic:
        luminance = torch.where(_column(draw.share(augmentation.orthochromatic)) > 0, orthochromatic(images, draw), luminance)
    past, strength = chroma, torch.zeros(number, device=device)
    if augmentation.corrupt_past:
        strength = draw.uniform(0, 1) * draw.share(augmentation.corrupt_past)
        past = corrupt_past(chroma, strength, draw)
    known, counted = None, torch.ones_like(chroma[:, 0])
    if config.known_colors:
        mask = known_mask(chroma.shape[-2:], augmentation, draw)
        given, shown = chroma, mask
        if augmentation.known_coarse and luminance.shape[-1] == config.network_size:
            chosen = _column(draw.share(augmentation.known_coarse))
            given, coarsely = with_coarse(chroma, mask, *coarse_colors(chroma, config.coarse_factor, draw))
            shown = torch.where(chosen > 0, coarsely, mask)
        known = known_planes(reduce_luminance(luminance, config.chroma_scale), given, shown)
        past = torch.where(mask > 0, chroma, past)  # known pixels are never corrupted
        counted = 1 - mask[:, 0]
    if augmentation.degrade_luminance:
        luminance = degrade_luminance(luminance, draw.share(augmentation.degrade_luminance), draw)
        if known is not None:  # its luminance plane is the degraded one, as it will be in use
            known = torch.cat((known[:, :4], reduce_luminance(luminance, config.chroma_scale)), dim=1)
    return Batch(luminance, chroma, past, strength, known, counted)


class _Draw:
    """Random tensors of a batch, drawn on the CPU so that every device sees the same."""

    def __init__(self, generator: torch.Generator, device: torch.device, number: int):
        self.generator, self.device, self.number = generator, device, number

    def uniform(self, low: float, high: float, *shape: int) -> Tensor:
        values = torch.rand(self.number, *shape, generator=self.generator) * (high - low) + low
        return values.to(self.device)

    def normal(self, *shape: int) -> Tensor:
        return torch.randn(self.number, *shape, generator=self.generator).to(self.device)

    def share(self, share: float) -> Tensor:
        """1 for about that share of the pictures, 0 for the others: (N,)."""
        return (torch.rand(self.number, generator=self.generator) < share).float().to(self.device)

    def smooth(self, channels: int, size: tuple[int, int], cells: int) -> Tensor:
        """A smooth normal field (N, channels, h, w) of about unit deviation, ``cells`` bumps across."""
        field = self.normal(channels, cells, cells)
        return F.interpolate(field, size=size, mode="bicubic", align_corners=False) * 1.3


def _column(x: Tensor) -> Tensor:
    return x.view(-1, 1, 1, 1)


def corrupt_past(chroma: Tensor, strength: Tensor, draw: "_Draw") -> Tensor:
    """Scale (0.4 to 1.4 times), shift by a smooth field and make noisy, each by ``strength`` (N,) in [0, 1].

    At strength 1 the field's deviation is 16 and the noise's up to 10 Lab units. Result on whole units.
    """
    size = chroma.shape[-2:]
    s = _column(strength)
    scale = 1 + s * (_column(draw.uniform(0.4, 1.4)) - 1)
    field = draw.smooth(2, size, 3) * 16 / 127.5
    noise = draw.normal(2, *size) * 10 / 127.5 * _column(draw.uniform(0, 1))
    return torch.where(s > 0, mixture.snap(chroma * scale + s * (field + noise)), chroma)


def coarse_colors(chroma: Tensor, factor: int, draw: "_Draw") -> tuple[Tensor, Tensor]:
    """What a coarse sample might have been: chroma averaged to 1/factor and corrupted as the past is, weak more often than strong.

    Returns it, (N, 2, h / factor, w / factor), and the strength (N,) in [0, 1].
    """
    strength = draw.uniform(0, 1) ** 2
    return corrupt_past(F.avg_pool2d(chroma, factor), strength, draw), strength


def known_mask(size: tuple[int, int], augmentation: Augmentation, draw: "_Draw") -> Tensor:
    """Masks (N, 1, h, w) in {0, 1}: nothing, dabs and strokes, or everything outside a rectangle or a blob."""
    height, width = size
    masks = torch.zeros(draw.number, 1, height, width)
    kinds = torch.rand(draw.number, generator=draw.generator).tolist()
    ys, xs = torch.arange(height)[:, None].float(), torch.arange(width)[None, :].float()
    for mask, kind in zip(masks, kinds):
        if kind < augmentation.known_dabs:
            for stroke in _strokes(height, width, ys, xs, draw.generator):
                mask[0][stroke] = 1
        elif kind < augmentation.known_dabs + augmentation.known_surroundings:
            mask[0] = 1 - _region(height, width, ys, xs, draw.generator)
    return masks.to(draw.device)


def _strokes(height: int, width: int, ys: Tensor, xs: Tensor, generator: torch.Generator):
    """1 to 32 dabs or strokes, 1 to 5 pixels wide, as bool (h, w); few are as likely as many."""
    number = int(2 ** (torch.rand(1, generator=generator).item() * 5.04))
    for _ in range(number):
        y, x, angle, length, kind, radius = torch.rand(6, generator=generator).tolist()
        y, x, radius = y * height, x * width, 0.5 + 2 * radius
        if kind < 0.6:  # a dab
            length = 0.0
        else:
            length = length * 0.5 * max(height, width)
        dx, dy = math.cos(angle * 2 * math.pi), math.sin(angle * 2 * math.pi)
        along = ((xs - x) * dx + (ys - y) * dy).clamp(0, length)
        yield (xs - x - along * dx) ** 2 + (ys - y - along * dy) ** 2 <= radius**2


def _region(height: int, width: int, ys: Tensor, xs: Tensor, generator: torch.Generator) -> Tensor:
    """One rectangle or ellipse of a quarter to nine tenths of each side, (h, w) in {0, 1}."""
    h, w, top, left, kind = torch.rand(5, generator=generator).tolist()
    h, w = max(2.0, (0.25 + 0.65 * h) * height), max(2.0, (0.25 + 0.65 * w) * width)
    y, x = top * (height - h) + h / 2, left * (width - w) + w / 2
    v, u = (ys + 0.5 - y) / (h / 2), (xs + 0.5 - x) / (w / 2)
    inside = (u * u + v * v <= 1) if kind < 0.5 else (u.abs() <= 1) & (v.abs() <= 1)
    return inside.float()


def orthochromatic(images: Tensor, draw: "_Draw") -> Tensor:
    """Luminance (N, 1, S, S) in [-1, 1] of sRGB (N, S, S, 3) uint8 on films that see blue and green, up to blue alone, and at most a fifth of red.

    So were most until the 1920s: skies are white in them, lips and freckles dark.
    """
    red, blue = draw.uniform(0, 0.2), draw.uniform(0.15, 0.9)
    shares = torch.stack((red, (1 - red) * (1 - blue), (1 - red) * blue), dim=1)
    seen = torch.einsum("nhwc,nc->nhw", color.srgb_to_linear(images.float() / 255), shares)
    grey = color.linear_to_srgb(seen)[:, None].expand(-1, 3, -1, -1)
    return color.normalize_luminance(color.srgb_to_lab(grey)[:, :1])


def degrade_luminance(luminance: Tensor, chosen: Tensor, draw: "_Draw") -> Tensor:
    """Make the chosen pictures look like old photographs: blurred, faded, uneven, contrasty, grainy, scratched.

    ``luminance`` is (N, 1, H, W) in [-1, 1]; each kind touches about half of the chosen ones.
    """
    size = luminance.shape[-2:]
    x = luminance
    blurred = F.avg_pool2d(F.pad(x, (1, 1, 1, 1), mode="replicate"), 3, 1)
    x = torch.lerp(x, blurred, _column(draw.share(0.5) * draw.uniform(0, 1)))
    gamma = torch.exp(_column(draw.share(0.6) * draw.uniform(-0.45, 0.45)))
    x = ((x + 1) / 2).clamp(1e-4, 1).pow(gamma) * 2 - 1
    low, high = (_column(draw.share(0.5) * draw.uniform(0, 0.35)) for _ in range(2))
    x = x * (1 - (low + high) / 2) + (low - high) / 2  # blacks that turned grey, whites that yellowed
    x = x + draw.smooth(1, size, 3) * _column(draw.share(0.4) * draw.uniform(0, 0.12))
    grain = draw.normal(1, *size)
    coarse = F.avg_pool2d(F.pad(grain, (1, 1, 1, 1), mode="replicate"), 3, 1) * 2.5
    grain = torch.lerp(grain, coarse, _column(draw.uniform(0, 1)))
    x = x + grain * _column(draw.share(0.6) * draw.uniform(0, 0.1))
    x = x + _scratches(size, draw) * _column(draw.share(0.3) * draw.uniform(-0.5, 0.9))
    return torch.where(_column(chosen) > 0, x.clamp(-1, 1), luminance)


def _scratches(size: tuple[int, int], draw: "_Draw") -> Tensor:
    """Three thin, nearly straight lines a picture, (N, 1, H, W) in [0, 1]."""
    height, width = size
    ys = torch.linspace(-1, 1, height, device=draw.device)[None, :, None]
    xs = torch.linspace(-1, 1, width, device=draw.device)[None, None, :]
    result = torch.zeros(draw.number, height, width, device=draw.device)
    for _ in range(3):
        angle, offset, bend = (draw.uniform(low, high)[:, None, None] for low, high in ((0, math.pi), (-1, 1), (-0.2, 0.2)))
        distance = xs * angle.cos() + ys * angle.sin() - offset + bend * (ys * angle.cos() - xs * angle.sin()) ** 2
        result = torch.maximum(result, (1 - distance.abs() * max(size) / 1.5).clamp(0, 1))
    return result[:, None]
