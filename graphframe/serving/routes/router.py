"""The router of the application."""

from __future__ import annotations

from typing import Any

from falcon.routing import CompiledRouter


class Router(CompiledRouter):
    """Falcon's router, with HEAD wherever GET is."""

    def map_http_methods(self, resource: object, **kwargs: Any) -> dict[str, Any]:
        """Return the responders of a resource by method. Falcon sends no body in answer to HEAD."""
        responders: dict[str, Any] = {**super().map_http_methods(resource, **kwargs)}
        if "GET" in responders:
            responders.setdefault("HEAD", responders["GET"])
        return responders
