"""The sources of LoRA adapters: OpenVINO Model Server's ``--source_loras``."""

from __future__ import annotations

import os
import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import unquote

_ALIAS = re.compile(r"[A-Za-z0-9._-]+")
_ALPHA = re.compile(r":([0-9.eE+-]+)$")
_SUFFIX = ".safetensors"


@dataclass(frozen=True)
class LoraSource:
    """A LoRA adapter and where its file comes from.

    Attributes
    ----------
    alias : str
        The name that requests use.
    source : str
        A URL, an absolute path, or a hub repository, optionally with a file in it: ``org/repo@file.safetensors``. The
        file's name may be quoted as in a URL.
    alpha : float
        The strength of the adapter, by default 1.
    """

    alias: str
    source: str
    alpha: float = 1.0

    @property
    def is_url(self) -> bool:
        """Whether it is downloaded from a server that is not a hub."""
        return self.source.startswith(("http://", "https://"))

    @property
    def is_path(self) -> bool:
        """Whether it is a local file."""
        return self.source.startswith("/")

    @property
    def path(self) -> str:
        """The path of its file once downloaded: relative to the model's folder, or absolute if `is_path`.

        It ends in a slash for a repository without a file name, which is chosen when it is downloaded.
        """
        if self.is_path:
            return self.source
        if self.is_url:
            return f"loras/{self.alias}/{self.source.rpartition('/')[2]}"
        repository, _, file = self.source.partition("@")
        return f"loras/{repository}/{file}"

    def files_in(self, folder: Path) -> list[str]:
        """Return the names of its repository's files in the folder of a model; none for a URL or path."""
        if self.is_url or self.is_path:
            return []
        downloaded = folder / "loras" / self.source.partition("@")[0]
        return [path.relative_to(downloaded).as_posix() for path in downloaded.rglob(f"*{_SUFFIX}")]

    def named_as_in(self, existing: Collection[str]) -> LoraSource:
        """Return it with its file's name as in `existing`: as written or, if only that exists, unquoted as in a URL."""
        repository, at, file = self.source.partition("@")
        if file in existing or unquote(file) not in existing:
            return self
        return replace(self, source=f"{repository}{at}{unquote(file)}")


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
    if source.startswith(("./", "../", "~")):
        source = os.path.abspath(os.path.expanduser(source))
    adapter = LoraSource(alias, source, alpha)
    if (adapter.is_url or adapter.is_path or "@" in source) and not source.endswith(_SUFFIX):
        raise ValueError(f'needs a {_SUFFIX} file for the adapter "{alias}", not "{source}"')
    if not (adapter.is_url or adapter.is_path) and not re.fullmatch(r"[^/@]+/[^/@]+(@.+)?", source):
        raise ValueError(
            f'needs a source for the adapter "{alias}": a URL, a path that starts with "/" or "./", or a hub repository'
            f' ORG/NAME[@FILE], not "{source}"'
        )
    return adapter


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
