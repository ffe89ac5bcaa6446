"""Muon for weight-normalised networks: kernels turn by orthogonalised momentum, gains and biases are left to Adam.

Sources: Jordan et al. 2024 (Muon); Kingma and Ba 2014 (Adam); the coefficients of the iteration are those that You published in 2025.
"""

from collections.abc import Sequence

import torch
from torch import Tensor, nn

# of odd polynomials that, one after the other, bring every singular value in (0, 1] near 1
_ITERATION = (
    (4.0848, -6.8946, 2.9270),
    (3.9505, -6.3029, 2.6377),
    (3.7418, -5.5913, 2.3037),
    (2.8769, -3.1427, 1.2046),
    (2.8366, -3.0525, 1.2012),
)


def orthogonalized(matrix: Tensor) -> Tensor:
    """About the nearest matrix (m, n) whose rows, or columns where they are fewer, are orthonormal: singular values from 0.7 to 1.3.

    Those under a thousandth of the largest stay smaller, and a matrix of zeros stays one.
    """
    if matrix.shape[0] > matrix.shape[1]:
        return orthogonalized(matrix.T).T
    matrix = matrix / matrix.norm().clamp_min(1e-30)
    squares = matrix @ matrix.T  # the polynomials are of this square alone, which is much smaller than the matrix
    identity = torch.eye(len(squares), dtype=matrix.dtype, device=matrix.device)
    product = identity
    for one, three, five in _ITERATION:
        factor = one * identity + three * squares + five * (squares @ squares)
        product, squares = factor @ product, factor @ squares @ factor
        squares = (squares + squares.T) / 2
    return product @ matrix


class Muon(torch.optim.Optimizer):
    """Every row of a kernel turns by about ``radians_per_rate`` times the rate a step and keeps its length; the rest is moved by Adam at that rate.

    A kernel (out, in, height, width) is a matrix (out, in * height * width). What orthogonalises its momentum turns it as far in directions
    that gradients seldom have as in those that they have mostly.
    """

    def __init__(
        self,
        kernels: Sequence[nn.Parameter],
        others: Sequence[nn.Parameter],
        *,
        radians_per_rate: float,
        momentum: float,
        betas: tuple[float, float],
        epsilon: float,
    ):
        kept = {"lr": 1e-3, "radians_per_rate": radians_per_rate, "momentum": momentum, "betas": betas, "epsilon": epsilon}
        groups = [{"params": list(kernels), "turns": True}, {"params": list(others), "turns": False}]
        super().__init__([group for group in groups if group["params"]], kept)

    @torch.no_grad()
    def step(self) -> None:
        """One update from the gradients that are there."""
        for group in self.param_groups:
            for parameter in group["params"]:
                if parameter.grad is not None:
                    (self._turn if group["turns"] else self._move)(parameter, group)

    def _turn(self, kernel: nn.Parameter, group: dict) -> None:
        state = self.state[kernel]
        rows = kernel.flatten(1)
        lengths = rows.norm(dim=1, keepdim=True).clamp_min(1e-12)
        gradient = kernel.grad.flatten(1) * lengths  # of the rows' directions
        if not state:
            state["momentum"] = torch.zeros_like(gradient)
        momentum = state["momentum"]
        momentum.lerp_(gradient, 1 - group["momentum"])
        turn = orthogonalized(gradient.lerp(momentum, group["momentum"]))  # Nesterov's
        turn /= turn.norm(dim=1, keepdim=True).mean().clamp_min(1e-12)
        directions = rows / lengths - group["lr"] * group["radians_per_rate"] * turn
        kernel.copy_((directions * (lengths / directions.norm(dim=1, keepdim=True))).view(kernel.shape))

    def _move(self, parameter: nn.Parameter, group: dict) -> None:
        state, (first, second) = self.state[parameter], group["betas"]
        if not state:
            state |= {"steps": 0, "mean": torch.zeros_like(parameter), "square": torch.zeros_like(parameter)}
        state["steps"] += 1
        state["mean"].lerp_(parameter.grad, 1 - first)
        state["square"].lerp_(parameter.grad.square(), 1 - second)
        mean, square = state["mean"] / (1 - first ** state["steps"]), state["square"] / (1 - second ** state["steps"])
        parameter.sub_(group["lr"] * mean / (square.sqrt() + group["epsilon"]))
