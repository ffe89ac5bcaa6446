"""The two networks of Probabilistic Image Colorization: the embedding g^w and the autoregressive f (Royer et al. 2017).

Luminance is (N, 1, H, W), normalised to [-1, 1]; chroma is (N, 2, h, w) with h = H / chroma_scale, normalised.
The same network is trained and sampled.
"""

from dataclasses import asdict, dataclass, fields, replace
from typing import ClassVar, NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from picgui import color
from picgui.pic import mixture
from picgui.pic.layers import (
    GatedResidualBlock,
    SelfAttention,
    WeightNormConv2d,
    concat_elu,
    down_shift,
    fold,
    horizontal_padding,
    right_shift,
    vertical_padding,
)

KNOWN_PLANES = 5  # mask, mask x a', mask x b', 1, L'


class Stage(NamedTuple):
    """A strided (or plain) 3x3 convolution followed by gated residual blocks."""

    channels: int
    blocks: int
    stride: int = 1
    dilation: int = 1


@dataclass(frozen=True)
class ModelConfig:
    """Everything that fixes the shape of the networks.

    Where ``levels`` is empty, g^w is the straight network of Table 1. Otherwise ``stages`` bring luminance down to the
    resolution of the chroma, and ``levels`` are the ever coarser levels of a U on top: ``blocks`` on the way down
    (the coarsest level has them once), ``level_up_blocks`` on the way up.
    """

    name: str
    network_size: int  # pixels; the size of a training picture
    chroma_scale: int  # luminance pixels per chroma pixel, along each axis
    chroma_rule: str  # "point" or "area": how chroma is reduced
    stages: tuple[Stage, ...]
    embedding_channels: int
    channels: int  # of f
    blocks: int  # of f
    vertical_kernel: tuple[int, int] = (3, 3)
    horizontal_kernel: tuple[int, int] = (3, 3)
    levels: tuple[Stage, ...] = ()
    level_up_blocks: int = 1
    attention_levels: int = 0  # of the coarsest levels, how many end in self-attention on the way down
    known_colors: bool = False
    components: int = 10
    dropout: float = 0.5
    sampling_strength: float = 0.0  # of corruption in [0, 1], which f is told of its past when it samples; likelihoods use 0
    coarse_factor: int = 1  # a sample begins with one of a picture so many times smaller, which g^w then reads; 1: it does not
    coarse_strength: float = 0.0  # of corruption in [0, 1], which g^w is told of those coarse colours

    def __post_init__(self):
        for name in ("network_size", "chroma_scale", "embedding_channels", "channels", "blocks", "components"):
            value = getattr(self, name)
            if type(value) is not int or value < 1:
                raise ValueError(f"{name} is {value!r}; it must be a whole number from 1 on")
        for name in ("vertical_kernel", "horizontal_kernel"):
            kernel = getattr(self, name)
            if len(kernel) != 2 or min(kernel) < 1:
                raise ValueError(f"{name} is {kernel}; it must be two whole numbers from 1 on")
        if type(self.level_up_blocks) is not int or self.level_up_blocks < 0 or type(self.coarse_factor) is not int or type(self.known_colors) is not bool:
            raise ValueError("level_up_blocks and coarse_factor must be whole numbers, known_colors true or false")
        if type(self.attention_levels) is not int or not 0 <= self.attention_levels <= len(self.levels):
            raise ValueError(f"attention_levels is {self.attention_levels!r}; it must be a whole number from 0 to that of the levels, {len(self.levels)}")
        if any(level.channels % SelfAttention.HEADS for level in self.attentive):
            raise ValueError(f"levels with self-attention need channels that are a multiple of {SelfAttention.HEADS}")
        if self.vertical_kernel[1] % 2 == 0:
            raise ValueError(f"vertical_kernel is {self.vertical_kernel}; it must be as wide to both sides, so its width must be odd")
        for stage in (*self.stages, *self.levels):
            if any(type(value) is not int or value < 1 for value in stage._replace(blocks=stage.blocks + 1)):
                raise ValueError(f"{stage} must be of whole numbers from 1 on, its blocks from 0 on")
        if any(level.stride != (1 if index == 0 else 2) for index, level in enumerate(self.levels)):
            raise ValueError("the first of the levels must have stride 1, the others 2")
        for name in ("dropout", "sampling_strength", "coarse_strength"):
            value = getattr(self, name)
            if type(value) not in (int, float) or not 0 <= value <= 1:
                raise ValueError(f"{name} is {value!r}; it must be a number from 0 to 1")
        if self.dropout == 1:
            raise ValueError("dropout is 1; nothing would be left")
        stride = 1
        for stage in self.stages:
            stride *= stage.stride
        if stride != self.chroma_scale:
            raise ValueError(f"the stages of {self.name} reduce by {stride}, but chroma_scale is {self.chroma_scale}")
        if self.chroma_rule not in ("point", "area"):
            raise ValueError(f"chroma_rule is {self.chroma_rule!r}; it must be 'point' or 'area'")
        if self.coarse_factor not in (1, 2, 4):
            raise ValueError(f"coarse_factor is {self.coarse_factor}; it must be 1, 2 or 4")
        if self.coarse_factor > 1 and not self.known_colors:
            raise ValueError("coarse_factor needs known_colors: g^w must read the coarse colours")
        if self.known_colors and not self.levels:
            raise ValueError("known_colors needs a U-shaped g^w: levels is empty")

    @property
    def attentive(self) -> tuple[Stage, ...]:
        """The levels that end in self-attention, from the coarsest."""
        return self.levels[::-1][: self.attention_levels]

    @property
    def multiple(self) -> int:
        """Luminance pixels per pixel of the coarsest level."""
        total = self.chroma_scale
        for level in self.levels[1:]:
            total *= level.stride
        return total

    def to_dict(self) -> dict:
        """Plain numbers, strings and lists, for JSON."""
        return asdict(self) | {key: [list(s) for s in getattr(self, key)] for key in ("stages", "levels")}

    @classmethod
    def from_dict(cls, values: dict) -> "ModelConfig":
        """The inverse of `to_dict`. Raises ValueError for unknown, missing or inconsistent fields."""
        unknown = set(values) - {f.name for f in fields(cls)}
        if unknown:
            raise ValueError(f"unknown fields in the model configuration: {', '.join(sorted(unknown))}")
        values = dict(values)
        try:
            for key in ("stages", "levels"):
                values[key] = tuple(Stage(*(int(x) for x in stage)) for stage in values.get(key, ()))
            for key in ("vertical_kernel", "horizontal_kernel"):
                if key in values:
                    values[key] = tuple(int(x) for x in values[key])
            return cls(**values)
        except (TypeError, OverflowError) as error:
            raise ValueError(f"the model configuration is incomplete or impossible: {error}") from None


