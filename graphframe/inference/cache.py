"""Where OpenVINO's model cache is, and what it needs to be right and safe to share between processes."""

from __future__ import annotations

import contextlib
import functools
import hashlib
import logging
import os
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

if sys.platform != "win32":
    import fcntl

logger = logging.getLogger(__name__)


def cache_folder() -> Path | None:
    """The folder of the cache: ``$GRAPHFRAME_CACHE_DIR``, else ``graphframe/openvino`` in the user's cache folder.

    None when ``$GRAPHFRAME_CACHE_DIR`` is the empty string: no cache.
    """
    chosen = os.environ.get("GRAPHFRAME_CACHE_DIR")
    if chosen is not None:
        return Path(chosen) if chosen else None
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "graphframe" / "openvino"


@contextlib.contextmanager
def cached(model: Path, properties: Mapping[str, str]) -> Iterator[dict[str, str]]:
    """The properties that make OpenVINO use the cache for `model`; compile it within the ``with`` block.

    Empty when there is no cache, or when its folder cannot be written. `properties` are those that it is compiled with.
    """
    # NOTE: each model has its own folder since OpenVINO alone would get three things wrong. It takes a blob for
    # current as long as the .xml is, even though the .bin has changed; it takes one that was compiled for float32 for
    # one in the device's own precision, which makes wrong numbers of models of static shape; and it writes blobs in
    # place, without a lock, while other processes may have them mapped, which kills those (SIGBUS).
    with contextlib.ExitStack() as stack:
        found = {}
        try:
            if root := cache_folder():
                folder = root / f"{model.parent.name}-{_digest(os.fsencode(model))}"
                folder.mkdir(mode=0o700, parents=True, exist_ok=True)
                stack.enter_context(_locked(folder / "lock"))
                _drop_outdated(folder, model)
                blobs = folder / _digest(repr(sorted(properties.items())).encode()) if properties else folder
                found["CACHE_DIR"] = str(blobs)
        except (OSError, RuntimeError) as error:  # RuntimeError: the user has no home
            _log_once(str(error))
        yield found


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()[:16]


@contextlib.contextmanager
def _locked(path: Path) -> Iterator[None]:
    with path.open("w") as file:
        if sys.platform != "win32":
            fcntl.flock(file, fcntl.LOCK_EX)
        yield


def stamp_of(model: Path) -> str:
    """What changes when the files of a model do."""
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
    logger.warning("models are compiled anew at each start, since the cache cannot be used: %s", reason)
