"""VaeDecodeCalculator."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import openvino as ov
from openvino import opset13 as ops
from openvino.preprocess import PrePostProcessor

import graphframe as gf
from graphframe.calculators.diffusion.circular_padding import CircularPadding
from graphframe.calculators.diffusion.latent_statistics import LatentStatistics
from graphframe.calculators.diffusion.latents import Latents
from graphframe.calculators.diffusion.model_config import is_of_videos, read_config, vae_scale_factor
from graphframe.calculators.diffusion.nodes.vae_decode_pb2 import VaeDecodeCalculatorOptions
from graphframe.calculators.diffusion.speed_problems import speed_problems
from graphframe.calculators.diffusion.static_shapes import resolutions, static_shape_problems
from graphframe.inference import Prepare, Shapes, load_shaped_model
from graphframe.speed import speed_of


class VaeDecodeCalculator(gf.Calculator):
    """A VAE decoder: turns latents into images.

    The images of a request are decoded one by one, and each is sent when it is finished; with static shapes in batches
    of `num_images_per_prompt`.

    Input streams
    -------------
    LATENTS : Latents
        The latents.

    Output streams
    --------------
    IMAGE : ndarray
        The images, one packet per image: arrays of uint8, shape (height, width, 3), RGB. The index of the image in the
        batch is added to the timestamp.

    Options
    -------
    model_path : str, default "vae_decoder"
        The folder of the decoder.
    background : bool, default false
        Whether other inferences on the device go first.
    tiling : bool
        Whether images fit to themselves at their edges, as tiles of a texture do: the convolutions pad circularly.
    speed : str
        "exact", or "balanced" for an algebraically equal model that needs less arithmetic. The default is that of
        `serve` and `generate`.
    static_shapes : StaticShapes
        The shapes that the graph's models are compiled for.

    Example::

        node {
          calculator: "VaeDecodeCalculator"
          device: "GPU"
          input_stream: "LATENTS:latents"
          output_stream: "IMAGE:image"
          node_options { [type.googleapis.com/graphframe.VaeDecodeCalculatorOptions] { model_path: "vae_decoder" } }
        }
    """

    latents = gf.Input("LATENTS", Latents)
    image = gf.Output("IMAGE", np.ndarray)
    options = gf.Options(VaeDecodeCalculatorOptions)

    @classmethod
    def check(cls, node: gf.NodeInfo) -> Iterable[str]:
        yield from static_shape_problems(node, VaeDecodeCalculatorOptions)
        yield from speed_problems(node[cls.options].speed)

    def load(self, node: gf.NodeContext) -> None:
        options = node[self.options]
        folder = node.path(options.model_path)
        config = read_config(folder / "config.json")
        self.statistics = LatentStatistics.from_config(config)
        prepare: Prepare = _FromLatentsToPixels(config.get("scaling_factor") or 1.0, config.get("shift_factor") or 0.0)
        if options.tiling:
            prepare = CircularPadding(prepare)
        factor, n = vae_scale_factor(config), options.static_shapes.num_images_per_prompt
        self.is_of_videos = is_of_videos(config)
        frame = (1,) if self.is_of_videos else ()
        shapes: list[Shapes] = [
            {"latent_sample": (n, None, *frame, size.height // factor, size.width // factor)}
            for size in resolutions(options.static_shapes)
        ]
        path = folder / "openvino_model.xml"
        properties, speed = node.device_properties, speed_of(options.speed)
        self.model = load_shaped_model(path, shapes, node.device, properties, prepare=prepare, speed=speed)
        self.batch = n if shapes else 1
        self.background = options.background

    def process(self, cc: gf.Context) -> None:
        samples = cc[self.latents].samples
        if self.statistics is not None:
            samples = self.statistics.restore(samples)
        if self.is_of_videos:
            samples = np.expand_dims(samples, 2)
        starts = range(0, len(samples), self.batch)
        for start in starts:
            inputs = {"latent_sample": samples[start : start + self.batch]}
            remaining = len(starts) - starts.index(start)
            outputs = self.model.infer(cc.cancellation, inputs, remaining=remaining, background=self.background)
            for index, image in enumerate(outputs["sample"], start):
                cc.send(self.image, image[0] if self.is_of_videos else image, timestamp=cc.timestamp + index)
            cc.flush()


@dataclass(frozen=True)
class _FromLatentsToPixels:
    """Add the scaling of latents before the decoder, and the conversion to 8-bit pixels after it.

    NOTE: within the model, as in openvino_genai, so that a device computes both in the same precision.
    """

    scale: float
    shift: float

    def __call__(self, model: ov.Model) -> ov.Model:
        steps = PrePostProcessor(model)
        if self.scale != 1:
            steps.input().preprocess().scale(self.scale)
        if self.shift:
            steps.input().preprocess().mean(-self.shift)
        steps.output().postprocess().custom(_to_bytes).convert_element_type(ov.Type.u8)
        frames = "D" if len(model.output().partial_shape) == 5 else ""
        steps.output().model().set_layout(ov.Layout(f"NC{frames}HW"))
        steps.output().tensor().set_layout(ov.Layout(f"N{frames}HWC"))
        return steps.build()


def _to_bytes(samples: ov.Output) -> ov.Output:
    """Map -1 ... 1 to 0 ... 255; the cast to integers that follows cuts off the fraction."""
    half, most = (ops.constant(np.array([value], np.float32)) for value in (0.5, 255))
    zero_to_one = ops.clamp(ops.add(ops.multiply(samples, half), half), 0.0, 1.0)
    return ops.multiply(zero_to_one, most).output(0)
