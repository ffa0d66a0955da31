"""The content of an image file in a request: a file of a form or, in JSON, a data URL."""

from __future__ import annotations

import base64
import binascii
import re

MAX_BYTES = 50 * 1024 * 1024
"""OpenAI's limit for one file."""

_DATA_URL = re.compile(r"data:[^,]{0,256};base64,", re.IGNORECASE)


def image_content(given: object) -> bytes:
    """Return the bytes of an image file, which may be of any format.

    Parameters
    ----------
    given : object
        The bytes of a file, a data URL, an object ``{"image_url": URL}``, or a list of one of these, or an object with
        an index as its key, which is ``image[0]`` in a form.

    Raises
    ------
    ValueError
        If it is none of them.
    """
    if isinstance(given, dict) and given and all(key.isdecimal() for key in given):
        given = list(given.values())
    if isinstance(given, list):
        if len(given) != 1:
            raise ValueError(f"models take one image, not {len(given)}")
        given = given[0]
    if isinstance(given, dict):
        if "file_id" in given:
            raise ValueError("this server stores no files; send the file itself, or a data URL")
        given = given.get("image_url")
    if isinstance(given, bytes):
        return given
    if isinstance(given, str):
        return _from_url(given)
    raise ValueError('expected a file or, in JSON, a data URL: "data:image/png;base64,..."')


def _from_url(url: str) -> bytes:
    start = _DATA_URL.match(url)
    if start is None:
        # NOTE: fetching URLs would let clients reach the server's own network.
        raise ValueError('expected a file or a data URL, "data:image/png;base64,..."; other URLs are not fetched')
    try:
        content = base64.b64decode(url[start.end() :], validate=True)
    except (binascii.Error, ValueError) as error:
        raise ValueError(f"the data URL is not valid base64: {error}") from None
    if len(content) > MAX_BYTES:
        raise ValueError(f"the file is larger than {MAX_BYTES} bytes")
    return content
