"""Write fixtures/*.npz: ``python -m tests.parity.make_fixtures [NAME ...]``.

The fixtures are images of diffusers' pipelines, for what openvino_genai does not have. The tests do not depend on
diffusers and torch; tests/models/make.py says how to install them. Both sides get the weights of tests/models, the
noise of openvino_genai's generator, and the embeddings of our graph, which are openvino_genai's.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import openvino
import openvino_genai
import torch
from diffusers import DiffusionPipeline
from numpy.typing import NDArray
from PIL import Image

import graphframe as gf
from graphframe.images import ImageRequest
from graphframe.repository.model_folder import find_graph
from tests.models import make, model_path
from tests.parity.references import PROMPT, REFERENCES, SEED, STEPS

FOLDER = Path(__file__).with_name("fixtures")
IN_FULL_PRECISION = 'device_properties { key: "INFERENCE_PRECISION_HINT" value: "f32" }'


def pipeline(name: str) -> Any:
    """Return a pipeline with the weights of tests/models."""
    torch.manual_seed(make.SEED)
    return make.FAMILIES[name]()


def noise(*shape: int) -> torch.Tensor:
    """Return the noise that a run with the seed draws first."""
    drawn = openvino_genai.CppStdGenerator(SEED).randn_tensor(openvino.Shape(shape)).data
    return torch.from_numpy(np.array(drawn))


def embeddings(name: str) -> torch.Tensor:
    """Return the embeddings of the prompt."""
    text = find_graph(model_path(name)).read_text().replace("DEFAULT", "CPU")
    text = f'output_stream: "EMBEDDINGS:embeddings"\n{text}'.replace('"CPU"', f'"CPU" {IN_FULL_PRECISION}')
    graph = gf.Graph.from_text(text, model_path(name))
    request = ImageRequest(PROMPT, width=64, height=64, num_inference_steps=2)
    return torch.from_numpy(graph.run(REQUEST=request)["EMBEDDINGS"][0].value.hidden_states)


def in_bytes(images: NDArray[np.float32]) -> NDArray[np.uint8]:
    """Return pixels from 0 to 1 as bytes, cut off as openvino_genai does."""
    return (images * np.float32(255)).astype(np.uint8)


def generated(pipe: DiffusionPipeline, latents: torch.Tensor, **given: Any) -> NDArray[np.uint8]:
    """Return the images of a pipeline: shape (n, height, width, 3)."""
    pipe.set_progress_bar_config(disable=True)
    result = pipe(latents=latents, num_inference_steps=STEPS, output_type="np", **given)
    return in_bytes(result.images)


def flux2_klein_references() -> dict[str, NDArray[np.uint8]]:
    """Generate from one to three reference images of several sizes."""
    pipe, embeds = pipeline("flux2_klein"), embeddings("flux2_klein")
    found = {}
    for name, (size, images) in REFERENCES.items():
        latents = pipe._patchify_latents(noise(1, 4, size[1] // 8, size[0] // 8))
        files = [Image.fromarray(image) for image in images]
        found[name] = generated(pipe, latents, prompt_embeds=embeds, image=files, width=size[0], height=size[1])
    return found


def stable_diffusion_tiling() -> dict[str, NDArray[np.uint8]]:
    """Generate a texture by the known recipe: circular padding in all convolutions."""
    pipe = pipeline("stable_diffusion_euler")
    for part in (pipe.unet, pipe.vae):
        for module in part.modules():
            if isinstance(module, torch.nn.Conv2d):
                module.padding_mode = "circular"
    return {"texture": generated(pipe, noise(1, 4, 8, 8), prompt=PROMPT, width=64, height=64)}


FIXTURES: dict[str, Callable[[], dict[str, NDArray[np.uint8]]]] = {
    each.__name__: each for each in (flux2_klein_references, stable_diffusion_tiling)
}


def main() -> None:
    """Write the fixtures on the command line, or all."""
    FOLDER.mkdir(exist_ok=True)
    with torch.no_grad():
        for name in sys.argv[1:] or FIXTURES:
            np.savez_compressed(FOLDER / f"{name}.npz", **FIXTURES[name]())  # type: ignore[arg-type]


if __name__ == "__main__":
    main()
