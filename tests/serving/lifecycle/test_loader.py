from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from graphframe.images import ImageRequest
from graphframe.inference import default_device
from graphframe.inference.default_device import Gpu
from graphframe.serving.errors import APIError
from graphframe.serving.lifecycle.model import State
from graphframe.serving.lifecycle.source import ModelSource
from tests.serving import toys
from tests.serving.conftest import TextSource
from tests.serving.lifecycle.kept import BROKEN, OTHER, Kept
from tests.serving.running_server import Pipes


def test_an_old_graph_is_open_until_its_last_run_ends(pipes: Pipes) -> None:
    source = TextSource(toys.GRAPH)
    kept = Kept({"toy": source})
    model = kept.models.find("toy")
    old = model.graph
    assert old is not None

    async def main() -> None:
        async def run_long() -> None:
            async with model.use() as served:
                outputs = await served.graph.run_async(REQUEST=ImageRequest(f"wait {pipes.folder}"))
                assert len(outputs["IMAGE"]) == 1

        running = asyncio.create_task(run_long())
        await asyncio.to_thread(pipes.wait_until_started)
        source.text = OTHER
        await asyncio.to_thread(kept.reload, True)
        assert not old.closed.is_set()
        async with model.use() as served:
            assert served.graph.nodes[0].name == "repaint"
        await asyncio.to_thread(pipes.let_go)
        await running
        assert await asyncio.to_thread(old.closed.wait, 30)

    asyncio.run(main())


def test_adapters_with_the_name_of_another_model() -> None:
    kept = Kept({"ink": TextSource(toys.GRAPH), "toy": TextSource(toys.GRAPH.replace("Paint", "Adapted"))})
    assert (kept.state("ink"), kept.state("toy")) == (State.AVAILABLE, State.FAILED)
    assert kept.failure("toy") == 'its adapters have names that are taken by other models: "ink"'


def test_names_of_adapters_stay_when_a_model_is_unloaded() -> None:
    kept = Kept({"toy": TextSource(toys.GRAPH.replace("Paint", "Adapted"))})
    kept.loader.unload(kept.models["toy"])
    assert kept.loaded() == []
    assert kept.run("ink") == "paint"


