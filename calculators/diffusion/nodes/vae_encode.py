"""VaeEncodeCalculator."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import openvino as ov
from numpy.typing import NDArray
from openvino import opset13 as ops

import graphframe as gf
from graphframe.calculators.diffusion.image_latents import ImageLatents, LatentDistribution
from graphframe.calculators.diffusion.input_image import InputImage
from graphframe.calculators.diffusion.latent_statistics import LatentStatistics, shift_and_scale
from graphframe.calculators.diffusion.model_config import is_of_videos, read_config
from graphframe.calculators.diffusion.nodes.vae_encode_pb2 import VaeEncodeCalculatorOptions
from graphframe.calculators.diffusion.static_shapes import resolutions, static_shape_problems
from graphframe.images import InvalidRequest
from graphframe.inference import Caller, Shapes, load_shaped_model


class VaeEncodeCalculator(gf.Calculator):
    """A VAE encoder: turns the request's images into latents, one after the other. It stays idle for requests without.

    A model without a VAE encoder generates images from text only: an image raises `InvalidRequest`.

    Input streams
    -------------
    IMAGE : InputImage
        The image and the mask, and further images.

    Output streams
    --------------
    IMAGE_LATENTS : ImageLatents
        The distributions of latents that denoising needs.

    Options
    -------
    model_path : str, default "vae_encoder"
        The folder of the encoder.
    static_shapes : StaticShapes
        The shapes that the graph's models are compiled for.
    statistics_path : str
        The folder with the statistics of latents, for denoisers that take normalised latents (FLUX.2).

    Example::

        node {
          calculator: "VaeEncodeCalculator"
          device: "GPU"
          input_stream: "IMAGE:input_image"
          output_stream: "IMAGE_LATENTS:image_latents"
          node_options { [type.googleapis.com/graphframe.VaeEncodeCalculatorOptions] { model_path: "vae_encoder" } }
        }
    """

    image = gf.Input("IMAGE", InputImage)
    image_latents = gf.Output("IMAGE_LATENTS", ImageLatents)
    options = gf.Options(VaeEncodeCalculatorOptions)

    @classmethod
    def check(cls, node: gf.NodeInfo) -> Iterable[str]:
        return static_shape_problems(node, VaeEncodeCalculatorOptions)

    def load(self, node: gf.NodeContext) -> None:
        options = node[self.options]
        folder = node.path(options.model_path)
        self.statistics = None
        if options.statistics_path:
            self.statistics = LatentStatistics.from_config(
                read_config(node.path(options.statistics_path) / "config.json")
            )
        self.model = None
        if folder.is_dir():
            config = read_config(folder / "config.json")
            self.shift_factor, self.scaling_factor = shift_and_scale(config)
            self.is_of_videos = is_of_videos(config)
            frame = (1,) if self.is_of_videos else ()
            sizes = resolutions(options.static_shapes)
            shapes: list[Shapes] = [{"sample": (1, None, *frame, size.height, size.width)} for size in sizes]
            path = folder / "openvino_model.xml"
            self.model = load_shaped_model(path, shapes, node.device, node.device_properties)

    def process(self, cc: gf.Context) -> None:
        image = cc[self.image]
        pixels = _normalised(image.pixels)
        whole = self.encode(cc.cancellation, pixels) if image.whole else None
        masked = None
        if image.masked and image.mask is not None:
            masked = self.encode(cc.cancellation, np.where(image.mask, np.float32(0), pixels))
        further = tuple(self.encode(cc.cancellation, _normalised(each)) for each in image.further)
        cc.send(self.image_latents, ImageLatents(whole, masked, image.mask, further))

    def encode(self, caller: Caller, pixels: NDArray[np.float32]) -> LatentDistribution:
        """Encode an image: float32 from -1 to 1, shape (1, 3, height, width)."""
        if self.model is None:
            raise InvalidRequest("this model generates images from text only: it has no VAE encoder", "image")
        if self.is_of_videos:
            pixels = np.expand_dims(pixels, 2)
        ((name, output),) = self.model.infer(caller, {next(iter(self.model.inputs)): pixels}).items()
        if self.is_of_videos:
            output = output[:, :, 0]
        if name == "latent_sample":
            return LatentDistribution(output, None, self.shift_factor, self.scaling_factor)
        mean, log_variance = np.split(output, 2, axis=1)
        if self.statistics is not None:
            return LatentDistribution(self.statistics.normalise(mean), None, np.float32(0), np.float32(1))
        log_std = np.float32(0.5) * log_variance.clip(-30, 20)
        # NOTE: as in openvino_genai, each in its own way, which differ in the last bit.
        std = _expf(log_std) if self.is_of_videos else np.exp(log_std.astype(np.float64)).astype(np.float32)
        return LatentDistribution(mean, std, self.shift_factor, self.scaling_factor)


def _normalised(pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Return pixels of shape (height, width, 3) from -1 to 1, in shape (1, 3, height, width)."""
    # NOTE: times the reciprocal, as in openvino_genai: a division differs in the last bit.
    normalised = pixels.astype(np.float32) * np.float32(1 / 127.5) - np.float32(1)
    return np.ascontiguousarray(normalised.transpose(2, 0, 1)[None])


def _expf(exponents: NDArray[np.float32]) -> NDArray[np.float32]:
    """The exponential as C's `expf` rounds it, which OpenVINO uses where no device does; NumPy has one of its own."""
    found = ov.Tensor(ov.Type.f32, ov.Shape(exponents.shape))
    ops.exp(ops.parameter(exponents.shape, np.float32)).evaluate([found], [ov.Tensor(np.ascontiguousarray(exponents))])
    return np.array(found.data)
