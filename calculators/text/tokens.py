"""What a tokenizer gives."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Tokens:
    """The prompts of one request as tokens.

    Attributes
    ----------
    input_ids
        int64, shape (prompts, max_length): of the negative prompt, if there is classifier-free guidance, and of the
        prompt.
    attention_mask
        int64, of the same shape: 1 for tokens of the prompt, 0 for those that fill it up; for encoders that look at it.
    instruction_length : int
        How many tokens at the beginning tell the encoder what to do, and are nothing to the denoiser.
    """

    input_ids: NDArray[np.int64]
    attention_mask: NDArray[np.int64]
    instruction_length: int = 0
