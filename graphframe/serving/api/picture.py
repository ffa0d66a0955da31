"""A picture in a request: the file of a form, or what JSON says in its stead."""

from __future__ import annotations

import base64
import binascii
import re

MAX_BYTES = 50 * 1024 * 1024
"""OpenAI's limit for one file."""

_DATA_URL = re.compile(r"data:[^,]{0,256};base64,", re.IGNORECASE)


class Picture(bytes):
    """The bytes of an image file, whatever they are; the graph decodes them."""

    @classmethod
    def read(cls, given: object) -> Picture:
        """From a file, a data URL, an object ``{"image_url": URL}``, or a list of one of these.

        Raises
        ------
        ValueError
            If it is none of them.
        """
        if isinstance(given, list):
            if len(given) != 1:
                raise ValueError(f"this model takes one image, not {len(given)}")
            given = given[0]
        if isinstance(given, dict):
            if "file_id" in given:
                raise ValueError("there are no stored files here; send the file itself, or a data URL")
            given = given.get("image_url")
        if isinstance(given, Picture):
            return given
        if isinstance(given, str):
            return cls._from_url(given)
        raise ValueError('a file is expected, or in JSON a data URL: "data:image/png;base64,..."')

    @classmethod
    def _from_url(cls, url: str) -> Picture:
        start = _DATA_URL.match(url)
        if start is None:
            # NOTE: a server that fetched what it is told to would be a way into the network that it stands in.
            raise ValueError('a data URL is expected, "data:image/png;base64,..."; other URLs are not fetched')
        try:
            content = base64.b64decode(url[start.end() :], validate=True)
        except (binascii.Error, ValueError) as error:
            raise ValueError(f"the data URL is not in base64: {error}") from None
        if len(content) > MAX_BYTES:
            raise ValueError(f"the file is larger than {MAX_BYTES} bytes")
        return cls(content)
