"""Graphs in OpenVINO Model Server's own format."""

from __future__ import annotations

TEXT = """\
# File created with: OpenVINO Model Server 2026.2
# OVMS_GRAPH_QUEUE_MAX_SIZE: AUTO

input_stream: "HTTP_REQUEST_PAYLOAD:input"
output_stream: "HTTP_RESPONSE_PAYLOAD:output"

node: {
  name: "ImageGenExecutor"
  calculator: "ImageGenCalculator"
  input_stream: "HTTP_REQUEST_PAYLOAD:input"
  input_side_packet: "IMAGE_GEN_NODE_RESOURCES:pipes"
  output_stream: "HTTP_RESPONSE_PAYLOAD:output"
  node_options: {
    [type.googleapis.com / mediapipe.ImageGenCalculatorOptions]: {
%s
    }
  }
}
"""


def ovms_graph(*fields: str, models_path: str = "./") -> str:
    """Return the text with these options, one per line, starting at line 15."""
    return TEXT % "\n".join(f"      {field}" for field in (f'models_path: "{models_path}",', *fields))
