"""The pipelines of openvino_genai as calculators: all stages in one node, also for models of unknown families."""

from __future__ import annotations

import time
from typing import Any, ClassVar

import numpy as np
import openvino as ov
import openvino_genai
from numpy.typing import NDArray

import graphframe as gf
from graphframe.calculators.diffusion.input_image import repainted_part
from graphframe.calculators.genai.pipeline_pb2 import PipelineCalculatorOptions
from graphframe.calculators.image.image_file import EncodedInput, Pixels
from graphframe.images import ImageRequest, InvalidRequest, Size
from graphframe.inference import Lane, lane_for
from graphframe.inference.default_device import resolve
from graphframe.inference.errors import openvino_words
from graphframe.inference.times import InferenceTimes

_PARAMETERS = tuple(
    name
    for name in ImageRequest.__struct_fields__
    if name != "adapters" and hasattr(openvino_genai.ImageGenerationConfig, name)
)
"""Fields of a request that are parameters of the pipelines; each has a default there."""
_USED = {*_PARAMETERS, "prompt", "n", "seed", "seed_mode", "image", "mask", "partial_images"}
"""Fields that the pipelines use, and previews, which they do not send."""
_OF_FILES = {"output_format", "output_compression", "metadata"}
"""Fields that only nodes after the pipelines use."""


class PipelineCalculator(gf.Calculator):
    """The base of the three calculators. Subclasses choose the pipeline and the images that it takes."""

    pipeline: ClassVar[type[Any]]

    request = gf.Input("REQUEST", ImageRequest)
    image = gf.Output("IMAGE", np.ndarray)
    options = gf.Options(PipelineCalculatorOptions)

    def load(self, node: gf.NodeContext) -> None:
        self.limits = node[self.options]
        self.max_size = Size.from_text(self.limits.max_resolution)
        device, folder = resolve(node.device), node.path(self.limits.model_path)
        self.pipelines = [
            self.pipeline(folder, device, **node.device_properties) for _ in range(self.limits.num_pipelines)
        ]
        # NOTE: these slots are the pipelines, none of which is safe for two threads.
        self.pool = Lane(f"{node.name} on {device}")
        self.pool.grow(len(self.pipelines))
        self.lane = lane_for(device)
        self.lane.grow(1)
        self.times = InferenceTimes()

    def process(self, cc: gf.Context) -> None:
        request = cc[self.request]
        self.check_limits(request)
        images = self.images(cc, request)
        work = (request.width or 0, request.height or 0, request.n, request.num_inference_steps or 0)
        caller, expected = cc.cancellation, self.times.expected((work,))
        with (
            self.pool.slot(caller, expected, expected=expected) as number,
            self.lane.slot(caller, expected, expected=expected),
        ):
            began = time.perf_counter()
            generated = _generate(cc, self.pipelines[number], request, images)
            self.times.record((work,), time.perf_counter() - began)
        for index, image in enumerate(generated):
            cc.send(self.image, image, timestamp=cc.timestamp + index)

    def images(self, cc: gf.Context, request: ImageRequest) -> list[ov.Tensor]:
        """Return the arguments of the pipeline between the prompt and its parameters."""
        raise NotImplementedError

    def files(self, cc: gf.Context, request: ImageRequest, *fields: str) -> list[Pixels]:
        """Return the request's files: the image and others, resized as the pipeline would."""
        files = [_required(getattr(request, field), field) for field in fields]
        width, height = files[0].size
        size = Size(request.width or width, request.height or height)
        if not size.fits_into(self.max_size):
            raise InvalidRequest(f"the image has {width}x{height} pixels; ask for at most {self.max_size}", "size")
        found = [file.pixels(size, cc.cancellation) for file in files]
        for warning in (warning for pixels in found for warning in pixels.warnings):
            cc.warn(warning)
        return found

    def check_limits(self, request: ImageRequest) -> None:
        """Raise InvalidRequest for values above the limits of the graph, and for fields that no pipeline has."""
        request.check()
        request.check_at_most("n", self.limits.max_num_images_per_prompt)
        request.check_at_most("num_inference_steps", self.limits.max_num_inference_steps)
        if not Size(request.width or 1, request.height or 1).fits_into(self.max_size):
            raise InvalidRequest(f"the size must be at most {self.max_size}", "size")
        if request.adapters:
            raise InvalidRequest("this graph has no LoRA adapters", "model")
        if request.seed_mode == "each" and request.n > 1:
            raise InvalidRequest("this graph's pipeline draws the noise of all images from one seed", "seed_mode")
        if request.images:
            found = len(request.input_images)
            raise InvalidRequest(f"this graph's pipeline takes one image at most, not {found}", "image")
        for field in ImageRequest.__struct_fields__:
            if field not in _USED | _OF_FILES and getattr(request, field):
                raise InvalidRequest(f"this graph's pipeline has no {field}", field)


