"""The example in each calculator's docstring is right."""

from __future__ import annotations

import inspect
import io
import re
import textwrap
from collections.abc import Iterable
from dataclasses import dataclass, field
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from google.protobuf import text_format
from msgspec.structs import replace
from PIL import Image

import graphframe as gf
from graphframe.framework.protos.calculator_pb2 import CalculatorGraphConfig
from graphframe.images import ImageRequest
from tests.calculators.image.classifiers import make_red_classifier
from tests.framework.waiting import SECONDS

ROOT = Path(__file__).parents[2]
CALCULATORS = sorted(entry.name for entry in entry_points(group="graphframe.calculators"))

Items = list[Any]
"""Packets, or values for the timestamps 0, 1, 2 and so on."""


@dataclass(frozen=True)
class Case:
    """The inputs and the expected outputs of an example, by the names of streams and side packets."""

    given: dict[str, Items]
    made: dict[str, Items]
    side_packets: dict[str, Any] = field(default_factory=dict)
    side_packets_made: dict[str, Any] = field(default_factory=dict)


P = gf.Packet
RED, BLUE = (np.full((8, 8, 3), colour, np.uint8) for colour in ((255, 0, 0), (0, 0, 255)))
CASES = {
    "BeginLoopCalculator": Case(
        {"images": [P(["a", "b"], 5), P([], 6), P("c", 7)], "prompt": [P("x", 5), P("y", 7)]},
        {
            "image": [P("a", 0), P("b", 1), P("c", 3)],
            "prompt_of_image": [P("x", 0), P("x", 1), P("y", 3)],
            "batch_end": [P((5, True), 1), P((6, True), 2), P((7, True), 3)],
        },
    ),
    "ClipVectorSizeCalculator": Case({"faces": [[1, 2, 3], [4]]}, {"first_faces": [[1, 2], [4]]}),
    "CollectionHasMinSizeCalculator": Case({"faces": [[1], [1, 2]]}, {"has_two_faces": [False, True]}),
    "ConcatenateVectorCalculator": Case(
        {"faces": [[1, 2], [], [3]], "hands": [[4], [5]]},
        {"faces_and_hands": [[1, 2, 4], [5], [3]]},
    ),
    "ConstantSidePacketCalculator": Case({}, {}, {}, {"count": 3, "style": "oil"}),
    "CountingSourceCalculator": Case({}, {"number": [P(10, 10), P(15, 15), P(20, 20)]}),
    "DefaultSidePacketCalculator": Case({}, {}, {"usual_style": "oil"}, {"style_or_usual": "oil"}),
    "DemuxCalculator": Case(
        {"image": ["a", "b", "c"], "is_large": [True, False, True]},
        {"small_image": [P("b", 1)], "large_image": [P("a", 0), P("c", 2)]},
    ),
    "EndLoopCalculator": Case(
        {"prompts": [P(["a", "b"], 5), P([], 7)]},
        {
            "results": [P(["a", "b"], 5), P([], 7)],
            "prompt": ["a", "b"],
            "result": ["a", "b"],
            "batch_end": [P((5, True), 1), P((7, True), 2)],
        },
    ),
    "FlowLimiterCalculator": Case(
        {"frame": ["a", "b"]},
        {"limited_frame": ["a", "b"], "passed": [True, True], "result": ["a", "b"]},
    ),
    "GateCalculator": Case(
        {"image": ["a", "b", "c", "d"], "is_safe": [True, False, P(True, 3)]},
        {"safe_image": [P("a", 0), P("d", 3)], "became_safe": [P(False, 1), P(True, 3)]},
    ),
    "GetVectorItemCalculator": Case({"faces": [["a", "b"], [], ["c"]]}, {"first_face": [P("a", 0), P("c", 2)]}),
    "MakePairCalculator": Case(
        {"prompt": ["a", "b"], "image": [P("x", 1)]}, {"prompt_and_image": [("a", None), ("b", "x")]}
    ),
    "ImageCheckCalculator": Case({"image": [RED, BLUE]}, {"safe_image": [P(BLUE, 1)]}),
    "MergeCalculator": Case(
        {"small_image": [P("a", 0), P("b", 2)], "large_image": [P("A", 1), P("B", 2)]},
        {"image": [P("a", 0), P("A", 1), P("b", 2)]},
    ),
    "MuxCalculator": Case(
        {"preview": ["a", "b"], "image": ["A", "B"], "quality": [1, 0]},
        {"chosen": ["A", "b"]},
    ),
    "MuxSidePacketCalculator": Case(
        {},
        {},
        side_packets={"fast_model": "fast", "good_model": "good", "is_good": True},
        side_packets_made={"model": "good"},
    ),
    "PacketClonerCalculator": Case(
        {"prompt": [P("x", 1), P("y", 4)], "image": ["a", "b", "c", "d", "e"]},
        {"prompt_of_image": [P("x", 1), P("x", 2), P("x", 3), P("y", 4)]},
    ),
    "PacketPresenceCalculator": Case({"mask": ["m"]}, {"has_mask": [True]}),
    "PacketSequencerCalculator": Case(
        {"image": [P("a", 10)], "selection": [P(1, 20)]},
        {"selection_of_image": [P(1, 11)]},
    ),
    "PacketThinnerCalculator": Case(
        {"frame": [P(number, number) for number in (2, 6, 9, 13, 31)]},
        {"some_frames": [P(2, 0), P(9, 10), P(31, 30)]},
    ),
    "PassThroughCalculator": Case({"image": ["a", "b"]}, {"same_image": ["a", "b"]}),
    "PreviousLoopbackCalculator": Case(
        {"image": ["a", "b"]},
        {"merged_before": [P("a", 1)], "merged": ["a", "a"]},
    ),
    "SidePacketToStreamCalculator": Case(
        {"prompt": ["a", "b"]},
        {"style_of_prompt": ["oil", "oil"]},
        side_packets={"style": "oil"},
    ),
    "ThresholdingCalculator": Case({"score": [0.4, 0.6]}, {"is_safe": [False, True]}),
    "ValueOrDefaultCalculator": Case(
        {"mask": [P("m", 1), P("n", 3)], "image": ["a", "b"]},
        {"mask_or_empty": [P("e", 0), P("m", 1)], "is_empty": [P(True, 0)]},
        {"empty_mask": "e"},
    ),
    "VectorSizeCalculator": Case({"faces": [[], [1, 2]]}, {"number_of_faces": [0, 2]}),
    "SplitVectorCalculator": Case(
        {"numbers": [[1, 2, 3]]},
        {"first": [[1]], "others": [[2, 3]]},
    ),
    "SwitchContainer": Case(
        {"frame": ["a", "b", "c", "d"]},
        {"kept_frame": [P("a", 0), P("c", 2)]},
        side_packets={"keep_all": False},
    ),
    "StreamToSidePacketCalculator": Case({"style": ["oil"]}, {}, side_packets_made={"style_of_run": "oil"}),
}


