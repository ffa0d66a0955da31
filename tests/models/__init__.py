"""Tiny image-generation models with random weights, in OpenVINO's folder layout.

Each is packed as ``NAME.tar.xz`` beside this file. ``make.py`` makes them; using them takes only the standard library.
"""

import hashlib
import tarfile
import tempfile
from functools import cache
from pathlib import Path

_ARCHIVES = Path(__file__).parent

NAMES = tuple(sorted(path.name.removesuffix(".tar.xz") for path in _ARCHIVES.glob("*.tar.xz")))


@cache
def model_path(name: str) -> Path:
    """Return the folder of a model, which is unpacked if that was not done before.

    All tests, in all processes, share the folder: a test that changes a model changes a copy.

    Parameters
    ----------
    name
        One of `NAMES`.

    Returns
    -------
    Path
        The folder that holds ``model_index.json``, ``unet/``, ``vae_decoder/`` and so on.

    Raises
    ------
    ValueError
        If there is no model of that name.
    """
    if name not in NAMES:
        raise ValueError(f"there is no tiny model {name!r}, only {', '.join(NAMES)}")
    archive = _ARCHIVES / f"{name}.tar.xz"
    digest = hashlib.sha256(archive.read_bytes()).hexdigest()[:16]
    folder = Path(tempfile.gettempdir()) / f"graphframe-{name}-{digest}"
    if not folder.is_dir():
        _unpack(archive, folder)
    return folder


def _unpack(archive: Path, folder: Path) -> None:
    """Unpack next to the folder, then rename, so that other processes see the whole folder or none."""
    with tempfile.TemporaryDirectory(dir=folder.parent, prefix=f"{folder.name}-") as scratch:
        unpacked = Path(scratch) / "model"
        with tarfile.open(archive) as tar:
            tar.extractall(unpacked, filter="data")
        try:
            unpacked.rename(folder)
        except OSError:
            if not folder.is_dir():  # else another process came first, with the same content
                raise
