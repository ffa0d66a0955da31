"""Requests on their way through a graph: how they wait, how they run, and what comes out of them meanwhile."""

from __future__ import annotations

from graphframe.serving.generation.event_stream import event_stream
from graphframe.serving.generation.generation import Generation, Partial
from graphframe.serving.generation.queue import Queue

__all__ = ["Generation", "Partial", "Queue", "event_stream"]
