from __future__ import annotations

import errno
import json
import re
from pathlib import Path
from typing import Any

import falcon.testing
import pytest
from msgspec.structs import asdict

from graphframe.images import ImageRequest
from graphframe.serving.api.json_body import MAX_BYTES
from graphframe.serving.app import make_app
from graphframe.serving.generation.image_store import MemoryStore, StorageError
from graphframe.serving.options import ServerOptions
from tests.serving import toys
from tests.serving.conftest import MakeModel
from tests.serving.forms import FORM, encode_form
from tests.serving.toys import painted

PATH = "/v1/images/generations"


def without_metadata(request: ImageRequest) -> dict[str, Any]:
    fields = asdict(request)
    del fields["metadata"]
    return fields


@pytest.mark.parametrize("path", [PATH, "/v3/images/generations", "/images/generations"])
def test_a_prompt_gives_an_image(client: falcon.testing.TestClient, path: str) -> None:
    response = client.simulate_post(path, json={"prompt": "a cat", "rng_seed": 7})
    assert response.status_code == 200
    [asked] = painted(response.json)
    assert asked.pop("metadata").keys() == {"model", "graph"}
    assert asked == without_metadata(ImageRequest("a cat", seed=7))
    assert isinstance(response.json.pop("created"), int)
    assert response.json.keys() == {"created", "data", "background", "output_format", "size", "seed", "usage"}
    assert re.fullmatch(r"paint;dur=\d+\.\d", response.headers["server-timing"])


def test_warnings_are_in_the_response_a_header_and_the_log(
    client: falcon.testing.TestClient, caplog: pytest.LogCaptureFixture
) -> None:
    response = client.simulate_post(PATH, json={"prompt": "warn", "n": 2})
    assert response.json["warnings"] == ["prompt is a warning"]
    assert response.headers["image-warnings"] == "prompt is a warning"
    assert [record.getMessage() for record in caplog.records].count('node "paint": prompt is a warning') == 1
    streamed = client.simulate_post(PATH, json={"prompt": "warn", "stream": True})
    assert '"warnings":["prompt is a warning"]' in streamed.text
    assert "image-warnings" not in client.simulate_post(PATH, json={"prompt": "a cat"}).headers


PNG = b"\x89PNG"
PNG_URL = "data:image/png;base64,iVBORw=="


@pytest.mark.parametrize("name", ["image", "image[]"])
def test_an_edit_by_a_form(client: falcon.testing.TestClient, name: str) -> None:
    form = encode_form(
        (name, PNG), ("mask", b"mask"), ("prompt", "a cat"), ("n", "2"), ("strength", "1"), ("seed", "7"), ("size", "")
    )
    response = client.simulate_post("/v1/images/edits", body=form, headers=FORM)
    assert response.status_code == 200
    asked = ImageRequest("a cat", n=2, seed=7, image=b"\x89PNG", mask=b"mask", strength=1.0)
    for image in painted(response.json):
        assert image.items() >= {**without_metadata(asked), "image": "\x89PNG", "mask": "mask"}.items()


@pytest.mark.parametrize("image", [{"image": PNG_URL}, {"image": [PNG_URL]}, {"images": [{"image_url": PNG_URL}]}])
def test_an_edit_by_json(client: falcon.testing.TestClient, image: dict[str, object]) -> None:
    body = {"prompt": "a cat", "mask": {"image_url": PNG_URL}, "input_fidelity": "high", "stream": None, **image}
    response = client.simulate_post("/v3/images/edits", json=body)
    assert response.status_code == 200
    assert painted(response.json)[0].items() >= {"image": "\x89PNG", "mask": "\x89PNG", "strength": 0.5}.items()


@pytest.mark.parametrize("name", ["image", "images"])
def test_an_empty_file_is_not_taken_for_none(client: falcon.testing.TestClient, name: str) -> None:
    form = encode_form((name, b""), ("prompt", "a cat"))
    response = client.simulate_post("/v1/images/edits", body=form, headers=FORM)
    assert painted(response.json)[0]["image"] == ""


@pytest.mark.parametrize("word", ["", "null", "undefined"])
def test_a_form_s_empty_fields_are_missing(client: falcon.testing.TestClient, word: str) -> None:
    form = encode_form(
        ("image[0]", PNG), ("mask", word), ("size", word), ("seed", word), ("negative_prompt", ""), ("prompt", "null")
    )
    response = client.simulate_post("/v1/images/edits", body=form, headers=FORM)
    assert painted(response.json)[0].items() >= {"image": "\x89PNG", "mask": None, "prompt": "null"}.items()
    missing = client.simulate_post("/v1/images/edits", body=encode_form(("prompt", "a"), ("image", word)), headers=FORM)
    assert missing.json["error"]["message"] == "image is required: the image file to edit"


