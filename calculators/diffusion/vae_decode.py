"""VaeDecodeCalculator."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import openvino as ov
from openvino import opset13 as ops
from openvino.preprocess import PrePostProcessor

import graphframe as gf
from calculators.diffusion.latents import Latents
from calculators.diffusion.model_config import read_config
from calculators.diffusion.vae_decode_pb2 import VaeDecodeCalculatorOptions
from graphframe.inference import load_model


class VaeDecodeCalculator(gf.Calculator):
    """Turns latents into images: one packet an image, with the image's index as timestamp.

    The images are arrays of uint8, shape (height, width, 3), in RGB. All images of a request are decoded as one batch.

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

    def load(self, node: gf.NodeContext) -> None:
        folder = node.path(node[self.options].model_path)
        self.model = load_model(
            folder / "openvino_model.xml",
            node.device,
            node.device_properties,
            prepare=lambda model: _from_latents_to_pixels(model, folder),
        )

    def process(self, cc: gf.Context) -> None:
        outputs = self.model.infer(cc.cancellation, {"latent_sample": cc[self.latents].samples})
        for index, image in enumerate(outputs["sample"]):
            cc.send(self.image, image, timestamp=index)


def _from_latents_to_pixels(model: ov.Model, folder: Path) -> ov.Model:
    """Put the scaling of latents before the decoder, and the way to 8-bit pixels behind it.

    NOTE: within the model, as openvino_genai has it, so that a device computes both in the same precision as there.
    """
    config = read_config(folder / "config.json")
    steps = PrePostProcessor(model)
    if (scale := config.get("scaling_factor") or 1.0) != 1:
        steps.input().preprocess().scale(scale)
    if shift := config.get("shift_factor"):
        steps.input().preprocess().mean(-shift)
    steps.output().postprocess().custom(_to_bytes).convert_element_type(ov.Type.u8)
    steps.output().model().set_layout(ov.Layout("NCHW"))
    steps.output().tensor().set_layout(ov.Layout("NHWC"))
    return steps.build()


def _to_bytes(samples: ov.Output) -> ov.Output:
    """From -1 ... 1 to 0 ... 255; the cast to integers that follows cuts off the fraction."""
    half, most = (ops.constant(np.array([value], np.float32)) for value in (0.5, 255))
    zero_to_one = ops.clamp(ops.add(ops.multiply(samples, half), half), 0.0, 1.0)
    return ops.multiply(zero_to_one, most).output(0)
