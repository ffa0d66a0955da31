"""The OpenAPI document, from the types that validate what is asked and make what is answered."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import msgspec

from graphframe import __version__
from graphframe.serving.api import responses
from graphframe.serving.api.body_schemas import body_schemas

_JSON = "application/json"
_FORM = "multipart/form-data"
_REF = "#/components/schemas/{name}"

_ANSWERS = (
    responses.ImagesResponse,
    responses.PartialImageEvent,
    responses.CompletedEvent,
    responses.ErrorEvent,
    responses.ErrorResponse,
    responses.ModelInfo,
    responses.ModelList,
    responses.QueueList,
    responses.ModelStatus,
    responses.ServerInfo,
)

_FILE = {"type": "string", "format": "binary"}


class _Operation(NamedTuple):
    """What one method of one path does."""

    path: str
    method: str
    summary: str
    answer: Mapping[str, Any]
    """The content of a 200, by its type."""
    errors: tuple[int, ...] = ()
    body: Mapping[str, Any] | None = None
    headers: tuple[str, ...] = ()
    """Of a 200, beside those of every response."""
    query: Mapping[str, Any] | None = None
    """The parameter in the query, if there is one."""


_ERRORS = {
    400: "A field or parameter is wrong, or the body is no JSON or form.",
    401: "The key is missing or wrong.",
    404: "There is none of that name.",
    412: "The config.json is wrong; nothing has changed.",
    413: "The body, or a file in it, is too large.",
    415: "The body is of another type.",
    429: "As many requests wait as may.",
    500: "The model could not be loaded, or failed.",
    503: "The models are still loading.",
}
_HEADERS = {
    "x-request-id": "The id of the request in the server's log; the client's own, if it sent one.",
    "retry-after": "In how many seconds to try again.",
    "x-should-retry": "false, if trying again is no use.",
    "server-timing": "How long each node of the graph worked, in milliseconds.",
    "cache-control": "How long the image may be kept.",
    "www-authenticate": "Bearer.",
}
_HEADERS_OF_ERRORS = {
    401: ("www-authenticate",),
    429: ("retry-after",),
    500: ("x-should-retry",),
    503: ("retry-after",),
}


def _ref(name: str) -> dict[str, str]:
    return {"$ref": _REF.format(name=name)}


def _event(*names: str) -> dict[str, object]:
    data = {"type": "string", "contentMediaType": _JSON, "contentSchema": {"anyOf": [_ref(name) for name in names]}}
    return {
        "description": "Of each event. A comment comes each second in which there is none.",
        "type": "object",
        "properties": {"event": {"type": "string"}, "data": data},
        "required": ["event", "data"],
    }


_STREAM = {"text/event-stream": _event("PartialImageEvent", "CompletedEvent", "ErrorEvent")}
_IMAGES = {_JSON: _ref("ImagesResponse")}
_IMAGE_ERRORS = (400, 401, 404, 413, 415, 429, 500, 503)
_TIMING = ("server-timing",)

_VERBOSE = {
    "name": "verbose",
    "in": "query",
    "description": "Whether to tell what the models take, too.",
    "schema": {"type": "boolean"},
}
_STATES = {_JSON: {"type": "object", "additionalProperties": _ref("ModelStatus")}}
_OPERATIONS = (
    _Operation(
        "/v1/images/generations",
        "post",
        "Make images from a prompt.",
        {**_IMAGES, **_STREAM},
        _IMAGE_ERRORS,
        {_JSON: _ref("GenerationRequest")},
        _TIMING,
    ),
    _Operation(
        "/v1/images/edits",
        "post",
        "Make images from a prompt and another image, perhaps only where a mask says.",
        {**_IMAGES, **_STREAM},
        _IMAGE_ERRORS,
        {_FORM: _ref("EditForm"), _JSON: _ref("EditRequest")},
        _TIMING,
    ),
    _Operation(
        "/v1/images/variations",
        "post",
        "Make images that resemble another.",
        _IMAGES,
        _IMAGE_ERRORS,
        {_FORM: _ref("VariationForm"), _JSON: _ref("VariationRequest")},
        _TIMING,
    ),
    _Operation(
        "/images/files/{name}",
        "get",
        "Get an image whose URL was the answer.",
        {f"image/{format}": _FILE for format in ("png", "jpeg", "webp")},
        (404,),
        headers=("cache-control",),
    ),
    _Operation("/v1/models", "get", "List what can be asked for as model.", {_JSON: _ref("ModelList")}),
    _Operation("/v1/models/{name}", "get", "Describe a model.", {_JSON: _ref("ModelInfo")}, (404, 500, 503)),
    _Operation("/v1/queue", "get", "List the client's own requests.", {_JSON: _ref("QueueList")}),
    _Operation("/v1/config", "get", "Tell the state of all that is served.", _STATES, (400,), query=_VERBOSE),
    _Operation(
        "/v1/config/reload",
        "post",
        "Load what has changed or failed; tell the state.",
        _STATES,
        (400, 401, 412),
        query=_VERBOSE,
    ),
    _Operation(
        "/graphs/{name}", "get", "Draw the graph of a model.", {"image/svg+xml": {"type": "string"}}, (404, 500, 503)
    ),
    _Operation("/v2", "get", "Tell who answers.", {_JSON: _ref("ServerInfo")}),
    _Operation("/v2/health/live", "get", "Answer at all.", {}),
    _Operation("/v2/health/ready", "get", "Answer with 200 once the models are there.", {}, (503,)),
    _Operation("/v2/models/{name}/ready", "get", "Answer with 200 once this model is there.", {}, (404,)),
    _Operation("/openapi.json", "get", "Get this document.", {_JSON: {"type": "object"}}),
)


def document() -> dict[str, Any]:
    """The document, for version 3.1 of the specification."""
    paths: dict[str, dict[str, Any]] = {}
    for operation in _OPERATIONS:
        paths.setdefault(operation.path, {})[operation.method] = _described(operation)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "graphframe",
            "version": __version__,
            "description": "OpenAI's Images API. The paths of images, models and the queue are also there with /v3 in"
            " place of /v1, and without either.",
        },
        "paths": paths,
        "components": {
            "schemas": _schemas(),
            "headers": {name: {"description": text, "schema": {"type": "string"}} for name, text in _HEADERS.items()},
            "securitySchemes": {"key": {"type": "http", "scheme": "bearer"}},
        },
    }


def _described(operation: _Operation) -> dict[str, Any]:
    described: dict[str, Any] = {
        "operationId": operation.path.strip("/").replace("/", "_").replace("{", "").replace("}", "").replace(".", "_"),
        "summary": operation.summary,
        "responses": {
            "200": _response("Done.", operation.answer, operation.headers),
            **{str(status): _error(status) for status in operation.errors},
        },
    }
    if "{name}" in operation.path:
        name = {"name": "name", "in": "path", "required": True, "schema": {"type": "string", "minLength": 1}}
        described["parameters"] = [name]
    if operation.query:
        described["parameters"] = [operation.query]
    if operation.body:
        content = {type_: {"schema": schema} for type_, schema in operation.body.items()}
        described["requestBody"] = {"required": True, "content": content}
        described["security"] = [{}, {"key": []}]
    return described


def _error(status: int) -> dict[str, Any]:
    return _response(_ERRORS[status], {_JSON: _ref("ErrorResponse")}, _HEADERS_OF_ERRORS.get(status, ()))


def _response(description: str, content: Mapping[str, Any], headers: tuple[str, ...]) -> dict[str, Any]:
    return {
        "description": description,
        "headers": {name: {"$ref": f"#/components/headers/{name}"} for name in ("x-request-id", *headers)},
        "content": {type_: {"schema": schema} for type_, schema in content.items()},
    }


def _schemas() -> dict[str, Any]:
    _, answers = msgspec.json.schema_components(_ANSWERS, ref_template=_REF)
    return {**body_schemas(), **answers}
