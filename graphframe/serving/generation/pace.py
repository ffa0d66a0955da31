"""How long requests take."""

from __future__ import annotations

from typing import Any

from graphframe.serving.generation.generation import Generation

_LATEST = 0.3
"""The weight of the latest measurement in an average."""

_KEPT = 256
"""The most kinds of requests. Clients choose sizes, so it needs a limit."""


class Pace:
    """The seconds that requests of a kind take alone: an average of a time per step, and of the rest."""

    def __init__(self) -> None:
        self._known: dict[tuple[Any, ...], tuple[float, float]] = {}

    def expected(self, generation: Generation) -> float:
        """Return the seconds that a request probably takes alone; 0 if none of its kind was measured."""
        rest, step = self._known.get(_kind(generation), (0.0, 0.0))
        return rest + step * (generation.request.num_inference_steps or 1)

    def learn(self, generation: Generation, seconds: float) -> None:
        """Note the seconds that the run of a request took, without those in which others ran."""
        stage = next((each for each in generation.progress.stages.copy().values() if each.steps), None)
        in_steps = sum(stage.step_seconds) / generation.ran() if stage and generation.ran() else 0.0
        step = seconds * min(in_steps, 1.0) / (generation.request.num_inference_steps or 1)
        rest = seconds * (1 - min(in_steps, 1.0))
        kind = _kind(generation)
        before = self._known.pop(kind, (rest, step))
        self._known[kind] = (before[0] + _LATEST * (rest - before[0]), before[1] + _LATEST * (step - before[1]))
        if len(self._known) > _KEPT:
            del self._known[next(iter(self._known))]


def _kind(generation: Generation) -> tuple[Any, ...]:
    request = generation.request
    return (
        *(generation.model.name, request.width, request.height, request.n, request.scheduler, request.strength),
        request.seed_mode,
        *(len(request.input_images), request.mask is None, request.num_inference_steps is None),
    )