@pytest.mark.parametrize("full", [True, False])
def test_an_image_that_cannot_be_stored(make_model: MakeModel, monkeypatch: pytest.MonkeyPatch, full: bool) -> None:
    def fail(store: MemoryStore, content: bytes, format: str) -> str:
        raise StorageError(OSError(errno.ENOSPC if full else errno.EROFS, "/images/a.png"))

    monkeypatch.setattr(MemoryStore, "put", fail)
    client = falcon.testing.TestClient(make_app([make_model()], ServerOptions()))
    response = client.simulate_post("/v1/images/generations", json={"prompt": "a", "response_format": "url"})
    assert response.status_code == 507
    assert ("disk is full" in response.text) == full
    assert response.json["error"]["code"] == "image_not_stored"
    assert "/images/a.png" not in response.text
    assert response.headers["x-should-retry"] == "false"


def test_a_variation(client: falcon.testing.TestClient) -> None:
    form = encode_form(("image", PNG), ("n", "1"), ("user", "me"))
    response = client.simulate_post("/images/variations", body=form, headers=FORM)
    assert response.status_code == 200
    assert painted(response.json)[0].items() >= {"prompt": "", "image": "\x89PNG", "strength": None}.items()


@pytest.mark.parametrize(
    ("task", "parts", "param", "message"),
    [
        ("edits", [("prompt", "a cat")], "image", "image is required"),
        ("edits", [("prompt", "a cat"), ("image", "PNG")], "image", "expected a file or a data URL"),
        ("edits", [("prompt", "a cat"), *[("image", PNG)] * 17], "image", "expected 1 to 16 images, not 17"),
        ("variations", [("image", PNG), ("image", PNG)], "image", "expected one image, not 2"),
        ("edits", [("prompt", b"a cat"), ("image", PNG)], "prompt", "characters, not a file"),
        ("edits", [("image", PNG)], "prompt", "prompt is required"),
        (
            "edits",
            [("prompt", "a cat"), ("image", PNG), ("n", "two")],
            "n",
            'an integer of at least 1, not "two"',
        ),
        ("edits", [("prompt", "a cat"), ("image", PNG), ("n", "1"), ("n", "1")], "n", "not a list"),
        ("edits", [("prompt", "a cat"), ("image", PNG), ("markup", PNG)], "markup", "use a mask"),
        ("edits", [("prompt", "a cat"), ("image", PNG), ("input_fidelity", "medium")], "input_fidelity", '"low"'),
        ("edits", [("prompt", "a cat"), ("image", PNG), ("style", "vivid")], "style", "unknown field"),
        ("variations", [("n", "1")], "image", "image is required"),
        ("variations", [("image", PNG), ("prompt", "a cat")], "prompt", "unknown field"),
    ],
)
def test_a_form_that_is_wrong(
    client: falcon.testing.TestClient, task: str, parts: list[tuple[str, str | bytes]], param: str, message: str
) -> None:
    response = client.simulate_post(f"/v1/images/{task}", body=encode_form(*parts), headers=FORM)
    assert response.status_code == 400
    assert response.json["error"]["param"] == param
    assert message in response.json["error"]["message"]


def test_the_response_says_what_was_made(client: falcon.testing.TestClient) -> None:
    response = client.simulate_post(PATH, json={"prompt": "a cat", "n": 3, "size": "128x64"})
    assert response.json["size"] == "128x64"
    assert response.json["output_format"] == "png"
    assert response.json["background"] == "opaque"
    assert len(response.json["data"]) == 3
    assert response.json["usage"] == {
        "input_tokens": 2,
        "output_tokens": 96,
        "total_tokens": 98,
        "input_tokens_details": {"image_tokens": 0, "text_tokens": 2},
        "output_tokens_details": {"image_tokens": 96, "text_tokens": 0},
    }


@pytest.mark.parametrize(
    ("fields", "by"),
    [
        ({}, "b64_json"),
        ({"model": "toy"}, "b64_json"),
        ({"model": "toy", "response_format": None}, "b64_json"),
        ({"response_format": "b64_json"}, "b64_json"),
        ({"response_format": "url"}, "url"),
    ],
)
def test_an_image_comes_in_one_of_two_ways(
    client: falcon.testing.TestClient, fields: dict[str, object], by: str
) -> None:
    response = client.simulate_post(PATH, json={"prompt": "a cat", **fields})
    assert [image.keys() for image in response.json["data"]] == [{by}]


