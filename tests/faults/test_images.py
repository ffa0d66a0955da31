"""Image files that would take gigabytes or minutes, wherever a request may have them."""

from __future__ import annotations

import base64
import struct
import zlib
from typing import Any

import falcon.testing
import pytest

from graphframe.calculators.image.image_file import EncodedInput
from graphframe.repository.default_model import DEFAULT_MODEL
from graphframe.repository.folder_source import FolderSource
from graphframe.serving.app import make_app
from graphframe.serving.lifecycle.loader import Loader
from graphframe.serving.lifecycle.model import ServedModel
from graphframe.serving.lifecycle.models import ServedModels
from graphframe.serving.options import ServerOptions
from tests.calculators.image.files import encoded, gradient
from tests.serving.forms import FORM, encode_form

FIELDS = {"prompt": "a star", "num_inference_steps": "1", "strength": "1", "size": "64x64"}
IMAGE = encoded(gradient(64, 64))


@pytest.fixture(scope="module")
def client() -> falcon.testing.TestClient:
    source = FolderSource(DEFAULT_MODEL)
    model = ServedModel("pictograms", source)
    Loader(ServedModels([model])).load(model, source)
    return falcon.testing.TestClient(make_app([model], ServerOptions()))


def chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def png(width: int, height: int) -> bytes:
    deflater = zlib.compressobj(9)
    row = bytes(1 + 3 * width)
    data = b"".join(deflater.compress(row) for _ in range(height)) + deflater.flush()
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", data) + chunk(b"IEND", b"")


@pytest.mark.parametrize(("width", "height"), [(1, 200_000), (200_000, 1), (1, 2_000_000)])
@pytest.mark.parametrize("way", ["edit", "mask", "variation", "json"])
def test_long_images_are_refused_at_once(
    client: falcon.testing.TestClient, width: int, height: int, way: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delattr(EncodedInput, "pixels")  # so that decoding fails
    file = png(width, height)
    fields: dict[str, Any] = dict(FIELDS)
    if way == "json":
        url = f"data:image/png;base64,{base64.b64encode(file).decode()}"
        body = {"prompt": "a star", "num_inference_steps": 1, "size": "1792x1792", "image": url}
        response = client.simulate_post("/v1/images/edits", json=body)
    elif way == "variation":
        del fields["prompt"]
        form = encode_form(("image", file), *fields.items())
        response = client.simulate_post("/v1/images/variations", body=form, headers=FORM)
    else:
        files = [("image", IMAGE), ("mask", file)] if way == "mask" else [("image", file)]
        form = encode_form(*files, *fields.items())
        response = client.simulate_post("/v1/images/edits", body=form, headers=FORM)
    assert response.status_code == 400
    field = "mask" if way == "mask" else "image"
    assert response.json["error"]["param"] == field
    assert response.json["error"]["message"].startswith(f"{field} has {width}x{height} pixels; a side must be at most")


def test_an_edit_says_what_it_changed(client: falcon.testing.TestClient) -> None:
    form = encode_form(("image", encoded(gradient(64, 64), "jpeg")[:-2]), *FIELDS.items())
    response = client.simulate_post("/v1/images/edits", body=form, headers=FORM)
    assert response.status_code == 200
    assert response.json["warnings"] == ["image has no end: its last rows may be missing"]
