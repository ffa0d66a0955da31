"""Image-generation pipelines as graphs of calculators, run by OpenVINO, served through OpenAI's Images API."""

from graphframe.framework.calculator import Calculator, NodeContext
from graphframe.framework.cancellation import Cancellation
from graphframe.framework.context import Context
from graphframe.framework.errors import CalculatorError, Cancelled, GraphConfigError, GraphError
from graphframe.framework.graph import Graph
from graphframe.framework.packet import Packet
from graphframe.framework.port import Input, Options, Output, SideInput, SideOutput
from graphframe.framework.registry import register, register_subgraph
from graphframe.framework.run import Run
from graphframe.framework.runner import CalculatorRunner
from graphframe.framework.timestamp import Timestamp

__all__ = [
    "Calculator",
    "CalculatorError",
    "CalculatorRunner",
    "Cancellation",
    "Cancelled",
    "Context",
    "Graph",
    "GraphConfigError",
    "GraphError",
    "Input",
    "NodeContext",
    "Options",
    "Output",
    "Packet",
    "Run",
    "SideInput",
    "SideOutput",
    "Timestamp",
    "register",
    "register_subgraph",
]
