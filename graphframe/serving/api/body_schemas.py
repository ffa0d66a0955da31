"""JSON Schemas of the bodies of requests, from the types that validate them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec

from graphframe.images import ImageRequest
from graphframe.serving.api.image_content import MAX_IMAGES
from graphframe.serving.api.requests import EditRequest, GenerationRequest, ImagesRequest, VariationRequest

Schema = dict[str, Any]

_DATA_URL = {"type": "string", "pattern": "^data:[^,]{0,256};base64,"}
_REFERENCE = {"type": "object", "properties": {"image_url": _DATA_URL}, "required": ["image_url"]}
_IMAGE: Schema = {"anyOf": [_DATA_URL, _REFERENCE]}
_IMAGE_IN_FORM: Schema = {"type": "string", "format": "binary"}
_SEVERAL = (
    "For models that take several, a list: the first is the one to edit, which the mask is for; the others are"
    " references."
)


def body_schemas() -> dict[str, Schema]:
    """Return the schemas by name: ``EditRequest`` is the body in JSON, ``EditForm`` the same as a form."""
    bodies = (GenerationRequest, EditRequest, VariationRequest)
    return {
        **{cls.__name__: _schema(cls, _in_json) for cls in bodies},
        **{cls.__name__.replace("Request", "Form"): _schema(cls, _in_form) for cls in bodies[1:]},
    }


def _schema(cls: type[ImagesRequest], adapt: Callable[[Schema, bool], Schema]) -> Schema:
    request, transport = _properties(ImageRequest), _properties(cls)
    if "images" in cls.request_fields():
        request["images"] = {**_bare(request["images"]), "description": "Synonym of image."}
        request["image"] = {**request["images"], "description": f"{request['image']['description']} {_SEVERAL}"}
    request["seed"] = {**request["seed"], "description": f"{request['seed']['description']} By default random."}
    del request["seed"]["default"]
    synonyms = cls.synonyms.items()
    properties = {
        **{name: request[name] for name in cls.request_fields()},
        **{synonym: {**_bare(request[name]), "description": f"Synonym of {name}."} for synonym, name in synonyms},
        **transport,
    }
    required = cls.required()
    return {
        "title": cls.__name__,
        "type": "object",
        "properties": {name: adapt(each, name not in required) for name, each in properties.items()},
        "required": required,
        "additionalProperties": False,
    }


def _properties(cls: type[msgspec.Struct]) -> dict[str, Schema]:
    """Return the schemas of a struct's fields, each without null."""
    _, components = msgspec.json.schema_components([cls])
    return {name: _without_null(schema) for name, schema in components[cls.__name__]["properties"].items()}


def _without_null(schema: Schema) -> Schema:
    kinds = [kind for kind in schema.get("anyOf", [schema]) if kind != {"type": "null"}]
    default = {"default": schema["default"]} if schema.get("default") is not None else {}
    return {**kinds[0], **default}


def _in_json(schema: Schema, optional: bool) -> Schema:
    if _is_file(schema):
        kinds = [*_IMAGE["anyOf"], _list_of(_IMAGE, 1)]
    elif _is_files(schema):
        kinds = [*_IMAGE["anyOf"], _list_of(_IMAGE, MAX_IMAGES)]
    else:
        kinds = [_bare(schema)]
    kinds = [*kinds, {"type": "null"}] if optional else kinds
    return {**_annotations(schema), **(kinds[0] if len(kinds) == 1 else {"anyOf": kinds})}


def _in_form(schema: Schema, optional: bool) -> Schema:
    if _is_files(schema):
        return {**_annotations(schema), "anyOf": [_IMAGE_IN_FORM, _list_of(_IMAGE_IN_FORM, MAX_IMAGES)]}
    return {**_annotations(schema), **(_IMAGE_IN_FORM if _is_file(schema) else _bare(schema))}


def _list_of(items: Schema, most: int) -> Schema:
    return {"type": "array", "items": items, "minItems": 1, "maxItems": most}


def _is_file(schema: Schema) -> bool:
    return schema.get("contentEncoding") == "base64"


def _is_files(schema: Schema) -> bool:
    return schema.get("type") == "array" and _is_file(schema["items"])


_ANNOTATIONS = {"title", "description", "examples", "default"}


def _annotations(schema: Schema) -> Schema:
    return {name: value for name, value in schema.items() if name in _ANNOTATIONS}


def _bare(schema: Schema) -> Schema:
    return {name: value for name, value in schema.items() if name not in _ANNOTATIONS}
