"""Benchmark of the engine alone, and of image generation compared with `openvino_genai` in the same run.

    python examples/benchmarks/benchmark.py MODEL_PATH

MODEL_PATH is the folder of a Stable Diffusion model in OpenVINO's layout.
"""

from __future__ import annotations

import base64
import io
import statistics
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import click
import numpy as np
import openvino_genai
from PIL import Image

import graphframe as gf
from graphframe.images import ImageRequest
from graphframe.repository.model_folder import find_graph

PROMPT = "a red cat"
STEPS = 20
SIZE = 128


def chain(length: int) -> gf.Graph:
    """Return a chain of `length` PassThrough nodes from input stream ``s0`` to output stream ``out``."""
    nodes = (
        f'node {{ calculator: "PassThroughCalculator" input_stream: "s{i}" output_stream: "{name}" }}\n'
        for i, name in enumerate([*(f"s{i}" for i in range(1, length)), "out"])
    )
    graph = gf.Graph.from_text(f'input_stream: "s0" output_stream: "out" {"".join(nodes)}')
    graph.load()
    return graph


def packets_per_second(graph: gf.Graph, count: int = 20_000) -> float:
    """Return the packets per second of a run of `graph` with inputs from and observers in Python."""
    seen: list[gf.Packet] = []
    run = graph.start_run(observers={"out": seen.append})
    began = time.perf_counter()
    for timestamp in range(count):
        run.add("s0", timestamp, timestamp)
    run.close_inputs()
    run.wait_until_done()
    seconds = time.perf_counter() - began
    assert len(seen) == count
    return count / seconds


def seconds_of(work: Callable[[], object]) -> float:
    """Return the seconds of a call."""
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def image_seconds(model_path: Path, repeats: int) -> tuple[list[float], list[float]]:
    """Return the seconds from the prompt to a PNG in base64, of graphframe and of openvino_genai in turn."""
    graph = gf.Graph.from_file(find_graph(model_path), model_path)
    graph.load()
    pipeline = openvino_genai.Text2ImagePipeline(model_path, "CPU")
    request = ImageRequest(PROMPT, width=SIZE, height=SIZE, num_inference_steps=STEPS, seed=1)

    def staged() -> str:
        return str(graph.run(REQUEST=request)["IMAGE"][0].value.b64)

    def monolithic() -> str:
        generator = openvino_genai.CppStdGenerator(1)
        pixels = pipeline.generate(
            PROMPT, width=SIZE, height=SIZE, num_inference_steps=STEPS, generator=generator
        ).data[0]
        file = io.BytesIO()
        Image.fromarray(np.array(pixels)).save(file, "png", compress_level=1)
        return base64.b64encode(file.getvalue()).decode()

    assert staged() == monolithic(), "the images differ"
    pairs = [(seconds_of(staged), seconds_of(monolithic)) for _ in range(repeats)]
    return [pair[0] for pair in pairs], [pair[1] for pair in pairs]


@click.command()
@click.argument("model_path", type=click.Path(path_type=Path, exists=True))
@click.option("--repeats", default=10, show_default=True)
def main(model_path: Path, repeats: int) -> None:
    """Print the medians of REPEATS measurements."""
    staged, monolithic = (statistics.median(times) for times in image_seconds(model_path, repeats))
    print(f"{STEPS} steps at {SIZE}x{SIZE}, prompt to PNG in base64, the same bytes from both:")
    print(
        f"  graphframe {staged * 1e3:.1f} ms, openvino_genai {monolithic * 1e3:.1f} ms, ratio {staged / monolithic:.3f}"
    )
    for length in (1, 5, 20):
        graph = chain(length)
        rate = statistics.median(packets_per_second(graph) for _ in range(repeats))
        run = statistics.median(seconds_of(partial(graph.run, s0=1)) for _ in range(100 * repeats))
        print(f"{length} PassThrough nodes: {rate:,.0f} packets/s, {run * 1e6:.0f} us a run of one packet")


if __name__ == "__main__":
    main()
