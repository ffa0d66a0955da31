"""The start and the end of the server."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

from graphframe.serving.lifecycle.watcher import Watcher


class Lifespan:
    """Falcon middleware that loads the models when the server starts, and closes them when it ends."""

    def __init__(self, watcher: Watcher) -> None:
        self._watcher = watcher

    async def process_startup(self, scope: Mapping[str, Any], event: Mapping[str, Any]) -> None:
        """Start loading without waiting for it: gunicorn allows a start-up 30 seconds."""
        self._watcher.start()

    async def process_shutdown(self, scope: Mapping[str, Any], event: Mapping[str, Any]) -> None:
        """Close the models."""
        await asyncio.to_thread(self._watcher.stop)
