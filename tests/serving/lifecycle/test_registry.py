from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

import graphframe as gf
from graphframe.images import ImageRequest
from graphframe.serving.errors import APIError
from graphframe.serving.lifecycle.model import ModelSource, ServedModels, State
from graphframe.serving.lifecycle.registry import Registry
from graphframe.serving.options import ServerOptions
from tests.serving import toys
from tests.serving.conftest import TextSource
from tests.serving.running_server import Pipes

BROKEN = toys.GRAPH.replace("Paint", "Broken")
OTHER = toys.GRAPH.replace('"paint"', '"repaint"')


class Kept:
    """ServedModels that are kept as the dictionary `sources` says."""

    def __init__(self, sources: dict[str, ModelSource], **options: Any) -> None:
        self.sources = sources
        self.models = ServedModels([])
        self.registry = Registry(self.models, lambda: dict(self.sources), ServerOptions(**options))
        self.registry.reload(force=False)

    def reload(self, force: bool = False) -> None:
        self.registry.reload(force=force)

    def state(self, name: str) -> State:
        return {model.name: model.state for model in self.models}[name]

    def failure(self, name: str = "toy") -> str:
        return self.models[name].failure

    def run(self, name: str = "toy") -> str:
        """Run the model, and tell the name of the first node of the graph that ran."""

        async def run() -> str:
            async with self.models.find_available(name).use() as graph:
                assert len((await graph.run_async(REQUEST=ImageRequest("a cat")))["IMAGE"]) == 1
                return graph.nodes[0].name

        return asyncio.run(run())

    def loaded(self) -> list[str]:
        return [model.name for model in self.models if model.version and model.version.loaded]


def test_a_model_comes_and_goes_and_comes_again() -> None:
    kept = Kept({"toy": TextSource(toys.GRAPH)})
    kept.sources["second"] = TextSource(toys.GRAPH)
    kept.reload()
    assert kept.run("second") == kept.run("toy") == "paint"
    del kept.sources["second"]
    kept.reload()
    assert kept.state("second") is State.END
    with pytest.raises(APIError) as raised:
        kept.run("second")
    assert raised.value.status_code == 404
    kept.sources["second"] = TextSource(OTHER)
    kept.reload()
    assert kept.run("second") == "repaint"


def test_a_graph_that_changes_is_reloaded_once_it_is_whole() -> None:
    source = TextSource(toys.GRAPH)
    kept = Kept({"toy": source})
    source.text = OTHER[:50]
    kept.reload()
    source.text = OTHER
    kept.reload()
    assert (kept.run(), kept.failure()) == ("paint", "")  # what it was in between has not been tried
    kept.reload()
    assert kept.run() == "repaint"


def test_what_is_served_is_not_brought_again() -> None:
    @dataclass
    class FarSource(TextSource):
        brought: int = 0

        def prepare(self) -> None:
            self.brought += 1

    source = FarSource(BROKEN)
    kept = Kept({"toy": source})
    source.text = toys.GRAPH
    kept.reload(force=True)
    source.text = OTHER
    kept.reload(force=True)
    assert (kept.run(), source.brought) == ("repaint", 2)


def test_who_asks_for_a_reload_says_that_it_is_whole() -> None:
    source = TextSource(toys.GRAPH)
    kept = Kept({"toy": source})
    source.text = OTHER
    kept.reload(force=True)
    assert kept.run() == "repaint"


def test_a_reload_that_fails_leaves_the_old_one_and_is_tried_again() -> None:
    source = TextSource(toys.GRAPH)
    kept = Kept({"toy": source})
    source.text = BROKEN
    kept.reload(force=True)
    assert (kept.run(), kept.state("toy")) == ("paint", State.AVAILABLE)
    assert "the paint has dried" in kept.failure()
    source.text = OTHER
    kept.reload(force=True)
    assert (kept.run(), kept.failure()) == ("repaint", "")


