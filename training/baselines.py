"""What figure 7 compares with: the same g^w under the objectives of others, each giving one answer (Royer et al. 2017, section 4).

Chroma is normalised (`picgui.color`), (N, 2, h, w). Distances, bins and deviations below are in Lab units.
"""

import math
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import ClassVar

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from picgui import color
from picgui.errors import DataError
from picgui.pic import mixture
from picgui.pic.checkpoint import load_checkpoint
from picgui.pic.layers import WeightNormConv2d, fold
from picgui.pic.network import Embedding, ModelConfig, PIC, in_full, nothing_known, reduce_luminance, within_gamut
from picgui.pipeline import Model


class Baseline(nn.Module):
    """g^w and a 1x1 convolution; subclasses say what its outputs mean."""

    FORMAT: ClassVar[str]
    HEAD: ClassVar[str] = "head"  # what data must initialise where g^w begins with a checkpoint's
    HEAD_OF_PIC: ClassVar[str | None] = None  # the part of a PIC checkpoint that the head can begin with

    def __init__(self, config: ModelConfig):
        super().__init__()
        self.config = config
        self.embedding = Embedding(config)
        self.head = WeightNormConv2d(config.embedding_channels, self.outputs(config), kernel=(1, 1), init_scale=0.1)

    @staticmethod
    def outputs(config: ModelConfig) -> int:
        """Numbers a chroma pixel."""
        raise NotImplementedError

    def loss(self, outputs: Tensor, chroma: Tensor) -> Tensor:
        """What training makes small, (N, h, w)."""
        raise NotImplementedError

    def answer(self, outputs: Tensor) -> Tensor:
        """The one colouring, (N, 2, h, w) normalised."""
        raise NotImplementedError

    def forward(self, luminance: Tensor, past: Tensor | None = None, known: Tensor | None = None, strength=None) -> Tensor:
        """Outputs (N, C, h, w) from luminance and known planes; ``past`` and ``strength`` are for f alone."""
        return in_full(self.head, F.elu(self.embedding(luminance, known)))

    def begin_with(self, network: PIC) -> bool:
        """Take over g^w, and where there is one the head; whether there was one."""
        self.embedding.load_state_dict(network.embedding.state_dict())
        if self.HEAD_OF_PIC:
            self.head.load_state_dict(getattr(network, self.HEAD_OF_PIC).state_dict())
        return self.HEAD_OF_PIC is not None

    def fold(self) -> "Baseline":
        """Fold the weight normalisation away, for inference; returns self in eval mode, without gradients."""
        return fold(self)

    @torch.inference_mode()
    def colorize(self, luminance: Tensor) -> np.ndarray:
        """The colouring of one photograph, (2, h, w) Lab units within the gamut, from normalised luminance (1, 1, H, W)."""
        small = reduce_luminance(luminance, self.config.chroma_scale)
        known = nothing_known(small) if self.config.known_colors else None
        chroma = color.denormalize_chroma(self.answer(self(luminance, known=known)))
        return within_gamut(chroma, luminance, self.config.chroma_scale)[0].cpu().numpy()


class Independent(Baseline):
    """g^w alone under the likelihood of independent pixels; its answer is the MAP (Royer et al. 2017, section 4.3)."""

    FORMAT = "picgui-independent-1"
    HEAD_OF_PIC = "auxiliary"

    @staticmethod
    def outputs(config):
        return mixture.PARAMETERS_PER_COMPONENT * config.components

    def loss(self, outputs, chroma):
        return -mixture.log_prob(outputs, chroma) / (2 * math.log(2))  # bits/dim

    def answer(self, outputs):
        return mixture.mode(outputs)


class Regression(Baseline):
    """Mean squared error of chroma (Iizuka et al. 2016, without its image classes)."""

    FORMAT = "picgui-regression-1"

    @staticmethod
    def outputs(config):
        return 2

    def loss(self, outputs, chroma):
        return ((self.answer(outputs) - chroma) * 127.5).square().mean(dim=1)

    def answer(self, outputs):
        return outputs.tanh()


