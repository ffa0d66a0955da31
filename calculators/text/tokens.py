"""The output of a tokenizer."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Tokens:
    """The tokens of a request's prompts.

    The rows are the negative prompt, if there is classifier-free guidance, and the prompt.

    Attributes
    ----------
    input_ids : array of int64, shape (prompts, max_length)
        The ids of the tokens.
    attention_mask : array of int64, shape (prompts, max_length)
        1 for tokens of the prompt, 0 for padding. Not all encoders use it.
    instruction_length : int
        The number of tokens at the beginning that instruct the encoder. The denoiser does not get their embeddings.
    chunks : int
        The number of rows of each prompt, which is encoded in chunks.
    weights : array of float32, shape (prompts, max_length), or None
        The factors of the tokens' embeddings. None if all are 1.
    """

    input_ids: NDArray[np.int64]
    attention_mask: NDArray[np.int64]
    instruction_length: int = 0
    chunks: int = 1
    weights: NDArray[np.float32] | None = None
