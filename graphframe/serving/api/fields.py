"""Checks and conversions of a body's fields before they are validated by type."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import suppress

import msgspec

from graphframe.framework.errors import did_you_mean
from graphframe.images import InvalidRequest
from graphframe.images.other_names import meant_field
from graphframe.serving.api.image_content import MAX_IMAGES, image_contents
from graphframe.serving.errors import APIError

_UNSUPPORTED = {
    "complexity": "images are made of pixels, not of shapes",
    "svg": "images are made of pixels, not of shapes",
    "frame_count": "images are not animated",
    "frame_duration_ms": "images are not animated",
    "markup": "no model reads marks; use a mask",
    "transparent": "images have no alpha channel",
    "gif": "images are not animated",
}
"""Fields of OpenAI's API, and values of them, that no model supports."""

_NOTHING = ("null", "undefined")


def check_names(given: Iterable[str], known: Iterable[str], required: Iterable[str]) -> None:
    """Raise an APIError for a field that is unknown, or for a required one that is missing."""
    known = [*known]
    for given_name in given:
        name = given_name[:64]
        if name in _UNSUPPORTED:
            raise APIError(400, f"{name} is not supported: {_UNSUPPORTED[name]}", param=name, code="invalid_value")
        if given_name not in known:
            hint = did_you_mean(meant_field(name), known)
            raise APIError(400, f'unknown field "{name}"{hint}', param=name, code="unknown_parameter")
    for name in required:
        if name not in given:
            raise APIError(400, f"{name} is required", param=name, code="missing_required_parameter")


def invalid(error: InvalidRequest, sent: object = None) -> APIError:
    """Return the 400 for a field; `sent` is the value that the client sent."""
    reason = _UNSUPPORTED.get(sent) if isinstance(sent, str) else None
    return APIError(400, f"{error}: {reason}" if reason else str(error), param=error.param, code=error.code)


def as_integer(value: object) -> object:
    """Return a whole float as an integer, and any other value unchanged."""
    # NOTE: in JSON Schema and in JavaScript, 8.0 is an integer.
    return int(value) if isinstance(value, float) and value.is_integer() else value


def without_empty_text(fields: Mapping[str, object]) -> dict[str, object]:
    """Return the fields of a form without those left empty; an empty prompt is a prompt.

    JavaScript's ``FormData`` turns null and undefined into these words, which only a prompt may be.
    """
    return {
        name: value
        for name, value in fields.items()
        if name == "prompt" or value not in ("", *(() if "prompt" in name else _NOTHING))
    }


def decode_json(fields: dict[str, object], name: str) -> None:
    """Replace the text of a form's field by the JSON value it contains; validation refuses other text."""
    value = fields.get(name)
    if isinstance(value, str):
        # NOTE: releases of msgspec raise different errors for text that is not JSON.
        with suppress(msgspec.MsgspecError, ValueError, RecursionError):
            fields[name] = msgspec.json.decode(value)


def decode_images(fields: dict[str, object], several: bool) -> None:
    """Replace `image`, `images` and `mask` by the content of their files.

    Parameters
    ----------
    fields : dict
    several : bool
        Whether `image` may be a list, which becomes `images`.
    """
    if "image" in fields and "images" in fields:
        raise InvalidRequest("give either image or images, not both", "images")
    for name in ("image", "images"):
        if name in fields:
            fields["images"] = _contents(fields.pop(name), name, several)
    if "mask" in fields:
        (fields["mask"],) = _contents(fields["mask"], "mask", False)


def _contents(given: object, name: str, several: bool) -> list[bytes]:
    try:
        return image_contents(given, MAX_IMAGES if several else 1)
    except ValueError as error:
        raise InvalidRequest(f"{name}: {error}", name) from None
