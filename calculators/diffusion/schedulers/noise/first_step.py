"""The first step of image-to-image, which skips steps because its image is not pure noise."""

from __future__ import annotations

import numpy as np


def first_step(
    steps: int, num_inference_steps: int, strength: float, *, calls: int = 1, partial_step: bool = False
) -> int:
    """Return the index of the first step of a run, as in openvino_genai and diffusers.

    Parameters
    ----------
    steps : int
        The number of steps of the scheduler, including repeated ones.
    num_inference_steps : int
        The number of steps in the request.
    strength : float
        The part of the steps to take, from the end, 0 to 1.
    calls : int
        The number of scheduler steps for each step in the request.
    partial_step : bool
        Whether to take a step that `strength` covers in part, as in the pipelines of flow-match models.

    Raises
    ------
    ValueError
        If `strength` is out of range, or no step remains.
    """
    if not 0 <= strength <= 1:
        raise ValueError(f"strength must be from 0 to 1, not {strength:g}")
    taken = np.float32(num_inference_steps) * np.float32(strength)
    skipped = int(num_inference_steps - taken) if partial_step else num_inference_steps - int(taken)
    if skipped * calls >= steps:
        raise ValueError(
            f"strength {strength:g} leaves none of {num_inference_steps} steps; use more strength or more steps"
        )
    return skipped * calls