def test_a_failed_one_is_tried_again_when_asked_for_and_when_its_files_change(monkeypatch: pytest.MonkeyPatch) -> None:
    source = TextSource(BROKEN)
    kept = Kept({"toy": source})
    assert kept.state("toy") is State.FAILED
    monkeypatch.setattr(toys.BrokenCalculator, "load", gf.Calculator.load)
    kept.reload()
    assert kept.state("toy") is State.FAILED
    kept.reload(force=True)
    assert kept.state("toy") is State.AVAILABLE


def test_the_old_one_is_there_until_its_last_run_ends(pipes: Pipes) -> None:
    source = TextSource(toys.GRAPH)
    kept = Kept({"toy": source})
    model = kept.models.find("toy")
    old = model.version
    assert old is not None

    async def main() -> None:
        async def run_long() -> None:
            async with model.use() as graph:
                outputs = await graph.run_async(REQUEST=ImageRequest(f"wait {pipes.folder}"))
                assert len(outputs["IMAGE"]) == 1

        running = asyncio.create_task(run_long())
        await asyncio.to_thread(pipes.wait_until_started)
        source.text = OTHER
        await asyncio.to_thread(kept.reload, True)
        assert not old.closed.is_set()
        async with model.use() as graph:
            assert graph.nodes[0].name == "repaint"
        await asyncio.to_thread(pipes.let_go)
        await running
        assert await asyncio.to_thread(old.closed.wait, 30)

    asyncio.run(main())


def test_adapters_whose_names_are_taken() -> None:
    kept = Kept({"ink": TextSource(toys.GRAPH), "toy": TextSource(toys.GRAPH.replace("Paint", "Adapted"))})
    assert (kept.state("ink"), kept.state("toy")) == (State.AVAILABLE, State.FAILED)
    assert kept.failure("toy") == 'its adapters have names that are taken by other models: "ink"'


def test_names_of_adapters_stay_when_a_model_is_unloaded() -> None:
    kept = Kept({"toy": TextSource(toys.GRAPH.replace("Paint", "Adapted"))})
    kept.models["toy"].unload()
    assert kept.loaded() == []
    assert kept.run("ink") == "paint"


def test_lazy_load() -> None:
    kept = Kept({"toy": TextSource(toys.GRAPH), "broken": TextSource(BROKEN)}, lazy_load=True)
    assert kept.loaded() == []
    assert kept.state("toy") is State.AVAILABLE
    assert kept.run() == "paint"
    assert kept.loaded() == ["toy"]
    with pytest.raises(APIError) as raised:
        kept.run("broken")
    assert raised.value.description == 'the model "broken" could not be loaded'
    assert kept.state("broken") is State.FAILED


def test_many_at_once_load_it_once(monkeypatch: pytest.MonkeyPatch) -> None:
    loads: list[str] = []
    monkeypatch.setattr(toys.PaintCalculator, "load", lambda _, node: loads.append(node.name))
    kept = Kept({"toy": TextSource(toys.GRAPH)}, lazy_load=True)

    async def use() -> None:
        async with kept.models.find("toy").use():
            pass

    async def main() -> None:
        await asyncio.gather(*(use() for _ in range(10)))

    asyncio.run(main())
    assert loads == ["paint"]


def test_the_least_recently_used_makes_room() -> None:
    sources: dict[str, ModelSource] = {name: TextSource(toys.GRAPH, size=400) for name in ("one", "three", "two")}
    kept = Kept(sources, lazy_load=True, memory_budget="1000")
    for name in ("one", "two"):
        kept.run(name)
        kept.models.find(name).bytes = 400  # as if its weights took as much as was thought
    kept.run("one")
    kept.run("three")
    assert kept.loaded() == ["one", "three"]
    assert kept.state("two") is State.AVAILABLE
    assert kept.run("two") == "paint"


