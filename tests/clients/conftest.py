from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from graphframe.repository.default_model import DEFAULT_MODEL
from tests.serving import toys
from tests.serving.running_server import RunningServer, serving


@pytest.fixture(scope="session")
def pictograms() -> Iterator[RunningServer]:
    """A server of the model that ships."""
    with serving(None, until="pictograms is ready at ") as server:
        yield server


@pytest.fixture(scope="session")
def hasty_pictograms(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    """A server of the model that ships, with limits that keep every request short."""
    folder: Path = tmp_path_factory.mktemp("pictograms")
    for part in DEFAULT_MODEL.iterdir():
        (folder / part.name).symlink_to(part)
    graph = (folder / "graph.pbtxt").read_text()
    (folder / "graph.pbtxt").unlink()
    for field, limit in [
        ("max_resolution", '"128x128"'),
        ("max_num_images_per_prompt", "2"),
        ("max_num_inference_steps", "2"),
        ("default_num_inference_steps", "2"),
    ]:
        graph = re.sub(f"{field}: .*", f"{field}: {limit}", graph)
    (folder / "graph.pbtxt").write_text(graph)
    with serving(folder) as server:
        yield server


@pytest.fixture(scope="session")
def toy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    """A server of a graph whose images are the requests themselves, as JSON."""
    folder: Path = tmp_path_factory.mktemp("toy")
    (folder / "graph.pbtxt").write_text(toys.GRAPH)
    with serving(folder) as server:
        yield server
