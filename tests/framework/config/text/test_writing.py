from __future__ import annotations

from pathlib import Path

import pytest

import graphframe as gf
from graphframe import graphs
from graphframe.framework.config.registry import load_option_types
from graphframe.framework.config.text.reading import parse
from tests.framework import dataclass_toys

assert dataclass_toys  # its calculators and options are used below

TEXT = r"""
node {
  name: "a \"b\" \\ ü"
  calculator: "Step"
  input_stream: "IN:0:a"
  input_stream: "b"
  options {
    merge_fields: true
  }
  node_options {
    [type.googleapis.com/StepOptions] {
      by: 0
      direction: DOWN
      also: 1
      also: 2
    }
  }
  node_options {
    type_url: "type.googleapis.com/not.Known"
    value: "\001\377"
  }
  input_stream_info {
    tag_index: ":1"
    back_edge: true
  }
  device: "AUTO:GPU,CPU"
  device_properties {
    key: "A"
    value: "1"
  }
  device_properties {
    key: "B"
    value: "2"
  }
}
packet_generator {
  packet_generator: "Old"
}
num_threads: 3
input_stream: "a"
max_queue_size: -1
input_stream_handler {
  input_stream_handler: "SyncSetInputStreamHandler"
  options {
    [graphframe.SyncSetInputStreamHandlerOptions.ext] {
      sync_set {
        tag_index: "A"
      }
    }
  }
}
graph_options {
  [type.googleapis.com/StepOptions] {
  }
}
""".lstrip()


def test_a_text_in_the_order_of_the_schema_is_written_as_it_was() -> None:
    assert gf.to_pbtxt(parse(TEXT, "graph").proto) == TEXT


@pytest.mark.parametrize("text", [TEXT, "", 'type: "A" package: "b"'])
def test_a_written_config_reads_back_the_same(text: str) -> None:
    config = parse(text, "graph").proto
    assert parse(gf.to_pbtxt(config), "graph").proto == config


@pytest.mark.parametrize("path", sorted(Path(graphs.__file__).parent.glob("*.pbtxt")), ids=lambda path: path.stem)
def test_the_graphs_that_ship(path: Path) -> None:
    config = parse(path.read_text(), str(path), load_option_types).proto
    again = parse(gf.to_pbtxt(config), "graph", load_option_types)
    assert again.problems == []
    assert again.proto == config
