"""The openai client gets the pixels that openvino_genai makes."""

from __future__ import annotations

import itertools
import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from tests.models import NAMES, model_path
from tests.parity.images import difference, from_genai, from_openai
from tests.serving.running_server import serving

LONG_PROMPT = "a red cat on a blue house " * 15
"""More than 77 tokens."""


def cells(name: str) -> list[dict[str, Any]]:
    """Sizes by steps by guidance, then a negative prompt, a long prompt, and three images."""
    sizes = [(64, 64), (128, 128), (128, 64)]
    found: list[dict[str, Any]] = [
        {"width": width, "height": height, "num_inference_steps": steps, "guidance_scale": scale}
        for (width, height), steps, scale in itertools.product(sizes, [1, 4, 10, 20], [1.0, 7.5])
    ]
    found += [{"num_inference_steps": steps, "prompt": LONG_PROMPT} for steps in (4, 20)]
    found += [{"width": width, "height": height, "num_inference_steps": 4, "n": 3} for width, height in sizes]
    if name not in (
        "latent_consistency",
        "flux_dev",
        "flux_schnell",
    ):  # guidance is an input of their denoisers, if anything
        found += [{"num_inference_steps": 4, "negative_prompt": text} for text in ("dog", "")]
        found += [{"num_inference_steps": 4, "negative_prompt": LONG_PROMPT, "prompt": LONG_PROMPT, "n": 3}]
    return [{"prompt": "a red cat", "width": 128, "height": 128, **cell} for cell in found]


@pytest.mark.parametrize("name", NAMES)
def test_every_cell_has_the_same_pixels(name: str) -> None:
    reference = from_genai(model_path(name))
    wrong = []
    with serving(model_path(name)) as server:
        generate = from_openai(server)
        for seed, cell in enumerate(cells(name)):
            found = difference(generate(rng_seed=seed, **cell), reference(seed=seed, **cell))
            if found:
                wrong.append((cell, found))
        assert server.stop() == 0
    assert not wrong, "\n".join(f"{cell}: {found}" for cell, found in wrong)


def test_stable_diffusion_3_without_t5(sd3: Path, tmp_path: Path) -> None:
    for part in sd3.iterdir():
        if not part.name.endswith("_3"):
            (tmp_path / part.name).symlink_to(part)
    index = json.loads((sd3 / "model_index.json").read_text())
    (tmp_path / "model_index.json").unlink()
    (tmp_path / "model_index.json").write_text(json.dumps({**index, "text_encoder_3": [None, None]}))
    reference = from_genai(tmp_path)
    with serving(tmp_path) as server:
        generate = from_openai(server)
        for scale in (1.0, 7.0):
            cell: dict[str, Any] = {"num_inference_steps": 10, "width": 128, "height": 64, "guidance_scale": scale}
            ours = generate("a red cat", n=2, rng_seed=3, **cell)
            assert difference(ours, reference("a red cat", n=2, seed=3, **cell)) == ""


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
        graph = head + f'name: "{stage}"' + tail.replace('device: "CPU"', f'device: "{device}"', 1)
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
