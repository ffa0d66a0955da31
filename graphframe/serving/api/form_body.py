"""The body of a form with files: ``multipart/form-data``."""

from __future__ import annotations

import re

import falcon.asgi
import falcon.media

from graphframe.serving.api.image_content import MAX_BYTES as MAX_FILE_BYTES
from graphframe.serving.api.json_body import MAX_BYTES as MAX_TEXT_BYTES
from graphframe.serving.api.json_body import check_encoding, discard, read_up_to
from graphframe.serving.errors import APIError

MAX_BYTES = 2 * MAX_FILE_BYTES + MAX_TEXT_BYTES
"""The limit for an image, its mask, and text."""

_NAME = re.compile(r"([^\[\]]+)(?:\[([^\[\]]*)\])?")
_HANDLER = falcon.media.MultipartFormHandler()


def is_form(req: falcon.asgi.Request) -> bool:
    """Return whether the body is a form, by its Content-Type."""
    return (req.content_type or "").partition(";")[0].strip().lower() == falcon.MEDIA_MULTIPART


async def read_form(req: falcon.asgi.Request) -> dict[str, object]:
    """Return the fields of a form: bytes for each file, text for the others.

    ``name[]`` and repeated names make a list; ``name[key]`` makes an object. A part without file name and content is
    ignored: browsers send it for an input without a file.

    Raises
    ------
    APIError
        413 if a part or the form is too large, 415 if it is compressed, 400 if the body is not a form.
    """
    check_encoding(req)
    fields: dict[str, object] = {}
    room = MAX_BYTES
    try:
        async for part in await _HANDLER.deserialize_async(req.stream, req.content_type, req.content_length):
            try:
                name, file_name = part.name or "", part.filename
            except UnicodeDecodeError:
                name, file_name = "", None
            is_file = file_name is not None
            match = _NAME.fullmatch(name)
            if match is None:
                raise APIError(400, f'the form has a part with an invalid name: "{name}"', code="invalid_form")
            most = MAX_FILE_BYTES if is_file else MAX_TEXT_BYTES
            left = room if req.content_length is None else req.content_length
            content = await read_up_to(min(most, room, left), part.stream)
            if len(content) > min(most, room):
                await discard(req.stream)
                what = f"{match[1]} is larger than {most}" if most <= room else f"the form is larger than {MAX_BYTES}"
                raise APIError(413, f"{what} bytes", param=match[1], code="body_too_large")
            room -= len(content)
            if file_name == "" and not content:
                continue
            _insert(fields, match[1], match[2], content if is_file else _text(match[1], content))
    except APIError:
        raise
    except falcon.HTTPError as error:
        raise APIError(400, f"the form cannot be read: {error.description}", code="invalid_form") from error
    return fields


def _text(name: str, content: bytes) -> str:
    try:
        return content.decode()
    except UnicodeDecodeError as error:
        message = f"{name} is not UTF-8: {error.reason} (byte {error.start}); a file needs a filename"
        raise APIError(400, message, param=name, code="invalid_value") from None


def _insert(fields: dict[str, object], name: str, key: str | None, value: object) -> None:
    known = fields.get(name)
    if key:
        fields[name] = {**known, key: value} if isinstance(known, dict) else {key: value}
    elif key is None and known is None:
        fields[name] = value
    else:
        fields[name] = [*(known if isinstance(known, list) else [] if known is None else [known]), value]
