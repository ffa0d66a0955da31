"""Words in prompts that stand for textual inversions."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from graphframe.calculators.text.textual_inversion import TextualInversion


class Placeholders:
    """The tokens of textual inversions in prompts, and the ids that `AddedVectors` knows.

    Case does not matter, as in A1111. A token that begins or ends with a letter or a digit is a word of its own.

    Parameters
    ----------
    found : sequence of TextualInversion
        Those of a text encoder, in the order of its added vectors.
    """

    def __init__(self, found: Sequence[TextualInversion]) -> None:
        first = -sum(len(each.vectors) for each in found)
        self._ids: dict[str, NDArray[np.int64]] = {}
        for each in found:
            self._ids[each.token.lower()] = np.arange(first, first + len(each.vectors))
            first += len(each.vectors)
        longest_first = sorted((each.token for each in found), key=len, reverse=True)
        self._pattern = re.compile("|".join(map(_pattern, longest_first)), re.IGNORECASE)

    def split(self, text: str) -> Iterator[str | NDArray[np.int64]]:
        """Yield the parts of a text: other text, and ids."""
        if not self._ids or not (matches := list(self._pattern.finditer(text))):
            yield text
            return
        start = 0
        for match in matches:
            if between := text[start : match.start()].strip():
                yield between
            yield self._ids[match[0].lower()]
            start = match.end()
        if rest := text[start:].strip():
            yield rest


def _pattern(token: str) -> str:
    before = r"(?<!\w)" if re.match(r"\w", token) else ""
    after = r"(?!\w)" if re.search(r"\w$", token) else ""
    return f"{before}{re.escape(token)}{after}"