def test_what_is_larger_than_the_budget_fails() -> None:
    kept = Kept({"toy": TextSource(toys.GRAPH, size=2000)}, memory_budget="1000")
    assert kept.failure() == "its weights are 2000 bytes, more than the memory_budget of 1000"


def test_what_turns_out_to_be_larger_than_the_budget_is_loaded_alone() -> None:
    sources: dict[str, ModelSource] = {name: TextSource(toys.GRAPH, size=400) for name in ("one", "two")}
    kept = Kept(sources, lazy_load=True, memory_budget="1000")
    for name in ("one", "two", "one"):
        kept.run(name)
        kept.models.find(name).bytes = 1200
        assert kept.loaded() == [name]


def test_what_is_in_use_makes_room_when_its_run_ends(pipes: Pipes) -> None:
    sources: dict[str, ModelSource] = {name: TextSource(toys.GRAPH, size=400) for name in ("one", "two")}
    kept = Kept(sources, lazy_load=True, memory_budget="500")

    async def main() -> None:
        async def run_long() -> None:
            async with kept.models.find("one").use() as graph:
                kept.models.find("one").bytes = 400
                assert (await graph.run_async(REQUEST=ImageRequest(f"wait {pipes.folder}")))["IMAGE"]

        async def run_other() -> None:
            async with kept.models.find("two").use() as graph:
                assert running.done()
                assert (await graph.run_async(REQUEST=ImageRequest("a cat")))["IMAGE"]

        running = asyncio.create_task(run_long())
        await asyncio.to_thread(pipes.wait_until_started)
        other = asyncio.create_task(run_other())
        await asyncio.to_thread(pipes.let_go)
        await asyncio.gather(running, other)

    asyncio.run(main())
    assert kept.loaded() == ["two"]


def test_room_is_made_even_if_all_threads_wait_for_it() -> None:
    sources: dict[str, ModelSource] = {name: TextSource(toys.GRAPH, size=400) for name in ("one", "two")}
    kept = Kept(sources, lazy_load=True, memory_budget="500")
    kept.run("one")
    kept.models.find("one").bytes = 400

    async def main() -> None:
        asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(1))
        async with kept.models.find("one").use() as graph:
            two = asyncio.create_task(use_other())
            version = kept.models.find("one").version
            while kept.models.find("one").version is version:
                await asyncio.sleep(0.01)  # until it has to go
            assert (await graph.run_async(REQUEST=ImageRequest("a cat")))["IMAGE"]
        await two

    async def use_other() -> None:
        async with kept.models.find("two").use():
            pass

    asyncio.run(asyncio.wait_for(main(), 30))
    assert kept.loaded() == ["two"]


def test_idle_unload() -> None:
    kept = Kept({"toy": TextSource(toys.GRAPH)})
    used = kept.models.find("toy").last_used
    kept.registry.memory.unload_idle(used - 1)
    assert kept.loaded() == ["toy"]
    kept.registry.memory.unload_idle(used + 1)
    assert kept.loaded() == []
    assert kept.run() == "paint"


def test_what_stays_since_a_newer_one_failed_is_not_unloaded() -> None:
    source = TextSource(toys.GRAPH)
    kept = Kept({"toy": source})
    source.text = BROKEN
    kept.reload(force=True)
    kept.registry.memory.unload_idle(kept.models.find("toy").last_used + 1)
    assert kept.run() == "paint"
    assert "the paint has dried" in kept.failure()


def test_what_a_model_takes(euler: Path) -> None:
    from graphframe.repository.folder_source import FolderSource

    kept = Kept({"toy": FolderSource(euler)})
    version = kept.models.find("toy").version
    assert version is not None
    assert version.weights["denoise"] == (euler / "unet" / "openvino_model.bin").stat().st_size
    assert version.weights["base64_encode"] == 0
    assert version.weights["denoise"] < version.weights_bytes <= FolderSource(euler).weights()
    assert version.bytes >= version.resident_bytes > 0
