"""The tokens of a text in protobuf's text format, as protobuf itself splits it, and edits that keep its lines."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from itertools import accumulate
from typing import Any, NamedTuple

from google.protobuf import text_format


class Token(NamedTuple):
    """A name, a number, a string with its quotes, or a mark.

    Attributes
    ----------
    text : str
        Empty for the end of the text.
    line : int
        Counted from 1.
    start : int
        The offset of its first character.
    """

    text: str
    line: int
    start: int

    @property
    def end(self) -> int:
        """The offset after its last character."""
        return self.start + len(self.text)

    @property
    def is_string(self) -> bool:
        """Whether it is a string. Adjacent ones are one value."""
        return self.text.startswith(('"', "'"))


def tokens(text: str) -> Iterator[Token]:
    """Yield the tokens of a text without its comments, and an empty one at its end."""
    lines = text.split("\n")
    starts = list(accumulate((len(line) + 1 for line in lines), initial=0))
    tokenizer: Any = text_format.Tokenizer(lines)  # Any, as its stub has other types
    while found := tokenizer.token:
        tokenizer.NextToken()
        place = tokenizer.ParseErrorPreviousToken("")  # NOTE: an error is the only public place of a token
        yield Token(found, place.GetLine(), starts[place.GetLine() - 1] + place.GetColumn() - 1)
    yield Token("", len(lines), len(text))


def blanked(text: str, spans: Iterable[tuple[int, int]]) -> str:
    """Return `text` with blanks from start to end of each span; its lines stay."""
    return edited(text, ((start, end, re.sub(r"[^\n]", " ", text[start:end])) for start, end in spans))


def edited(text: str, edits: Iterable[tuple[int, int, str]]) -> str:
    """Return `text` with the replacement from start to end of each edit. Edits do not overlap."""
    parts, done = [], 0
    for start, end, replacement in sorted(edits):
        parts += [text[done:start], replacement]
        done = end
    return "".join((*parts, text[done:]))
