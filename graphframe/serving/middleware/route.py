"""The route of an exchange."""

from __future__ import annotations

import falcon.asgi
from falcon.routing import CompiledRouter

from graphframe.serving.observation.exchange import EXCHANGE


class NoteRoute:
    """Falcon middleware that notes a request's route, before another middleware refuses the request.

    Parameters
    ----------
    router : CompiledRouter
        The application's router.
    """

    def __init__(self, router: CompiledRouter) -> None:
        self._router = router

    async def process_request(self, req: falcon.asgi.Request, resp: falcon.asgi.Response) -> None:
        """Note the template of the path."""
        found = self._router.find(req.path, req)
        EXCHANGE.get().route = (found and found[3]) or ""
