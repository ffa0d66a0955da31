from __future__ import annotations

import pytest

from graphframe.serving.api import picture
from graphframe.serving.api.picture import Picture

URL = "data:image/png;base64,iVBORw=="


@pytest.mark.parametrize(
    "given",
    [
        Picture(b"\x89PNG"),
        [Picture(b"\x89PNG")],
        URL,
        "data:;base64,iVBORw==",
        {"image_url": URL},
        [{"image_url": URL}],
    ],
)
def test_what_is_a_picture(given: object) -> None:
    assert Picture.read(given) == b"\x89PNG"


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ([], "takes one image, not 0"),
        ([URL, URL], "takes one image, not 2"),
        ([[URL]], "a file is expected"),
        (5, "a file is expected"),
        ({}, "a file is expected"),
        ({"file_id": "file-1"}, "no stored files"),
        ("https://example.com/cat.png", "not fetched"),
        ("file:///etc/passwd", "not fetched"),
        ("iVBORw==", "a data URL is expected"),
        ("data:image/png,abc", "a data URL is expected"),
        ("data:image/png;base64,iVBOR", "not in base64"),
        ("data:image/png;base64,iVBO\u00e4===", "not in base64"),
    ],
)
def test_what_is_none(given: object, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Picture.read(given)


def test_a_picture_that_is_too_large(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(picture, "MAX_BYTES", 3)
    with pytest.raises(ValueError, match="larger than 3 bytes"):
        Picture.read(URL)
