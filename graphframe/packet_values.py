"""Values of packets on the command line: as text, and in files."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Any

from graphframe.framework.errors import GraphError
from graphframe.framework.packet import Packet
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


def name_and_value(text: str, form: str = "NAME=VALUE") -> tuple[str, str]:
    """Split a text of this form at its first ``=``; raise ValueError if it has another."""
    name, equals, value = text.partition("=")
    if not (name and equals):
        raise ValueError(f'"{text}" is not {form}')
    return name, value


def write_packets(packets: Sequence[Packet], path: Path) -> list[Path]:
    """Write the values of packets to files.

    A ``.npz`` file takes the arrays of all packets, by timestamp: ``"0"``, or ``"0.samples"`` for a field of a
    dataclass. Otherwise each value has a file: arrays ``.npy``, text ``.txt``, files as they are, anything else JSON.

    Returns
    -------
    list of Path
        `path`, or for several files ``out-0.npy``, ``out-1.npy`` and so on.

    Raises
    ------
    GraphError
        If a value cannot be written in the format of the file.
    OSError
        If a file cannot be written.
    """
    if path.suffix == ".npz":
        import numpy as np

        arrays = [each for packet in packets for each in _arrays(str(packet.timestamp), packet.value, path)]
        with path.open("wb") as archive:
            np.savez(archive, **dict(arrays))
        return [path]
    paths = [path.with_stem(f"{path.stem}-{index}") for index in range(len(packets))] if len(packets) > 1 else [path]
    for file, packet in zip(paths, packets, strict=False):
        file.write_bytes(_content(packet.value, file))
    return paths[: len(packets)]


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
        np.save(file, _array(value, path))
        return file.getvalue()
    if path.suffix == ".txt":
        return str(value).encode()
    try:
        return json.dumps(value).encode()
    except (TypeError, ValueError):
        todo = "name a .npy or .npz file for arrays, or a .txt file for its text"
        raise GraphError(f"{path}: a {type(value).__name__} cannot be written as JSON; {todo}") from None


def _arrays(name: str, value: Any, path: Path) -> Iterator[tuple[str, Any]]:
    """Yield the arrays of a value, which may be a dataclass of arrays, by name."""
    if is_dataclass(value):
        for field in fields(value):
            if (found := getattr(value, field.name)) is not None:
                yield from _arrays(f"{name}.{field.name}", found, path)
    else:
        yield name, _array(value, path)


def _array(value: Any, path: Path) -> Any:
    import numpy as np

    array = np.asarray(value)
    if array.dtype == object:
        todo = "name a .npz file for its fields, or " if is_dataclass(value) else ""
        raise GraphError(f"{path}: a {type(value).__name__} is not an array; {todo}name a .json or .txt file")
    return array
