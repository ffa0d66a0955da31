"""Stores of images for `response_format=url`."""

from __future__ import annotations

import re
import secrets
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple, Protocol

_NAME = re.compile(r"[\w-]{32}\.(png|jpeg|webp)", re.ASCII)


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
            return _stored(name, content, since + self._seconds - self._now())

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
    """A store in a folder, which outlives the server. It ignores other files in the folder.

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
        """Store a file, and return its name."""
        name = _new_name(format)
        self._remove_old(len(content))
        (self._folder / name).write_bytes(content)
        return name

    def get(self, name: str) -> StoredImage | None:
        """Return the file of that name, if any."""
        if not _NAME.fullmatch(name):
            return None
        path = self._folder / name
        try:
            left = path.stat().st_mtime + self._seconds - self._now()
            return _stored(name, path.read_bytes(), left) if left > 0 else None
        except FileNotFoundError:
            return None

    def _remove_old(self, coming: int) -> None:
        files = sorted(self._files())
        total = sum(size for _, size, _ in files) + coming
        for since, size, path in files:
            if since > self._now() - self._seconds and total <= self._max_bytes:
                return
            path.unlink(missing_ok=True)
            total -= size

    def _files(self) -> Iterator[tuple[float, int, Path]]:
        for path in self._folder.iterdir():
            if _NAME.fullmatch(path.name):
                try:
                    status = path.stat()
                except FileNotFoundError:  # another process has removed it
                    continue
                yield status.st_mtime, status.st_size, path


def _new_name(format: str) -> str:
    return f"{secrets.token_urlsafe(24)}.{format}"


def _stored(name: str, content: bytes, seconds: float) -> StoredImage:
    return StoredImage(content, name.rpartition(".")[2], max(int(seconds), 0))
