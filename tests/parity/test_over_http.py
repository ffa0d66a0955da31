"""The openai client gets the pixels of openvino_genai."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from tests.calculators.ovms.graphs import ovms_graph
from tests.models import model_path
from tests.parity.images import difference, from_genai, from_openai
from tests.serving.running_server import serving


@pytest.mark.parametrize("name", ["stable_diffusion_euler", "stable_diffusion_3", "flux_schnell"])
def test_text_to_image(name: str) -> None:
    cells: list[dict[str, Any]] = [
        {"prompt": "a red cat", "width": 128, "height": 64, "num_inference_steps": 4},
        {"prompt": "a red cat on a blue house " * 15, "width": 64, "height": 64, "num_inference_steps": 10, "n": 2},
    ]
    reference = from_genai(model_path(name))
    with serving(model_path(name)) as server:
        generate = from_openai(server)
        for seed, cell in enumerate(cells):
            assert difference(generate(rng_seed=seed, **cell), reference(seed=seed, **cell)) == ""
        assert server.stop() == 0


def test_eight_clients_at_once_get_what_each_gets_alone(euler: Path) -> None:
    requests = [
        {
            "prompt": f"a {colour} cat",
            "num_inference_steps": 4 + index,
            "rng_seed": index,
            "width": 64 * (1 + index % 2),
        }
        for index, colour in enumerate(["red", "blue", "green", "black", "white", "big", "small", "old"])
    ]
    with serving(euler) as server, ThreadPoolExecutor(8) as clients:
        generate = from_openai(server)
        together = list(clients.map(lambda request: generate(**request), requests))
        alone = [generate(**request) for request in requests]
    assert [difference(*pair) for pair in zip(together, alone, strict=True)] == [""] * 8


def test_each_stage_on_a_device_of_its_own(euler: Path, tmp_path: Path) -> None:
    graph = Path("graphs/stable_diffusion.pbtxt").read_text()
    for stage, device in (("denoise", "AUTO:CPU"), ("vae_decode", "HETERO:CPU")):
        head, _, tail = graph.partition(f'name: "{stage}"')
        graph = head + f'name: "{stage}"' + tail.replace('device: "DEFAULT"', f'device: "{device}"', 1)
    for part in euler.iterdir():
        (tmp_path / part.name).symlink_to(part)
    (tmp_path / "graph.pbtxt").write_text(graph)
    reference = from_genai(euler)
    request: dict[str, Any] = {"prompt": "a red cat", "num_inference_steps": 4, "width": 128, "height": 64}
    with serving(tmp_path) as server:
        assert difference(from_openai(server)(rng_seed=3, **request), reference(seed=3, **request)) == ""
        status, config = server.request("GET", "/v1/config")
    assert status == 200
    devices = {node["name"]: node["device"] for node in config["toy"]["nodes"]}
    assert devices["text_encode"] == "CPU"
    assert devices["denoise"] == "AUTO:CPU"
    assert devices["vae_decode"] == "HETERO:CPU"


def test_a_graph_of_openvino_model_server(lcm: Path, tmp_path: Path) -> None:
    for part in lcm.iterdir():
        (tmp_path / part.name).symlink_to(part)
    (tmp_path / "graph.pbtxt").write_text(ovms_graph('device: "CPU HETERO:CPU AUTO:CPU"'))
    reference = from_genai(lcm)
    request: dict[str, Any] = {"prompt": "a red cat", "width": 128, "height": 64}
    with serving(tmp_path) as server:
        assert difference(from_openai(server)(rng_seed=3, **request), reference(seed=3, **request)) == ""
        _, config = server.request("GET", "/v1/config")
    devices = {node["name"]: node["device"] for node in config["toy"]["nodes"]}
    assert devices["imagegenexecutor__denoise"] == "HETERO:CPU"
    assert devices["imagegenexecutor__vae_decode"] == "AUTO:CPU"