_CIFAR10 = ModelConfig(
    name="cifar10",
    network_size=32,
    chroma_scale=2,
    chroma_rule="point",
    stages=(Stage(32, 2), Stage(64, 2, 2), Stage(128, 2), Stage(256, 3, 1, 2)),
    embedding_channels=256,
    channels=160,
    blocks=4,
)
_PHOTO = ModelConfig(
    name="photo",
    network_size=128,
    chroma_scale=4,
    chroma_rule="area",
    stages=(Stage(48, 1, 2), Stage(128, 1, 2)),
    levels=(Stage(160, 3), Stage(160, 2, 2), Stage(192, 2, 2), Stage(192, 1, 2)),
    level_up_blocks=1,
    embedding_channels=96,
    channels=80,
    blocks=4,
    vertical_kernel=(2, 3),
    horizontal_kernel=(2, 2),
    known_colors=True,
    coarse_factor=2,
    dropout=0.1,
)

CONFIGS: dict[str, ModelConfig] = {
    "cifar10": _CIFAR10,
    "imagenet": replace(
        _CIFAR10,
        name="imagenet",
        network_size=128,
        chroma_scale=4,
        stages=(Stage(64, 2), Stage(128, 2, 2), Stage(256, 2, 2), Stage(512, 3, 1, 2), Stage(512, 3, 1, 4)),
        embedding_channels=512,
    ),
    "photo": _PHOTO,
    "photo-small": replace(
        _PHOTO,
        name="photo-small",
        stages=(Stage(32, 1, 2), Stage(64, 0, 2)),
        levels=(Stage(64, 1), Stage(128, 2, 2), Stage(192, 2, 2), Stage(256, 2, 2)),
        level_up_blocks=1,
        embedding_channels=96,
        channels=64,
        dropout=0.0,
    ),
}


