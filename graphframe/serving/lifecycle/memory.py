"""The memory that loaded models take."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from graphframe.framework.graph import Graph

_STATM = Path("/proc/self/statm")


@dataclass(frozen=True)
class Footprint:
    """The memory that a loaded graph takes, without that of its runs.

    Attributes
    ----------
    weights : mapping of str to int
        Bytes of weights by the name of the node that loaded them.
    weights_bytes : int
        Those of all nodes; a model that several share counts once.
    resident_bytes : int
        Growth of the process while the graph was loaded and warmed up.
    """

    weights: Mapping[str, int]
    weights_bytes: int
    resident_bytes: int

    @property
    def bytes(self) -> int:
        """The larger of weights and growth."""
        return max(self.weights_bytes, self.resident_bytes)


def load_and_measure(graph: Graph) -> Footprint:
    """Load a graph."""
    from graphframe.tracing import Trace  # which imports OpenVINO; --help should not

    before, trace = resident_bytes(), Trace()
    graph.load(trace)
    return Footprint(
        weights={load.node.name: sum(model.weights for model in load.models) for load in trace.loads},
        weights_bytes=sum({model.model: model.weights for load in trace.loads for model in load.models}.values()),
        resident_bytes=max(resident_bytes() - before, 0),
    )


def resident_bytes() -> int:
    """Return the physical memory that the process takes now; 0 on systems without ``/proc``."""
    if not _STATM.exists():
        return 0
    return int(_STATM.read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
