"""Images in Python, in three lines."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property, lru_cache
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tqdm.auto import tqdm

from graphframe.framework.errors import CalculatorError, did_you_mean
from graphframe.framework.graph import Graph
from graphframe.framework.packet import Packet
from graphframe.images import EncodedImage, ImageRequest, InvalidRequest, Size, invalid_request
from graphframe.images.fields import convert, fields
from graphframe.images.other_names import meant_field
from graphframe.progress import Progress
from graphframe.repository.default_device import on_default_device
from graphframe.repository.default_model import DEFAULT_MODEL
from graphframe.repository.image_graph import open_image_graph
from graphframe.repository.image_metadata import image_metadata

if TYPE_CHECKING:
    from PIL.Image import Image

_FIELDS = [name for name in fields(ImageRequest) if name not in ("partial_images", "metadata")] + ["size", "steps"]


@dataclass(frozen=True)
class GeneratedImages:
    """The images of one request. Jupyter shows them.

    Attributes
    ----------
    files : list of EncodedImage
        The image files. A PNG file contains the request's parameters as text.
    seed : int
        The seed of the request, which generates the same images again. With the `seed_mode` "each", each of `files`
        has its own.
    timings : dict of str to float
        How long each node worked, in milliseconds.
    warnings : list of str
        The warnings of nodes, e.g. of a prompt that is longer than the text encoder's window.
    """

    files: list[EncodedImage]
    seed: int
    timings: dict[str, float]
    warnings: list[str]

    @cached_property
    def images(self) -> list[Image]:
        """The images as Pillow's, in mode RGB."""
        from PIL import Image

        return [Image.open(BytesIO(file.content)) for file in self.files]

    def _repr_html_(self) -> str:
        return "".join(
            f'<img src="data:image/{file.format};base64,{file.b64}" width="{file.width}" height="{file.height}">'
            for file in self.files
        )


class Pipeline:
    """An image graph in Python, loaded once.

    Parameters
    ----------
    model : path, optional
        The folder of a model, with a ``graph.pbtxt`` or of a known family; by default pictograms, the small model that
        is included.
    progress : bool, optional
        Whether to show a progress bar in the terminal or notebook.

    Raises
    ------
    ModelFolderError, GraphConfigError, OSError
        If the folder has no valid graph.
    CalculatorError
        If a node cannot be loaded.

    Examples
    --------
    >>> pipe = Pipeline("stable-diffusion")  # doctest: +SKIP
    >>> pipe("a red cat", steps=4).images[0].save("cat.png")  # doctest: +SKIP
    """

    def __init__(self, model: str | Path | None = None, *, progress: bool = True) -> None:
        folder = DEFAULT_MODEL if model is None else Path(model)
        self._progress = progress
        self._graph, _ = on_default_device(open_image_graph(folder))
        self._graph.load()
        self._metadata = {"model": folder.resolve().name, **image_metadata(self._graph)}

    @property
    def graph(self) -> Graph:
        """The loaded graph."""
        return self._graph

    def __call__(self, prompt: str, **fields: Any) -> GeneratedImages:
        """Generate images. Several threads may do this at the same time.

        Parameters
        ----------
        prompt : str
        **fields
            Fields of `graphframe.images.ImageRequest`, as in the HTTP API, and these forms of them:

            - `steps` is short for `num_inference_steps`;
            - `size` is ``"WIDTHxHEIGHT"``, in pixels;
            - `image` and `mask` are files (paths or bytes), Pillow images, or uint8 arrays of shape (height, width) or
              (height, width, channels); `image` may be a list of them, for models that take several;
            - `adapters` are LoRA adapters of the graph: a list of aliases, or the alphas by alias;
            - `seed` is random by default.

        Raises
        ------
        InvalidRequest
            If a field's value is wrong, or the model cannot use it.
        TypeError
            If a field is unknown.
        CalculatorError
            If a node fails.
        OSError
            If a file cannot be read.
        """
        request = self._request(prompt, fields)
        tracer = Progress()
        with _own_errors(), _bar(tracer, self._progress) as on_progress:
            packets = self._graph.run(REQUEST=request, outputs=["IMAGE"], on_progress=on_progress, tracer=tracer)
        return _generated(packets["IMAGE"], request, tracer)

    async def generate_async(self, prompt: str, **fields: Any) -> GeneratedImages:
        """Do the same without blocking the event loop. Cancelling the awaiting task cancels the run."""
        request = await asyncio.to_thread(self._request, prompt, fields)
        tracer = Progress()
        with _own_errors(), _bar(tracer, self._progress) as on_progress:
            packets = await self._graph.run_async(
                REQUEST=request, outputs=["IMAGE"], on_progress=on_progress, tracer=tracer
            )
        return _generated(packets["IMAGE"], request, tracer)

    def close(self) -> None:
        """Release the models."""
        self._graph.close()

    def _request(self, prompt: str, given: Mapping[str, Any]) -> ImageRequest:
        values = {name: value for name, value in given.items() if value is not None}
        for name in values:
            if name not in _FIELDS:
                raise TypeError(f"a request has no field {name}{did_you_mean(meant_field(name), _FIELDS)}")
        if "steps" in values:
            _set_once(values, "steps", {"num_inference_steps": values.pop("steps")})
        if "size" in values:
            try:
                size = Size.from_text(str(values.pop("size")))
            except ValueError as error:
                raise InvalidRequest(f"size {error}", "size") from None
            _set_once(values, "size", size._asdict())
        given_images = [values.pop(name) for name in ("image", "images") if name in values]
        values["images"] = [_file("image", each) for image in given_images for each in _several(image)]
        if "mask" in values:
            values["mask"] = _file("mask", values["mask"])
        if "adapters" in values:
            values["adapters"] = chosen_adapters(self._graph, values["adapters"])
        seed = secrets.randbits(32)
        return convert(ImageRequest, {"seed": seed, "metadata": self._metadata, **values, "prompt": prompt})