class Embedding(nn.Module):
    """g^w: luminance, and colours that are known, to an embedding at chroma resolution.

    `stem` sees luminance alone and runs once a photo; `body` joins the known colours and runs once per known set.
    """

    def __init__(self, config: ModelConfig):
        super().__init__()
        self.config = config
        self.stages, channels = self._stages(config.stages, 2, config.dropout)
        self.join = WeightNormConv2d(KNOWN_PLANES, channels) if config.known_colors else None
        self.down = nn.ModuleList()
        self.up = nn.ModuleList()
        for index, level in enumerate(config.levels):
            stage, out = self._stages((level,), channels, config.dropout, first=index > 0 or channels != level.channels)
            self.down.append(stage)
            channels = out
        self.attention = nn.ModuleList(SelfAttention(level.channels) for level in config.attentive)
        for index in range(len(config.levels) - 2, -1, -1):
            width = config.levels[index].channels
            up = nn.ModuleDict(
                {
                    "bring": WeightNormConv2d(channels, width, kernel=(1, 1)),
                    "skip": WeightNormConv2d(2 * width, width, kernel=(1, 1)),
                    "blocks": nn.Sequential(
                        *(GatedResidualBlock(width, dropout=config.dropout) for _ in range(config.level_up_blocks))
                    ),
                }
            )
            self.up.append(up)
            channels = width
        # Table 1 ends in a plain convolution; the U ends in a concat_elu'd one, which costs little and reads both signs.
        self.out = WeightNormConv2d(2 * channels if config.levels else channels, config.embedding_channels)

    @staticmethod
    def _stages(stages, channels, dropout, *, first=True):
        layers = []
        for stage in stages:
            if first:
                layers.append(WeightNormConv2d(channels, stage.channels, stride=stage.stride))
            channels = stage.channels
            layers += [
                GatedResidualBlock(channels, dilation=stage.dilation, dropout=dropout) for _ in range(stage.blocks)
            ]
        return nn.Sequential(*layers), channels

    def stem(self, luminance: Tensor) -> Tensor:
        """The part that no known colour reaches: (N, 1, H, W) to (N, C, h', w'), continued to whole pixels of the coarsest level."""
        height, width = luminance.shape[-2:]
        scale = self.config.chroma_scale
        if height % scale or width % scale:
            raise ValueError(f"luminance is {height}x{width}; both must be multiples of {scale}")
        multiple = self.config.multiple
        luminance = _mirrored(luminance, height + -height % multiple, width + -width % multiple)
        return self.stages(torch.cat((luminance, torch.ones_like(luminance)), dim=1))

    def body(self, features: Tensor, known: Tensor | None = None) -> Tensor:
        """Join known planes (N, 5, h, w), see `known_planes`, and finish: (N, E, h', w').

        A network that knows no known colours takes None; all others take planes, be their mask empty (`nothing_known`).
        """
        return self.finished(self.levels_up(features, known)[-1])

    def finished(self, x: Tensor) -> Tensor:
        """The embedding (N, E, h', w') from what the finest level has on the way up."""
        return self.out(concat_elu(x) if self.config.levels else x)

    def levels_up(self, features: Tensor, known: Tensor | None = None) -> list[Tensor]:
        """What each level has on the way up, (N, C, h'', w''), from the coarsest to the finest; see `body`."""
        x = features
        if self.join is not None:
            x = x + self.join(_mirrored(known, *x.shape[-2:]))
        skips = []
        for below, stage in zip(range(len(self.down) - 1, -1, -1), self.down):
            x = stage(x)
            if below < len(self.attention):
                x = self.attention[below](x)
            skips.append(x)
        risen = [x]
        for up, skip in zip(self.up, reversed(skips[:-1])):
            # the 1x1 convolution commutes with the nearest-neighbour upsampling and is cheaper before it
            brought = doubled(up["bring"](x))
            x = up["blocks"](brought + up["skip"](concat_elu(skip)))
            risen.append(x)
        return risen

    def forward(self, luminance: Tensor, known: Tensor | None = None) -> Tensor:
        scale = self.config.chroma_scale
        height, width = luminance.shape[-2] // scale, luminance.shape[-1] // scale
        return self.finished(self.levels_of(luminance, known)[-1])[:, :, :height, :width]

    def levels_of(self, luminance: Tensor, known: Tensor | None = None) -> list[Tensor]:
        """`levels_up` from luminance (N, 1, H, W); None is nothing known."""
        if known is None and self.join is not None:
            known = nothing_known(reduce_luminance(luminance, self.config.chroma_scale))
        return self.levels_up(self.stem(luminance), known)


