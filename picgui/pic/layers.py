"""Weight-normalised convolutions, shifted convolutions and the gated residual block of PixelCNN++.

Sources: Salimans & Kingma 2016 (weight normalisation, data-dependent initialisation); Salimans et al. 2017
(PixelCNN++: shifted convolutions, gated residual blocks); Shang et al. 2016 (concatenated activations); Vaswani et al. 2017 (self-attention).
"""

from collections.abc import Callable
from functools import wraps
from typing import TypeVar
from weakref import WeakKeyDictionary

import torch
import torch.nn.functional as F
from torch import Tensor, nn


class WeightNormConv2d(nn.Module):
    """A convolution with weight ``g * v / ||v||``, the norm taken per output channel.

    ``padding`` is (left, right, top, bottom). `fold` freezes the product for inference; `set_weight` goes back.
    """

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        *,
        kernel: tuple[int, int] = (3, 3),
        stride: int = 1,
        dilation: int = 1,
        padding: tuple[int, int, int, int] | None = None,
        init_scale: float = 1.0,
    ):
        super().__init__()
        if padding is None:
            x, y = dilation * (kernel[1] - 1) // 2, dilation * (kernel[0] - 1) // 2
            padding = (x, x, y, y)
        self.stride, self.dilation, self.padding, self.init_scale = stride, dilation, padding, init_scale
        v = torch.empty(out_channels, in_channels, *kernel)
        if not v.is_meta:  # drawing without numbers makes PyTorch load its compiler, for a second
            v.normal_(std=0.05)
        self.v = nn.Parameter(v)
        self.g = nn.Parameter(torch.ones(out_channels))
        self.bias = nn.Parameter(torch.zeros(out_channels))
        self.folded = False

    def weight(self) -> Tensor:
        """The effective kernel (out, in, height, width); folded, the same tensor every time."""
        if self.folded:
            return self.v
        return self.v * (self.g / self.v.flatten(1).norm(dim=1).clamp_min(1e-12))[:, None, None, None]

    def set_weight(self, weight: Tensor) -> None:
        """Make ``weight`` the effective kernel, trainable as before; a row of zeros too, which gets a direction to grow along."""
        with torch.no_grad():
            self.v.copy_(weight)
            self.g.copy_(self.v.flatten(1).norm(dim=1))
            self.v[self.g == 0] = 1
        self.v.requires_grad_()
        self.folded = False

    def fold(self) -> None:
        """Compute the kernel once and for all, in place of its direction; gradients no longer reach it."""
        self.v = nn.Parameter(self.weight().detach().contiguous(memory_format=torch.channels_last), requires_grad=False)
        self.folded = True

    def initialize(self, x: Tensor) -> None:
        """Choose gain and bias so that the outputs for ``x`` have zero mean and standard deviation ``init_scale``."""
        with torch.no_grad():
            self.g.fill_(1)
            self.bias.zero_()
            y = self(x).float()
            if y[:, 0].numel() == 1:  # one value has no deviation
                self.g.fill_(self.init_scale)
                return
            self.g.copy_(self.init_scale / (y.var(dim=(0, 2, 3)) + 1e-8).sqrt().clamp_min(1e-3))
            self.bias.copy_(-y.mean(dim=(0, 2, 3)) * self.g)

    def forward(self, x: Tensor) -> Tensor:
        left, right, top, bottom = self.padding
        if left == right and top == bottom:
            return F.conv2d(x, self.weight(), self.bias, self.stride, (top, left), self.dilation)
        return F.conv2d(F.pad(x, self.padding), self.weight(), self.bias, self.stride, 0, self.dilation)


def weight_norm_convolutions(network: nn.Module) -> dict[str, WeightNormConv2d]:
    """Every weight-normalised convolution of a network by its name."""
    return {name: m for name, m in network.named_modules() if isinstance(m, WeightNormConv2d)}


_Made = TypeVar("_Made")


def once_for_weights(make: Callable[[nn.Module], _Made]) -> Callable[[nn.Module], _Made]:
    """Decorate what is made of a network's kernels and biases: kept as long as the network lives, made anew when they are others.

    Those folded again, moved or changed in place are.
    """
    kept: WeakKeyDictionary[nn.Module, tuple[list[tuple], list[Tensor], _Made]] = WeakKeyDictionary()

    @wraps(make)
    def made(network: nn.Module) -> _Made:
        with torch.no_grad():
            weights = [x for c in weight_norm_convolutions(network).values() for x in (c.weight(), c.bias)]
        states = [(id(x), x.data_ptr(), 0 if x.is_inference() else x._version) for x in weights]
        if network not in kept or kept[network][0] != states:
            kept[network] = states, weights, make(network)  # the weights too: what is gone may give another its place
        return kept[network][2]

    return made


