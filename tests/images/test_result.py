from __future__ import annotations

from graphframe.images import EncodedImage


def test_base64_is_encoded_once() -> None:
    image = EncodedImage(b"\x89PNG", "png", 8, 8)
    assert image.b64 == "iVBORw=="
    assert image.b64 is image.b64
