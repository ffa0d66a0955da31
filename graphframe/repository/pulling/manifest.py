"""What was pulled into the folder of a model: noted there, so that it shows when a file is not what it was."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from pathlib import Path
from types import MappingProxyType

import msgspec

_MANIFEST = ".pulled.json"


class _File(msgspec.Struct):
    size: int
    mtime_ns: int
    sha256: str


class Pulled(msgspec.Struct):
    """Where a model came from, and its files.

    Attributes
    ----------
    source : str
        Its name at the hub.
    commit : str
    files : dict of str to file
    revision : str or None
        What was asked for, if it was.
    """

    source: str
    commit: str
    files: dict[str, _File]
    revision: str | None = None

    @classmethod
    def note(
        cls,
        folder: Path,
        source: str,
        commit: str,
        paths: Iterable[str],
        revision: str | None,
        hashes: Mapping[str, str] = MappingProxyType({}),
    ) -> None:
        """Write down what the files in a folder are now; `hashes` has those that need not be read for that again."""
        files = {}
        for path in paths:
            stat = (folder / path).stat()
            files[path] = _File(stat.st_size, stat.st_mtime_ns, hashes.get(path) or file_hash(folder / path))
        content = msgspec.json.format(msgspec.json.encode(cls(source, commit, files, revision)), indent=2)
        (folder / _MANIFEST).write_bytes(content)

    @classmethod
    def of(cls, folder: Path) -> Pulled | None:
        """What was noted in a folder; None for one that was not pulled."""
        path = folder / _MANIFEST
        return msgspec.json.decode(path.read_bytes(), type=cls) if path.is_file() else None

    def altered(self, folder: Path) -> list[str]:
        """The files that are missing or are not what they were; only what seems touched is read."""
        return [path for path, file in self.files.items() if not _is_same(folder / path, file)]


def file_hash(path: Path) -> str:
    """The SHA-256 of a file, in hexadecimal digits."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()


def _is_same(path: Path, file: _File) -> bool:
    if not path.is_file():
        return False
    stat = path.stat()
    return stat.st_size == file.size and (stat.st_mtime_ns == file.mtime_ns or file_hash(path) == file.sha256)
