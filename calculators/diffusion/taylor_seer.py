"""TaylorSeer caching: some steps of a transformer are foretold from those before instead of computed."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

_FIRST, _LAST_COMPUTED, _INTERVAL = 6, 2, 3
"""Steps that are always computed at the beginning and at the end; how many steps there are from one that is computed to
the next in between. They are openvino_genai's defaults."""


class TaylorSeer:
    """What the model said at the steps of one run, and where it goes from there, https://arxiv.org/abs/2503.06923.

    It is first-order, as in openvino_genai, where it is on in text-to-image with Stable Diffusion 3 and FLUX, and acts
    from 9 steps up.

    Parameters
    ----------
    steps
        How many there are in the run.

    Examples
    --------
    >>> seer = TaylorSeer(12)
    >>> [step for step in range(12) if seer.foretells(step)]
    [6, 7, 9]
    """

    def __init__(self, steps: int) -> None:
        between = range(_FIRST, steps - _LAST_COMPUTED)
        self._foretold = {step for step in between if (step - _FIRST) % _INTERVAL != _INTERVAL - 1}
        self._last_foretold = max(self._foretold, default=-1)
        self._step: int | None = None
        self._output: NDArray[np.float32] = np.empty(0, np.float32)
        self._slope: NDArray[np.float32] = np.empty(0, np.float32)

    def foretells(self, step: int) -> bool:
        """Whether a step is to be foretold. If it is not, compute it and `learn` from it."""
        return step in self._foretold

    def learn(self, step: int, output: NDArray[np.float32]) -> None:
        """Take in what the model said, before guidance, at a step; the array may be changed afterwards."""
        if step > self._last_foretold:
            return
        if self._step is not None:
            self._slope = (output - self._output) * (np.float32(1) / np.float32(step - self._step))
        self._step, self._output = step, output.copy()

    def foretell(self, step: int) -> NDArray[np.float32]:
        """Return what the model would say at a step, from the two steps before that it said something at."""
        assert self._step is not None, "the first steps are computed"
        foretold: NDArray[np.float32] = self._output + self._slope * np.float32(step - self._step)
        return foretold
