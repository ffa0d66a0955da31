"""What a text encoder gives."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Embeddings:
    """The prompts of one request as a text encoder understands them.

    Attributes
    ----------
    hidden_states
        float32, shape (prompts, max_length, width): of the negative prompt, if there is classifier-free guidance, and
        of the prompt.
    """

    hidden_states: NDArray[np.float32]