def _mirrored(x: Tensor, height: int, width: int) -> Tensor:
    """(N, C, h, w) continued by its mirror image below and to the right, to a larger height and width."""
    for dimension, size in ((2, height), (3, width)):
        number = x.shape[dimension]
        if size > number:
            places = torch.arange(size, device=x.device) % (2 * number)
            x = x.index_select(dimension, torch.minimum(places, 2 * number - 1 - places))
    return x


class PixelCNN(nn.Module):
    """f^theta: PixelCNN++ without resampling; a vertical flow u and a horizontal flow ul.

    Input planes: L', a', b' of past pixels, ones, and the strength in [0, 1] with which the past was corrupted.
    """

    INPUTS = 5

    def __init__(self, config: ModelConfig):
        super().__init__()
        channels, embedding = config.channels, 2 * config.embedding_channels
        first = (2, 3)
        self.u_input = WeightNormConv2d(self.INPUTS, channels, kernel=first, padding=vertical_padding(first))
        self.ul_above = WeightNormConv2d(self.INPUTS, channels, kernel=(1, 3), padding=vertical_padding((1, 3)))
        self.ul_left = WeightNormConv2d(self.INPUTS, channels, kernel=(2, 1), padding=horizontal_padding((2, 1)))
        vertical, horizontal = config.vertical_kernel, config.horizontal_kernel
        self.u_blocks = nn.ModuleList(
            GatedResidualBlock(
                channels,
                condition_channels=embedding,
                kernel=vertical,
                padding=vertical_padding(vertical),
                dropout=config.dropout,
            )
            for _ in range(config.blocks)
        )
        self.ul_blocks = nn.ModuleList(
            GatedResidualBlock(
                channels,
                condition_channels=2 * channels + embedding,
                kernel=horizontal,
                padding=horizontal_padding(horizontal),
                dropout=config.dropout,
            )
            for _ in range(config.blocks)
        )
        self.out = WeightNormConv2d(
            channels, mixture.PARAMETERS_PER_COMPONENT * config.components, kernel=(1, 1), init_scale=0.1
        )

    def forward(self, past: Tensor, embedding: Tensor) -> Tensor:
        """Mixture parameters (N, 6 K, h, w) from input planes (N, 5, h, w) and embedding (N, E, h, w)."""
        condition = concat_elu(embedding)
        u = down_shift(self.u_input(past))
        ul = down_shift(self.ul_above(past)) + right_shift(self.ul_left(past))
        for u_block, ul_block in zip(self.u_blocks, self.ul_blocks):
            u = u_block(u, condition)
            ul = ul_block(ul, torch.cat((concat_elu(u), condition), dim=1))
        return in_full(self.out, F.elu(ul))


def in_full(head: WeightNormConv2d, x: Tensor) -> Tensor:
    """What a head gives, in the precision of its weights under autocast, too: of bfloat16 the steps are half a Lab unit."""
    with torch.autocast(x.device.type, enabled=False):
        return head(x.to(head.bias.dtype))


