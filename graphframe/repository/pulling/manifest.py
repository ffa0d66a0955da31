"""The record of the files that were pulled into a folder, which shows whether they were altered since."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from pathlib import Path
from types import MappingProxyType

import msgspec

_FILE_NAME = ".pulled.json"


class _PulledFile(msgspec.Struct):
    size: int
    mtime_ns: int
    sha256: str


class Manifest(msgspec.Struct):
    """The origin of a pulled model, and its files.

    Attributes
    ----------
    source : str
        Its model ID, or the folder that it was exported from.
    commit : str
    files : dict of str to file
        The size, time and SHA-256 of each file, by its path.
    revision : str or None
        The branch, tag or commit that was asked for, if any.
    """

    source: str
    commit: str
    files: dict[str, _PulledFile]
    revision: str | None = None

    @classmethod
    def write(
        cls,
        folder: Path,
        source: str,
        commit: str,
        paths: Iterable[str],
        revision: str | None,
        hashes: Mapping[str, str] = MappingProxyType({}),
    ) -> None:
        """Record the files in a folder; those without a hash in `hashes` are read."""
        files = {}
        for path in paths:
            stat = (folder / path).stat()
            files[path] = _PulledFile(stat.st_size, stat.st_mtime_ns, hashes.get(path) or file_hash(folder / path))
        content = msgspec.json.format(msgspec.json.encode(cls(source, commit, files, revision)), indent=2)
        (folder / _FILE_NAME).write_bytes(content)

    @classmethod
    def read(cls, folder: Path) -> Manifest | None:
        """Return the record of a folder; None if it was not pulled."""
        path = folder / _FILE_NAME
        return msgspec.json.decode(path.read_bytes(), type=cls) if path.is_file() else None

    def altered(self, folder: Path) -> list[str]:
        """Return the paths of files that are missing or altered; a file is read only if its time has changed."""
        return [path for path, file in self.files.items() if not _is_same(folder / path, file)]


def file_hash(path: Path) -> str:
    """Return the SHA-256 of a file, in hexadecimal digits."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()


def _is_same(path: Path, file: _PulledFile) -> bool:
    if not path.is_file():
        return False
    stat = path.stat()
    return stat.st_size == file.size and (stat.st_mtime_ns == file.mtime_ns or file_hash(path) == file.sha256)
