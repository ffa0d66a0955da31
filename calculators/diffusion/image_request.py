"""ImageRequestCalculator."""

from __future__ import annotations

import re
from pathlib import Path

import graphframe as gf
from calculators.diffusion.diffusion_request import DiffusionRequest
from calculators.diffusion.families import DENOISERS, family_of
from calculators.diffusion.image_request_pb2 import ImageRequestCalculatorOptions
from calculators.diffusion.model_config import read_config, vae_scale_factor
from graphframe.image import ImageRequest, InvalidRequest

_MAX_GUIDANCE_SCALE = 1000
"""Far beyond what makes a picture; float32 has room for it at every step."""


class ImageRequestCalculator(gf.Calculator):
    """Holds a request against the model's limits, and fills in its defaults.

    Raises `InvalidRequest`, which names the field, for what the model or the graph's limits do not allow.

    Example::

        node {
          calculator: "ImageRequestCalculator"
          input_stream: "REQUEST:request"
          output_stream: "REQUEST:diffusion_request"
          node_options {
            [type.googleapis.com/graphframe.ImageRequestCalculatorOptions] {
              model_path: "."
              max_resolution: "1024x1024"
            }
          }
        }
    """

    request = gf.Input("REQUEST", ImageRequest)
    diffusion_request = gf.Output("REQUEST", DiffusionRequest)
    options = gf.Options(ImageRequestCalculatorOptions)

    def load(self, node: gf.NodeContext) -> None:
        self.limits = node[self.options]
        folder = node.path(self.limits.model_path)
        self.family = family = family_of(_denoiser(folder))
        self.scale_factor = vae_scale_factor(read_config(folder / "vae_decoder" / "config.json"))
        self.empty_prompt = None if family.empty_prompt_is_zeros and _forces_zeros(folder) else ""
        self.max_size = _resolution("max_resolution", self.limits.max_resolution)
        self.default_size = (family.default_size * self.scale_factor,) * 2
        if self.limits.default_resolution:
            self.default_size = _resolution("default_resolution", self.limits.default_resolution)
            self.check_size(*self.default_size)
        self.default_steps = self.limits.default_num_inference_steps or family.default_num_inference_steps
        self.default_guidance_scale = (
            self.limits.default_guidance_scale
            if self.limits.HasField("default_guidance_scale")
            else family.default_guidance_scale
        )

    def process(self, cc: gf.Context) -> None:
        request = cc[self.request]
        if not 1 <= request.n <= self.limits.max_num_images_per_prompt:
            most = self.limits.max_num_images_per_prompt
            raise InvalidRequest(f"n must be from 1 to {most}, not {request.n}", "n")
        steps = self.default_steps if request.num_inference_steps is None else request.num_inference_steps
        if not 1 <= steps <= self.limits.max_num_inference_steps:
            most = self.limits.max_num_inference_steps
            raise InvalidRequest(f"num_inference_steps must be from 1 to {most}, not {steps}", "num_inference_steps")
        width = self.default_size[0] if request.width is None else request.width
        height = self.default_size[1] if request.height is None else request.height
        self.check_size(width, height)
        scale = self.default_guidance_scale if request.guidance_scale is None else request.guidance_scale
        if not 0 <= scale <= _MAX_GUIDANCE_SCALE:
            raise InvalidRequest(
                f"guidance_scale must be from 0 to {_MAX_GUIDANCE_SCALE}, not {scale:g}", "guidance_scale"
            )
        guided = self.family.uses_classifier_free_guidance(scale)
        if request.negative_prompt and not guided:
            ever = self.family.uses_classifier_free_guidance(_MAX_GUIDANCE_SCALE)
            reason = f"at guidance_scale {scale:g}, only above 1" if ever else "of this model"
            raise InvalidRequest(f"a negative_prompt has no effect on the images {reason}", "negative_prompt")
        negative_prompt = self.empty_prompt if request.negative_prompt is None else request.negative_prompt
        factor = self.scale_factor
        cc.send(
            self.diffusion_request,
            DiffusionRequest(
                prompt=request.prompt,
                negative_prompt=negative_prompt if guided else None,
                seed=request.seed,
                num_inference_steps=steps,
                guidance_scale=scale,
                latent_shape=(request.n, self.family.channels, height // factor, width // factor),
                scheduler=request.scheduler,
                scale_factor=factor,
                partial_images=request.partial_images,
            ),
        )

    def check_size(self, width: int, height: int) -> None:
        """Raise InvalidRequest if the model cannot make images of that size."""
        factor = self.scale_factor * self.family.patch_size
        if width < factor or height < factor or width % factor or height % factor:
            raise InvalidRequest(f"width and height must be multiples of {factor}, not {width}x{height}", "size")
        if width > self.max_size[0] or height > self.max_size[1]:
            most = "x".join(map(str, self.max_size))
            raise InvalidRequest(f"the size must be at most {most}, not {width}x{height}", "size")


def _denoiser(folder: Path) -> Path:
    found = (folder / name for name in DENOISERS if (folder / name).is_dir())
    return next(found, folder / DENOISERS[0])


def _forces_zeros(folder: Path) -> bool:
    return bool(read_config(folder / "model_index.json").get("force_zeros_for_empty_prompt", True))


def _resolution(field: str, text: str) -> tuple[int, int]:
    match = re.fullmatch(r"([1-9]\d*)x([1-9]\d*)", text)
    if match is None:
        raise ValueError(f'{field} must be "WIDTHxHEIGHT", as in "512x512", not "{text}"')
    return int(match[1]), int(match[2])
