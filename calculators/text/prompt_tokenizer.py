"""A tokenizer that knows prompt syntax."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from graphframe.calculators.text.placeholders import Placeholders
from graphframe.calculators.text.prompt_syntax import Section
from graphframe.inference import Caller, CompiledModel

_BATCH = 256
"""The number of texts that are tokenized at once, which bounds the padding of short ones beside a long one."""


@dataclass(frozen=True)
class TokenRow:
    """Tokens and their weights, without those that the tokenizer adds at the start and the end.

    Attributes
    ----------
    ids : array of int64, shape (tokens,)
    weights : array of float32, shape (tokens,)
    """

    ids: NDArray[np.int64]
    weights: NDArray[np.float32]

    def __len__(self) -> int:
        return len(self.ids)

    def __getitem__(self, place: slice) -> TokenRow:
        return TokenRow(self.ids[place], self.weights[place])

    @classmethod
    def joined(cls, rows: Sequence[TokenRow]) -> TokenRow:
        """Return one row of several."""
        ids = np.concatenate([row.ids for row in rows]) if rows else np.zeros(0, np.int64)
        weights = np.concatenate([row.weights for row in rows]) if rows else np.zeros(0, np.float32)
        return cls(ids, weights)


class PromptTokenizer:
    """A tokenizer of the parts of prompts.

    Parameters
    ----------
    model : CompiledModel
        The tokenizer.
    placeholders : Placeholders
        The words that stand for textual inversions.
    """

    def __init__(self, model: CompiledModel, placeholders: Placeholders) -> None:
        self._model = model
        self._placeholders = placeholders
        (self._input,) = model.inputs

    def rows(
        self, caller: Caller, prompts: Sequence[Sequence[Section]]
    ) -> tuple[list[list[TokenRow]], TokenRow, TokenRow]:
        """Return the tokens of each prompt's sections, and those before and behind each row.

        Parts are tokenized separately, as in A1111.
        """
        parts = {
            text: [*self._placeholders.split(text)] for prompt in prompts for section in prompt for text, _ in section
        }
        texts = dict.fromkeys(["", *(part for each in parts.values() for part in each if isinstance(part, str))])
        ids = dict(zip(texts, self._ids(caller, [*texts]), strict=True))
        added = ids[""]
        start, end = _row(added[:-1], 1), _row(added[-1:], 1)  # CLIP has both, T5 an end, Qwen neither

        def of_part(part: str | NDArray[np.int64]) -> NDArray[np.int64]:
            return ids[part][len(start) : len(ids[part]) - len(end)] if isinstance(part, str) else part

        def row(section: Section) -> TokenRow:
            return TokenRow.joined([_row(of_part(part), weight) for text, weight in section for part in parts[text]])

        return [[row(section) for section in prompt] for prompt in prompts], start, end

    def _ids(self, caller: Caller, texts: Sequence[str]) -> Iterator[NDArray[np.int64]]:
        for first in range(0, len(texts), _BATCH):
            found = self._model.infer(caller, {self._input: np.array(texts[first : first + _BATCH])})
            for ids, mask in zip(found["input_ids"], found["attention_mask"], strict=True):
                yield ids[mask == 1]


def _row(ids: NDArray[np.int64], weight: float) -> TokenRow:
    return TokenRow(ids, np.full(len(ids), weight, np.float32))
