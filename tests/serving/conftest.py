from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import falcon.testing
import pytest

import graphframe as gf
from graphframe.repository.model_files import ModelFiles
from graphframe.serving.app import make_app
from graphframe.serving.lifecycle.loader import Loader
from graphframe.serving.lifecycle.model import ServedModel
from graphframe.serving.lifecycle.models import ServedModels
from graphframe.serving.options import ServerOptions
from tests.serving import toys
from tests.serving.running_server import Pipes, RunningServer, serving

MakeModel = Callable[..., ServedModel]


@dataclass
class TextSource:
    """A graph in a text, whose files change with the text."""

    text: str
    size: int = 0
    opened: int = field(default=0, compare=False)
    walked: int = field(default=0, compare=False)

    def prepare(self) -> None: ...

    def progress(self) -> str:
        return ""

    def open(self) -> gf.Graph:
        self.opened += 1
        return gf.Graph.from_text(self.text)

    def files(self) -> ModelFiles:
        self.walked += 1
        return ModelFiles(frozenset({(self.text, 0, 0, 0)}), self.size)


@pytest.fixture(autouse=True)
def event_loop() -> Iterator[None]:
    """A current event loop: Falcon's test client asks for one on Python 3.10, and `asyncio.run` leaves none behind."""
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    yield
    asyncio.set_event_loop(None)
    loop.close()


@pytest.fixture
def make_model() -> MakeModel:
    def make(name: str = "toy", graph: str = toys.GRAPH, load: bool = True) -> ServedModel:
        model = ServedModel(name, TextSource(graph))
        if load:
            Loader(ServedModels([model])).load(model, model.source)
        return model

    return make


@pytest.fixture
def client(make_model: MakeModel) -> falcon.testing.TestClient:
    return falcon.testing.TestClient(make_app([make_model()], ServerOptions(max_running=4, max_waiting=4)))


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    """A real server of the toy, for streams: Falcon's test client closes its connection early. One run at a time."""
    folder = tmp_path_factory.mktemp("model")
    (folder / "graph.pbtxt").write_text(toys.GRAPH)
    with serving(folder, "--max_running=1", "--max_waiting=1") as server:
        yield server


@pytest.fixture
def pipes(tmp_path: Path) -> Pipes:
    folder = tmp_path / "pipes"
    folder.mkdir()
    return Pipes(folder)


@pytest.fixture
def model(tmp_path: Path) -> Path:
    folder = tmp_path / "model"
    folder.mkdir()
    (folder / "graph.pbtxt").write_text(toys.GRAPH)
    return folder
