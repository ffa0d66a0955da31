"""TaylorSeer caching: the outputs of some steps are predicted from earlier steps instead of computed."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

_FIRST, _LAST_COMPUTED, _INTERVAL = 6, 2, 3
"""The number of steps that are always computed at the beginning and at the end, and the interval between computed steps
in the middle. They are openvino_genai's defaults."""


class TaylorSeer:
    """A first-order prediction of a transformer's outputs, https://arxiv.org/abs/2503.06923.

    As in openvino_genai, it is used for text-to-image with Stable Diffusion 3 and FLUX, and has an effect from 9 steps
    on.

    Parameters
    ----------
    steps : int
        The number of steps in the run.

    Examples
    --------
    >>> seer = TaylorSeer(12)
    >>> [step for step in range(12) if seer.predicts(step)]
    [6, 7, 9]
    """

    def __init__(self, steps: int) -> None:
        between = range(_FIRST, steps - _LAST_COMPUTED)
        self._predicted = {step for step in between if (step - _FIRST) % _INTERVAL != _INTERVAL - 1}
        self._last_predicted = max(self._predicted, default=-1)
        self._step: int | None = None
        self._output: NDArray[np.float32] = np.empty(0, np.float32)
        self._slope: NDArray[np.float32] = np.empty(0, np.float32)

    def predicts(self, step: int) -> bool:
        """Return whether a step is predicted. If not, the caller must compute it and call `learn`."""
        return step in self._predicted

    def learn(self, step: int, output: NDArray[np.float32]) -> None:
        """Store a copy of the model's output at a step, before guidance."""
        if step > self._last_predicted:
            return
        if self._step is not None:
            self._slope = (output - self._output) * (np.float32(1) / np.float32(step - self._step))
        self._step, self._output = step, output.copy()

    def predict(self, step: int) -> NDArray[np.float32]:
        """Return the predicted output at a step, extrapolated from the last two computed steps."""
        assert self._step is not None, "the first steps are computed"
        predicted: NDArray[np.float32] = self._output + self._slope * np.float32(step - self._step)
        return predicted
