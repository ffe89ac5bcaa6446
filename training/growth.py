"""Networks that begin with a smaller one's weights and compute what it does (Chen et al. 2016, Net2Net)."""

import sys

import torch
from torch import Tensor

from picgui.errors import DataError
from picgui.pic.checkpoint import Checkpoint
from picgui.pic.layers import GatedResidualBlock, SelfAttention, WeightNormConv2d, weight_norm_convolutions
from picgui.pic.network import PIC, ModelConfig

_ANY = {"name", "dropout", "network_size", "chroma_rule", "sampling_strength", "coarse_factor", "coarse_strength"}
_COUNTS = ("blocks", "level_up_blocks", "attention_levels")
_WIDTHS = ("channels", "embedding_channels")


def grown(init: Checkpoint, model: ModelConfig) -> PIC:
    """A network of this configuration that computes what the checkpoint's does, and has more to learn with.

    Further blocks and self-attention add nothing yet: only their last convolutions begin with a gain of 0. Further channels are
    computed from random kernels and read by none of the others yet. Blocks that the configuration has not are left out, from the last of
    their level, and only then is another thing computed. Raises DataError where the shapes differ in anything else, or it has fewer channels.
    """
    _check_shape(init, model)
    small, large = init.network(), PIC(model)
    before, after = weight_norm_convolutions(small), weight_norm_convolutions(large)
    if left_out := [name for name in before if name not in after]:
        print(f"training: the configuration has no place for what {init.path.name} learnt in {', '.join(left_out)}; it is left out.", file=sys.stderr)
    with torch.no_grad():
        for name, convolution in after.items():
            if name in before:
                _take_over(convolution, before[name], _layout(name, small), _layout(name, large))
        for name, block in large.named_modules():
            last = {GatedResidualBlock: "gate", SelfAttention: "put"}.get(type(block))
            if last and f"{name}.{last}" not in before:
                torch.nn.init.zeros_(block.get_submodule(last).g)
    return large


def _check_shape(init: Checkpoint, model: ModelConfig) -> None:
    different = _differing(model, init.config)
    if different:
        raise DataError(f"{init.path} has another shape than the configuration: {', '.join(different)} differ.")
    ours, theirs = _widths(model), _widths(init.config)
    narrower = [f"{name} ({mine} of {its})" for (name, mine), its in zip(ours.items(), theirs.values()) if mine < its]
    if narrower:
        raise DataError(f"{init.path} has more channels than the configuration: {', '.join(narrower)}.")
    attentive = min(model.attention_levels, init.config.attention_levels)
    if any(a.channels != b.channels for a, b in zip(model.attentive[:attentive], init.config.attentive)):
        raise DataError(f"{init.path} has other channels than the configuration in levels with self-attention, which cannot become wider.")


def _differing(model: ModelConfig, other: ModelConfig) -> list[str]:
    """The fields in which networks of the two differ, but for the number of blocks, self-attention and channels."""
    ours, theirs = (
        x.to_dict()
        | dict.fromkeys((*_COUNTS, *_WIDTHS))
        | {"stages": [stage._replace(channels=0) for stage in x.stages], "levels": [level._replace(channels=0, blocks=0) for level in x.levels]}
        for x in (model, other)
    )
    different = [key for key in ours if key not in _ANY and ours[key] != theirs[key]]
    joined = [not x.levels or x.stages[-1].channels == x.levels[0].channels for x in (model, other)]  # else a convolution comes between
    return different or ["stages"] * (joined[0] != joined[1])


def _widths(model: ModelConfig) -> dict[str, int]:
    levels = {f"channels of {kind[:-1]} {index + 1}": stage.channels for kind in ("stages", "levels") for index, stage in enumerate(getattr(model, kind))}
    return {name: getattr(model, name) for name in _WIDTHS} | levels


def _layout(name: str, network: PIC) -> tuple[list[int], list[int]]:
    """Of what runs of channels the input and the output of a convolution consist."""
    convolution, kind = network.get_submodule(name), name.rpartition(".")[2]
    given, made = convolution.v.shape[1], convolution.v.shape[0]
    inputs, outputs = [given], [made]
    if kind in ("first", "gate", "skip", "condition") or (name == "embedding.out" and network.config.levels):
        inputs = [given // 2] * 2  # concat_elu
    if kind == "condition" and ".ul_blocks." in name:
        inputs = [network.config.channels] * 2 + [network.config.embedding_channels] * 2
    if kind == "gate":
        outputs = [made // 2] * 2
    return inputs, outputs


def _take_over(wide: WeightNormConv2d, narrow: WeightNormConv2d, before: tuple[list[int], list[int]], after: tuple[list[int], list[int]]) -> None:
    """Give a convolution another's outputs at their places, and further ones as strong as those are on average."""
    (given, made), (wide_given, wide_made) = before, after
    columns, rows = _places(given, wide_given), _places(made, wide_made)
    kernels = torch.zeros_like(wide.v[rows])
    kernels[:, columns] = narrow.v
    wide.v[rows] = kernels
    wide.g.fill_(narrow.g.mean())
    wide.g[rows], wide.bias[rows] = narrow.g, narrow.bias


def _places(before: list[int], after: list[int]) -> Tensor:
    """Where the channels of narrower runs are in wider ones: each at the beginning of its own."""
    starts = [sum(after[:index]) for index in range(len(after))]
    return torch.cat([torch.arange(start, start + width) for start, width in zip(starts, before)])
