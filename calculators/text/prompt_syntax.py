"""A1111's syntax of prompts: weights of their parts, and breaks between chunks."""

from __future__ import annotations

import re
from typing import TypeAlias

Section: TypeAlias = list[tuple[str, float]]
"""The parts of a prompt between two breaks: text and weight."""

_WORDS = re.compile(
    r"\\(?P<escaped>[()\[\]\\]?)"
    r"|(?P<open>[(\[])"
    r"|:\s*(?P<weight>[+-]?(?:\d+\.?\d*|\.\d+))\s*\)"
    r"|(?P<close>[)\]])"
    r"|[^\\()\[\]:]+|:"
)
_BREAK = re.compile(r"\s*\bBREAK\b\s*")
_FACTORS = {"(": 1.1, "[": 1 / 1.1}
_OPENING = {")": "(", "]": "["}
_MAX_DEPTH = 64
_MAX_WEIGHT = 1000


def parse_prompt(text: str) -> list[Section]:
    """Return the sections of a prompt, each with at least one part.

    `(a)` multiplies the weight of a part by 1.1, `[a]` divides it by 1.1, and `(a:1.3)` multiplies it by 1.3. An
    opening bracket without a closing one reaches to the end; a closing one alone is text. `\\` makes a bracket text.
    `BREAK`, a word of its own, begins a section.

    Raises
    ------
    ValueError
        If brackets are nested too deeply, or a weight is too large. The message continues a sentence that begins with
        the name of the prompt.

    Examples
    --------
    >>> parse_prompt(r"a ((red:1.5)) [cat] BREAK \\(sun\\)")
    [[('a ', 1.0), ('red', 1.65), (' ', 1.0), ('cat', 0.9090909090909091)], [('(sun)', 1.0)]]
    """
    parts: list[tuple[str | None, float]] = []  # None is a break
    opened: dict[str, list[int]] = {"(": [], "[": []}

    def multiply(bracket: str, factor: float) -> None:
        start = opened[bracket].pop()
        parts[start:] = [(part, weight * factor) for part, weight in parts[start:]]

    for match in _WORDS.finditer(text):
        word, weight, closed = match[0], match["weight"], match["close"]
        if match["escaped"] is not None:
            parts.append((match["escaped"], 1.0))
        elif match["open"]:
            opened[word].append(len(parts))
            if len(opened[word]) > _MAX_DEPTH:
                raise ValueError(f"has more than {_MAX_DEPTH} brackets inside each other; escape those that are text")
        elif weight and opened["("]:
            multiply("(", float(weight))
        elif closed and opened[_OPENING[closed]]:
            multiply(_OPENING[closed], _FACTORS[_OPENING[closed]])
        else:
            first, *others = _BREAK.split(word)
            parts.append((first, 1.0))
            for other in others:
                parts += [(None, 1.0), (other, 1.0)]
    for bracket, starts in opened.items():
        while starts:
            multiply(bracket, _FACTORS[bracket])
    heaviest = max((abs(weight) for _, weight in parts), default=0)
    if not heaviest <= _MAX_WEIGHT:
        raise ValueError(f"has a part with the weight {heaviest:g}; the largest is {_MAX_WEIGHT}")
    return _sections(parts)


def _sections(parts: list[tuple[str | None, float]]) -> list[Section]:
    """Divide parts at breaks, and join neighbours of the same weight."""
    sections: list[Section] = [[]]
    for text, weight in parts:
        section = sections[-1]
        if text is None:
            sections.append([])
        elif section and section[-1][1] == weight:
            section[-1] = (section[-1][0] + text, weight)
        elif text:
            section.append((text, weight))
    return [section or [("", 1.0)] for section in sections]
