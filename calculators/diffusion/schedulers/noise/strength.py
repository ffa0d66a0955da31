"""Where image-to-image begins: a part of the steps is left out, since its picture is not all noise."""

from __future__ import annotations

import numpy as np


def first_step(
    steps: int, num_inference_steps: int, strength: float, *, calls: int = 1, partial_step: bool = False
) -> int:
    """Return the index of the first step to take, as openvino_genai and diffusers choose it.

    Parameters
    ----------
    steps
        How many there are, with repeated ones.
    num_inference_steps
        How many were asked for.
    strength
        0 ... 1: the part of them to take, from the end.
    calls
        How many steps a scheduler makes of one that was asked for.
    partial_step
        Whether a step that `strength` covers in part is taken, as the pipelines of flow-match models have it.

    Raises
    ------
    ValueError
        If `strength` is out of range, or leaves no step.
    """
    if not 0 <= strength <= 1:
        raise ValueError(f"strength must be from 0 to 1, not {strength:g}")
    taken = np.float32(num_inference_steps) * np.float32(strength)
    skipped = int(num_inference_steps - taken) if partial_step else num_inference_steps - int(taken)
    if skipped * calls >= steps:
        raise ValueError(
            f"strength {strength:g} leaves none of {num_inference_steps} steps; ask for more strength, or more steps"
        )
    return skipped * calls
