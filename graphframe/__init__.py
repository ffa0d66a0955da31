"""Image-generation pipelines as graphs of calculators, run by OpenVINO, served through OpenAI's Images API."""

from graphframe.framework import input_policy
from graphframe.framework.builder import GraphBuilder
from graphframe.framework.calculator import Calculator, NodeContext
from graphframe.framework.calculator_pb2 import CalculatorGraphConfig
from graphframe.framework.cancellation import Cancellation
from graphframe.framework.context import Context
from graphframe.framework.errors import CalculatorError, Cancelled, GraphConfigError, GraphError, Problem
from graphframe.framework.graph import Graph
from graphframe.framework.names import Spec
from graphframe.framework.packet import Packet
from graphframe.framework.plan import NodePlan, Slot
from graphframe.framework.poller import Poller
from graphframe.framework.port import Input, Options, Output, SideInput, SideOutput
from graphframe.framework.registry import register, register_subgraph, subgraph
from graphframe.framework.run import Run
from graphframe.framework.runner import CalculatorRunner
from graphframe.framework.subgraph_function import SubgraphNode
from graphframe.framework.timestamp import Timestamp
from graphframe.framework.writer import to_pbtxt

__all__ = [
    "Calculator",
    "CalculatorError",
    "CalculatorGraphConfig",
    "CalculatorRunner",
    "Cancellation",
    "Cancelled",
    "Context",
    "Graph",
    "GraphBuilder",
    "GraphConfigError",
    "GraphError",
    "Input",
    "NodeContext",
    "NodePlan",
    "Options",
    "Output",
    "Packet",
    "Poller",
    "Problem",
    "Run",
    "SideInput",
    "SideOutput",
    "Slot",
    "Spec",
    "SubgraphNode",
    "Timestamp",
    "input_policy",
    "register",
    "register_subgraph",
    "subgraph",
    "to_pbtxt",
]
