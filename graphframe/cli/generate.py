"""``graphframe generate``: generate images and write them to files."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from graphframe.cli.failure import reported
from graphframe.cli.options.calculators import CALCULATORS
from graphframe.cli.options.option_group import GroupedCommand, with_options
from graphframe.cli.options.pairs import SIDE_PACKETS, pairs
from graphframe.cli.options.request import REQUEST_OPTIONS, take_request_fields
from graphframe.cli.options.speed import SPEED
from graphframe.cli.progress_line import ProgressLine
from graphframe.images import ImageRequest
from graphframe.images.request import Format
from graphframe.packet_values import write_packets
from graphframe.pipeline import chosen_adapters
from graphframe.progress import Progress
from graphframe.repository.default_device import on_default_device
from graphframe.repository.default_model import DEFAULT_MODEL, NOTICE
from graphframe.repository.image_graph import open_image_graph
from graphframe.repository.image_metadata import image_metadata

if TYPE_CHECKING:
    from graphframe.tracing import Trace


FORMATS: dict[str, Format] = {".png": "png", ".jpg": "jpeg", ".jpeg": "jpeg", ".webp": "webp"}
_STDOUT = Path("-")
"""The output that writes one PNG file to stdout."""


def image_file(text: str) -> Path:
    """Check the name of a file to write, whose ending selects the format."""
    path = Path(text)
    if path == _STDOUT:
        return path
    if path.suffix.lower() not in FORMATS:
        raise click.BadParameter(f"{text!r} does not end with one of {', '.join(FORMATS)}")
    if not path.parent.is_dir():
        raise click.BadParameter(f"folder {str(path.parent)!r} does not exist")
    return path


@with_options(REQUEST_OPTIONS)
@click.command(cls=GroupedCommand, context_settings={"show_default": True})
@click.argument("prompt")
@click.option(
    "--model_path",
    type=click.Path(path_type=Path),
    help="Folder of the model.  [default: pictograms, the model included in graphframe]",
)
@click.option(
    "-o",
    "--output",
    default="out.png",
    type=image_file,
    metavar="FILE",
    help="File to write: .png, .jpg, .jpeg or .webp. Several images get numbered names. - writes one PNG to stdout.",
)
@click.option(
    "--trace",
    "trace_path",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Write a trace of the run for ui.perfetto.dev or chrome://tracing.",
)
@pairs(
    "--dump",
    "dumps",
    metavar="NAME=FILE",
    help="Write what a stream of the graph carries, by its name, e.g. latents=latents.npz: .npz for all its arrays;"
    " .npy, .json or .txt for one packet, and numbered names for several. Repeat the option for several streams.",
)
@SIDE_PACKETS
@CALCULATORS
@SPEED
@click.option("--profile", is_flag=True, help="Print a table with the time of each node.")
def generate(
    prompt: str,
    model_path: Path | None,
    output: Path,
    trace_path: Path | None,
    profile: bool,
    dumps: list[tuple[str, str]],
    side_packets: list[tuple[str, str]],
    **given: Any,
) -> None:
    """Generate images from PROMPT.

    With --image, they start from an image. With --mask too, only a part of that image is repainted.
    """
    to_stdout = output == _STDOUT
    if to_stdout and given["n"] > 1:
        raise click.UsageError("-o - writes one image; name a file for several")
    if model_path is None:
        click.echo(NOTICE, err=True)
        model_path = DEFAULT_MODEL
    with reported():
        values, adapters = take_request_fields(given)
        graph, default = on_default_device(open_image_graph(model_path, dict(side_packets)))
        if default and default.device != "CPU":
            click.echo(f"{model_path.resolve().name} uses {default}", err=True)
        with _recorded(trace_path, profile, quiet=to_stdout) as trace:
            progress = Progress(trace)
            with ProgressLine(progress):
                graph.load(trace)
                metadata = {"model": model_path.resolve().name, **image_metadata(graph)}
                request = ImageRequest(
                    prompt,
                    adapters=chosen_adapters(graph, dict(adapters)),
                    output_format="png" if to_stdout else FORMATS[output.suffix.lower()],
                    metadata=metadata,
                    **values,
                )
                found = graph.run(
                    REQUEST=request,
                    outputs={"IMAGE", *dict(dumps)},
                    on_progress=progress.report,
                    tracer=progress,
                )
        for name, file in dumps:
            for path in write_packets(found[name], Path(file)):
                click.echo(f"{path}: stream {name}", err=to_stdout)
        for packet in found["IMAGE"]:
            path = output.with_stem(f"{output.stem}-{packet.timestamp}") if request.n > 1 else output
            if to_stdout:
                click.echo(packet.value.content, nl=False)
            else:
                path.write_bytes(packet.value.content)
            seed = request.seed if packet.value.seed is None else packet.value.seed
            click.echo(f"{path}: {packet.value.width}x{packet.value.height}, seed {seed}", err=to_stdout)


@contextmanager
def _recorded(path: Path | None, profile: bool, *, quiet: bool) -> Iterator[Trace | None]:
    """Yield a tracer if an option needs one, and write and print its results at the end, also of a failed run.

    With `quiet`, nothing is printed to stdout.
    """
    if path is None and not profile:
        yield None
        return
    from graphframe.tracing import Trace, chrome_trace, profile_table  # these import OpenVINO; --help should not

    trace = Trace()
    with ExitStack() as stack:
        file = path and stack.enter_context(path.open("w", encoding="utf-8"))  # before the run, since it may fail
        try:
            yield trace
        finally:
            if file:
                json.dump(chrome_trace([trace]), file)
                click.echo(f"{path}: trace, to open in https://ui.perfetto.dev or chrome://tracing", err=quiet)
            if profile:
                click.echo(profile_table([trace]), err=True)
