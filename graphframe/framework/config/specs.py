"""The grammar of stream and side packet specs (``TAG:index:name``), and the rules on their indexes."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

_SPEC = re.compile(r"(?:([A-Z_][A-Z0-9_]*):(?:(0|[1-9][0-9]*):)?)?([a-z_][a-z0-9_]*)")
_TAG_INDEX = re.compile(r"([A-Z_][A-Z0-9_]*)?(?::(0|[1-9][0-9]*))?")
_HIGHEST_INDEX = 10_000
CONNECTIONS: Final = ("input_stream", "output_stream", "input_side_packet", "output_side_packet")
"""The fields of a graph or node that hold specs."""


@dataclass(slots=True)
class Spec:
    """One connection of a node: `name` at `tag` and `index`."""

    tag: str
    index: int
    name: str

    @property
    def key(self) -> str:
        """The key of a caller for it: ``TAG``, ``TAG:index`` from the second on, or its name if it has no tag."""
        return tag_index(self.tag, self.index) if self.tag else self.name

    def __str__(self) -> str:
        return f"{self.key}:{self.name}" if self.tag else self.name


def tag_index(tag: str, index: int) -> str:
    """Return MediaPipe's spelling of a place: ``TAG``, ``TAG:2``, ``:3``; empty for the first one without a tag."""
    return f"{tag}:{index}" if index else tag


def parse_tag_index(text: str) -> tuple[str, int]:
    """Read ``TAG``, ``TAG:2``, ``:3`` or the empty text.

    Raises
    ------
    ValueError
        If the text is none of these.
    """
    match = _TAG_INDEX.fullmatch(text)
    if not match:
        raise ValueError(f'"{text}" is not a tag, "TAG:index" or ":index"')
    return match[1] or "", int(match[2] or 0)


def parse_specs(texts: Sequence[str]) -> tuple[list[Spec | None], list[tuple[int, str]]]:
    """Read the specs of one list of a node.

    Returns
    -------
    specs : list of Spec or None
        In the order of the texts; None for a text that could not be read.
    problems : list of (position, message)
    """
    if len(texts) == 1:  # NOTE: most lists are; this is a third of the cost
        match = _SPEC.fullmatch(texts[0])
        if match is not None and not match[2]:
            return [Spec(match[1] or "", 0, match[3])], []
    specs: list[Spec | None] = []
    problems: list[tuple[int, str]] = []
    taken: dict[tuple[str, int], tuple[int, str]] = {}
    untagged = 0
    numbered = False
    for position, text in enumerate(texts):
        match = _SPEC.fullmatch(text)
        if match is None:
            problems.append((position, f'"{text}" is not "name", "TAG:name" or "TAG:index:name" {_why(text)}'))
            specs.append(None)
            continue
        tag, number, name = match.groups("")
        if tag:
            index = int(number[:9] or 0)  # int() refuses thousands of digits, and the highest index has five
        else:
            index, untagged = untagged, untagged + 1
        if index:
            numbered = True
        spec: Spec | None = None
        if index > _HIGHEST_INDEX:
            problems.append((position, f'"{text}": an index is at most {_HIGHEST_INDEX}'))
        elif (tag, index) in taken:
            place, free = tag_index(tag, index), 1 + max(other for of, other in taken if of == tag)
            message = f'"{text}": {place} already is "{taken[tag, index][1]}"; number them, as in "{tag}:{free}:{name}"'
            problems.append((position, message))
        else:
            taken[tag, index] = position, name
            spec = Spec(tag, index, name)
        specs.append(spec)
    if numbered:
        problems += _gaps(taken)
    return specs, problems


def _gaps(taken: Mapping[tuple[str, int], tuple[int, str]]) -> Iterable[tuple[int, str]]:
    """Yield the position and a message for each tag whose indexes are not 0, 1, 2 and so on."""
    for tag in {tag: None for tag, _ in taken}:
        found = [index for other, index in taken if other == tag]
        last = max(found)
        missing = sorted(set(range(last)) - set(found))
        if missing:
            some = ", ".join(map(str, missing[:5])) + ", ..." * (len(missing) > 5)
            yield taken[tag, last][0], f'tag "{tag}" has index {last}, but not {some}'


def _why(text: str) -> str:
    """Return the rule that a spec breaks."""
    name = text.rsplit(":", 1)[-1]
    if not re.fullmatch(r"[a-z_][a-z0-9_]*", name):
        return '(names are lower case letters, digits and "_", and do not begin with a digit)'
    return '(tags are upper case letters, digits and "_"; an index has no leading zero)'
