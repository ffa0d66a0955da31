"""Values of packets on the command line: as text, and in files."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from graphframe.framework.errors import GraphError
from graphframe.images import EncodedImage, ImageRequest
from graphframe.images.fields import convert

_MOST_SHOWN = 200


def read_value(text: str, type_: type) -> Any:
    """Return the value of a packet.

    Parameters
    ----------
    text : str
        JSON, or else the text itself. ``@FILE`` reads a file: ``.npy`` an array, ``.json`` JSON, ``.txt`` text, any
        other file bytes.
    type_ : type
        The type that the stream or side packet takes; `object` if it takes anything. For `str`, the text is never JSON;
        for `ImageRequest`, it is the prompt, or an object of fields.

    Raises
    ------
    GraphError
        If a file is malformed.
    InvalidRequest
        If a field of an `ImageRequest` is invalid.
    OSError
        If a file cannot be read.
    """
    value = _read_file(Path(text[1:])) if text.startswith("@") else text if type_ is str else _json_or_text(text)
    if type_ is ImageRequest:
        return convert(ImageRequest, value if isinstance(value, dict) else {"prompt": text})
    return float(value) if type_ is float and type(value) is int else value


def write_values(values: Sequence[Any], path: Path) -> list[Path]:
    """Write values to a file each: arrays as ``.npy``, files as they are, text as ``.txt``, anything else as JSON.

    Returns
    -------
    list of Path
        `path`, or for several values ``out-0.npy``, ``out-1.npy`` and so on.

    Raises
    ------
    GraphError
        If a value cannot be written in the format of the file.
    OSError
        If a file cannot be written.
    """
    paths = [path] if len(values) == 1 else [path.with_stem(f"{path.stem}-{index}") for index in range(len(values))]
    for file, value in zip(paths, values, strict=True):
        file.write_bytes(_content(value, file))
    return paths


def shown(value: object) -> str:
    """Return a value as one line of limited length; of arrays the type, shape and range."""
    if all(hasattr(value, name) for name in ("dtype", "shape", "min", "max")):
        array: Any = value
        limits = f", from {array.min():g} to {array.max():g}" if array.size and array.dtype.kind in "biuf" else ""
        return f"array of {array.dtype}, shape {array.shape}{limits}"
    text = repr(value)
    return text if len(text) <= _MOST_SHOWN else f"{text[:_MOST_SHOWN]}..."


def _json_or_text(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text


def _read_file(path: Path) -> Any:
    content = path.read_bytes()
    try:
        if path.suffix == ".npy":
            import numpy as np

            return np.load(path, allow_pickle=False)
        if path.suffix == ".json":
            return json.loads(content)
        return content.decode() if path.suffix == ".txt" else content
    except ValueError as error:
        raise GraphError(f"{path} is not a valid {path.suffix} file: {error}") from error


def _content(value: Any, path: Path) -> bytes:
    if isinstance(value, EncodedImage):
        return value.content
    if isinstance(value, bytes):
        return value
    if path.suffix == ".npy":
        from io import BytesIO

        import numpy as np

        file = BytesIO()
        np.save(file, np.asarray(value), allow_pickle=False)
        return file.getvalue()
    if path.suffix == ".txt":
        return str(value).encode()
    try:
        return json.dumps(value).encode()
    except (TypeError, ValueError):
        todo = "name a .npy file for arrays and tensors, or a .txt file for its text"
        raise GraphError(f"{path}: a {type(value).__name__} cannot be written as JSON; {todo}") from None
