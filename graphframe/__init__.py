"""Image-generation pipelines as graphs of calculators, run by OpenVINO, served through OpenAI's Images API."""

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from graphframe.framework import input_policy
from graphframe.framework.builder.graph_builder import GraphBuilder
from graphframe.framework.calculator import Calculator, NodeContext
from graphframe.framework.config.registry import register, register_subgraph, subgraph
from graphframe.framework.config.specs import Spec
from graphframe.framework.config.subgraph_function import SubgraphNode
from graphframe.framework.config.text.writing import to_pbtxt
from graphframe.framework.errors import CalculatorError, Cancelled, GraphConfigError, GraphError, Problem
from graphframe.framework.graph import Graph
from graphframe.framework.node_info import NodeInfo
from graphframe.framework.packet import Packet
from graphframe.framework.port import Input, Options, Output, SideInput, SideOutput
from graphframe.framework.protos.calculator_pb2 import CalculatorGraphConfig
from graphframe.framework.runner import CalculatorRunner
from graphframe.framework.running.cancellation import Cancellation
from graphframe.framework.running.context import Context
from graphframe.framework.running.poller import Poller
from graphframe.framework.running.run import Run
from graphframe.framework.timestamp import Timestamp

if TYPE_CHECKING:
    from graphframe.pipeline import GeneratedImages, Pipeline, generate

__version__ = "0.1.0"

__all__ = [
    "Calculator",
    "CalculatorError",
    "CalculatorGraphConfig",
    "CalculatorRunner",
    "Cancellation",
    "Cancelled",
    "Context",
    "GeneratedImages",
    "Graph",
    "GraphBuilder",
    "GraphConfigError",
    "GraphError",
    "Input",
    "NodeContext",
    "NodeInfo",
    "Options",
    "Output",
    "Packet",
    "Pipeline",
    "Poller",
    "Problem",
    "Run",
    "SideInput",
    "SideOutput",
    "Spec",
    "SubgraphNode",
    "Timestamp",
    "__version__",
    "generate",
    "input_policy",
    "register",
    "register_subgraph",
    "subgraph",
    "to_pbtxt",
]


def _name_home() -> None:
    """Name a home folder that does not exist if the user has none: openvino_telemetry needs a name to be imported."""
    try:
        Path.home()
    except RuntimeError:
        os.environ["HOME"] = "/nonexistent"


_name_home()


def __getattr__(name: str) -> Any:
    """Import the pipeline when it is first used; the engine does not need it."""
    if name not in ("GeneratedImages", "Pipeline", "generate"):
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from graphframe import pipeline

    return getattr(pipeline, name)
