from __future__ import annotations

import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from examples.benchmarks import mediapipe_benchmark
from examples.benchmarks.mediapipe_benchmark import COUNTS, LENGTHS, MEASURES, chain, leftovers, main

GRAPH = """
class CalculatorGraph:
    def __init__(self, graph_config): self.text = graph_config
    def observe_output_stream(self, name, observer): self.observe = lambda packet: observer(name, packet)
    def start_run(self): pass
    def add_packet_to_input_stream(self, stream, packet, timestamp): self.observe(packet)
    def close_all_packet_sources(self): pass
    def wait_until_done(self): pass
    def wait_until_idle(self): pass
"""


@pytest.fixture
def counts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mediapipe_benchmark, "COUNTS", dict.fromkeys(COUNTS, 3))


@pytest.fixture
def mediapipe(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Something that has the few calls of MediaPipe's that are measured."""
    bindings = tmp_path / "mediapipe" / "python" / "_framework_bindings"
    bindings.mkdir(parents=True)
    (bindings / "calculator_graph.py").write_text(GRAPH)
    (bindings.parent / "packet_creator.py").write_text("create_int = int\n")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))


@pytest.mark.parametrize("measure", MEASURES)
def test_measures(measure: str) -> None:
    assert 0 < MEASURES[measure](chain(2), 3) < 10


def test_leftovers(capsys: pytest.CaptureFixture[str]) -> None:
    leftovers(20)
    assert "20 runs on two threads, without the garbage collector, leave behind: 0 threads, 0 packets" in (
        capsys.readouterr().out
    )


@pytest.mark.usefixtures("counts", "mediapipe")
def test_tables() -> None:
    result = CliRunner().invoke(main, ["--mediapipe-python", sys.executable, "--rounds", "1", "--runs", "5"])
    assert result.exit_code == 0, result.output
    numbers = [line for line in result.output.splitlines() if line[:7].strip().isdigit()]
    assert len(numbers) == len(MEASURES) * len(LENGTHS)


@pytest.mark.usefixtures("counts")
def test_python_without_mediapipe() -> None:
    result = CliRunner().invoke(main, ["--mediapipe-python", sys.executable])
    assert result.exit_code == 1
    assert "MediaPipe's side has failed; start it by hand" in result.output
