"""The content of image files in a request: files of a form or, in JSON, data URLs."""

from __future__ import annotations

import base64
import itertools
import re
from collections.abc import Iterator

import msgspec

from graphframe.serving.api.buffer import buffer

IMAGE_FIELDS = ("image", "images", "mask")
"""The fields of a body with image files."""

MAX_BYTES = 50 * 1024 * 1024
"""OpenAI's limit for one file."""

MAX_IMAGES = 16
"""OpenAI's limit for the images of one edit."""

_DATA_URL = re.compile(rb"data:[^,]{0,256};base64,", re.IGNORECASE)
_PIECE = 256 * 1024
"""The number of characters that are decoded at once: other threads run in between."""
_LONGEST_ESCAPE = len(r"\u0041")


def image_contents(given: object, most: int = MAX_IMAGES) -> list[bytes]:
    """Return the bytes of image files, which may be of any format.

    Parameters
    ----------
    given : object
        The bytes of a file, a data URL, an object ``{"image_url": URL}``, or a list of these, or an object with indexes
        as its keys, which is ``image[0]`` in a form. Indexes set the order and may have gaps. A data URL may be a
        `msgspec.Raw`: a text in JSON.
    most : int, optional
        The most images of the list.

    Raises
    ------
    ValueError
        If it is none of them.
    """
    if isinstance(given, dict) and given and all(key.isdecimal() for key in given):
        given = [given[key] for key in sorted(given, key=int)]
    if not isinstance(given, list):
        given = [given]
    if not 1 <= len(given) <= most:
        expected = "one image" if most == 1 else f"1 to {most} images"
        raise ValueError(f"expected {expected}, not {len(given)}")
    return [_content(each) for each in given]


def _content(given: object) -> bytes:
    if isinstance(given, dict):
        if "file_id" in given:
            raise ValueError("this server stores no files; send the file itself, or a data URL")
        given = given.get("image_url")
    if isinstance(given, bytes):
        return given
    if isinstance(given, (str, msgspec.Raw)):
        return _from_url(given)
    raise ValueError('expected a file or, in JSON, a data URL: "data:image/png;base64,..."')


def _from_url(url: str | msgspec.Raw) -> bytes:
    pieces = _pieces(url)
    rest = next(pieces, b"")
    start = _DATA_URL.match(rest)
    if start is None:
        # NOTE: fetching URLs would let clients reach the server's own network.
        raise ValueError('expected a file or a data URL, "data:image/png;base64,..."; other URLs are not fetched')
    rest = rest[start.end() :]
    with buffer(MAX_BYTES) as content:
        for piece in itertools.chain(pieces, [b""]):
            whole = len(rest) // 4 * 4 if piece else len(rest)
            try:
                if piece and b"=" in rest[:whole]:
                    raise ValueError("it goes on after its padding")
                part = base64.b64decode(rest[:whole], validate=True)
            except ValueError as error:
                raise ValueError(f"the data URL is not valid base64: {error}") from None
            if content.tell() + len(part) > MAX_BYTES:
                raise ValueError(f"the file is larger than {MAX_BYTES} bytes")
            content.write(part)
            rest = rest[whole:] + piece
        return content[: content.tell()]


def _pieces(text: str | msgspec.Raw) -> Iterator[bytes]:
    """Yield a text, or a text in JSON, in pieces; characters that are not ASCII as question marks."""
    if isinstance(text, str):
        yield text.encode("ascii", "replace")
        return
    view = memoryview(text)[1:-1] if bytes(memoryview(text)[:1]) == b'"' else memoryview(b"")
    while view:
        piece = bytes(view[:_PIECE])
        if len(view) > _PIECE and (escape := piece.rfind(b"\\", -_LONGEST_ESCAPE)) > 0:
            piece = piece[:escape]
        view = view[len(piece) :]
        try:
            yield msgspec.json.decode(b'"%b"' % piece, type=str).encode("ascii", "replace")
        except msgspec.MsgspecError as error:
            raise ValueError(f"the text is not valid JSON: {error}") from None
