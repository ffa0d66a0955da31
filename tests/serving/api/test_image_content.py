from __future__ import annotations

import pytest

from graphframe.serving.api import image_content as module
from graphframe.serving.api.image_content import image_content

URL = "data:image/png;base64,iVBORw=="


@pytest.mark.parametrize(
    "given",
    [
        b"\x89PNG",
        [b"\x89PNG"],
        URL,
        "data:;base64,iVBORw==",
        {"image_url": URL},
        [{"image_url": URL}],
        {"0": b"\x89PNG"},
        {"1": {"image_url": URL}},
    ],
)
def test_returns_the_file(given: object) -> None:
    assert image_content(given) == b"\x89PNG"


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ([], "take one image, not 0"),
        ([URL, URL], "take one image, not 2"),
        ([[URL]], "expected a file"),
        ({"0": URL, "1": URL}, "take one image, not 2"),
        ({"first": URL}, "expected a file"),
        (5, "expected a file"),
        ({}, "expected a file"),
        ({"file_id": "file-1"}, "stores no files"),
        ("https://example.com/cat.png", "not fetched"),
        ("file:///etc/passwd", "not fetched"),
        ("iVBORw==", "expected a file or a data URL"),
        ("data:image/png,abc", "expected a file or a data URL"),
        ("data:image/png;base64,iVBOR", "not valid base64"),
        ("data:image/png;base64,iVBO\u00e4===", "not valid base64"),
    ],
)
def test_refuses_anything_else(given: object, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        image_content(given)


def test_refuses_a_large_file(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_BYTES", 3)
    with pytest.raises(ValueError, match="larger than 3 bytes"):
        image_content(URL)
