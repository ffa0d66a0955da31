"""The pipelines of openvino_genai as calculators: all stages in one node, for models whose stages are not known."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np
import openvino as ov
import openvino_genai
from numpy.typing import NDArray

import graphframe as gf
from graphframe.calculators.diffusion.input_image import repainted
from graphframe.calculators.genai.pipeline_pb2 import PipelineCalculatorOptions
from graphframe.calculators.image.image_file import Pixels, read_pixels
from graphframe.calculators.image.resizer import Resizer
from graphframe.images import ImageRequest, InvalidRequest, Size
from graphframe.inference import Lane, lane_for
from graphframe.inference.device import normalise
from graphframe.inference.errors import openvino_words

_PARAMETERS = (
    *("negative_prompt", "prompt_2", "prompt_3", "negative_prompt_2", "negative_prompt_3", "max_sequence_length"),
    *("width", "height", "num_inference_steps", "guidance_scale", "strength"),
)
"""Fields of a request that the pipelines have, too, each with a default of its own."""


class PipelineCalculator(gf.Calculator):
    """What the three have in common. Subclasses say which pipeline it is, and what of pictures that is given."""

    pipeline: ClassVar[type[Any]]

    request = gf.Input("REQUEST", ImageRequest)
    image = gf.Output("IMAGE", np.ndarray)
    options = gf.Options(PipelineCalculatorOptions)

    def load(self, node: gf.NodeContext) -> None:
        self.limits = node[self.options]
        self.max_size = Size.from_text(self.limits.max_resolution)
        device, folder = normalise(node.device), node.path(self.limits.model_path)
        self.pipelines = [
            self.pipeline(folder, device, **node.device_properties) for _ in range(self.limits.num_pipelines)
        ]
        # NOTE: these slots are the pipelines, which are not safe for two threads.
        self.pool = Lane(f"{node.name} on {device}")
        self.pool.grow(len(self.pipelines))
        self.lane = lane_for(device)
        self.lane.grow(1)

    def process(self, cc: gf.Context) -> None:
        request = cc[self.request]
        self.check_limits(request)
        pictures = self.pictures(request)
        caller, key = cc.cancellation, cc.cancellation.started
        with self.pool.slot(caller, key) as number, self.lane.slot(caller, key):
            images = _generate(cc, self.pipelines[number], request, pictures)
        for index, image in enumerate(images):
            cc.send(self.image, image, timestamp=cc.timestamp + index)

    def pictures(self, request: ImageRequest) -> list[ov.Tensor]:
        """What the pipeline is given between the prompt and its parameters."""
        raise NotImplementedError

    def picture(self, request: ImageRequest) -> Pixels:
        """The picture that the request must bring, which is the size of the images if it says none."""
        picture = _required(request.image, "image")
        height, width, _ = picture.rgb.shape
        if not Size(request.width or width, request.height or height).fits_into(self.max_size):
            raise InvalidRequest(f"the image has {width}x{height} pixels; ask for at most {self.max_size}", "size")
        return picture

    def check_limits(self, request: ImageRequest) -> None:
        """Raise InvalidRequest for what is above the limits of the graph, or that no pipeline can do."""
        for field, value, most in (
            ("n", request.n, self.limits.max_num_images_per_prompt),
            ("num_inference_steps", request.num_inference_steps, self.limits.max_num_inference_steps),
        ):
            if value is not None and not 1 <= value <= most:
                raise InvalidRequest(f"{field} must be from 1 to {most}, not {value}", field)
        if not Size(request.width or 1, request.height or 1).fits_into(self.max_size):
            raise InvalidRequest(f"the size must be at most {self.max_size}", "size")
        if request.scheduler is not None:
            raise InvalidRequest("this graph has no choice of schedulers", "scheduler")
        if request.adapters:
            raise InvalidRequest("this graph has no LoRA adapters", "model")


class Text2ImagePipelineCalculator(PipelineCalculator):
    """Makes images from text with openvino_genai's `Text2ImagePipeline`.

    The images are arrays of uint8, shape (height, width, 3), in RGB, one packet an image, whose index is added to the
    timestamp. A pipeline does one request after the other, each of which takes one slot of the device as a whole; a
    cancelled one ends within one step. What the pipeline refuses raises `InvalidRequest`, and so does a picture.

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

    def pictures(self, request: ImageRequest) -> list[ov.Tensor]:
        for field in ("image", "mask"):
            if getattr(request, field) is not None:
                raise InvalidRequest("this graph makes images from text alone", field)
        return []


class Image2ImagePipelineCalculator(PipelineCalculator):
    """Makes images from the request's picture with openvino_genai's `Image2ImagePipeline`.

    For the rest it is as Text2ImagePipelineCalculator.

    Example::

        node {
          calculator: "Image2ImagePipelineCalculator"
          device: "GPU"
          input_stream: "REQUEST:request"
          output_stream: "IMAGE:image"
        }
    """

    pipeline = openvino_genai.Image2ImagePipeline

    def pictures(self, request: ImageRequest) -> list[ov.Tensor]:
        if request.mask is not None:
            raise InvalidRequest("this graph changes whole pictures", "mask")
        return [_tensor(self.picture(request).rgb)]


class InpaintingPipelineCalculator(PipelineCalculator):
    """Paints a part of the request's picture anew with openvino_genai's `InpaintingPipeline`.

    That is what is transparent in the mask, or if nothing is, what is white. For the rest it is as
    Text2ImagePipelineCalculator.

    Example::

        node {
          calculator: "InpaintingPipelineCalculator"
          device: "GPU"
          input_stream: "REQUEST:inpainting_request"
          output_stream: "IMAGE:image"
        }
    """

    pipeline = openvino_genai.InpaintingPipeline

    def pictures(self, request: ImageRequest) -> list[ov.Tensor]:
        picture = self.picture(request)
        height, width, _ = picture.rgb.shape
        mask = repainted(_required(request.mask, "mask"), Resizer(), width, height)
        return [_tensor(picture.rgb), _tensor(np.repeat(np.where(mask, np.uint8(255), np.uint8(0))[..., None], 3, 2))]


def _generate(cc: gf.Context, pipeline: Any, request: ImageRequest, pictures: list[ov.Tensor]) -> NDArray[np.uint8]:
    """Run a pipeline; uint8, shape (n, height, width, 3)."""
    began = False

    def follow(step: int, steps: int, latents: ov.Tensor) -> bool:
        nonlocal began
        began = True
        cc.report(step + 1, steps)
        return cc.cancellation.cancelled

    given = {name: value for name in _PARAMETERS if (value := getattr(request, name)) is not None}
    generator = openvino_genai.CppStdGenerator(request.seed % 2**32)
    try:
        images = pipeline.generate(
            request.prompt,
            *pictures,
            num_images_per_prompt=request.n,
            generator=generator,
            callback=follow,
            **given,
        )
    except RuntimeError as error:
        if began:
            raise
        raise InvalidRequest(f"the pipeline refuses the request: {openvino_words(error)}", "model") from error
    cc.cancellation.raise_if_cancelled()
    return np.array(images.data)  # a copy: the pipeline uses the memory again


def _required(file: bytes | None, field: str) -> Pixels:
    if file is None:
        raise InvalidRequest(f"this graph needs a request with {field}", field)
    return read_pixels(file, field)


def _tensor(pixels: NDArray[np.uint8]) -> ov.Tensor:
    return ov.Tensor(np.ascontiguousarray(pixels[None]))
