"""``graphframe generate``: images from a prompt, as files."""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from graphframe.cli.failure import reported
from graphframe.cli.progress_line import ProgressLine
from graphframe.images import MAX_SEED, ImageRequest, Size
from graphframe.images.request import Format
from graphframe.progress import Progress
from graphframe.repository.default_model import DEFAULT_MODEL, NOTICE
from graphframe.repository.image_graph import open_image_graph

if TYPE_CHECKING:
    from graphframe.tracing import Trace


FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
FORMATS: dict[str, Format] = {".png": "png", ".jpg": "jpeg", ".jpeg": "jpeg", ".webp": "webp"}


def size_in_pixels(text: str) -> Size:
    """Parse ``WIDTHxHEIGHT``."""
    try:
        return Size.from_text(text)
    except ValueError as error:
        raise click.BadParameter(str(error)) from None


def image_file(text: str) -> Path:
    """Read the name of a file to write, which says its format."""
    path = Path(text)
    if path.suffix.lower() not in FORMATS:
        raise click.BadParameter(f"{text!r} does not end with one of {', '.join(FORMATS)}")
    if not path.parent.is_dir():
        raise click.BadParameter(f"there is no folder {str(path.parent)!r}")
    return path


def adapter_and_alpha(text: str) -> tuple[str, float | None]:
    """Read ``ALIAS`` or ``ALIAS=ALPHA``."""
    alias, given, alpha = text.partition("=")
    try:
        return alias, float(alpha) if given else None
    except ValueError:
        raise click.BadParameter(f"{text!r} is not ALIAS=ALPHA, as in ink=0.7") from None


@click.command(context_settings={"show_default": True})
@click.argument("prompt")
@click.option(
    "--model_path",
    type=click.Path(path_type=Path),
    help="Folder of the model.  [default: pictograms, which ships with graphframe]",
)
@click.option(
    "-o",
    "--output",
    default="out.png",
    type=image_file,
    metavar="FILE",
    help="File to write, as PNG, JPEG or WebP by its name; several get numbers.",
)
@click.option("--image", type=FILE, help="Picture to start from: a PNG, JPEG or WebP file.")
@click.option(
    "--mask", type=FILE, help="Which part of it to paint anew: what is transparent, or if nothing is, what is white."
)
@click.option("--strength", type=float, help="How much of it to lose, from 0 to 1.  [default: the model's]")
@click.option("--negative_prompt", help="What the image should not show.")
@click.option("--prompt_2", help="For the second text encoder of models that have it.  [default: PROMPT]")
@click.option("--prompt_3", help="For the third.  [default: PROMPT]")
@click.option("--negative_prompt_2", help="For the second text encoder.  [default: that of --negative_prompt]")
@click.option("--negative_prompt_3", help="For the third.  [default: that of --negative_prompt]")
@click.option("--max_sequence_length", type=int, help="How many tokens T5, or Qwen, looks at.  [default: the model's]")
@click.option("-n", "--n", default=1, help="How many images.")
@click.option("--size", type=size_in_pixels, metavar="WIDTHxHEIGHT", help="In pixels.  [default: the model's]")
@click.option("--seed", type=click.IntRange(0, MAX_SEED), help="The same seed gives the same image.  [default: random]")
@click.option("--num_inference_steps", "--steps", type=int, help="Steps of denoising.  [default: the model's]")
@click.option("--guidance_scale", type=float, help="How closely to follow the prompt.  [default: the model's]")
@click.option("--scheduler", help='Such as "euler" or "dpm++ 2m karras".  [default: the model\'s]')
@click.option(
    "--adapter",
    "adapters",
    type=adapter_and_alpha,
    multiple=True,
    metavar="ALIAS[=ALPHA]",
    help="LoRA adapter of the graph to apply, or composite; may be given several times.",
)
@click.option(
    "--trace",
    "trace_path",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Write what the run spent its time on, for ui.perfetto.dev or chrome://tracing.",
)
@click.option("--profile", is_flag=True, help="Print for each node what it spent its time on.")
def generate(
    prompt: str,
    model_path: Path | None,
    output: Path,
    size: Size | None,
    seed: int | None,
    image: Path | None,
    mask: Path | None,
    adapters: tuple[tuple[str, float | None], ...],
    trace_path: Path | None,
    profile: bool,
    **given: Any,
) -> None:
    """Generate images from PROMPT, or change one: all of it, or what a mask tells."""
    if model_path is None:
        click.echo(NOTICE, err=True)
        model_path = DEFAULT_MODEL
    width, height = size or (None, None)
    seed = secrets.randbits(32) if seed is None else seed
    given |= {field: file.read_bytes() for field, file in (("image", image), ("mask", mask)) if file is not None}
    chosen: dict[str, float] = {}
    with reported():
        graph = open_image_graph(model_path)
        with _recorded(trace_path, profile) as trace:
            progress = Progress(trace)
            with ProgressLine(progress):
                graph.load(trace)
                models = graph.properties.get("models", {})
                for alias, alpha in adapters:
                    chosen |= {alias: alpha} if alpha is not None else models.get(alias, {alias: 1.0})
                metadata = {"model": model_path.resolve().name, "graph": graph.digest}
                request = ImageRequest(
                    prompt,
                    width=width,
                    height=height,
                    seed=seed,
                    adapters=chosen,
                    output_format=FORMATS[output.suffix.lower()],
                    metadata=metadata,
                    **given,
                )
                images = graph.run(REQUEST=request, on_progress=progress.report, tracer=progress)["IMAGE"]
        for path, packet in zip(_files(output, len(images)), images, strict=True):
            path.write_bytes(packet.value.content)
            click.echo(f"{path}: {packet.value.width}x{packet.value.height}, seed {seed}")


@contextmanager
def _recorded(path: Path | None, profile: bool) -> Iterator[Trace | None]:
    """A tracer, if one is asked for; what it saw is written and printed at the end, also if the run fails."""
    if path is None and not profile:
        yield None
        return
    from graphframe.tracing import Trace, chrome_trace, profile_table  # which imports OpenVINO; --help should not

    trace = Trace()
    with ExitStack() as stack:
        file = path and stack.enter_context(path.open("w", encoding="utf-8"))  # now: it may not be possible
        try:
            yield trace
        finally:
            if file:
                json.dump(chrome_trace([trace]), file)
                click.echo(f"{path}: trace, to open in https://ui.perfetto.dev or chrome://tracing")
            if profile:
                click.echo(profile_table([trace]), err=True)


def _files(output: Path, count: int) -> list[Path]:
    """``out.png``; ``out-0.png``, ``out-1.png`` ... if there are several."""
    if count == 1:
        return [output]
    return [output.with_stem(f"{output.stem}-{index}") for index in range(count)]