@pytest.mark.parametrize("output_format", ["png", "jpeg", "webp"])
def test_the_url_of_an_image(client: falcon.testing.TestClient, output_format: str) -> None:
    body = {"prompt": "a cat", "response_format": "url", "output_format": output_format, "seed": 7}
    [image] = client.simulate_post(PATH, json=body, host="images.example").json["data"]
    host, path = image["url"].split("/images/")
    assert host == "http://images.example"
    response = client.simulate_get(f"/images/{path}")
    assert response.status_code == 200
    assert json.loads(response.content)["seed"] == 7
    assert path.endswith(f".{output_format}")
    assert response.headers["content-type"] == f"image/{output_format}"
    assert re.fullmatch(r"private, max-age=3(600|59\d), immutable", response.headers["cache-control"])
    assert client.simulate_get(f"/images/{path[:-9]}.{output_format}").status_code == 404


def test_urls_are_kept_in_a_folder(make_model: MakeModel, tmp_path: Path) -> None:
    folder = tmp_path / "new"
    client = falcon.testing.TestClient(make_app([make_model()], ServerOptions(image_url_folder=str(folder))))
    client.simulate_post(PATH, json={"prompt": "a cat", "response_format": "url"})
    assert [path.suffix for path in folder.iterdir()] == [".png"]


def test_without_metadata(make_model: MakeModel) -> None:
    client = falcon.testing.TestClient(make_app([make_model()], ServerOptions(png_metadata=False)))
    response = client.simulate_post(PATH, json={"prompt": "a cat"})
    assert painted(response.json)[0]["metadata"] is None


def test_an_absent_seed_is_random_and_returned(client: falcon.testing.TestClient) -> None:
    responses = [client.simulate_post(PATH, json={"prompt": "a cat"}).json for _ in range(3)]
    seeds = [painted(response)[0]["seed"] for response in responses]
    assert seeds == [response["seed"] for response in responses]
    assert len(set(seeds)) > 1
    assert all(0 <= seed < 2**32 for seed in seeds)


def test_a_request_that_the_graph_refuses(client: falcon.testing.TestClient) -> None:
    response = client.simulate_post(PATH, json={"prompt": "refuse"})
    assert response.status_code == 400
    assert response.json["error"] == {
        "message": "size must be a multiple of 8",
        "type": "invalid_request_error",
        "param": "size",
        "code": "invalid_value",
    }


@pytest.mark.parametrize(
    ("prompt", "message"),
    [
        ("fail", "the graph failed"),
        ("nothing", "the graph returned no image"),
    ],
)
def test_a_run_that_fails(client: falcon.testing.TestClient, prompt: str, message: str) -> None:
    response = client.simulate_post(PATH, json={"prompt": prompt})
    assert response.status_code == 500
    assert response.headers["x-should-retry"] == "false"
    assert response.json["error"]["message"] == f"{message} (request id: {response.headers['x-request-id']})"
    assert response.json["error"]["type"] == "server_error"
    assert client.simulate_post(PATH, json={"prompt": "a cat"}).status_code == 200


def test_a_failure_is_logged_with_its_cause_and_the_request_id(
    client: falcon.testing.TestClient, caplog: pytest.LogCaptureFixture
) -> None:
    response = client.simulate_post(PATH, json={"prompt": "fail"})
    assert response.headers["x-request-id"] in caplog.text
    assert "toys.py" in caplog.text  # from the traceback


JSON = {"Content-Type": "application/json"}


@pytest.mark.parametrize(
    ("body", "headers", "status", "message"),
    [
        (b"", JSON, 400, "the body is empty"),
        (b'{"prompt": "a', JSON, 400, "not valid JSON"),
        (b'{"prompt": "a",}', JSON, 400, "not valid JSON"),
        (b'{"prompt": NaN}', JSON, 400, "not valid JSON"),
        (b'{"prompt": "\xff"}', JSON, 400, "not UTF-8"),
        (b'["prompt"]', JSON, 400, "must be a JSON object, not a list"),
        (b"[" * 100_000, JSON, 400, "nested too deeply"),
        (b"[" + b"0," * 200_000 + b"0]", JSON, 400, "more than 200,000 values"),
        (b'{"prompt": "%s"}' % (b"a" * MAX_BYTES), JSON, 413, "larger than 1048576 bytes"),
        (b'{"prompt": "a"}', {"Content-Type": "application/x-www-form-urlencoded"}, 415, "application/json'"),
        (b'{"prompt": "a"}', {"Content-Type": "multipart/form-data; boundary=x"}, 415, "multipart/form-data"),
    ],
)
@pytest.mark.parametrize("accept", ["application/json", "text/event-stream", "image/png"])
def test_a_body_that_cannot_be_read(
    client: falcon.testing.TestClient, body: bytes, headers: dict[str, str], status: int, message: str, accept: str
) -> None:
    response = client.simulate_post(PATH, body=body, headers={**headers, "Accept": accept})
    assert response.status_code == status
    assert message in response.json["error"]["message"]
    assert response.json["error"]["code"]
    assert response.headers["x-request-id"]


