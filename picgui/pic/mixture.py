"""The mixture of discretised logistics over chroma (Royer et al. 2017, section 3.2; PixelCNN++, section 2.1).

Parameters are (N, 6 K, H, W): for K components the weight logits, the means and log-scales of a, the means and
log-scales of b, and the coefficients through which the mean of b depends on a. Chroma here is normalised to [-1, 1]
and lies on whole Lab units, 2/255 apart; see `picgui.color`.
"""

from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor

PARAMETERS_PER_COMPONENT = 6
MIN_LOG_SCALE = -7.0
BIN = 2 / 255
QUANTILES = (0.001, 0.999)
_INITIAL_LOG_SCALE, _INITIAL_SPREAD = -3.0, 0.1


class Mixture(NamedTuple):
    """The unpacked parameters, each (N, K, H, W)."""

    logits: Tensor
    mean_a: Tensor
    log_scale_a: Tensor
    mean_b: Tensor
    log_scale_b: Tensor
    coefficient: Tensor  # in (-1, 1)


def unpack(parameters: Tensor) -> Mixture:
    """Split network outputs (N, 6 K, H, W), clamping log-scales at -7 and squashing the coefficient."""
    logits, mean_a, log_scale_a, mean_b, log_scale_b, coefficient = parameters.chunk(PARAMETERS_PER_COMPONENT, dim=1)
    return Mixture(
        logits,
        mean_a,
        log_scale_a.clamp_min(MIN_LOG_SCALE),
        mean_b,
        log_scale_b.clamp_min(MIN_LOG_SCALE),
        torch.tanh(coefficient),
    )


@torch.no_grad()
def center(bias: Tensor) -> None:
    """Set the biases (6 K,) of what gives parameters so that the mixture begins where chroma is: log-scales of -3, means 0.1 apart."""
    _, mean_a, log_scale_a, mean_b, log_scale_b, _ = bias.chunk(PARAMETERS_PER_COMPONENT)
    for mean in (mean_a, mean_b):
        mean.normal_(0, _INITIAL_SPREAD)
    for log_scale in (log_scale_a, log_scale_b):
        log_scale.fill_(_INITIAL_LOG_SCALE)


def _log_bin(x: Tensor, mean: Tensor, log_scale: Tensor) -> Tensor:
    """log P of the bin around x; the two end bins take the whole tail.

    ``sigmoid(u) - sigmoid(l) = sigmoid(u) sigmoid(-l) (1 - exp(l - u))`` holds exactly, so nothing underflows.
    """
    inverse = torch.exp(-log_scale)
    upper = (x - mean + BIN / 2) * inverse
    lower = (x - mean - BIN / 2) * inverse
    below = F.logsigmoid(upper)
    above = F.logsigmoid(-lower)
    inner = below + above + torch.log(-torch.expm1(-BIN * inverse))
    return torch.where(x < -1 + BIN / 2, below, torch.where(x > 1 - BIN / 2, above, inner))


def log_prob(parameters: Tensor, chroma: Tensor) -> Tensor:
    """Log-probability in nats, (N, H, W), of normalised whole-unit chroma (N, 2, H, W)."""
    mixture = unpack(parameters)
    a, b = chroma[:, 0:1], chroma[:, 1:2]
    log_a = _log_bin(a, mixture.mean_a, mixture.log_scale_a)
    log_b = _log_bin(b, mixture.mean_b + mixture.coefficient * a, mixture.log_scale_b)
    return torch.logsumexp(F.log_softmax(mixture.logits, dim=1) + log_a + log_b, dim=1)


def expectation(parameters: Tensor) -> Tensor:
    """The mean chroma (N, 2, H, W), normalised (the ends' folded tails neglected)."""
    mixture = unpack(parameters)
    weights = mixture.logits.softmax(dim=1)
    mean_b = mixture.mean_b + mixture.coefficient * mixture.mean_a
    return torch.stack(((weights * mixture.mean_a).sum(1), (weights * mean_b).sum(1)), dim=1).clamp(-1, 1)


def mode(parameters: Tensor) -> Tensor:
    """The mean of the component with the highest density at its own mean: an approximate MAP, (N, 2, H, W)."""
    mixture = unpack(parameters)
    best = (mixture.logits - mixture.log_scale_a - mixture.log_scale_b).argmax(dim=1, keepdim=True)
    a = mixture.mean_a.gather(1, best)
    b = mixture.mean_b.gather(1, best) + mixture.coefficient.gather(1, best) * a
    return torch.cat((a, b), dim=1).clamp(-1, 1)


def snap(x: Tensor) -> Tensor:
    """Round a normalised channel to the nearest bin centre within [-1, 1]. Both channels share the grid k 2/255 - 1."""
    return ((x.clamp(-1, 1) + 1) * 127.5).round() / 127.5 - 1


def draw(parameters: Tensor, noise: Tensor, *, temperature: float = 1.0) -> Tensor:
    """Draw normalised whole-unit chroma (N, 2, H, W).

    ``noise`` is (N, 3, H, W), uniform in [0, 1): the component, a, and b given a. Temperature divides the logits and
    multiplies the scales; 1 is the model's own distribution, towards 0 its mode. Quantiles are kept within
    [0.001, 0.999].
    """
    if temperature < 0:
        raise ValueError(f"temperature is {temperature}; it must not be negative")
    temperature = max(temperature, 1e-3)
    mixture = unpack(parameters)
    cumulative = (mixture.logits / temperature).softmax(dim=1).cumsum(dim=1)
    # the last step of the cumulative sum may fall short of 1 by rounding: never step past the last component
    component = (noise[:, 0:1] >= cumulative[:, :-1]).sum(dim=1, keepdim=True)
    mean_a, log_scale_a, mean_b, log_scale_b, coefficient = (m.gather(1, component) for m in mixture[1:])
    logistic = torch.logit(noise[:, 1:].clamp(*QUANTILES))
    a = snap(mean_a + temperature * log_scale_a.exp() * logistic[:, 0:1])
    b = snap(mean_b + coefficient * a + temperature * log_scale_b.exp() * logistic[:, 1:2])
    return torch.cat((a, b), dim=1)


def entropy(parameters: Tensor, noise: Tensor) -> Tensor:
    """Entropy in nats, (1, H, W), of each pixel's mixture (1, 6 K, H, W): the mean of -log P over a draw for each noise (n, 3, H, W)."""
    parameters = parameters.expand(len(noise), -1, -1, -1)
    return -log_prob(parameters, draw(parameters, noise)).mean(dim=0, keepdim=True)
