"""Stores of images for `response_format=url`."""

from __future__ import annotations

import errno
import os
import re
import secrets
import stat
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple, Protocol

FULL_DISK = (errno.ENOSPC, errno.EDQUOT)
"""The errors of a disk, or a quota, that is full."""

_NAME = re.compile(r"[\w-]{32}\.(png|jpeg|webp)", re.ASCII)
_PART = ".part"


class StorageError(Exception):
    """A file that cannot be stored.

    Attributes
    ----------
    full : bool
        Whether the reason is a full disk.
    """

    def __init__(self, reason: OSError) -> None:
        super().__init__(str(reason))
        self.full = reason.errno in FULL_DISK

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self).__new__, (type(self), *self.args), self.__dict__


class StoredImage(NamedTuple):
    """An image file, its format (``"png"``), and its remaining seconds in the store."""

    content: bytes
    format: str
    seconds: int


class ImageStore(Protocol):
    """A store that keeps image files for a while, under names that cannot be guessed."""

    def put(self, content: bytes, format: str) -> str:
        """Store a file, and return its name, which ends with its format."""

    def get(self, name: str) -> StoredImage | None:
        """Return the file of that name; None if it has expired or does not exist."""


class MemoryStore:
    """A store in memory. Above its limit the oldest files are removed, but never the newest.

    Parameters
    ----------
    seconds : float
        How long each file is kept.
    max_bytes : int
    now : callable, optional
        The clock, for tests.
    """

    def __init__(self, seconds: float, max_bytes: int, now: Callable[[], float] = time.time) -> None:
        self._seconds = seconds
        self._max_bytes = max_bytes
        self._now = now
        self._kept: dict[str, tuple[float, bytes]] = {}  # the oldest first
        self._bytes = 0
        self._lock = threading.Lock()

    def put(self, content: bytes, format: str) -> str:
        """Store a file, and return its name."""
        name = _new_name(format)
        with self._lock:
            self._kept[name] = (self._now(), content)
            self._bytes += len(content)
            self._remove_old()
        return name

    def get(self, name: str) -> StoredImage | None:
        """Return the file of that name, if any."""
        with self._lock:
            self._remove_old()
            if name not in self._kept:
                return None
            since, content = self._kept[name]
            left = since + self._seconds - self._now()
            return _stored(name, content, left) if left > 0 else None  # a clock that jumps leaves some out of order

    def _remove_old(self) -> None:
        latest = self._now() - self._seconds
        while self._kept:
            name = next(iter(self._kept))
            since, content = self._kept[name]
            if since > latest and (self._bytes <= self._max_bytes or len(self._kept) == 1):
                return
            del self._kept[name]
            self._bytes -= len(content)


class FolderStore:
    """A store in a folder, which outlives the server. It ignores other files in the folder, and follows no links.

    A file appears under its name when it is complete, readable by the server's user only. On a full disk, the oldest
    files are removed.

    Parameters
    ----------
    folder : Path
    seconds, max_bytes, now
        As for `MemoryStore`.
    """

    def __init__(self, folder: Path, seconds: float, max_bytes: int, now: Callable[[], float] = time.time) -> None:
        self._folder = folder
        self._seconds = seconds
        self._max_bytes = max_bytes
        self._now = now

    def put(self, content: bytes, format: str) -> str:
        """Store a file, and return its name.

        Raises
        ------
        StorageError
            If it cannot be written.
        """
        name = _new_name(format)
        try:
            self._remove_old(len(content))
            try:
                self._write(name, content)
            except OSError as error:
                if error.errno not in FULL_DISK or not self._make_room(len(content)):
                    raise
                self._write(name, content)
        except OSError as error:
            raise StorageError(error) from error
        return name

    def get(self, name: str) -> StoredImage | None:
        """Return the file of that name, if any."""
        if not _NAME.fullmatch(name):
            return None
        try:
            descriptor = os.open(self._folder / name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
        except OSError as error:
            if error.errno in (errno.ENOENT, errno.ELOOP, errno.ENXIO):  # a link, or a pipe
                return None
            raise
        with open(descriptor, "rb") as file:
            status = os.fstat(descriptor)
            left = status.st_mtime + self._seconds - self._now()
            return _stored(name, file.read(), left) if left > 0 and stat.S_ISREG(status.st_mode) else None

    def _write(self, name: str, content: bytes) -> None:
        part = self._folder / f".{name}{_PART}"
        descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
        try:
            with open(descriptor, "wb") as file:
                file.write(content)
            part.rename(self._folder / name)
        except BaseException:
            part.unlink(missing_ok=True)
            raise

    def _remove_old(self, coming: int) -> None:
        files = sorted(self._files())
        total = sum(size for _, size, _ in files) + coming
        for since, size, path in files:
            if since > self._now() - self._seconds and total <= self._max_bytes:
                return
            path.unlink(missing_ok=True)
            total -= size

    def _make_room(self, needed: int) -> bool:
        """Remove the oldest files until they had this number of bytes; return whether any was removed."""
        freed = 0
        for _, size, path in sorted(self._files()):
            if freed >= needed:
                break
            path.unlink(missing_ok=True)
            freed += size
        return freed > 0

    def _files(self) -> Iterator[tuple[float, int, Path]]:
        """Yield the time, size and path of each file of the store, also of those that a server did not complete."""
        for path in self._folder.iterdir():
            if _NAME.fullmatch(path.name.removeprefix(".").removesuffix(_PART)):
                try:
                    status = path.lstat()
                except FileNotFoundError:  # another process has removed it
                    continue
                if stat.S_ISREG(status.st_mode):
                    yield status.st_mtime, status.st_size, path


def _new_name(format: str) -> str:
    return f"{secrets.token_urlsafe(24)}.{format}"


def _stored(name: str, content: bytes, seconds: float) -> StoredImage:
    return StoredImage(content, name.rpartition(".")[2], max(int(seconds), 0))
