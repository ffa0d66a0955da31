"""``GET /`` and ``/page/{name}``: the page, and the files that it consists of."""

from __future__ import annotations

from hashlib import sha256
from importlib.resources import files

import falcon.asgi

from graphframe.serving.errors import APIError

_TYPES = {"css": "text/css", "js": "text/javascript", "html": "text/html", "svg": "image/svg+xml"}
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:;"
    " connect-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)


class PageResource:
    """The files of the page, kept in memory."""

    def __init__(self) -> None:
        folder = files("graphframe.serving.page") / "static"
        drawing = [files("graphframe.view") / name for name in ("pan_zoom.js", "details.js")]
        self._files = {file.name: file.read_bytes() for file in (*folder.iterdir(), *drawing) if file.is_file()}
        self._etags = {name: sha256(content).hexdigest() for name, content in self._files.items()}

    async def on_get(self, req: falcon.asgi.Request, resp: falcon.asgi.Response) -> None:
        """Answer with the page."""
        await self.on_get_file(req, resp, "index.html")

    async def on_get_file(self, req: falcon.asgi.Request, resp: falcon.asgi.Response, name: str) -> None:
        """Answer with one of its files."""
        if name not in self._files:
            raise APIError(404, f"the page has no file {name}", code="unknown_path")
        resp.data = self._files[name]
        resp.content_type = f"{_TYPES[name.rpartition('.')[2]]}; charset=utf-8"
        resp.cache_control = ["no-cache"]
        resp.etag = self._etags[name]
        resp.set_header("content-security-policy", _POLICY)
        resp.set_header("x-content-type-options", "nosniff")
