from __future__ import annotations

import pytest

from graphframe.serving.api import image_content as module
from graphframe.serving.api.image_content import image_contents

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
    assert image_contents(given) == [b"\x89PNG"]


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ([], "expected 1 to 16 images, not 0"),
        ([URL] * 17, "expected 1 to 16 images, not 17"),
        ([[URL]], "expected a file"),
        ([URL, {"0": URL}], "expected a file"),
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
        image_contents(given)


def test_several_files_in_their_order() -> None:
    assert image_contents([b"1", {"image_url": URL}, URL]) == [b"1", b"\x89PNG", b"\x89PNG"]
    assert image_contents({"10": b"3", "2": b"2", "0": b"1"}) == [b"1", b"2", b"3"]
    with pytest.raises(ValueError, match="expected one image, not 2"):
        image_contents([b"1", b"2"], most=1)


def test_refuses_a_large_file(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_BYTES", 3)
    with pytest.raises(ValueError, match="larger than 3 bytes"):
        image_contents(URL)
