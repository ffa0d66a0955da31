"""Where LoRA adapters come from: OpenVINO Model Server's ``--source_loras``."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from dataclasses import dataclass

_ALIAS = re.compile(r"[A-Za-z0-9._-]+")
_ALPHA = re.compile(r":([0-9.eE+-]+)$")
_SUFFIX = ".safetensors"


@dataclass(frozen=True)
class LoraSource:
    """One adapter.

    Attributes
    ----------
    alias : str
        What requests call it.
    source : str
        A URL, an absolute path, or a repository of a hub, perhaps with a file in it: ``org/repo@file.safetensors``.
    alpha : float
        How strongly it acts.
    """

    alias: str
    source: str
    alpha: float = 1.0

    @property
    def is_url(self) -> bool:
        """Whether it is to be downloaded from a server that is no hub."""
        return self.source.startswith(("http://", "https://"))

    @property
    def is_path(self) -> bool:
        """Whether it is a file that is there already."""
        return self.source.startswith("/")

    @property
    def path(self) -> str:
        """The file in which it lies: relative to the folder of the model, unless it `is_path`.

        A repository without a file name ends in a slash: which file it is shows when it is pulled.
        """
        if self.is_path:
            return self.source
        if self.is_url:
            return f"loras/{self.alias}/{self.source.rpartition('/')[2]}"
        repository, _, file = self.source.partition("@")
        return f"loras/{repository}/{file}"


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
    """Read ``alias=source[:alpha],mix=@alias[:alpha]+@alias[:alpha]``; relative paths start from the working directory.

    Raises
    ------
    ValueError
        If it is not that, or an alias is used twice or not at all defined.

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
            raise ValueError(f'"{entry}" is not ALIAS=SOURCE[:ALPHA]')
        if not _ALIAS.fullmatch(alias):
            raise ValueError(f'the alias "{alias}" may have only letters, digits, ".", "_" and "-"')
        if source.startswith("@"):
            composites.append(CompositeLora(alias, tuple(map(_component, source.split("+")))))
        else:
            adapters.append(_adapter(alias, *_alpha(source)))
    _check_aliases(adapters, composites)
    return adapters, composites


def format_source_loras(adapters: Iterable[LoraSource], composites: Iterable[CompositeLora]) -> str:
    """Undo `parse_source_loras`."""
    entries = [f"{adapter.alias}={adapter.source}:{adapter.alpha:g}" for adapter in adapters]
    for composite in composites:
        components = "+".join(f"@{alias}:{alpha:g}" for alias, alpha in composite.components)
        entries.append(f"{composite.alias}={components}")
    return ",".join(entries)


def _adapter(alias: str, source: str, alpha: float) -> LoraSource:
    if source.startswith(("./", "../", "~")):
        source = os.path.abspath(os.path.expanduser(source))
    adapter = LoraSource(alias, source, alpha)
    if (adapter.is_url or adapter.is_path or "@" in source) and not source.endswith(_SUFFIX):
        raise ValueError(f'the file "{source}" of adapter "{alias}" must end in {_SUFFIX}')
    if not (adapter.is_url or adapter.is_path) and not re.fullmatch(r"[^/@]+/[^/@]+(@.+)?", source):
        raise ValueError(
            f'the source "{source}" of adapter "{alias}" must be a URL, a path that starts with "/" or "./", or a'
            " repository ORG/NAME, perhaps with @FILE"
        )
    return adapter


def _component(text: str) -> tuple[str, float]:
    alias, alpha = _alpha(text)
    if not alias.startswith("@"):
        raise ValueError(f'"{text}" in a composite is not @ALIAS[:ALPHA]')
    return alias[1:], alpha


def _alpha(text: str) -> tuple[str, float]:
    match = _ALPHA.search(text)
    if match is None:
        return text, 1.0
    try:
        return text[: match.start()], float(match[1])
    except ValueError:
        raise ValueError(f'the alpha "{match[1]}" in "{text}" is not a number') from None


def _check_aliases(adapters: list[LoraSource], composites: list[CompositeLora]) -> None:
    names = [adapter.alias for adapter in adapters] + [composite.alias for composite in composites]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise ValueError(f"alias used twice: {', '.join(twice)}")
    known = {adapter.alias for adapter in adapters}
    for composite in composites:
        unknown = [alias for alias, _ in composite.components if alias not in known]
        if unknown:
            raise ValueError(f'composite "{composite.alias}" names adapters that are not there: {", ".join(unknown)}')
