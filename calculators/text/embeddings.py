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
        float32, shape (prompts, max_length, width): of the negative prompt, if it is looked at, and of the prompt.
    pooled
        float32, shape (prompts, width): each prompt as a whole; None from an encoder that does not pool, such as T5.
    attention_mask
        int64, shape (prompts, max_length): that of the tokens, for denoisers that look at it, too.
    """

    hidden_states: NDArray[np.float32]
    pooled: NDArray[np.float32] | None = None
    attention_mask: NDArray[np.int64] | None = None

    def pooled_prompt(self) -> NDArray[np.float32]:
        """Return `pooled`.

        Raises
        ------
        ValueError
            If there is none.
        """
        if self.pooled is None:
            raise ValueError("these embeddings are not pooled; they come from T5, where those of a CLIP were expected")
        return self.pooled
