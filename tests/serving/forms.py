"""Forms as clients send them."""

from __future__ import annotations

FORM = {"Content-Type": "multipart/form-data; boundary=-x-"}


def encode_form(*parts: tuple[str, str | bytes]) -> bytes:
    """The body of a form: bytes are files, as openai's clients name them."""
    body = b""
    for name, value in parts:
        file = "" if isinstance(value, str) else '; filename="upload"\r\nContent-Type: application/octet-stream'
        content = value.encode() if isinstance(value, str) else value
        body += f'---x-\r\nContent-Disposition: form-data; name="{name}"{file}\r\n\r\n'.encode() + content + b"\r\n"
    return body + b"---x---\r\n"
