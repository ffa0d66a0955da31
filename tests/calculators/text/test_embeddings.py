from __future__ import annotations

import numpy as np
import pytest

from graphframe.calculators.text.embeddings import Embeddings


def test_embeddings_that_are_not_pooled_say_so() -> None:
    states, pooled = np.zeros((1, 5, 8), np.float32), np.ones((1, 8), np.float32)
    assert Embeddings(states, pooled).pooled_prompt() is pooled
    with pytest.raises(ValueError, match="expected the embeddings of a CLIP encoder"):
        Embeddings(states).pooled_prompt()
