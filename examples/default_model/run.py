"""A resumable stretch of training: steps, learning rate, progress bar and checkpoints."""

import time
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import torch
from torch import nn
from tqdm import tqdm

WARM_UP = 100


def adam(parameters: Iterable[nn.Parameter], peak: float, decay: float = 0.0) -> torch.optim.Optimizer:
    """Return the default optimizer."""
    return torch.optim.AdamW(parameters, peak, betas=(0.9, 0.98), weight_decay=decay)


class TrainingRun:
    """A counter of steps that saves the whole state, so that an interrupted run resumes without a difference.

    Random numbers must depend on the step's number only. The learning rate warms up, stays constant, and falls to zero
    over the last quarter. A longer run may resume from a checkpoint before this decline.
    """

    def __init__(
        self, path: Path, modules: dict[str, nn.Module], steps: int, optimizers: Sequence[torch.optim.Optimizer]
    ) -> None:
        self.path = path
        self.modules = modules
        self.steps = steps
        self.optimizers = optimizers
        self.peaks = [optimizer.param_groups[0]["lr"] for optimizer in optimizers]
        self.step = 0
        self.seconds = 0.0
        if path.exists():
            state = torch.load(path, weights_only=True)
            self.step, self.seconds = state["step"], state["seconds"]
            for optimizer, saved in zip(optimizers, state["optimizers"], strict=True):
                optimizer.load_state_dict(saved)
            for name, module in modules.items():
                module.load_state_dict(state[name])

    def save(self) -> None:
        """Write the checkpoint atomically."""
        states = {name: module.state_dict() for name, module in self.modules.items()}
        optimizers = [optimizer.state_dict() for optimizer in self.optimizers]
        progress = {"step": self.step, "seconds": self.seconds, "optimizers": optimizers}
        partial = self.path.with_suffix(".partial")
        torch.save(states | progress, partial)
        partial.replace(self.path)

    def rate(self) -> float:
        """Return the learning rate of the current step, relative to the highest."""
        return min(1, (self.step + 1) / WARM_UP, (self.steps - self.step) / (0.25 * self.steps))

    def __iter__(self) -> Iterator[int]:
        """Yield the number of each remaining step. The caller ends a step with `descend`."""
        self._bar = tqdm(total=self.steps, initial=self.step, desc=self.path.stem, mininterval=10)
        saved = time.monotonic()
        while self.step < self.steps:
            began = time.monotonic()
            yield self.step
            self.step += 1
            self._bar.update()
            self.seconds += time.monotonic() - began
            if time.monotonic() - saved > 120:
                self.save()
                saved = time.monotonic()
        self.save()
        self._bar.close()

    def descend(self, loss: torch.Tensor, **figures: float) -> None:
        """Take a gradient step for `loss`, and show figures beside the progress bar."""
        self.modules["model"].zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(self.modules["model"].parameters(), 1.0)
        for optimizer, peak in zip(self.optimizers, self.peaks, strict=True):
            optimizer.param_groups[0]["lr"] = peak * self.rate()
            optimizer.step()
        if self.step % 20 == 0:
            shown = {name: f"{figure:.4f}" for name, figure in figures.items()}
            self._bar.set_postfix(shown, loss=f"{loss.item():.4f}", refresh=False)
