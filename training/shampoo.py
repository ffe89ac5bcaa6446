"""One-sided Shampoo: the directions of weight-normalised kernels turn by whitened gradients.

Sources: Gupta, Koren & Singer 2018 (Shampoo); An et al. 2025 (ASGO: one side alone, with momentum and a running mean);
Salimans & Kingma 2016 (weight normalisation: the loss does not depend on the length of ``v``).
"""

import math
from collections.abc import Iterable

import torch
from torch import Tensor

from picgui.pic.layers import WeightNormConv2d

_BLOCK = 256  # rows at most that are whitened together
_DAMPING = 1e-5  # of the largest eigenvalue: how small the smallest are taken to be


class OneSidedShampoo(torch.optim.Optimizer):
    """Turns the rows of every ``v`` of weight-normalised convolutions; their lengths stay as they are.

    ``lr`` is how far a row turns in a step, in radians, root mean square over the rows of a kernel. With G the gradient of the rows'
    directions, (out, in * height * width), a kernel turns along -P^(-1/2) M: P is the running mean of G G^T, M of G (``betas``: of M and
    of P). Kernels of more than 256 rows turn in equal blocks. P^(-1/2) is computed in every ``refresh``-th step, and in each of the first ``refresh``.
    """

    def __init__(
        self,
        convolutions: Iterable[WeightNormConv2d],
        *,
        lr: float = 4e-3,
        betas: tuple[float, float] = (0.95, 0.95),
        refresh: int = 10,
    ):
        super().__init__([c.v for c in convolutions], {"lr": lr, "betas": betas, "refresh": refresh})

    @torch.no_grad()
    def step(self) -> None:
        """One update of every kernel that has a gradient."""
        for group in self.param_groups:
            for v in group["params"]:
                if v.grad is not None:
                    self._turn(v, **{key: group[key] for key in ("lr", "betas", "refresh")})

    def _turn(self, v: Tensor, *, lr: float, betas: tuple[float, float], refresh: int) -> None:
        state = self.state[v]
        rows, lengths = v.flatten(1), v.flatten(1).norm(dim=1, keepdim=True).clamp_min(1e-12)
        gradient = (v.grad.flatten(1) * lengths).float()
        blocks = gradient.chunk(math.ceil(len(gradient) / _BLOCK))
        if not state:
            state["step"] = 0
            state["mean"] = torch.zeros_like(gradient)
            state["products"] = [torch.zeros_like(block @ block.T) for block in blocks]
            state["roots"] = [None] * len(blocks)
        state["mean"].lerp_(gradient, 1 - betas[0])
        for index, block in enumerate(blocks):
            state["products"][index].lerp_(block @ block.T, 1 - betas[1])
            if state["step"] < refresh or state["step"] % refresh == 0:
                state["roots"][index] = inverse_square_root(state["products"][index])
        state["step"] += 1
        turn = torch.cat([root @ mean for root, mean in zip(state["roots"], state["mean"].chunk(len(blocks)))])
        turn *= lr * len(turn) ** 0.5 / turn.norm().clamp_min(1e-20)
        turned = rows / lengths - turn
        v.copy_((turned * (lengths / turned.norm(dim=1, keepdim=True))).view(v.shape))


def inverse_square_root(matrix: Tensor) -> Tensor:
    """A^(-1/2) of a symmetric positive semi-definite matrix (n, n), its small eigenvalues raised to 1e-5 of the largest."""
    values, vectors = torch.linalg.eigh(matrix)
    values = values.clamp_min(max(1e-30, _DAMPING * values[-1].item()))
    return (vectors * values.rsqrt()) @ vectors.T