def packets(items: Items) -> list[gf.Packet]:
    return [item if isinstance(item, gf.Packet) else P(item, time) for time, item in enumerate(items)]


def names(specs: Iterable[str]) -> dict[str, None]:
    return {spec.rpartition(":")[2]: None for spec in specs}


class Example:
    """The graph in the docstring of a calculator. Its inputs are the streams that it does not produce itself."""

    def __init__(self, name: str) -> None:
        (entry,) = entry_points(group="graphframe.calculators", name=name)
        self.prose, _, text = (inspect.getdoc(entry.load()) or "").partition("Example::\n")
        self.text = re.sub(r'device: "\w+"', 'device: "CPU"', textwrap.dedent(text))
        nodes = text_format.Parse(self.text, CalculatorGraphConfig()).node
        self.calculators = [node.calculator for node in nodes]
        self.outputs = names(spec for node in nodes for spec in node.output_stream)
        self.inputs = names(spec for node in nodes for spec in node.input_stream)
        self.side_outputs = names(spec for node in nodes for spec in node.output_side_packet)
        self.side_inputs = names(spec for node in nodes for spec in node.input_side_packet)

    def graph(self, base: Path) -> gf.Graph:
        interface = [f'input_stream: "{name}"' for name in self.inputs if name not in self.outputs]
        interface += [f'output_stream: "{name}"' for name in self.outputs]
        interface += [f'input_side_packet: "{name}"' for name in self.side_inputs if name not in self.side_outputs]
        interface += [f'output_side_packet: "{name}"' for name in self.side_outputs]
        return gf.Graph.from_text("\n".join([*interface, self.text]), base)


def run(graph: gf.Graph, case: Case) -> tuple[gf.Run, dict[str, list[gf.Packet]]]:
    seen: dict[str, list[gf.Packet]] = {name: [] for name in graph.outputs}
    observers = {name: found.append for name, found in seen.items()}
    run = graph.start_run(case.side_packets, observers)
    given = [(packet.timestamp, name, packet) for name, items in case.given.items() for packet in packets(items)]
    for timestamp, name, packet in sorted(given, key=lambda item: item[0]):
        run.add(name, packet.value, timestamp)
    run.close_inputs()
    run.wait_until_done(SECONDS)
    return run, seen


@pytest.fixture(scope="module")
def model_packets(euler: Path) -> dict[str, Items]:
    """Run the graph of an image model and return the packets of its streams, whose names the examples use."""
    text = (ROOT / "graphs/stable_diffusion.pbtxt").read_text()
    streams = set(re.findall(r'output_stream: "[A-Z_]+:(\w+)"', text)) - {"encoded_image"}
    graph = gf.Graph.from_text(text + "".join(f'output_stream: "{name}"\n' for name in streams), euler)
    image = io.BytesIO()
    Image.new("RGB", (64, 64), "red").save(image, "png")
    request = ImageRequest("a red cat", image=image.getvalue(), strength=1.0, num_inference_steps=1, seed=7)
    found: dict[str, Items] = dict(graph.run(REQUEST=request))
    others = {
        "text_request": [replace(request, image=None, strength=None)],
        "inpainting_request": [replace(request, mask=image.getvalue())],
    }
    return {"request": [request], **others, "encoded_image": found.pop("IMAGE"), **found}


@pytest.mark.parametrize("name", CALCULATORS)
def test_example(name: str, request: pytest.FixtureRequest, euler: Path, tmp_path: Path) -> None:
    example = Example(name)
    assert example.prose.strip()
    assert name in example.calculators
    if name in CASES:
        case = CASES[name]
        make_red_classifier(tmp_path / "safety_checker/openvino_model.xml")
        ended, seen = run(example.graph(tmp_path), case)
        assert seen == {stream: packets(items) for stream, items in case.made.items()}
        assert {key: ended.side_packet(key) for key in example.side_outputs} == case.side_packets_made
    else:
        known = request.getfixturevalue("model_packets")
        given = {stream: known[stream] for stream in example.inputs}
        _, seen = run(example.graph(euler), Case(given, {}))
        for stream in example.outputs:
            assert [type(packet.value) for packet in seen[stream]] == [type(packet.value) for packet in known[stream]]