@pytest.mark.parametrize("content_type", ["application/json", "Application/JSON; charset=utf-8", "application/x+json"])
def test_content_types_of_json(client: falcon.testing.TestClient, content_type: str) -> None:
    headers = {"Content-Type": content_type}
    response = client.simulate_post(PATH, body=json.dumps({"prompt": "a cat"}), headers=headers)
    assert response.status_code == 200


def test_a_model_by_the_path(make_model: MakeModel) -> None:
    app = make_app([make_model("images/edits"), make_model("toy")], ServerOptions())
    client = falcon.testing.TestClient(app)
    form = encode_form(("image", PNG), ("prompt", "a cat"), ("model", ""))
    response = client.simulate_post("/v3/images/edits", body=form, headers=FORM)
    assert painted(response.json)[0]["metadata"]["model"] == "images/edits"
    assert client.simulate_post("/v3/images/generations", json={"prompt": "a cat"}).status_code == 400


@pytest.fixture
def adapted(make_model: MakeModel) -> falcon.testing.TestClient:
    graph = toys.GRAPH.replace("Paint", "Adapted")
    return falcon.testing.TestClient(make_app([make_model(graph=graph)], ServerOptions(model_alias="sd=mix")))


def test_adapters(adapted: falcon.testing.TestClient) -> None:
    def asked(**fields: object) -> dict[str, float]:
        response = adapted.simulate_post(PATH, json={"prompt": "a cat", **fields})
        applied: dict[str, float] = painted(response.json)[0]["adapters"]
        return applied

    assert asked() == asked(model="toy") == asked(lora_alphas={"ink": 3}) == {}
    assert asked(model="ink") == {"ink": 1.0}
    assert asked(model="mix", lora_alphas={"ink": 2}) == {"ink": 2, "gold": 0.7}
    assert asked(model="sd") == {"ink": 0.5, "gold": 0.7}
    form = encode_form(("image", PNG), ("prompt", "a cat"), ("model", "mix"), ("lora_alphas", '{"gold": 0.25}'))
    response = adapted.simulate_post("/v1/images/edits", body=form, headers=FORM)
    assert painted(response.json)[0]["adapters"] == {"ink": 0.5, "gold": 0.25}


def test_a_header_tells_how_much_of_the_adapters_is_applied(adapted: falcon.testing.TestClient) -> None:
    def pairs(**fields: object) -> str:
        return adapted.simulate_post(PATH, json={"prompt": "a cat", **fields}).headers["lora-pairs"]

    assert pairs() == "chalk=3/3"
    assert pairs(model="mix") == "ink=12/12, gold=9/10, chalk=3/3"
    assert pairs(model="mix", lora_alphas={"ink": 0}) == "gold=9/10, chalk=3/3"
    assert pairs(model="ink", stream=True) == "ink=12/12, chalk=3/3"


def test_no_header_without_adapters(client: falcon.testing.TestClient) -> None:
    assert "lora-pairs" not in client.simulate_post(PATH, json={"prompt": "a cat"}).headers


EXPECTED_ALPHAS = 'lora_alphas must be an object of numbers by alias, e.g. {"ink": 0.5}'


@pytest.mark.parametrize(
    ("lora_alphas", "message"),
    [
        ({"pen": 1}, 'the model "mix" does not apply "pen"; it applies "ink", "gold"'),
        ([0.5], f"{EXPECTED_ALPHAS}, not a list"),
        ("0.5", f'{EXPECTED_ALPHAS}, not "0.5"'),
        ({"ink": "much"}, EXPECTED_ALPHAS + ', not {"ink":"much"}'),
    ],
)
def test_adapters_that_cannot_be_had(adapted: falcon.testing.TestClient, lora_alphas: object, message: str) -> None:
    response = adapted.simulate_post(PATH, json={"prompt": "a cat", "model": "mix", "lora_alphas": lora_alphas})
    assert response.status_code == 400
    assert response.json["error"]["message"] == message
    assert response.json["error"]["param"] == "lora_alphas"


def test_the_response_says_which_speed(make_model: MakeModel, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("graphframe.repository.speeds._WITH_SPEED", {"PaintCalculator"})
    client = falcon.testing.TestClient(make_app([make_model()], ServerOptions()))
    body = {"prompt": "a cat"}
    assert "speed" not in client.simulate_post(PATH, json=body).json
    monkeypatch.setenv("GRAPHFRAME_SPEED", "balanced")
    response = client.simulate_post(PATH, json=body).json
    assert response["speed"] == "balanced"
    assert painted(response)[0]["metadata"]["speed"] == "balanced"
    assert '"speed":"balanced"' in client.simulate_post(PATH, json={**body, "stream": True}).text
    assert client.simulate_get("/v1/config").json["toy"]["nodes"][0]["speed"] == "balanced"