def fold(network: nn.Module) -> nn.Module:
    """Fold every weight normalisation of a network away, for inference; returns it in eval mode, without gradients."""
    for convolution in weight_norm_convolutions(network).values():
        convolution.fold()
    return network.eval().requires_grad_(False)


def initialize_from_data(network: nn.Module, run: Callable[[], object], *, part: nn.Module | None = None) -> None:
    """Data-dependent initialisation: ``run()`` must pass one batch through ``network``, dropout off.

    Each convolution of it, or of a ``part`` of it, is initialised from its own input just before it is first used (Salimans & Kingma 2016, section 3).
    """
    done: set[WeightNormConv2d] = set()

    def before(module, arguments):
        if module not in done:
            done.add(module)
            module.initialize(arguments[0])

    handles = [m.register_forward_pre_hook(before) for m in weight_norm_convolutions(network if part is None else part).values()]
    was_training = network.training
    try:
        network.eval()
        with torch.no_grad():
            run()
    finally:
        network.train(was_training)
        for handle in handles:
            handle.remove()


def vertical_padding(kernel: tuple[int, int]) -> tuple[int, int, int, int]:
    """Padding of a down-shifted convolution: it sees its own row and those above, to both sides."""
    side = (kernel[1] - 1) // 2
    return (side, side, kernel[0] - 1, 0)


def horizontal_padding(kernel: tuple[int, int]) -> tuple[int, int, int, int]:
    """Padding of a down-right-shifted convolution: it sees rows above and itself, and columns to the left and itself."""
    return (kernel[1] - 1, 0, kernel[0] - 1, 0)


def down_shift(x: Tensor) -> Tensor:
    """Move (N, C, H, W) down by one row; row 0 becomes zero."""
    return F.pad(x, (0, 0, 1, 0))[:, :, :-1]


def right_shift(x: Tensor) -> Tensor:
    """Move (N, C, H, W) right by one column; column 0 becomes zero."""
    return F.pad(x, (1, 0, 0, 0))[:, :, :, :-1]


def concat_elu(x: Tensor) -> Tensor:
    """``[elu(x), elu(-x)]`` along the channels: (N, C, H, W) to (N, 2C, H, W)."""
    return F.elu(torch.cat((x, -x), dim=1))


class SelfAttention(nn.Module):
    """``x`` plus what each pixel takes from all pixels of its picture, (N, C, H, W); C is a multiple of `HEADS`.

    Source: Vaswani et al. 2017, without positions: what lies at an edge the convolutions before it know.
    """

    HEADS = 4

    def __init__(self, channels: int):
        super().__init__()
        self.read = WeightNormConv2d(channels, 3 * channels, kernel=(1, 1))  # queries, keys, values
        self.put = WeightNormConv2d(channels, channels, kernel=(1, 1), init_scale=0.1)

    def forward(self, x: Tensor) -> Tensor:
        number, channels, height, width = x.shape
        read = self.read(F.elu(x)).reshape(number, 3, self.HEADS, channels // self.HEADS, height * width)
        taken = F.scaled_dot_product_attention(*read.transpose(-1, -2).unbind(1))
        return x + self.put(taken.transpose(-1, -2).reshape(x.shape))


class GatedResidualBlock(nn.Module):
    """``x + p * sigmoid(q)`` with two convolutions, conditioned through a 1x1 convolution (PixelCNN++, section 2).

    The first convolution is the dilated one. ``condition`` is already concat_elu'd, (N, condition_channels, H, W).
    """

    def __init__(
        self,
        channels: int,
        *,
        condition_channels: int = 0,
        kernel: tuple[int, int] = (3, 3),
        dilation: int = 1,
        padding: tuple[int, int, int, int] | None = None,
        dropout: float = 0.0,
    ):
        super().__init__()
        shape = {"kernel": kernel, "padding": padding}
        self.first = WeightNormConv2d(2 * channels, channels, dilation=dilation, **shape)
        self.condition = WeightNormConv2d(condition_channels, channels, kernel=(1, 1)) if condition_channels else None
        self.dropout = dropout
        self.gate = WeightNormConv2d(2 * channels, 2 * channels, init_scale=0.1, **shape)

    def forward(self, x: Tensor, condition: Tensor | None = None) -> Tensor:
        h = self.first(concat_elu(x))
        if self.condition is not None:
            h = h + self.condition(condition)
        h = concat_elu(h)
        if self.dropout:
            h = F.dropout(h, self.dropout, self.training)
        p, q = self.gate(h).chunk(2, dim=1)
        return x + p * q.sigmoid()
