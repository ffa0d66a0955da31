"""The page at ``/``: a playground, and the graph of the model at work in it.

It is static, asks nothing of other hosts, and talks to the same API as all clients.
"""

from __future__ import annotations

from graphframe.serving.page.page import Page
from graphframe.serving.routes.graph_picture import GraphPicture

__all__ = ["GraphPicture", "Page"]
