"""A library's side of `full_size.py`: ``full_size_worker.py genai|optimum MODEL SIZE CACHE``.

Writes "ready", reads lines such as ``7 4 1``, which are a seed, steps and a number of images, and answers "done".
"""

from __future__ import annotations

import base64
import io
import sys
from collections.abc import Callable, Iterable
from importlib import import_module
from typing import Any

from PIL import Image

PROMPT = "a red cat"
Generate = Callable[[int, int, int], Iterable[Any]]


def genai(model: str, size: int, cache: str) -> Generate:
    """Return the generator of openvino_genai."""
    library = import_module("openvino_genai")
    pipeline = library.Text2ImagePipeline(model, "CPU", CACHE_DIR=cache)

    def generate(seed: int, steps: int, n: int) -> Iterable[Any]:
        options = {"width": size, "height": size, "num_inference_steps": steps, "num_images_per_prompt": n}
        found = pipeline.generate(PROMPT, generator=library.CppStdGenerator(seed), **options)
        return [Image.fromarray(pixels) for pixels in found.data]

    return generate


def optimum(model: str, size: int, cache: str) -> Generate:
    """Return the generator of optimum-intel."""
    load = import_module("optimum.intel").OVDiffusionPipeline.from_pretrained
    pipeline = load(model, device="CPU", ov_config={"CACHE_DIR": cache})
    pipeline.set_progress_bar_config(disable=True)

    def generate(seed: int, steps: int, n: int) -> Iterable[Any]:
        generator = import_module("torch").Generator().manual_seed(seed)
        options = {"width": size, "height": size, "num_inference_steps": steps, "num_images_per_prompt": n}
        found: Iterable[Any] = pipeline(PROMPT, generator=generator, **options).images
        return found

    return generate


def main(library: str, model: str, size: str, cache: str) -> None:
    """Answer each line of the standard input."""
    generate = {"genai": genai, "optimum": optimum}[library](model, int(size), cache)
    print("ready", flush=True)
    for line in sys.stdin:
        seed, steps, n = map(int, line.split())
        for image in generate(seed, steps, n):
            file = io.BytesIO()
            image.save(file, "png", compress_level=1)
            base64.b64encode(file.getvalue())
        print("done", flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
