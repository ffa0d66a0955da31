"""Graphs to draw, in MediaPipe's style; nothing of them is known here, but the schema."""

from __future__ import annotations

import random
from pathlib import Path

from graphframe.view.diagram import Diagram, diagram
from graphframe.view.drawable import DrawableGraph, read_drawable

TRACKING = """\
input_stream: "input_video"
input_side_packet: "NUM_HANDS:num_hands"
output_stream: "output_video"
output_stream: "LANDMARKS:hand_landmarks"

node {
  calculator: "FlowLimiterCalculator"
  input_stream: "input_video"
  input_stream: "FINISHED:output_video"
  input_stream_info: { tag_index: "FINISHED" back_edge: true }
  output_stream: "throttled_input_video"
  node_options: {
    [type.googleapis.com/mediapipe.FlowLimiterCalculatorOptions] {
      max_in_flight: 1  # one at a time
    }
  }
}
node {
  name: "hand"
  calculator: "HandTrackingSubgraph"
  input_stream: "IMAGE:throttled_input_video"
  input_side_packet: "NUM_HANDS:num_hands"
  output_stream: "LANDMARKS:hand_landmarks"
  output_stream: "SCORES:scores"
}
node {
  name: "overlay"
  calculator: "AnnotationOverlayCalculator"
  device: "GPU"
  executor: "drawing"
  input_stream: "IMAGE:throttled_input_video"
  input_stream: "LANDMARKS:hand_landmarks"
  input_stream: "LOGO:logo"
  output_stream: "IMAGE:output_video"
}
"""

HAND = """\
type: "HandTrackingSubgraph"
input_stream: "IMAGE:image"
input_stream: "ROI:roi"
input_side_packet: "NUM_HANDS:num_hands"
output_stream: "LANDMARKS:landmarks"

node {
  calculator: "PalmDetectionSubgraph"
  input_stream: "IMAGE:image"
  output_stream: "DETECTIONS:detections"
}
node {
  calculator: "ClipVectorSizeCalculator"
  input_stream: "detections"
  input_stream: "ROI:roi"
  input_side_packet: "num_hands"
  output_stream: "clipped"
}
node {
  calculator: "LandmarkCalculator"
  device: "NPU"
  input_stream: "IMAGE:image"
  input_stream: "DETECTIONS:clipped"
  output_stream: "LANDMARKS:landmarks"
  options { [mediapipe.LandmarkCalculatorOptions.ext] < model_path: "hand.tflite" > }
}
"""

PALM = """\
type: "PalmDetectionSubgraph"
input_stream: "IMAGE:image"
output_stream: "DETECTIONS:detections"
node { calculator: "ImageToTensorCalculator" input_stream: "IMAGE:image" output_stream: "TENSORS:tensors" }
node {
  calculator: "InferenceCalculator"
  device: "GPU.1"
  input_stream: "TENSORS:tensors"
  output_stream: "TENSORS:raw_detections"
}
node {
  calculator: "TensorsToDetectionsCalculator"
  input_stream: "TENSORS:raw_detections"
  input_side_packet: "ANCHORS:anchors"
  output_stream: "DETECTIONS:detections"
}
node { calculator: "SsdAnchorsCalculator" output_side_packet: "anchors" }
"""


def source(text: str, folder: Path) -> DrawableGraph:
    """Read a graph from a file with a text."""
    path = folder / "graph.pbtxt"
    path.write_text(text, encoding="utf-8")
    return read_drawable(path)


def drawn(folder: Path, text: str, *subgraphs: str) -> Diagram:
    """The diagram of a text, with subgraphs."""
    sources = [source(subgraph, folder) for subgraph in subgraphs]
    return diagram(source(text, folder), {each.config.proto.type: each for each in sources})


def random_text(seed: int, nodes: int = 60, streams: int = 100) -> str:
    """A graph in which nodes take streams of nodes a little before them, and two loops."""
    rng = random.Random(seed)
    taken: list[set[int]] = [set() for _ in range(nodes)]
    for node in range(1, nodes):
        taken[node].add(rng.randrange(max(0, node - 9), node))
    while sum(map(len, taken)) < streams:
        node = rng.randrange(1, nodes)
        taken[node].add(rng.randrange(max(0, node - 14), node))
    parts = ['input_stream: "start"', 'input_side_packet: "model"', f'output_stream: "stream_{nodes - 1}"']
    for node, others in enumerate(taken):
        inputs = [f'input_stream: "IN_{number}:stream_{other}"' for number, other in enumerate(sorted(others))]
        inputs += [] if others else ['input_stream: "start"']
        inputs += ['input_side_packet: "MODEL:model"'] if node % 17 == 5 else []
        if node in (nodes // 8, nodes // 2):
            inputs.append(f'input_stream: "LOOP:stream_{node + nodes // 5}"')
            inputs.append('input_stream_info { tag_index: "LOOP" back_edge: true }')
        device = rng.choice(['device: "CPU"', 'device: "GPU"', ""])
        name = f'name: "node_{node}" calculator: "SomeCalculator" {device}'
        parts.append(f'node {{ {name} {" ".join(inputs)} output_stream: "OUT:stream_{node}" }}')
    return "\n".join(parts)
