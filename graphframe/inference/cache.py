"""OpenVINO's model cache: its folder, its locks, and the removal of outdated entries."""

from __future__ import annotations

import contextlib
import functools
import hashlib
import logging
import os
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import IO

from graphframe.inference.cache_eviction import cache_size, evict, note_use

if sys.platform != "win32":
    import fcntl

logger = logging.getLogger(__name__)


def cache_folder() -> Path | None:
    """Return the folder of the model cache, or None if the cache is switched off.

    The folder is ``$GRAPHFRAME_CACHE_DIR``, or ``graphframe/openvino`` in the user's cache folder if that is not set.
    An empty ``$GRAPHFRAME_CACHE_DIR`` switches the cache off.
    """
    chosen = os.environ.get("GRAPHFRAME_CACHE_DIR")
    if chosen is not None:
        return Path(chosen) if chosen else None
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "graphframe" / "openvino"


@contextlib.contextmanager
def cached(model: Path, properties: Mapping[str, str]) -> Iterator[dict[str, str]]:
    """Lock the cache for `model`, and yield the properties that make OpenVINO use it.

    The model must be compiled within the ``with`` block.

    Parameters
    ----------
    model : pathlib.Path
        The model file.
    properties : mapping of str to str
        The device properties that the model is compiled with, and whatever else decides what is compiled.

    Yields
    ------
    dict of str to str
        Additional device properties. Empty if the cache is switched off or its folder cannot be written.
    """
    # NOTE: each model and each set of properties has its own folder, because OpenVINO alone makes three errors. It
    # checks the .xml only, and uses a blob although the .bin has changed. It uses a blob that was compiled for float32
    # where the device's own precision is wanted, and models of static shape then return wrong numbers. It writes blobs
    # in place, without a lock, and kills other processes that have them mapped (SIGBUS).
    with contextlib.ExitStack() as stack:
        found = {}
        try:
            if root := cache_folder():
                folder = _folder(root, model)
                stack.enter_context(_locked(folder))
                _drop_outdated(folder, model)
                blobs = folder / _digest(repr(sorted(properties.items())).encode()) if properties else folder
                found["CACHE_DIR"] = str(blobs)
        except (OSError, RuntimeError) as error:  # RuntimeError: the user has no home folder
            _log_once(str(error))
        yield found


def blobs_in(cache: Mapping[str, str]) -> set[Path]:
    """Return the files in the folder of the cache that `cached` yielded."""
    return set(Path(cache["CACHE_DIR"]).glob("*.blob")) if cache else set()


def use_cache(model: Path) -> IO[str] | None:
    """Keep the entry of a model in the cache until the returned file is closed, and evict what is too much.

    Parameters
    ----------
    model : pathlib.Path
        The model file.

    Returns
    -------
    file or None
        None if the cache is not used.
    """
    try:
        if not (root := cache_folder()):
            return None
        with _locked(folder := _folder(root, model)):
            used = note_use(folder, model)
        evict(root, cache_size())
        return used
    except (OSError, RuntimeError, ValueError) as error:
        _log_once(str(error))
        return None


def _folder(root: Path, model: Path) -> Path:
    return root / f"{model.parent.name}-{_digest(os.fsencode(model))}"


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()[:16]


def _locked(folder: Path) -> IO[str]:
    """Create a folder, and lock it until the returned file is closed. If it is removed meanwhile, begin again."""
    path = folder / "lock"
    while True:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        with contextlib.suppress(FileNotFoundError):
            file = path.open("w")
            if sys.platform != "win32":
                fcntl.flock(file, fcntl.LOCK_EX)
            if path.exists() and os.path.samestat(os.fstat(file.fileno()), path.stat()):
                return file
            file.close()


def stamp_of(model: Path) -> str:
    """Return a text that changes whenever the files of a model change."""
    files = [path for path in (model, model.with_suffix(".bin")) if path.exists()]
    return repr([(path.name, (stat := path.stat()).st_size, stat.st_mtime_ns, stat.st_ctime_ns) for path in files])


def _drop_outdated(folder: Path, model: Path) -> None:
    current, stamp = stamp_of(model), folder / "stamp"
    if not stamp.exists() or stamp.read_text(encoding="utf-8") != current:
        for blob in folder.rglob("*.blob"):
            blob.unlink()
        stamp.write_text(current, encoding="utf-8")


@functools.cache
def _log_once(reason: str) -> None:
    logger.warning("model cache not used, models are compiled at each start: %s", reason)