class Text2ImagePipelineCalculator(PipelineCalculator):
    """A text-to-image pipeline of openvino_genai, `Text2ImagePipeline`, as one node.

    A pipeline runs one request at a time, which holds a slot of the device from beginning to end; a cancelled run ends
    within one step. Requests with an image, and requests that the pipeline refuses, raise `InvalidRequest`.

    Input streams
    -------------
    REQUEST : ImageRequest
        The request.

    Output streams
    --------------
    IMAGE : ndarray
        The images, one packet per image: arrays of uint8, shape (height, width, 3), RGB. The index of the image is
        added to the timestamp.

    Options
    -------
    model_path : str, default "."
        The folder of the model, with model_index.json.
    num_pipelines : int, default 1
        The number of concurrent requests. Each pipeline has its own weights.
    max_resolution : str, default "4096x4096"
        The largest size of a request.
    max_num_images_per_prompt : int, default 10
        The largest number of images of a request.
    max_num_inference_steps : int, default 100
        The largest number of steps of a request.

    Example::

        node {
          calculator: "Text2ImagePipelineCalculator"
          device: "GPU"
          input_stream: "REQUEST:text_request"
          output_stream: "IMAGE:image"
          node_options { [type.googleapis.com/graphframe.PipelineCalculatorOptions] { num_pipelines: 1 } }
        }
    """

    pipeline = openvino_genai.Text2ImagePipeline

    def images(self, cc: gf.Context, request: ImageRequest) -> list[ov.Tensor]:
        for field in ("image", "mask"):
            if getattr(request, field) is not None:
                raise InvalidRequest("this graph generates images from text only", field)
        return []


class Image2ImagePipelineCalculator(PipelineCalculator):
    """An image-to-image pipeline of openvino_genai, `Image2ImagePipeline`, as one node.

    It starts from the request's image. Otherwise it is like Text2ImagePipelineCalculator.

    Input streams
    -------------
    REQUEST : ImageRequest
        The request.

    Output streams
    --------------
    IMAGE : ndarray
        The images, one packet per image: arrays of uint8, shape (height, width, 3), RGB. The index of the image is
        added to the timestamp.

    Options
    -------
    model_path : str, default "."
        The folder of the model, with model_index.json.
    num_pipelines : int, default 1
        The number of concurrent requests. Each pipeline has its own weights.
    max_resolution : str, default "4096x4096"
        The largest size of a request.
    max_num_images_per_prompt : int, default 10
        The largest number of images of a request.
    max_num_inference_steps : int, default 100
        The largest number of steps of a request.

    Example::

        node {
          calculator: "Image2ImagePipelineCalculator"
          device: "GPU"
          input_stream: "REQUEST:request"
          output_stream: "IMAGE:image"
        }
    """

    pipeline = openvino_genai.Image2ImagePipeline

    def images(self, cc: gf.Context, request: ImageRequest) -> list[ov.Tensor]:
        if request.mask is not None:
            raise InvalidRequest("this graph changes whole images", "mask")
        (image,) = self.files(cc, request, "image")
        return [_tensor(image.rgb)]


class InpaintingPipelineCalculator(PipelineCalculator):
    """An inpainting pipeline of openvino_genai, `InpaintingPipeline`, as one node.

    It repaints the transparent part of the mask or, if the mask is opaque, the white part. Otherwise it is like
    Text2ImagePipelineCalculator.

    Input streams
    -------------
    REQUEST : ImageRequest
        The request.

    Output streams
    --------------
    IMAGE : ndarray
        The images, one packet per image: arrays of uint8, shape (height, width, 3), RGB. The index of the image is
        added to the timestamp.

    Options
    -------
    model_path : str, default "."
        The folder of the model, with model_index.json.
    num_pipelines : int, default 1
        The number of concurrent requests. Each pipeline has its own weights.
    max_resolution : str, default "4096x4096"
        The largest size of a request.
    max_num_images_per_prompt : int, default 10
        The largest number of images of a request.
    max_num_inference_steps : int, default 100
        The largest number of steps of a request.

    Example::

        node {
          calculator: "InpaintingPipelineCalculator"
          device: "GPU"
          input_stream: "REQUEST:inpainting_request"
          output_stream: "IMAGE:image"
        }
    """

    pipeline = openvino_genai.InpaintingPipeline

    def images(self, cc: gf.Context, request: ImageRequest) -> list[ov.Tensor]:
        image, mask = self.files(cc, request, "image", "mask")
        repainted = np.where(repainted_part(mask), np.uint8(255), np.uint8(0))
        return [_tensor(image.rgb), _tensor(np.repeat(repainted[..., None], 3, 2))]


def _generate(cc: gf.Context, pipeline: Any, request: ImageRequest, images: list[ov.Tensor]) -> NDArray[np.uint8]:
    """Return what a pipeline generates: uint8, shape (n, height, width, 3)."""
    began = False

    def follow(step: int, steps: int, latents: ov.Tensor) -> bool:
        nonlocal began
        began = True
        cc.report(step + 1, steps)
        return cc.cancellation.cancelled

    given = {name: value for name in _PARAMETERS if (value := getattr(request, name)) is not None}
    generator = openvino_genai.CppStdGenerator(request.seed % 2**32)
    try:
        generated = pipeline.generate(
            request.prompt,
            *images,
            num_images_per_prompt=request.n,
            generator=generator,
            callback=follow,
            **given,
        )
    except RuntimeError as error:
        if began:
            raise
        raise InvalidRequest(f"the pipeline refused the request: {openvino_words(error)}", "model") from error
    cc.cancellation.raise_if_cancelled()
    return np.array(generated.data)  # a copy: the pipeline reuses the memory


def _required(file: bytes | None, field: str) -> EncodedInput:
    if file is None:
        raise InvalidRequest(f"this graph needs {field}", field)
    return EncodedInput(file, field)


def _tensor(pixels: NDArray[np.uint8]) -> ov.Tensor:
    return ov.Tensor(np.ascontiguousarray(pixels[None]))
