"""Damaged requests get a status 4xx."""

from __future__ import annotations

import io
from functools import cache

import falcon.testing
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from graphframe.repository.default_model import DEFAULT_MODEL
from graphframe.repository.folder_source import FolderSource
from graphframe.serving.app import make_app
from graphframe.serving.lifecycle.loader import Loader
from graphframe.serving.lifecycle.model import ServedModel
from graphframe.serving.lifecycle.models import ServedModels
from graphframe.serving.lifecycle.source import ModelSource
from graphframe.serving.options import ServerOptions
from tests.serving import toys
from tests.serving.conftest import TextSource
from tests.serving.forms import FORM, encode_form


@cache
def toy() -> falcon.testing.TestClient:
    return _client(TextSource(toys.GRAPH))


@cache
def pictograms() -> falcon.testing.TestClient:
    return _client(FolderSource(DEFAULT_MODEL))


def _client(source: ModelSource) -> falcon.testing.TestClient:
    model = ServedModel("toy", source)
    Loader(ServedModels([model])).load(model, source)
    return falcon.testing.TestClient(make_app([model], ServerOptions()))


@st.composite
def damaged(draw: st.DrawFn, whole: bytes) -> bytes:
    """Truncate the bytes, or change, remove, double or insert some."""
    for _ in range(draw(st.integers(1, 4))):
        start = draw(st.integers(0, max(len(whole) - 1, 0)))
        end = draw(st.integers(start, min(start + 40, len(whole))))
        between = draw(st.sampled_from([b"", whole[start:end] * 2, b"\0", b"\r\n"]) | st.binary(max_size=20))
        whole = whole[:start] + between + draw(st.sampled_from([whole[end:], b""]))
    return whole


WHOLE = encode_form(("image", b"\x89PNG"), ("prompt", "a cat"), ("n", "1"), ("lora_alphas[ink]", "0.5"), ("mask", b"1"))


@given(body=damaged(WHOLE) | st.binary(max_size=300))
@pytest.mark.parametrize("task", ["edits", "variations"])
def test_damaged_forms(task: str, body: bytes) -> None:
    response = toy().simulate_post(f"/v1/images/{task}", body=body, headers=FORM)
    assert response.status_code == 200 or 400 <= response.status_code < 500, response.text
    if response.status_code != 200:
        assert response.json["error"]["message"]


names = st.sampled_from(["image", "image[]", "mask", "prompt", "n", "size", "seed", "stream", "a[b]", ""]) | st.text()
PARTS = st.lists(st.tuples(names, st.text(max_size=20) | st.binary(max_size=20)), max_size=6)


@given(parts=PARTS)
def test_strange_forms(parts: list[tuple[str, str | bytes]]) -> None:
    quoted = [(name.replace("\\", "").replace('"', ""), value) for name, value in parts]
    body = encode_form(*quoted)
    status = toy().simulate_post("/v1/images/edits", body=body, headers=FORM).status_code
    assert status == 200 or 400 <= status < 500


@given(content_type=st.text(st.characters(max_codepoint=255, exclude_categories=["Cc"]), max_size=60))
def test_strange_content_types(content_type: str) -> None:
    headers = {"Content-Type": f"multipart/form-data; {content_type}"}
    assert 400 <= toy().simulate_post("/v1/images/edits", body=WHOLE, headers=headers).status_code < 500


def image_file(kind: str) -> bytes:
    file = io.BytesIO()
    mode = "RGBA" if kind == "png" else "RGB"
    Image.linear_gradient("L").resize((40, 24)).convert(mode).save(file, kind)
    return file.getvalue()


@settings(max_examples=25)
@given(data=st.data())
@pytest.mark.parametrize("kind", ["png", "jpeg", "webp"])
@pytest.mark.parametrize("field", ["image", "mask"])
def test_damaged_images(field: str, kind: str, data: st.DataObject) -> None:
    file = data.draw(damaged(image_file(kind)))
    files = {"image": image_file("png"), field: file}
    form = encode_form(
        *files.items(), ("prompt", "a cat"), ("strength", "1"), ("num_inference_steps", "1"), ("size", "32x32")
    )
    response = pictograms().simulate_post("/v1/images/edits", body=form, headers=FORM)
    if response.status_code != 200:  # what is damaged a little may still be read
        assert response.status_code == 400
        assert response.json["error"]["param"] == field