class Rebalanced(Baseline):
    """Classification over a grid of chroma, rare colours weighted up, and the annealed mean (Zhang et al. 2016).

    The frequencies are those of the pictures that were seen so far.
    """

    FORMAT = "picgui-rebalanced-1"
    GRID, DEVIATION, NEIGHBORS, UNIFORM, TEMPERATURE = 10, 5.0, 5, 0.5, 0.38

    def __init__(self, config):
        super().__init__(config)
        self.register_buffer("centers", color.normalize_chroma(self._bins().T[:, :, None])[:, :, 0])  # (2, Q)
        self.register_buffer("counts", torch.zeros(self.centers.shape[1]))

    @classmethod
    @cache
    def _bins(cls) -> Tensor:
        """The centres (Q, 2) of the cells of the grid that hold an sRGB colour."""
        level = torch.linspace(0, 1, 64, device="cpu")  # also where a network is laid out on the meta device
        rgb = torch.cartesian_prod(level, level, level).T[:, :, None]
        cells = (color.srgb_to_lab(rgb)[1:, :, 0] / cls.GRID).round()
        return cells.T.unique(dim=0) * cls.GRID

    @classmethod
    def outputs(cls, config):
        return len(cls._bins())

    def _distances(self, chroma: Tensor) -> Tensor:
        """Squared, (N, h, w, Q) in Lab units."""
        a, b = (chroma[:, i, :, :, None] - self.centers[i] for i in (0, 1))
        return (a * a + b * b) * 127.5**2

    def weights(self) -> Tensor:
        """Of the bins (Q,): the inverse of smoothed frequencies mixed with uniform ones, 1 on average over pixels."""
        frequency = (self.counts + 1) / (self.counts + 1).sum()
        difference = (self.centers[:, :, None] - self.centers[:, None, :]) * 127.5
        kernel = torch.exp(-difference.square().sum(0) / (2 * self.DEVIATION**2))
        smoothed = kernel @ frequency
        smoothed = smoothed / smoothed.sum()
        weights = 1 / ((1 - self.UNIFORM) * smoothed + self.UNIFORM / len(smoothed))
        return weights / (weights * frequency).sum()

    def loss(self, outputs, chroma):
        near, bins = self._distances(chroma).topk(self.NEIGHBORS, largest=False)
        if self.training:
            with torch.no_grad():
                self.counts += torch.bincount(bins[..., 0].flatten(), minlength=len(self.counts))
        target = (-near / (2 * self.DEVIATION**2)).softmax(dim=-1)
        log_probability = outputs.log_softmax(dim=1).movedim(1, -1).gather(-1, bins)
        return -self.weights()[bins[..., 0]] * (target * log_probability).sum(-1)

    def answer(self, outputs):
        return torch.einsum("nqhw,cq->nchw", (outputs / self.TEMPERATURE).softmax(dim=1), self.centers)


class Histograms(Baseline):
    """Histograms of hue and of saturation around each pixel; median and faded circular mean (Larsson et al. 2016).

    Polar chroma of Lab stands for that paper's HSL, so that luminance is kept as everywhere here.
    """

    FORMAT = "picgui-histograms-1"
    BINS, WINDOW, HUE_WEIGHT, LARGEST, FADING = 32, 7, 5.0, 100.0, 0.03

    @classmethod
    def outputs(cls, config):
        return 2 * cls.BINS

    def _histograms(self, unit: Tensor) -> Tensor:
        """Of values in [0, 1], (N, h, w), over the window around each: (N, BINS, h, w)."""
        bins = (unit * self.BINS).long().clamp(0, self.BINS - 1)
        ones = F.one_hot(bins, self.BINS).movedim(-1, 1).float()
        return F.avg_pool2d(ones, self.WINDOW, 1, self.WINDOW // 2, count_include_pad=False)

    def loss(self, outputs, chroma):
        a, b = color.denormalize_chroma(chroma).unbind(1)
        saturation = (torch.hypot(a, b) / self.LARGEST).clamp_max(1)
        hue = torch.atan2(b, a) / (2 * math.pi) % 1
        divergences = [
            F.kl_div(predicted.log_softmax(1), self._histograms(true), reduction="none").sum(1)
            for predicted, true in zip(outputs.chunk(2, dim=1), (hue, saturation))
        ]
        return divergences[1] + self.HUE_WEIGHT * saturation * divergences[0]

    def answer(self, outputs):
        hue, saturation = (part.softmax(1) for part in outputs.chunk(2, dim=1))
        median = ((saturation.cumsum(1) < 0.5).sum(1) + 0.5).clamp_max(self.BINS - 0.5) / self.BINS * self.LARGEST
        angles = (torch.arange(self.BINS, device=hue.device) + 0.5) / self.BINS * 2 * math.pi
        x, y = (torch.einsum("nqhw,q->nhw", hue, f(angles)) for f in (torch.cos, torch.sin))
        length = torch.hypot(x, y)
        radius = median * (length / self.FADING).clamp_max(1) / length.clamp_min(1e-6)
        return color.normalize_chroma(torch.stack((radius * x, radius * y), dim=1)).clamp(-1, 1)


OBJECTIVES: Mapping[str, type[PIC] | type[Baseline]] = {
    "likelihood": PIC,
    "independent": Independent,
    "regression": Regression,
    "rebalanced": Rebalanced,
    "histograms": Histograms,
}


def check_comparable(model: Model, baselines: Mapping[str, Baseline]) -> None:
    """Raise DataError where a baseline answers at another size than a model."""
    config = model.network.config
    for name, baseline in baselines.items():
        if (baseline.config.chroma_scale, baseline.config.network_size) != (config.chroma_scale, config.network_size):
            raise DataError(f"{name} answers at another size than {config.name}; the two cannot be compared.")


def load_baseline(path: str | Path, *, device: torch.device | str = "cpu") -> Baseline:
    """A baseline's checkpoint, ready to colorize. Raises CheckpointError."""
    kinds = [kind for kind in OBJECTIVES.values() if kind is not PIC]
    network = load_checkpoint(path, kinds=kinds).network().fold()
    return network.to(device).to(memory_format=torch.channels_last)