def generate(prompt: str, model: str | Path | None = None, **fields: Any) -> GeneratedImages:
    """Generate images with a model, which stays loaded until another one is used.

    Parameters
    ----------
    prompt : str
    model : path, optional
        As in `Pipeline`.
    **fields
        As in `Pipeline.__call__`, which also describes the errors.

    Examples
    --------
    >>> generate("a red cat", steps=4).images[0].size
    (128, 128)
    """
    return _pipeline(None if model is None else str(Path(model).resolve()))(prompt, **fields)


def chosen_adapters(graph: Graph, chosen: Iterable[str] | Mapping[str, float | None]) -> dict[str, float]:
    """Return the alpha of each LoRA adapter that these aliases mean; composites mean several.

    Parameters
    ----------
    graph : Graph
        A loaded graph.
    chosen : iterable of str, or mapping of str to float or None
        Aliases, or their alphas; None means the graph's.
    """
    models = graph.properties.get("models", {})
    alphas = dict(chosen) if isinstance(chosen, Mapping) else dict.fromkeys(chosen)
    found: dict[str, float] = {}
    for alias, alpha in alphas.items():
        found |= {alias: alpha} if alpha is not None else models.get(alias, {alias: 1.0})
    return found


@lru_cache(maxsize=1)
def _pipeline(model: str | None) -> Pipeline:
    return Pipeline(model)


def _set_once(values: dict[str, Any], name: str, meant: Mapping[str, Any]) -> None:
    """Set the fields that a short form means, unless one of them is given, too."""
    for field in meant:
        if field in values:
            raise InvalidRequest(f"give either {name} or {field}, not both", name)
    values.update(meant)


def _several(value: Any) -> list[Any]:
    return [*value] if isinstance(value, (list, tuple)) else [value]


def _file(name: str, value: Any) -> bytes:
    """Return an image file, from any form of an image."""
    if isinstance(value, bytes):
        return value
    if isinstance(value, (str, Path)):
        return Path(value).read_bytes()
    from PIL import Image

    try:
        image = value if isinstance(value, Image.Image) else Image.fromarray(value)
    except (TypeError, AttributeError) as error:
        expected = "a path, the bytes of a file, a Pillow image or a uint8 array"
        raise InvalidRequest(f"{name} must be {expected}, not {type(value).__name__}: {error}", name) from None
    file = BytesIO()
    image.save(file, "png")
    return file.getvalue()


@contextmanager
def _own_errors() -> Iterator[None]:
    """Raise an InvalidRequest of a calculator as itself."""
    try:
        yield
    except CalculatorError as error:
        if refusal := invalid_request(error):
            raise refusal from None
        raise


@contextmanager
def _bar(progress: Progress, shown: bool) -> Iterator[Any]:
    """Show the steps that nodes report, and yield the function that they are reported to."""
    with tqdm(disable=not shown, unit="step") as bar:

        def on_progress(node: str, done: int, total: int) -> None:
            progress.report(node, done, total)
            if bar.total != total or done < bar.n:
                bar.set_description(node, refresh=False)
                bar.reset(total)
            bar.update(done - bar.n)

        yield on_progress


def _generated(packets: list[Packet], request: ImageRequest, progress: Progress) -> GeneratedImages:
    return GeneratedImages(
        [packet.value for packet in packets], request.seed, progress.milliseconds(), progress.warnings
    )
