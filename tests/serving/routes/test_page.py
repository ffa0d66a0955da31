from __future__ import annotations

import re
from importlib.resources import files

import falcon.testing
import pytest

from graphframe.serving.app import make_app
from graphframe.serving.options import ServerOptions
from tests.serving.conftest import MakeModel

STATIC = files("graphframe.serving.page") / "static"
NAMES = sorted([*(file.name for file in STATIC.iterdir()), "pan_zoom.js", "details.js"])


def test_the_page(client: falcon.testing.TestClient) -> None:
    response = client.simulate_get("/")
    assert response.status_code == 200
    assert response.headers["content-type"] == "text/html; charset=utf-8"
    assert "<title>graphframe</title>" in response.text


def test_all_files_that_the_page_names_exist(client: falcon.testing.TestClient) -> None:
    named = set(re.findall(r'(?:src|href)="([^"]*)"', client.simulate_get("/").text))
    named |= {f"page/{name}" for name in re.findall(r'from "\./([^"]*)"', client.simulate_get("/page/main.js").text)}
    assert {path.removeprefix("page/") for path in named} == {*NAMES} - {"index.html"}
    assert {client.simulate_get(f"/{path}").status_code for path in named} == {200}


@pytest.mark.parametrize("name", NAMES)
def test_the_page_loads_nothing_from_other_hosts(client: falcon.testing.TestClient, name: str) -> None:
    response = client.simulate_get(f"/page/{name}")
    assert not re.search(r"https?://(?!www\.w3\.org/2000/svg)", response.text)
    assert "default-src 'none'" in response.headers["content-security-policy"]


def test_an_unknown_file(client: falcon.testing.TestClient) -> None:
    assert client.simulate_get("/page/nothing.js").status_code == 404


def test_no_page(make_model: MakeModel) -> None:
    client = falcon.testing.TestClient(make_app([make_model()], ServerOptions(page=False)))
    assert client.simulate_get("/").status_code == 404
    assert client.simulate_get("/page/main.js").status_code == 404
