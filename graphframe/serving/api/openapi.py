"""The OpenAPI document, from the types of requests and responses."""

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
    responses.ModelMetadata,
)

_FILE = {"type": "string", "format": "binary"}


class _Operation(NamedTuple):
    """One method of one path."""

    path: str
    method: str
    summary: str
    answer: Mapping[str, Any]
    """The content of a 200, by its type."""
    errors: tuple[int, ...] = ()
    body: Mapping[str, Any] | None = None
    headers: tuple[str, ...] = ()
    """Headers of a 200, in addition to those of every response."""
    query: Mapping[str, Any] | None = None
    """The query parameter, if any."""


_ERRORS = {
    400: "A field or parameter is invalid, or the body is not JSON or a form.",
    401: "The key is missing or wrong.",
    403: "A web page of another site sent the request.",
    404: "The name does not exist.",
    412: "The config.json is wrong; nothing has changed.",
    413: "The body, or a file in it, is too large.",
    415: "The body is of another type.",
    421: "The server does not have the name in Host.",
    429: "The queue is full.",
    500: "The model could not be loaded, or failed.",
    503: "The models are still loading.",
    504: "The deadline has passed, or would pass before the end.",
    507: "The files of the images cannot be stored for their URLs.",
}
_HEADERS = {
    "x-request-id": "The id of the request in the server's log; the client's own, if it sent one.",
    "retry-after": "Seconds until a retry.",
    "x-should-retry": "false if every retry would fail.",
    "server-timing": "Milliseconds that each node of the graph worked.",
    "lora-pairs": "The pairs of matrices of each LoRA adapter that were applied, of all in its file: ink=12/12.",
    "cache-control": "How long the image may be cached.",
    "www-authenticate": "Bearer.",
}
_HEADERS_OF_ERRORS = {
    401: ("www-authenticate",),
    429: ("retry-after",),
    500: ("x-should-retry",),
    503: ("retry-after",),
    504: ("x-should-retry",),
    507: ("x-should-retry",),
}


def _ref(name: str) -> dict[str, str]:
    return {"$ref": _REF.format(name=name)}


def _event(*names: str) -> dict[str, object]:
    data = {"type": "string", "contentMediaType": _JSON, "contentSchema": {"anyOf": [_ref(name) for name in names]}}
    return {
        "description": "Each event. A second without an event has a comment.",
        "type": "object",
        "properties": {"event": {"type": "string"}, "data": data},
        "required": ["event", "data"],
    }


_STREAM = {"text/event-stream": _event("PartialImageEvent", "CompletedEvent", "ErrorEvent")}
_IMAGES = {_JSON: _ref("ImagesResponse")}
_IMAGE_ERRORS = (400, 401, 404, 413, 415, 429, 500, 503, 504, 507)
_TIMING = ("server-timing", "lora-pairs")

_VERBOSE = {
    "name": "verbose",
    "in": "query",
    "description": "Whether to include the memory that models use.",
    "schema": {"type": "boolean"},
}
_STATES = {_JSON: {"type": "object", "additionalProperties": _ref("ModelStatus")}}
_OPERATIONS = (
    _Operation(
        "/v1/images/generations",
        "post",
        "Generate images from a prompt.",
        {**_IMAGES, **_STREAM},
        _IMAGE_ERRORS,
        {_JSON: _ref("GenerationRequest")},
        _TIMING,
    ),
    _Operation(
        "/v1/images/edits",
        "post",
        "Generate images from a prompt and an image, as a whole or where a mask allows.",
        {**_IMAGES, **_STREAM},
        _IMAGE_ERRORS,
        {_FORM: _ref("EditForm"), _JSON: _ref("EditRequest")},
        _TIMING,
    ),
    _Operation(
        "/v1/images/variations",
        "post",
        "Generate images that resemble another.",
        _IMAGES,
        _IMAGE_ERRORS,
        {_FORM: _ref("VariationForm"), _JSON: _ref("VariationRequest")},
        _TIMING,
    ),
    _Operation(
        "/images/files/{name}",
        "get",
        "Download an image from its URL.",
        {f"image/{format}": _FILE for format in ("png", "jpeg", "webp")},
        (404,),
        headers=("cache-control",),
    ),
    _Operation("/v1/models", "get", "List the values of model.", {_JSON: _ref("ModelList")}),
    _Operation("/v1/models/{name}", "get", "Describe a model.", {_JSON: _ref("ModelInfo")}, (404, 500, 503)),
    _Operation("/v1/queue", "get", "List the client's own requests.", {_JSON: _ref("QueueList")}),
    _Operation("/v1/config", "get", "Return the state of all models.", _STATES, (400,), query=_VERBOSE),
    _Operation(
        "/v1/config/reload",
        "post",
        "Load models that have changed or failed, and return the state of all.",
        _STATES,
        (400, 401, 412),
        query=_VERBOSE,
    ),
    _Operation(
        "/graphs/{name}",
        "get",
        "Draw the graph of a model, or describe it with the times of its nodes.",
        {"image/svg+xml": {"type": "string"}, _JSON: {"type": "object"}},
        (404, 500, 503),
    ),
    _Operation("/v2", "get", "Return the name and version of the server.", {_JSON: _ref("ServerInfo")}),
    _Operation("/v2/health/live", "get", "Answer with 200.", {}),
    _Operation("/v2/health/ready", "get", "Answer with 200 when the models are loaded.", {}, (503,)),
    _Operation(
        "/v2/models/{name}", "get", "Describe a model, as KServe does.", {_JSON: _ref("ModelMetadata")}, (404, 500, 503)
    ),
    _Operation("/v2/models/{name}/ready", "get", "Answer with 200 when this model is loaded.", {}, (404,)),
    _Operation("/openapi.json", "get", "Get this document.", {_JSON: {"type": "object"}}),
)


def document() -> dict[str, Any]:
    """Return the document, of version 3.1 of the specification."""
    paths: dict[str, dict[str, Any]] = {}
    for operation in _OPERATIONS:
        paths.setdefault(operation.path, {})[operation.method] = _described(operation)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "graphframe",
            "version": __version__,
            "description": "OpenAI's Images API. The paths of images, models and the queue are also there with /v3 in"
            " place of /v1, and without either. HEAD works wherever GET"
            " does, and paths may have doubled or trailing slashes.",
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
            **{str(status): _error(status) for status in _errors_of(operation)},
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
    if not _is_of_health(operation):
        described["security"] = [{}, {"key": []}]
    return described


def _errors_of(operation: _Operation) -> list[int]:
    if _is_of_health(operation):
        return [*operation.errors]
    return sorted({*operation.errors, 400, 401, 421, *([403] if operation.method == "post" else [])})


def _is_of_health(operation: _Operation) -> bool:
    return operation.path.startswith("/v2/health/")


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
