"""The output of a text encoder."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Embeddings:
    """The embeddings of a request's prompts.

    The rows are the negative prompt, if classifier-free guidance uses it, and the prompt.

    Attributes
    ----------
    hidden_states : array of float32, shape (prompts, max_length, width)
        One vector for each token.
    pooled : array of float32, shape (prompts, width), or None
        One vector for each prompt. None if the encoder does not pool, e.g. T5.
    attention_mask : array of int64, shape (prompts, max_length), or None
        The mask of the tokens, for denoisers that use it.
    """

    hidden_states: NDArray[np.float32]
    pooled: NDArray[np.float32] | None = None
    attention_mask: NDArray[np.int64] | None = None

    def pooled_prompt(self) -> NDArray[np.float32]:
        """Return `pooled`.

        Raises
        ------
        ValueError
            If `pooled` is None.
        """
        if self.pooled is None:
            raise ValueError("expected the embeddings of a CLIP encoder, which are pooled; found those of T5")
        return self.pooled
