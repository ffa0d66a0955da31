from __future__ import annotations

import dataclasses
from typing import Any

import pytest
from google.protobuf.wrappers_pb2 import Int64Value, StringValue

import graphframe as gf
from tests.framework import toys

TEXT = """
    input_stream: "in" output_stream: "high"
    node {
      name: "last" calculator: "Threshold" input_stream: "twice" output_stream: "ABOVE:high"
      node_options { [type.googleapis.com/google.protobuf.Int64Value] { value: 7 } }
    }
    node { calculator: "Double" device: "NPU" device_properties { key: "A" value: "b" }
           input_stream: "in" output_stream: "twice" }
"""


@pytest.fixture
def nodes() -> list[gf.NodeInfo]:
    return gf.Graph.from_text(TEXT).nodes


def test_in_execution_order(nodes: list[gf.NodeInfo]) -> None:
    assert [(node.index, node.name, node.calculator) for node in nodes] == [
        (0, "Double", "Double"),
        (1, "last", "Threshold"),
    ]


def test_connections_and_options(nodes: list[gf.NodeInfo]) -> None:
    double, last = nodes
    assert (double.device, double.device_properties) == ("NPU", {"A": "b"})
    assert list(map(str, last.inputs)) == ["twice"]
    assert list(map(str, last.outputs)) == ["ABOVE:high"]
    assert [last.connected(port) for port in (toys.Threshold.value, toys.Threshold.below)] == [1, 0]
    assert last[toys.Threshold.limit] == Int64Value(value=7)
    assert last[gf.Options(StringValue)] == StringValue()


def test_cannot_be_changed(nodes: list[gf.NodeInfo]) -> None:
    info: Any = nodes[0]
    with pytest.raises(dataclasses.FrozenInstanceError):
        info.device = "CPU"
