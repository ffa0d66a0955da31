"""The start and the end of the server."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

from graphframe.serving.lifecycle.watcher import Watcher


class Lifespan:
    """Falcon middleware that loads the models when the server starts, and closes them when it ends.

    Parameters
    ----------
    watcher : Watcher
    shared : mapping of str to object
        Objects for the state of the lifespan, where gunicorn's worker finds them.
    """

    def __init__(self, watcher: Watcher, shared: Mapping[str, object]) -> None:
        self._watcher = watcher
        self._shared = shared

    async def process_startup(self, scope: Mapping[str, Any], event: Mapping[str, Any]) -> None:
        """Start loading without waiting for it: gunicorn allows a start-up 30 seconds."""
        scope.get("state", {}).update(self._shared)
        self._watcher.start()

    async def process_shutdown(self, scope: Mapping[str, Any], event: Mapping[str, Any]) -> None:
        """Close the models."""
        await asyncio.to_thread(self._watcher.stop)
