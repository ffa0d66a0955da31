"""The size of OpenVINO's model cache: folders of models that are gone, or were not used for long, are removed."""

from __future__ import annotations

import contextlib
import logging
import os
import shutil
import sys
from pathlib import Path
from typing import IO, NamedTuple

from graphframe.byte_size import parse_bytes

if sys.platform != "win32":
    import fcntl

DEFAULT_SIZE = "20G"

logger = logging.getLogger(__name__)


class _CacheEntry(NamedTuple):
    folder: Path
    used: float
    size: int
    gone: bool


def cache_size() -> int:
    """Return the largest size of the model cache in bytes: ``$GRAPHFRAME_CACHE_SIZE``, 20G by default.

    Raises
    ------
    ValueError
        If the variable is not a number of bytes.
    """
    return parse_bytes(os.environ.get("GRAPHFRAME_CACHE_SIZE") or DEFAULT_SIZE)


def note_use(folder: Path, model: Path) -> IO[str]:
    """Note that a process uses a folder of the cache, which is not evicted until the returned file is closed.

    Parameters
    ----------
    folder : pathlib.Path
    model : pathlib.Path
        The model file.
    """
    (folder / "model").write_text(str(model), encoding="utf-8")
    file = (folder / "used").open("w")
    os.utime(folder / "used")
    if sys.platform != "win32":
        fcntl.flock(file, fcntl.LOCK_SH)
    return file


def evict(root: Path, most: int) -> None:
    """Remove the folders of models that are gone, then those least recently used until the cache is small enough.

    A folder that a process uses, or compiles a model for, is kept.

    Parameters
    ----------
    root : pathlib.Path
        The folder of the cache.
    most : int
        The largest size in bytes.
    """
    if sys.platform == "win32":
        return
    entries = [_entry(lock.parent) for lock in root.glob("*/lock")]
    total = sum(entry.size for entry in entries)
    for entry in sorted(entries, key=lambda entry: (not entry.gone, entry.used)):
        if (entry.gone or total > most) and _remove(entry.folder):
            total -= entry.size
            reason = "its model is gone" if entry.gone else f"the cache is larger than {most} bytes"
            logger.info("%s is removed: %s", entry.folder, reason)


def _entry(folder: Path) -> _CacheEntry:
    size, used, model = 0, 0.0, ""
    with contextlib.suppress(OSError):  # another process removes it
        size = sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())
        used = max(file.stat().st_mtime for file in (folder / "lock", folder / "used") if file.exists())
        model = (folder / "model").read_text(encoding="utf-8")
    return _CacheEntry(folder, used, size, bool(model) and not Path(model).exists())


def _remove(folder: Path) -> bool:
    with contextlib.ExitStack() as stack:
        try:
            for name in ("lock", "used"):
                file = stack.enter_context((folder / name).open("a"))
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            return False
        shutil.rmtree(folder, ignore_errors=True)
        return True
