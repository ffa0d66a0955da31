"""Tracers: observers of the engine's work, which may slow it but not change it."""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import Protocol, runtime_checkable

from graphframe.framework.node_info import NodeInfo
from graphframe.framework.running.invocation import Invocation


class Tracer(Protocol):
    """An observer of the calls of calculators in a run; called from the run's threads."""

    def ready(self, call: Invocation) -> None:
        """A calculator can be called."""

    def begin(self, call: Invocation) -> None:
        """The calculator is called, in this thread."""

    def end(self, call: Invocation) -> None:
        """The calculator has returned or raised, in this thread."""


@runtime_checkable
class WarningTracer(Tracer, Protocol):
    """A tracer that also takes the warnings of calculators. Without one, they are logged."""

    def warn(self, node: str, message: str) -> None:
        """Take a warning of a node, from its thread."""


class LoadTracer(Protocol):
    """An observer of how a graph is loaded; called from the threads that load its nodes."""

    def loading(self, node: NodeInfo) -> AbstractContextManager[None]:
        """Return a context manager within which the node is loaded, in this thread."""
