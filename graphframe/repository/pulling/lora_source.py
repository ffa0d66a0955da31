"""The sources of LoRA adapters: OpenVINO Model Server's ``--source_loras``."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import ClassVar

from graphframe.repository.pulling.file_source import FileSource, checked_source

_ALIAS = re.compile(r"[A-Za-z0-9._-]+")
_ALPHA = re.compile(r":([0-9.eE+-]+)$")


@dataclass(frozen=True)
class LoraSource(FileSource):
    """A LoRA adapter and where its file comes from.

    Attributes
    ----------
    alias, source : str
        See `FileSource`.
    alpha : float
        The strength of the adapter, by default 1.
    """

    alpha: float = 1.0
    folder: ClassVar[str] = "loras"


@dataclass(frozen=True)
class CompositeLora:
    """Several adapters under one name.

    Attributes
    ----------
    alias : str
    components : tuple of (str, float)
        Aliases of adapters, each with its alpha.
    """

    alias: str
    components: tuple[tuple[str, float], ...]


def parse_source_loras(text: str) -> tuple[list[LoraSource], list[CompositeLora]]:
    """Parse ``ALIAS=SOURCE[:ALPHA],MIX=@ALIAS[:ALPHA]+@ALIAS[:ALPHA]``.

    Relative paths start from the working directory. Whether aliases are unique and known is left to `alias_problems`.

    Raises
    ------
    ValueError
        If the text has another form. The message continues a sentence that begins with the option's name.

    Examples
    --------
    >>> parse_source_loras("ink=org/ink:0.5,both=@ink+@ink2:2,ink2=./ink2.safetensors")[1]
    [CompositeLora(alias='both', components=(('ink', 1.0), ('ink2', 2.0)))]
    """
    adapters: list[LoraSource] = []
    composites: list[CompositeLora] = []
    for entry in filter(None, (part.strip() for part in text.split(","))):
        alias, equals, source = entry.partition("=")
        if not equals or not source:
            raise ValueError(f'must hold ALIAS=SOURCE[:ALPHA], separated by commas, not "{entry}"')
        if not _ALIAS.fullmatch(alias):
            raise ValueError(f'allows letters, digits, ".", "_" and "-" in an alias, not "{alias}"')
        if source.startswith("@"):
            composites.append(CompositeLora(alias, tuple(map(_component, source.split("+")))))
        else:
            adapters.append(_adapter(alias, *_split_alpha(source)))
    return adapters, composites


def format_source_loras(adapters: Iterable[LoraSource], composites: Iterable[CompositeLora]) -> str:
    """Return the text that `parse_source_loras` parses to these adapters and composites."""
    entries = [f"{adapter.alias}={adapter.source}:{adapter.alpha:g}" for adapter in adapters]
    for composite in composites:
        components = "+".join(f"@{alias}:{alpha:g}" for alias, alpha in composite.components)
        entries.append(f"{composite.alias}={components}")
    return ",".join(entries)


def _adapter(alias: str, source: str, alpha: float) -> LoraSource:
    return LoraSource(alias, checked_source(source, f'the adapter "{alias}"'), alpha)


def _component(text: str) -> tuple[str, float]:
    alias, alpha = _split_alpha(text)
    if not alias.startswith("@"):
        raise ValueError(f'needs @ALIAS[:ALPHA] for each component of a composite, not "{text}"')
    return alias[1:], alpha


def _split_alpha(text: str) -> tuple[str, float]:
    match = _ALPHA.search(text)
    if match is None:
        return text, 1.0
    try:
        return text[: match.start()], float(match[1])
    except ValueError:
        raise ValueError(f'needs a number as alpha, not "{match[1]}" in "{text}"') from None
