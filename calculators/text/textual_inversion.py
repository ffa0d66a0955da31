"""Textual inversions: embeddings that prompts use by a word, read from safetensors files."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from graphframe.calculators.diffusion.model_config import read_config
from graphframe.calculators.lora.safetensors import Safetensors
from graphframe.calculators.text.textual_inversion_pb2 import TextualInversionEntry, TextualInversionOptions

_NAMES = ("text_encoder", "text_encoder_2", "text_encoder_3")
_KEYS = {"clip_l": "text_encoder", "clip_g": "text_encoder_2"}
"""The text encoders of Stable Diffusion XL and 3 by the names of their vectors in a file."""
_NAMELESS = ("emb_params", "*", "string_to_param.*")
"""The names of the vectors in files of A1111, which do not contain the token."""


@dataclass(frozen=True)
class TextualInversion:
    """The vectors that replace a token.

    Attributes
    ----------
    token : str
        The word in prompts.
    vectors : array of float32, shape (vectors, width)
    """

    token: str
    vectors: NDArray[np.float32]


def textual_inversions(
    options: TextualInversionOptions, find: Callable[[str], Path], encoder: Path
) -> list[TextualInversion]:
    """Return the textual inversions for the text encoder in a folder.

    `clip_l` is for the folder `text_encoder` and `clip_g` for `text_encoder_2`. Other vectors are for the first text
    encoder of their width.

    Raises
    ------
    OSError
        If a file is missing.
    ValueError
        If a file is none of a textual inversion, or two for this encoder have the same token.
    """
    found: list[TextualInversion] = []
    for entry in options.embeddings:
        for each in _for_encoder(_read(entry, find), encoder):
            if any(each.token.lower() == other.token.lower() for other in found):
                raise ValueError(f'two textual inversions have the token "{each.token}"; set another token for one')
            found.append(each)
    return found


def check_textual_inversions(
    options: TextualInversionOptions, find: Callable[[str], Path], encoders: Iterable[Path]
) -> None:
    """Raise ValueError for a file whose vectors fit none of a model's text encoders."""
    folders = list(encoders)
    for entry in options.embeddings:
        file = _read(entry, find)
        if not any(list(_for_encoder(file, folder)) for folder in folders):
            widths = ", ".join(f"{name} {shape[-1]}" for name, shape in file.shapes.items())
            expected = ", ".join(f"{folder.name} {_width(folder)}" for folder in folders)
            raise ValueError(
                f"the textual inversion {file.path} is for another model: its vectors have the widths {widths}; the"
                f" text encoders take {expected}"
            )


@dataclass(frozen=True)
class _File:
    path: Path
    token: str
    shapes: dict[str, tuple[int, ...]]
    tensors: Safetensors


def _read(entry: TextualInversionEntry, find: Callable[[str], Path]) -> _File:
    path = find(entry.path)
    if not path.is_file():
        raise FileNotFoundError(f"the file {path} of a textual inversion does not exist")
    if path.suffix != ".safetensors":
        raise ValueError(f"{path}: a textual inversion must be a .safetensors file; convert other files with diffusers")
    tensors = Safetensors(path)
    shapes = {name: tensors.shape(name) for name in tensors}
    is_known = bool(shapes) and (len(shapes) == 1 or shapes.keys() <= _KEYS.keys())
    if not is_known or not all(1 <= len(shape) <= 2 and all(shape) for shape in shapes.values()):
        raise ValueError(
            f"{path} is not a textual inversion: expected one matrix, or clip_l and clip_g; found"
            f" {', '.join(f'{name} {list(shape)}' for name, shape in [*shapes.items()][:3]) or 'nothing'}"
        )
    (first, *_) = shapes
    is_named = first not in _KEYS and first not in _NAMELESS
    return _File(path, entry.token or (first if is_named else path.stem), shapes, tensors)


def _for_encoder(file: _File, encoder: Path) -> Iterator[TextualInversion]:
    width = _width(encoder)
    for name, shape in file.shapes.items():
        if name in _KEYS:
            is_for = _KEYS[name] == encoder.name
        else:
            before = _NAMES[: _NAMES.index(encoder.name)] if encoder.name in _NAMES else ()
            is_for = all(_width(encoder.with_name(each)) != shape[-1] for each in before)
        if is_for and shape[-1] == width:
            yield TextualInversion(file.token, np.atleast_2d(file.tensors[name]))


def _width(encoder: Path) -> int | None:
    """Return the width of a text encoder's embeddings; None without the encoder."""
    if not (encoder / "config.json").is_file():
        return None
    config = read_config(encoder / "config.json")
    found: int | None = config.get("hidden_size", config.get("d_model"))
    return found
