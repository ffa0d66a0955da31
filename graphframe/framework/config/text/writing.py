"""Writes a config as text."""

from __future__ import annotations

from google.protobuf import text_format

from graphframe.framework.protos.calculator_pb2 import CalculatorGraphConfig


def to_pbtxt(config: CalculatorGraphConfig) -> str:
    """Return the text of a config, which reads back as the same config. Fields are in the order of the schema.

    >>> from graphframe.framework.protos.calculator_pb2 import CalculatorGraphConfig
    >>> node = CalculatorGraphConfig.Node(calculator="PassThroughCalculator", input_stream=["a"], output_stream=["b"])
    >>> print(to_pbtxt(CalculatorGraphConfig(node=[node], input_stream=["a"])), end="")
    node {
      calculator: "PassThroughCalculator"
      input_stream: "a"
      output_stream: "b"
    }
    input_stream: "a"
    """
    return text_format.MessageToString(config, as_utf8=True)
