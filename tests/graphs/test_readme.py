"""The README of the graphs is right."""

from __future__ import annotations

import doctest
import re
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

import pytest
from click.testing import CliRunner

import graphframe as gf
from graphframe.cli.main import main
from graphframe.framework.config.text.reading import parse
from graphframe.framework.input_policy import INPUT_POLICIES
from graphframe.framework.planning.validation import validate
from graphframe.framework.running.invocation import CLOSE, OPEN
from graphframe.framework.running.scheduling.fast_path import FastScheduler
from graphframe.framework.running.scheduling.run_state import RunState
from graphframe.framework.running.scheduling.state import NodeTask

README = (Path(__file__).parents[2] / "graphs/README.md").read_text()
BLOCKS: list[tuple[str, str]] = re.findall(r"^```(\w+)\n(.*?)^```$", README, re.MULTILINE | re.DOTALL)
FILES = {
    text.partition("\n")[0].removeprefix("# "): text
    for language, text in BLOCKS
    if language == "protobuf" and text.startswith("# ")
}
TIMELINES = [(handler[1], timeline[1]) for handler, timeline in pairwise(BLOCKS) if timeline[0] == "timeline"]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The current folder, with the README's graphs."""
    for name, text in FILES.items():
        (tmp_path / name).write_text(text)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_python(folder: Path) -> None:
    session = "\n".join(text for language, text in BLOCKS if language == "pycon")
    test = doctest.DocTestParser().get_doctest(session, {}, "README", "graphs/README.md", 0)
    result = doctest.DocTestRunner(optionflags=doctest.NORMALIZE_WHITESPACE).run(test)
    assert result.attempted > 20
    assert result.failed == 0


def test_graphs_are_valid(folder: Path) -> None:
    gf.register_subgraph("twice.pbtxt")
    for name in FILES:
        gf.Graph.from_file(name)


def test_graph_of_openvino_model_server_is_valid(euler: Path) -> None:
    (text,) = (text for _, text in BLOCKS if "ImageGenCalculator" in text)
    devices = {node.name.partition("__")[2]: node.device for node in gf.Graph.from_text(text, euler).nodes}
    assert (devices["text_encode"], devices["denoise"], devices["vae_decode"]) == ("CPU", "GPU", "CPU")


def test_commands(folder: Path) -> None:
    (shown,) = (text for language, text in BLOCKS if language == "console")
    for command, output in re.findall(r"^\$ graphframe (.*)\n((?:[^$].*\n)*)", shown, re.MULTILINE):
        result = CliRunner().invoke(main, command.split())
        assert result.exit_code == 0, result.output
        assert result.output == output


class Node(gf.Calculator):
    """A node with any inputs."""

    inputs = gf.Input("*")

    def process(self, cc: gf.Context) -> None: ...
    def close(self, cc: gf.Context) -> None: ...


class Word(NamedTuple):
    """A word in a row of a timeline, and its columns."""

    start: int
    end: int
    row: str
    text: str


def words(timeline: str) -> Iterator[Word]:
    for line in timeline.splitlines():
        row = line.split()[0]
        for found in re.finditer(r"\[[^\]]*\]|\S+", line[len(row) :]):
            yield Word(len(row) + found.start(), len(row) + found.end() - 1, row, found[0])


class Stepper:
    """A driver of the scheduler of one node, which follows a timeline."""

    def __init__(self, handler: str, tags: list[str]) -> None:
        inputs = "".join(f'input_stream: "{tag.lower()}" ' for tag in tags)
        streams = "".join(f'input_stream: "{tag}:{tag.lower()}" ' for tag in tags)
        config = parse(f'{inputs} node {{ calculator: "Node" {streams} {handler} }}', "timeline")
        self.plan = validate(config, lambda _: Node)
        self.scheduler = FastScheduler(RunState(self.plan))
        self.scheduler.start()
        self.working: NodeTask | None = None

    def do(self, word: Word) -> list[str]:
        """Do the action of a word; return the resulting actions of the node."""
        stream = self.plan.inputs.numbers.get(word.row.lower(), -1)
        if word.row == "node":
            if self.working is not None:
                self.scheduler.finish(self.working)
                self.working = None
        elif word.text == "x":
            self.scheduler.set_bound(stream, gf.Timestamp.DONE)
        elif word.text.startswith(">"):
            self.scheduler.set_bound(stream, int(word.text[1:]))
        else:
            timestamp, _, chosen = word.text.rstrip(")").partition("(")
            value = int(chosen) if chosen else f"{word.row}{timestamp}"
            self.scheduler.add(stream, gf.Packet(value, int(timestamp)))
        return list(self._started())

    def _started(self) -> Iterator[str]:
        while (task := self.scheduler.next()) is not None:
            if task.phase is OPEN:
                self.scheduler.finish(task)
            elif task.phase is CLOSE:
                self.scheduler.finish(task)
                yield "x"
            else:
                assert self.working is None
                self.working = task
                found = [packet for packet in task.packets if packet is not None]
                names = [packet.value if isinstance(packet.value, str) else f"S{packet.timestamp}" for packet in found]
                yield f"[{' '.join(names)}]"


def test_every_input_policy_has_a_timeline() -> None:
    assert [name for handler, _ in TIMELINES for name in INPUT_POLICIES if f'"{name}"' in handler] == list(
        dict.fromkeys(INPUT_POLICIES)
    )


@pytest.mark.parametrize(("handler", "timeline"), TIMELINES, ids=[handler.split('"')[1] for handler, _ in TIMELINES])
def test_timeline(handler: str, timeline: str) -> None:
    found = list(words(timeline))
    work = [word for word in found if word.row == "node"]
    happens = sorted(
        [(word.start, word) for word in found if word.row != "node"]
        + [(word.end, word) for word in work if word.text != "x"],
        key=lambda event: event[0],
    )
    tags = list(dict.fromkeys(word.row for word in found if word.row != "node"))
    stepper = Stepper(handler, tags)
    until = [column for column, _ in happens[1:]] + [10_000]
    for (column, word), following in zip(happens, until, strict=True):
        shown = [text.text.replace("-", "") for text in work if column <= text.start < following]
        assert stepper.do(word) == shown, f"at column {column}: {word.text}"
    assert stepper.scheduler.run.error is None


def test_the_safety_check_is_valid_in_an_included_graph() -> None:
    (nodes,) = (text for _, text in BLOCKS if '"ImageCheckCalculator"' in text)
    text = (Path(__file__).parents[2] / "graphs/stable_diffusion.pbtxt").read_text()
    before, encoders, after = text.partition('name: "base64_encode"')
    for stream in ("image", "preview_image"):
        after = after.replace(f'input_stream: "IMAGE:{stream}"', f'input_stream: "IMAGE:safe_{stream}"')
    graph = gf.Graph.from_text(before + encoders + after + nodes)
    checked = {str(spec) for node in graph.nodes if node.calculator == "Base64EncodeCalculator" for spec in node.inputs}
    assert checked == {"REQUEST:diffusion_request", "IMAGE:safe_image", "IMAGE:safe_preview_image"}
