"""Where a file that changes a model comes from: a URL, a path or a hub repository."""

from __future__ import annotations

import os
import re
from collections.abc import Collection
from dataclasses import dataclass, replace
from pathlib import Path
from typing import ClassVar
from urllib.parse import unquote, urlsplit

from typing_extensions import Self

_SUFFIX = ".safetensors"
_HASH = re.compile(r"#sha256=([0-9a-fA-F]{64})")


@dataclass(frozen=True)
class FileSource:
    """A file that changes a model, and where it comes from.

    Attributes
    ----------
    alias : str
        The name that requests or prompts use.
    source : str
        A URL, an absolute path, or a hub repository, optionally with a file in it: ``org/repo@file.safetensors``. The
        file's name may be quoted as in a URL. A URL may end in ``#sha256=`` and the digest of the file.
    """

    alias: str
    source: str
    folder: ClassVar[str]
    """The folder for such files in that of the model."""

    @property
    def is_url(self) -> bool:
        """Whether it is downloaded from a server that is not a hub."""
        return self.source.startswith(("http://", "https://"))

    @property
    def is_path(self) -> bool:
        """Whether it is a local file."""
        return self.source.startswith("/")

    @property
    def url(self) -> str:
        """The URL without the digest."""
        return self.source.partition("#")[0]

    @property
    def sha256(self) -> str | None:
        """The digest of the file of a URL, in lower case."""
        match = _HASH.search(self.source)
        return match[1].lower() if match else None

    @property
    def path(self) -> str:
        """The path of its file once downloaded: relative to the model's folder, or absolute if `is_path`.

        It ends in a slash for a repository without a file name, which is chosen when it is downloaded.
        """
        if self.is_path:
            return self.source
        if self.is_url:
            return f"{self.folder}/{self.alias}/{urlsplit(self.source).path.rpartition('/')[2]}"
        repository, _, file = self.source.partition("@")
        return f"{self.folder}/{repository}/{file}"

    def files_in(self, folder: Path) -> list[str]:
        """Return the names of its repository's files in the folder of a model; none for a URL or path."""
        if self.is_url or self.is_path:
            return []
        downloaded = folder / self.folder / self.source.partition("@")[0]
        return [path.relative_to(downloaded).as_posix() for path in downloaded.rglob(f"*{_SUFFIX}")]

    def named_as_in(self, existing: Collection[str]) -> Self:
        """Return it with its file's name as in `existing`: as written or, if only that exists, unquoted as in a URL."""
        repository, at, file = self.source.partition("@")
        if file in existing or unquote(file) not in existing:
            return self
        return replace(self, source=f"{repository}{at}{unquote(file)}")


def checked_source(source: str, of: str) -> str:
    """Return a source with an absolute path; relative ones start from the working directory.

    Raises
    ------
    ValueError
        If it is not the source of a file; `of` says what the file is for. The message continues a sentence that begins
        with the option's name.
    """
    if source.startswith(("./", "../", "~")):
        source = os.path.abspath(os.path.expanduser(source))
    found = FileSource("", source)
    file = urlsplit(source).path if found.is_url else source
    if (found.is_url or found.is_path or "@" in source) and not file.endswith(_SUFFIX):
        raise ValueError(f'needs a {_SUFFIX} file for {of}, not "{source}"')
    if found.is_url and "#" in source and not _HASH.fullmatch(source[source.index("#") :]):
        raise ValueError(f'needs "#sha256=" and 64 hexadecimal digits behind the URL of {of}, not "{source}"')
    if not (found.is_url or found.is_path) and not re.fullmatch(r"[^/@]+/[^/@]+(@.+)?", source):
        raise ValueError(
            f'needs a source for {of}: a URL, a path that starts with "/" or "./", or a hub repository ORG/NAME[@FILE],'
            f' not "{source}"'
        )
    return source
