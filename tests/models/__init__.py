"""Tiny image-generation models with random weights, in OpenVINO's folder layout.

Each model is packed as ``NAME.tar.xz`` in this folder. ``make.py`` creates them; their use needs only the standard
library.
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
    """Return the folder of a model; unpack it first if necessary.

    All tests, in all processes, share the folder: a test that changes a model must change a copy.

    Parameters
    ----------
    name : str
        One of `NAMES`.

    Returns
    -------
    Path
        The folder with ``model_index.json``, ``unet/``, ``vae_decoder/`` and so on.

    Raises
    ------
    ValueError
        If the name is unknown.
    """
    if name not in NAMES:
        raise ValueError(f"unknown model {name!r}; models: {', '.join(NAMES)}")
    archive = _ARCHIVES / f"{name}.tar.xz"
    digest = hashlib.sha256(archive.read_bytes()).hexdigest()[:16]
    folder = Path(tempfile.gettempdir()) / f"graphframe-{name}-{digest}"
    if not folder.is_dir():
        _unpack(archive, folder)
    return folder


def _unpack(archive: Path, folder: Path) -> None:
    """Unpack next to the folder, then rename, so that other processes find a complete folder or none."""
    with tempfile.TemporaryDirectory(dir=folder.parent, prefix=f"{folder.name}-") as scratch:
        unpacked = Path(scratch) / "model"
        with tarfile.open(archive) as tar:
            tar.extractall(unpacked, filter="data")
        try:
            unpacked.rename(folder)
        except OSError:
            if not folder.is_dir():  # else another process came first, with the same content
                raise
