"""Paths in the options of nodes."""

from __future__ import annotations

import os
from pathlib import Path


def resolve_path(base: Path, path: str) -> Path:
    """Return the full path of `path` in a graph whose folder is `base`.

    Raises
    ------
    ValueError
        If a relative path leaves that folder.
    """
    folder = os.path.abspath(base)
    full = Path(os.path.normpath(os.path.join(folder, path)))
    if not Path(path).is_absolute() and not full.is_relative_to(folder):
        raise ValueError(f'the path "{path}" leaves the folder {folder}; name it absolutely to allow that')
    return full