class PIC(nn.Module):
    """g^w, f, and the auxiliary head that reads a mixture straight off the embedding."""

    FORMAT: ClassVar[str] = "picgui-pic-1"  # of its checkpoints

    def __init__(self, config: ModelConfig):
        super().__init__()
        self.config = config
        self.embedding = Embedding(config)
        self.pixel_cnn = PixelCNN(config)
        self.auxiliary = WeightNormConv2d(
            config.embedding_channels,
            mixture.PARAMETERS_PER_COMPONENT * config.components,
            kernel=(1, 1),
            init_scale=0.1,
        )

    def forward(
        self, luminance: Tensor, chroma: Tensor, known: Tensor | None = None, strength: Tensor | None = None
    ) -> tuple[Tensor, Tensor]:
        """Teacher-forced mixture parameters of f, (M, 6 K, h, w), and of the auxiliary head, (N, 6 K, h, w).

        ``chroma`` (M, 2, h, w) is what f reads (perhaps corrupted, with ``strength`` (M,) in [0, 1]), of the first M pictures, mostly of
        all; ``known`` are known planes.
        """
        return self.mixtures_from(self.embedding(luminance, known), luminance, chroma, strength)

    def mixtures_from(self, embedding: Tensor, luminance: Tensor, chroma: Tensor, strength: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """What `forward` gives, from the embedding (N, E, h, w)."""
        read = len(chroma)
        past = past_planes(reduce_luminance(luminance[:read], self.config.chroma_scale), chroma, strength)
        return self.pixel_cnn(past, embedding[:read]), self.auxiliary_parameters(embedding)

    def auxiliary_parameters(self, embedding: Tensor) -> Tensor:
        """Mixture parameters (N, 6 K, h, w) from the embedding alone: every pixel independent of the others."""
        return in_full(self.auxiliary, F.elu(embedding))

    def center_outputs(self) -> None:
        """Start both mixtures where chroma is (`mixture.center`). Call once, after initialisation."""
        mixture.center(self.pixel_cnn.out.bias)
        mixture.center(self.auxiliary.bias)

    def fold(self) -> "PIC":
        """Fold the weight normalisation away, for inference; returns self in eval mode, without gradients."""
        return fold(self)


def doubled(x: Tensor) -> Tensor:
    """Every pixel of (N, C, h, w) four times, (N, C, 2 h, 2 w); not by `F.interpolate`, whose gradient torch.compile loses on the CPU."""
    number, channels, height, width = x.shape
    rows = x.permute(0, 2, 3, 1)[:, :, None, :, None]  # channels last, as convolutions have them
    return rows.expand(-1, -1, 2, -1, 2, -1).reshape(number, 2 * height, 2 * width, channels).permute(0, 3, 1, 2)


def reduce_luminance(luminance: Tensor, scale: int) -> Tensor:
    """Average luminance (N, 1, H, W) over scale x scale pixels."""
    return F.avg_pool2d(luminance, scale)


def within_gamut(chroma: Tensor, luminance: Tensor, scale: int) -> Tensor:
    """Chroma (n, 2, h, w) in Lab units moved towards grey to colours that sRGB has at normalised luminance (1, 1, h * scale, w * scale)."""
    light = color.denormalize_luminance(reduce_luminance(luminance, scale))
    return color.clamp_chroma_to_gamut(light.expand(len(chroma), -1, -1, -1), chroma)


def reduce_chroma(chroma: Tensor, scale: int, rule: str) -> Tensor:
    """Bring chroma (N, 2, H, W) to 1/scale: ``area`` averages, ``point`` takes every scale-th pixel."""
    if rule == "area":
        return F.avg_pool2d(chroma, scale)
    return chroma[:, :, ::scale, ::scale]


def past_planes(luminance: Tensor, chroma: Tensor, strength: Tensor | None = None) -> Tensor:
    """Input planes (N, 5, h, w) of f from reduced luminance (N, 1, h, w) and the chroma it reads (N, 2, h, w)."""
    ones = torch.ones_like(luminance)
    plane = torch.zeros_like(luminance) if strength is None else ones * strength.view(-1, 1, 1, 1)
    return torch.cat((luminance, chroma, ones, plane), dim=1)


def known_planes(luminance: Tensor, chroma: Tensor, mask: Tensor) -> Tensor:
    """Second input (N, 5, h, w) of g^w: mask, masked chroma, ones, reduced luminance.

    ``mask`` is (N, 1, h, w): 1 where a colour is known, 0 where none is, between them where it is known coarsely (`with_coarse`).
    """
    return torch.cat((mask, torch.where(mask > 0, chroma, 0), torch.ones_like(mask), luminance), dim=1)


def with_coarse(chroma: Tensor, mask: Tensor, coarse: Tensor, strength: Tensor) -> tuple[Tensor, Tensor]:
    """Chroma and mask for `known_planes` where coarse colours fill in for those that are not known.

    ``chroma`` is (N, 2, h, w) and ``mask`` (N, 1, h, w) in {0, 1}; ``coarse`` is (N, 2, h / k, w / k), enlarged bilinearly; ``strength``
    (N,) in [0, 1] is its corruption, which the mask tells: 3/4 for none, 1/4 for the strongest.
    """
    enlarged = F.interpolate(coarse, size=chroma.shape[-2:], mode="bilinear", align_corners=False)
    certainty = 0.75 - 0.5 * strength.view(-1, 1, 1, 1)
    return torch.where(mask > 0, chroma, enlarged), torch.where(mask > 0, mask, certainty)


def nothing_known(luminance: Tensor) -> Tensor:
    """Known planes of an empty mask from reduced luminance (N, 1, h, w)."""
    zeros = torch.zeros_like(luminance)
    return known_planes(luminance, zeros.expand(-1, 2, -1, -1), zeros)
