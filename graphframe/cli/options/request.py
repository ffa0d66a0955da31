"""The options of ``graphframe generate`` that are fields of `ImageRequest`."""

from __future__ import annotations

import secrets
from pathlib import Path
from typing import Any

import click
from msgspec import inspect

from graphframe.cli.options.option_group import OptionGroup
from graphframe.images import ImageRequest, Size
from graphframe.images.fields import Field, fields

_OF_OTHER_FORM = {
    "prompt",
    "image",
    "images",
    "width",
    "height",
    "adapters",
    "partial_images",
    "output_format",
    "metadata",
}
"""Fields that other options or the command set, or that the command does not use."""
_NAMES = {"n": ("-n", "--n"), "num_inference_steps": ("--num_inference_steps", "--steps")}
_NO_LIMIT = 2**31 - 1


def take_request_fields(given: dict[str, Any]) -> tuple[dict[str, Any], list[tuple[str, float | None]]]:
    """Take the values of these options out of `given`: the fields of a request, and adapters with their alphas.

    Files are read, and a seed is drawn if none is given.
    """
    size = given.pop("size") or (None, None)
    adapters = list(given.pop("adapters"))
    values = {name: given.pop(name) for name in fields(ImageRequest) if name not in _OF_OTHER_FORM}
    for name, value in values.items():
        if isinstance(value, Path):
            values[name] = value.read_bytes()
    values["images"] = [path.read_bytes() for path in given.pop("images")]
    if values["seed"] is None:
        values["seed"] = secrets.randbits(32)
    return {**values, "width": size[0], "height": size[1]}, adapters


def _option(field: Field) -> click.Option:
    is_seed = field.name == "seed"
    return click.Option(
        [*_NAMES.get(field.name, (f"--{field.name}",)), field.name],
        type=_type(field.kind),
        default=None if is_seed else field.default,
        show_default="random" if is_seed else True,
        help=field.schema["description"],
    )


def _type(kind: inspect.Type) -> click.ParamType[Any]:
    if isinstance(kind, inspect.BytesType):
        return click.Path(exists=True, dir_okay=False, path_type=Path)
    if isinstance(kind, inspect.FloatType):
        return click.FloatRange(kind.ge, kind.le)
    if isinstance(kind, inspect.IntType):
        return click.INT if kind.le in (None, _NO_LIMIT) else click.IntRange(kind.ge, kind.le)
    return click.STRING


def _read_size(text: str) -> Size:
    """Parse ``WIDTHxHEIGHT``."""
    try:
        return Size.from_text(text)
    except ValueError as error:
        raise click.BadParameter(str(error)) from None


def _read_adapter(text: str) -> tuple[str, float | None]:
    """Parse ``ALIAS`` or ``ALIAS=ALPHA``."""
    alias, given, alpha = text.partition("=")
    try:
        return alias, float(alpha) if given else None
    except ValueError:
        raise click.BadParameter(f"{text!r} is not ALIAS=ALPHA, e.g. ink=0.7") from None


_size = click.Option(
    ["--size"], type=_read_size, metavar="WIDTHxHEIGHT", help="Size in pixels; by default the image's or the model's."
)
_images = click.Option(
    ["--image", "images"],
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    multiple=True,
    help=f"{fields(ImageRequest)['image'].schema['description']} Repeat the option for models that take several.",
)
_adapter = click.Option(
    ["--adapter", "adapters"],
    type=_read_adapter,
    multiple=True,
    metavar="ALIAS[=ALPHA]",
    help="LoRA adapter of the graph to apply, or a composite of adapters. Repeat the option for several.",
)

REQUEST_OPTIONS = OptionGroup(
    "Request options",
    (
        _size,
        *(_option(field) for name, field in fields(ImageRequest).items() if name not in _OF_OTHER_FORM),
        _images,
        _adapter,
    ),
)
"""An option for each field, with the description, type, limits and default of the field."""