def test_each_model_gets_the_best_device_when_it_is_loaded(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    free = {"HETERO:CPU": 2 << 30, "AUTO:CPU": 1 << 30}
    monkeypatch.setattr(default_device, "gpus", lambda: [Gpu(name, True, size) for name, size in free.items()])
    caplog.set_level("INFO")
    graph = toys.GRAPH.replace('device: "CPU"', 'device: "DEFAULT"')
    kept = Kept({"one": TextSource(graph), "toy": TextSource(toys.GRAPH)}, lazy_load=True)
    assert _devices(kept, "one") == {"DEFAULT"}
    kept.run("one")
    free["HETERO:CPU"] = 0
    kept.sources["two"] = TextSource(graph)
    kept.reload()
    assert [kept.run(name) for name in ("two", "toy")] == ["paint"] * 2
    assert (_devices(kept, "one"), _devices(kept, "two")) == ({"HETERO:CPU"}, {"AUTO:CPU"})
    assert _devices(kept, "toy") == {"CPU"}
    reason = "of 2 discrete GPUs, it has the most free memory"
    assert [record.message for record in caplog.records if " uses " in record.message] == [
        f"one uses HETERO:CPU: {reason}, 2.0 GiB",
        f"two uses AUTO:CPU: {reason}, 1.0 GiB",
    ]


def _devices(kept: Kept, name: str) -> set[str]:
    graph = kept.models[name].graph
    assert graph is not None
    return {node.device for node in graph.graph.nodes if node.device}


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


def test_many_requests_at_once_load_a_model_once(monkeypatch: pytest.MonkeyPatch) -> None:
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


def test_the_least_recently_used_model_is_unloaded() -> None:
    sources: dict[str, ModelSource] = {name: TextSource(toys.GRAPH, size=400) for name in ("one", "three", "two")}
    kept = Kept(sources, lazy_load=True, memory_budget="1000")
    for name in ("one", "two"):
        kept.run(name)
        kept.models.find(name).bytes = 400  # as if it took this memory
    kept.run("one")
    kept.run("three")
    assert kept.loaded() == ["one", "three"]
    assert kept.state("two") is State.AVAILABLE
    assert kept.run("two") == "paint"


def test_weights_larger_than_the_budget() -> None:
    kept = Kept({"toy": TextSource(toys.GRAPH, size=2000)}, memory_budget="1000")
    assert kept.failure() == "its weights are 2000 bytes, more than the memory_budget of 1000"


def test_a_model_that_takes_more_than_the_budget_is_loaded_alone() -> None:
    sources: dict[str, ModelSource] = {name: TextSource(toys.GRAPH, size=400) for name in ("one", "two")}
    kept = Kept(sources, lazy_load=True, memory_budget="1000")
    for name in ("one", "two", "one"):
        kept.run(name)
        kept.models.find(name).bytes = 1200
        assert kept.loaded() == [name]


def test_a_model_in_use_is_unloaded_when_its_run_ends(pipes: Pipes) -> None:
    sources: dict[str, ModelSource] = {name: TextSource(toys.GRAPH, size=400) for name in ("one", "two")}
    kept = Kept(sources, lazy_load=True, memory_budget="500")

    async def main() -> None:
        async def run_long() -> None:
            async with kept.models.find("one").use() as served:
                kept.models.find("one").bytes = 400
                assert (await served.graph.run_async(REQUEST=ImageRequest(f"wait {pipes.folder}")))["IMAGE"]

        async def run_other() -> None:
            async with kept.models.find("two").use() as served:
                assert running.done()
                assert (await served.graph.run_async(REQUEST=ImageRequest("a cat")))["IMAGE"]

        running = asyncio.create_task(run_long())
        await asyncio.to_thread(pipes.wait_until_started)
        other = asyncio.create_task(run_other())
        await asyncio.to_thread(pipes.let_go)
        await asyncio.gather(running, other)

    asyncio.run(main())
    assert kept.loaded() == ["two"]


def test_a_model_is_unloaded_even_if_all_threads_wait_for_it() -> None:
    sources: dict[str, ModelSource] = {name: TextSource(toys.GRAPH, size=400) for name in ("one", "two")}
    kept = Kept(sources, lazy_load=True, memory_budget="500")
    kept.run("one")
    kept.models.find("one").bytes = 400

    async def main() -> None:
        asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(1))
        async with kept.models.find("one").use() as served:
            two = asyncio.create_task(use_other())
            old = kept.models.find("one").graph
            while kept.models.find("one").graph is old:
                await asyncio.sleep(0.01)  # until it is unloaded
            assert (await served.graph.run_async(REQUEST=ImageRequest("a cat")))["IMAGE"]
        await two

    async def use_other() -> None:
        async with kept.models.find("two").use():
            pass

    asyncio.run(asyncio.wait_for(main(), 60))
    assert kept.loaded() == ["two"]


def test_idle_unload() -> None:
    kept = Kept({"toy": TextSource(toys.GRAPH)})
    used = kept.models.find("toy").last_used
    kept.loader.unload_idle(used - 1)
    assert kept.loaded() == ["toy"]
    kept.loader.unload_idle(used + 1)
    assert kept.loaded() == []
    assert kept.run() == "paint"


def test_an_idle_graph_whose_reload_failed_is_kept() -> None:
    source = TextSource(toys.GRAPH)
    kept = Kept({"toy": source})
    source.text = BROKEN
    kept.reload(force=True)
    kept.loader.unload_idle(kept.models.find("toy").last_used + 1)
    assert kept.run() == "paint"
    assert "the paint has dried" in kept.failure()


def test_the_memory_of_a_model(euler: Path) -> None:
    from graphframe.repository.folder_source import FolderSource

    kept = Kept({"toy": FolderSource(euler)})
    graph = kept.models.find("toy").graph
    assert graph is not None
    footprint = graph.footprint
    assert footprint is not None
    assert footprint.weights["denoise"] == (euler / "unet" / "openvino_model.bin").stat().st_size
    assert footprint.weights["base64_encode"] == 0
    assert footprint.weights["denoise"] < footprint.weights_bytes <= FolderSource(euler).files().weights_bytes
    assert footprint.bytes == max(footprint.weights_bytes, footprint.resident_bytes)
