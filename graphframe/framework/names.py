"""The grammar of stream and side packet specs (``TAG:index:name``), and the rules on their indexes."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

_SPEC = re.compile(r"(?:([A-Z_][A-Z0-9_]*):(?:(0|[1-9][0-9]*):)?)?([a-z_][a-z0-9_]*)")
_TAG_INDEX = re.compile(r"([A-Z_][A-Z0-9_]*)?(?::(0|[1-9][0-9]*))?")


@dataclass(frozen=True)
class Spec:
    """One connection of a node: `name` at `tag` and `index`."""

    tag: str
    index: int
    name: str

    @property
    def key(self) -> str:
        """How a caller addresses it: the tag, ``TAG:index`` from the second on, the name where there is no tag."""
        return tag_index(self.tag, self.index) if self.tag else self.name

    def __str__(self) -> str:
        return f"{self.key}:{self.name}" if self.tag else self.name


def tag_index(tag: str, index: int) -> str:
    """MediaPipe's spelling of a place: ``TAG``, ``TAG:2``, ``:3``, ````."""
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


def parse_specs(texts: Iterable[str]) -> tuple[list[Spec | None], list[tuple[int, str]]]:
    """Read the specs of one list of a node.

    Returns
    -------
    specs : list of Spec or None
        In the order of the texts; None for a text that could not be read.
    problems : list of (position, message)
    """
    specs: list[Spec | None] = []
    problems: list[tuple[int, str]] = []
    taken: dict[tuple[str, int], str] = {}
    untagged = 0
    for position, text in enumerate(texts):
        match = _SPEC.fullmatch(text)
        if not match:
            problems.append((position, f'"{text}" is not "name", "TAG:name" or "TAG:index:name" {_why(text)}'))
            specs.append(None)
            continue
        tag, index, name = match[1] or "", int(match[2] or 0), match[3]
        if not tag:
            index, untagged = untagged, untagged + 1
        if (tag, index) in taken:
            place = tag_index(tag, index)
            problems.append(
                (
                    position,
                    f'"{text}": {place} already is "{taken[tag, index]}"; number them, as in "{tag}:1:{name}"',
                )
            )
            specs.append(None)
            continue
        taken[tag, index] = name
        specs.append(Spec(tag, index, name))
    indexes: dict[str, list[int]] = defaultdict(list)
    for tag, index in taken:
        indexes[tag].append(index)
    for tag, found in indexes.items():
        missing = sorted(set(range(max(found))) - set(found))
        if missing:
            problems.append((0, f'tag "{tag}" has no index {", ".join(map(str, missing))} but has {max(found)}'))
    return specs, problems


def _why(text: str) -> str:
    name = text.rsplit(":", 1)[-1]
    if not re.fullmatch(r"[a-z_][a-z0-9_]*", name):
        return '(names are lower case letters, digits and "_", and do not begin with a digit)'
    return '(tags are upper case letters, digits and "_"; an index has no leading zero)'
