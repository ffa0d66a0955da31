"""Requests that wait for a graph and run on it, with the images, previews and progress they produce."""

from __future__ import annotations

from graphframe.serving.generation.event_stream import event_stream
from graphframe.serving.generation.generation import Generation, Partial
from graphframe.serving.generation.queue import Queue

__all__ = ["Generation", "Partial", "Queue", "event_stream"]
