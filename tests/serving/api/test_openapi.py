from __future__ import annotations

import re
from typing import Any

import falcon.inspect
import falcon.testing
import pytest

from graphframe.serving.api.openapi import document
from graphframe.serving.app import make_app
from graphframe.serving.options import ServerOptions
from graphframe.serving.routes.router import Router
from tests.serving.conftest import MakeModel

falcon.inspect.register_router(Router)(falcon.inspect.inspect_compiled_router)


def test_all_routes_are_in_it(make_model: MakeModel) -> None:
    app = make_app([make_model()], ServerOptions())
    there = {
        (re.sub(r"\{\w+:path\}", "{name}", route.path), method.method.lower())
        for route in falcon.inspect.inspect_routes(app)
        for method in route.methods
        if not method.internal and method.method != "HEAD"
    }
    same_or_page = re.compile("/(v3|images/[^f]|models|queue|page/|$)")
    described = {(path, method) for path, methods in document()["paths"].items() for method in methods}
    assert {(path, method) for path, method in there if not same_or_page.match(path)} == {
        (path.replace("{name}/ready", "{name}"), method) for path, method in described
    }


def test_references_lead_somewhere() -> None:
    whole = document()

    def check(part: Any) -> None:
        if isinstance(part, dict):
            if "$ref" in part:
                found = whole
                for key in part["$ref"].removeprefix("#/").split("/"):
                    found = found[key]
            for value in part.values():
                check(value)
        elif isinstance(part, list):
            for value in part:
                check(value)

    check(whole)


@pytest.mark.parametrize(
    ("schema", "field", "expected"),
    [
        ("GenerationRequest", "n", {"type": "integer", "minimum": 1, "maximum": 2**31 - 1}),
        ("GenerationRequest", "output_format", {"enum": ["jpeg", "png", "webp"]}),
        ("EditForm", "image", {"type": "string", "format": "binary"}),
        ("EditRequest", "guidance_rescale", {"type": "number", "minimum": 0, "maximum": 1}),
        ("VariationForm", "strength", {"type": "number", "minimum": 0, "maximum": 1}),
    ],
)
def test_it_says_what_validates(schema: str, field: str, expected: dict[str, object]) -> None:
    described = document()["components"]["schemas"][schema]["properties"][field]
    described = described.get("anyOf", [described])[0]
    limits = {name: value for name, value in described.items() if name not in ("title", "description", "default")}
    assert limits == expected


@pytest.mark.parametrize(("path", "method"), [("/v1/config", "get"), ("/v1/config/reload", "post")])
def test_parameters(client: falcon.testing.TestClient, path: str, method: str) -> None:
    described = document()["paths"][path][method]
    [parameter] = described["parameters"]
    response = client.simulate_request(method.upper(), path, params={parameter["name"]: "maybe"})
    assert response.status_code == 400
    assert "400" in described["responses"]


def test_it_is_served(client: falcon.testing.TestClient) -> None:
    response = client.simulate_get("/openapi.json")
    assert response.headers["content-type"] == "application/json"
    assert response.json["openapi"] == "3.1.0"
    assert response.json["components"]["schemas"]["EditRequest"]["required"] == ["prompt"]
