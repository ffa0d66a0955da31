"""``graphframe generate``: images from a prompt, as files."""

from __future__ import annotations

import base64
import re
import secrets
from pathlib import Path
from typing import Any

import click
from tqdm import tqdm

from graphframe.cli.failure import reported
from graphframe.framework.graph import Graph
from graphframe.image import ImageRequest
from graphframe.repository.model_folder import find_graph


def size_in_pixels(text: str) -> tuple[int, int]:
    """Read ``WIDTHxHEIGHT``."""
    match = re.fullmatch("([0-9]+)x([0-9]+)", text)
    if not match:
        raise click.BadParameter(f"{text!r} is not WIDTHxHEIGHT, as in 512x512")
    return int(match[1]), int(match[2])


@click.command(context_settings={"show_default": True})
@click.argument("prompt")
@click.option("--model_path", required=True, type=click.Path(path_type=Path), help="Folder of the model.")
@click.option(
    "-o", "--output", default="out.png", type=click.Path(path_type=Path), help="File to write; several get numbers."
)
@click.option("--negative_prompt", help="What the image should not show.")
@click.option("-n", "--n", default=1, help="How many images.")
@click.option("--size", type=size_in_pixels, metavar="WIDTHxHEIGHT", help="In pixels.  [default: the model's]")
@click.option(
    "--seed", type=click.IntRange(0, 2**32 - 1), help="The same seed gives the same image.  [default: random]"
)
@click.option("--num_inference_steps", "--steps", type=int, help="Steps of denoising.  [default: the model's]")
@click.option("--guidance_scale", type=float, help="How closely to follow the prompt.  [default: the model's]")
def generate(
    prompt: str,
    model_path: Path,
    output: Path,
    size: tuple[int, int] | None,
    seed: int | None,
    **given: Any,
) -> None:
    """Generate images from PROMPT."""
    width, height = size or (None, None)
    seed = secrets.randbits(32) if seed is None else seed
    request = ImageRequest(prompt, width=width, height=height, seed=seed, **given)
    with reported():
        graph = Graph.from_file(find_graph(model_path), model_path)
        graph.load()
        with tqdm(unit="step", leave=False, disable=None) as bar:

            def show(node: str, done: int, total: int) -> None:
                bar.desc, bar.total = f"{node}: ", total
                bar.update(done - bar.n)

            images = graph.run(REQUEST=request, on_progress=show)["IMAGE"]
        for path, packet in zip(_files(output, len(images)), images, strict=True):
            path.write_bytes(base64.b64decode(packet.value.b64))
            click.echo(f"{path}: {packet.value.width}x{packet.value.height}, seed {seed}")


def _files(output: Path, count: int) -> list[Path]:
    """``out.png``; ``out-0.png``, ``out-1.png`` ... if there are several."""
    if count == 1:
        return [output]
    return [output.with_stem(f"{output.stem}-{index}") for index in range(count)]
