"""The folder in which one process at a time puts a model together."""

from __future__ import annotations

import errno
import fcntl
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

from graphframe.repository.pulling.errors import PullError, ReadOnlyError
from graphframe.repository.pulling.pull import Pull

_MARGIN = 64 * 1024 * 1024
"""The bytes of disk space to leave free."""
_FULL = (errno.ENOSPC, errno.EDQUOT)
FORBIDDEN = (errno.EROFS, errno.EACCES)
"""The error numbers of a folder that cannot be written."""


@contextmanager
def locked_staging(pull: Pull) -> Iterator[Path]:
    """Create the staging folder of a pull, and hold its lock against other processes.

    At the end, the folder is removed if it is empty, with the lock and the folder of both.

    Raises
    ------
    PullError
        If the disk is full.
    ReadOnlyError
        If it cannot be written.
    """
    staging = pull.staging
    try:
        with _locked(staging.with_name(f"{staging.name}.lock")):
            staging.mkdir(exist_ok=True)
            try:
                yield staging
            finally:
                with suppress(OSError):  # it has files for the next try, or became the model
                    staging.rmdir()
    except OSError as error:
        if error.errno in FORBIDDEN:
            todo = "allow writing there, or choose another folder with --model_repository_path"
            raise ReadOnlyError(f"{pull.repository_path}: {error.strerror}; {todo}") from error
        if error.errno not in _FULL:
            raise
        raise PullError(
            f"{pull.repository_path}: {error.strerror}; free space there, or choose another folder with"
            " --model_repository_path. Downloaded files are kept, and the next pull resumes"
        ) from error


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    with _lock(path):
        try:
            yield
        finally:
            path.unlink(missing_ok=True)
            with suppress(OSError):  # other pulls use it
                path.parent.rmdir()


def _lock(path: Path) -> IO[str]:
    """Wait for the lock file, whose folder is created. The lock ends when the file is closed."""
    while True:
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            file = path.open("w")
        except (FileExistsError, FileNotFoundError):  # its holder removed the folder in between
            if path.parent.is_file():
                raise
            continue
        fcntl.flock(file, fcntl.LOCK_EX)
        if os.fstat(file.fileno()).st_nlink:
            return file
        file.close()  # its holder removed the file: the next one has another


def check_room(pull: Pull, size: int) -> None:
    """Raise PullError if the disk has no room for a model of `size` bytes, less what is already downloaded."""
    missing, free = size - folder_size(pull.staging), shutil.disk_usage(pull.staging).free
    if missing + _MARGIN > free:
        raise PullError(
            f"{pull.source} needs {missing / 1e9:.2f} GB more, but {pull.repository_path} has {free / 1e9:.2f} GB free;"
            " free space there, or choose another folder with --model_repository_path"
        )


def folder_size(folder: Path) -> int:
    """Return the bytes of all files in a folder; files that are removed meanwhile are ignored."""
    size = 0
    for inside, _, files in os.walk(folder):
        for name in files:
            with suppress(FileNotFoundError):
                size += os.stat(os.path.join(inside, name)).st_size
    return size
