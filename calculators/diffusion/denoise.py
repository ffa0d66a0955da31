"""DenoiseCalculator."""

from __future__ import annotations

from functools import cache

import numpy as np
import openvino
import openvino_genai
from numpy.typing import NDArray

import graphframe as gf
from calculators.diffusion.denoise_pb2 import DenoiseCalculatorOptions
from calculators.diffusion.diffusion_request import DiffusionRequest
from calculators.diffusion.latents import Latents
from calculators.diffusion.model_config import read_config
from calculators.diffusion.schedulers import load_scheduler
from calculators.diffusion.stable_diffusion import guidance_embedding
from calculators.text.embeddings import Embeddings
from graphframe.image import InvalidRequest
from graphframe.inference import load_model


class DenoiseCalculator(gf.Calculator):
    """Turns noise into latents, step by step, with a UNet and a scheduler.

    Each step takes its own turn on the device, so that runs share it between steps and a cancelled one stops within one
    step. It reports its progress.

    Example::

        node {
          calculator: "DenoiseCalculator"
          device: "GPU"
          input_stream: "REQUEST:diffusion_request"
          input_stream: "EMBEDDINGS:embeddings"
          output_stream: "LATENTS:latents"
          node_options {
            [type.googleapis.com/graphframe.DenoiseCalculatorOptions] { model_path: "unet" scheduler_path: "scheduler" }
          }
        }
    """

    request = gf.Input("REQUEST", DiffusionRequest)
    embeddings = gf.Input("EMBEDDINGS", Embeddings)
    latents = gf.Output("LATENTS", Latents)
    options = gf.Options(DenoiseCalculatorOptions)

    def load(self, node: gf.NodeContext) -> None:
        options = node[self.options]
        folder = node.path(options.model_path)
        self.unet = load_model(folder / "openvino_model.xml", node.device, node.device_properties)
        self.guidance_embedding_size = read_config(folder / "config.json").get("time_cond_proj_dim")
        self.scheduler = load_scheduler(node.path(options.scheduler_path) / "scheduler_config.json")

    def process(self, cc: gf.Context) -> None:
        request = cc[self.request]
        n = request.latent_shape[0]
        hidden_states = np.repeat(cc[self.embeddings].hidden_states, n, axis=0)
        guided = len(hidden_states) > n
        inputs = {"encoder_hidden_states": hidden_states}
        if self.guidance_embedding_size:
            inputs["timestep_cond"] = guidance_embedding(request.guidance_scale, self.guidance_embedding_size)
        # NOTE: openvino_genai's pipelines cut seeds to 32 bits, too.
        generator = openvino_genai.CppStdGenerator(request.seed % 2**32)

        shape_of = cache(openvino.Shape)  # which takes as long to make as the noise itself

        def randn(shape: tuple[int, ...]) -> NDArray[np.float32]:
            return np.array(generator.randn_tensor(shape_of(shape)).data)

        guidance_scale = np.float32(request.guidance_scale)
        try:
            scheduler = self.scheduler(request.num_inference_steps)
        except ValueError as error:
            raise InvalidRequest(str(error), "num_inference_steps") from error
        latents = denoised = randn(request.latent_shape) * scheduler.init_noise_sigma
        steps = len(scheduler.timesteps)
        for step, timestep in enumerate(scheduler.timesteps):
            sample = scheduler.scale_model_input(latents, step)
            inputs["sample"] = np.concatenate((sample, sample)) if guided else sample
            inputs["timestep"] = timestep[None]
            output = self.unet.infer(cc.cancellation, inputs, remaining=steps - step)["out_sample"]
            if guided:
                without, output = output[:n], output[n:]
                output -= without
                output *= guidance_scale
                output += without
            latents, denoised = scheduler.step(output, step, latents, randn)
            cc.report(step + 1, steps)
        cc.send(self.latents, Latents(denoised))
