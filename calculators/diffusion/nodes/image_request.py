"""ImageRequestCalculator."""

from __future__ import annotations

from pathlib import Path

import msgspec

import graphframe as gf
from graphframe.calculators.diffusion.diffusion_request import DiffusionRequest, Task
from graphframe.calculators.diffusion.families import DENOISERS, detect_family
from graphframe.calculators.diffusion.input_image import InputImage, repainted
from graphframe.calculators.diffusion.model_config import read_config, vae_scale_factor
from graphframe.calculators.diffusion.nodes.image_request_pb2 import ImageRequestCalculatorOptions
from graphframe.calculators.diffusion.static_shapes import resolutions
from graphframe.calculators.image.image_file import Pixels, read_pixels
from graphframe.calculators.image.resizer import Resizer
from graphframe.calculators.lora.aliases import Aliases
from graphframe.calculators.lora.key import DENOISER
from graphframe.images import ImageRequest, InvalidRequest, Size

_MAX_GUIDANCE_SCALE = 1000
"""Far beyond what makes a picture; float32 has room for it at every step."""
_TEXT_ENCODERS = ("text_encoder", "text_encoder_2", "text_encoder_3")


class ImageRequestCalculator(gf.Calculator):
    """Holds a request against the model's limits, fills in its defaults, and decodes the files that it brings.

    The picture of a request is turned upright and resized; it is sent on `IMAGE`, together with what is to be painted
    anew: what is transparent in the mask, or if nothing is, what is white; without a mask, what is transparent in the
    picture. Without a size of its own, a request gets that of its picture, or else the model's, made smaller if it is
    above the limit, and cut to what the model can do.

    `RESOLVED` is the request again, without its files, and with the model's defaults where it says nothing.

    It publishes what clients can ask for: as `models`, each name, and the alphas of the LoRA adapters that it applies;
    as `base_model`, whether the graph can be asked for without one, which it cannot if an adapter is static.

    Raises `InvalidRequest`, which names the field, for what the model or the graph's limits do not allow.

    Example::

        node {
          calculator: "ImageRequestCalculator"
          input_stream: "REQUEST:request"
          output_stream: "REQUEST:diffusion_request"
          output_stream: "IMAGE:input_image"
          output_stream: "RESOLVED:resolved_request"
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
    image = gf.Output("IMAGE", InputImage, optional=True)
    resolved = gf.Output("RESOLVED", ImageRequest, optional=True)
    options = gf.Options(ImageRequestCalculatorOptions)

    def load(self, node: gf.NodeContext) -> None:
        self.limits = node[self.options]
        folder = node.path(self.limits.model_path)
        self.family = family = detect_family(_denoiser(folder))
        text_encoders = [name for name in _TEXT_ENCODERS if (folder / name).is_dir()]
        self.prompts = min(len(text_encoders), max(family.text_encoders))
        index = read_config(folder / "model_index.json") if (folder / "model_index.json").is_file() else {}
        self.is_distilled = bool(index.get("is_distilled"))
        self.scale_factor = vae_scale_factor(read_config(folder / "vae_decoder" / "config.json"))
        is_none = family.negative_prompt_may_be_none and index.get("force_zeros_for_empty_prompt", True)
        self.empty_prompt = None if is_none else ""
        self.max_size = _size("max_resolution", self.limits.max_resolution)
        self.sizes = resolutions(self.limits.static_shapes)
        side = family.default_size * self.scale_factor
        self.default_size = self.sizes[0] if self.sizes else self.size_within(side, side)
        if self.limits.default_resolution:
            self.default_size = _size("default_resolution", self.limits.default_resolution)
            self.check_size(*self.default_size)
        for size in self.sizes:
            self.check_size(*size)
        self.resizer = Resizer()
        self.aliases = Aliases.from_options(self.limits.lora, node.path)
        for adapter in self.aliases.adapters:
            adapter.check_models([DENOISER, *text_encoders])
        if self.aliases.adapters:
            node.publish("models", self.aliases.models)
            node.publish("base_model", self.aliases.allow_base_model)

    def process(self, cc: gf.Context) -> None:
        request, limits = cc[self.request], self.limits
        _check_range("n", request.n, 1, limits.max_num_images_per_prompt)
        picture, repaint = self.picture(cc, request)
        task = _task(picture, repaint)
        defaults = self.family.defaults.get(task)
        if defaults is None:
            can = " and ".join(each.value for each in self.family.defaults)
            field = "image" if picture is None else "mask"
            raise InvalidRequest(f"this model does {can}, and not {task.value}", field)
        steps = limits.default_num_inference_steps or defaults.num_inference_steps
        steps = min(steps, limits.max_num_inference_steps)
        steps = steps if request.num_inference_steps is None else request.num_inference_steps
        _check_range("num_inference_steps", steps, 1, limits.max_num_inference_steps)
        scale = limits.default_guidance_scale if limits.HasField("default_guidance_scale") else defaults.guidance_scale
        scale = scale if request.guidance_scale is None else request.guidance_scale
        _check_range("guidance_scale", scale, 0, _MAX_GUIDANCE_SCALE)
        strength = defaults.strength if request.strength is None else request.strength
        _check_range("strength", strength, 0, 1)
        if picture is None and strength != 1:
            raise InvalidRequest("strength tells how much of a picture to lose; the request has no image", "strength")
        if self.family.takes_reference and strength != 1:
            raise InvalidRequest("strength has no effect on the images of this model", "strength")
        if self.family.takes_reference and picture is not None and self.sizes:
            raise InvalidRequest("this model takes no pictures while its shapes are static", "image")
        width, height = self.size(request, picture)
        guided = self.family.uses_classifier_free_guidance(scale) and not self.is_distilled
        self.aliases.check(request.adapters)
        self.check_prompts(request, guided, scale)
        if picture is not None:
            cc.send(self.image, self.input_image(picture, repaint, strength, width, height))
        cc.send(
            self.resolved,
            msgspec.structs.replace(
                request,
                image=None,
                mask=None,
                width=width,
                height=height,
                num_inference_steps=steps,
                guidance_scale=scale,
                strength=None if picture is None else strength,
            ),
        )
        factor = self.scale_factor
        cc.send(
            self.diffusion_request,
            DiffusionRequest(
                prompt=request.prompt,
                negative_prompt=self.negative_prompt(request) if guided else None,
                seed=request.seed,
                num_inference_steps=steps,
                guidance_scale=scale,
                latent_shape=(request.n, self.family.channels, height // factor, width // factor),
                scheduler=request.scheduler,
                scale_factor=factor,
                partial_images=request.partial_images,
                task=task,
                strength=strength,
                prompt_2=request.prompt_2,
                prompt_3=request.prompt_3,
                negative_prompt_2=request.negative_prompt_2,
                negative_prompt_3=request.negative_prompt_3,
                max_sequence_length=request.max_sequence_length,
                adapters=request.adapters,
            ),
        )

    def picture(self, cc: gf.Context, request: ImageRequest) -> tuple[Pixels | None, Pixels | None]:
        """Decode the picture, and the one that tells what of it to paint anew, which may be the same."""
        if request.image is None:
            if request.mask is not None:
                raise InvalidRequest("a mask tells what of a picture to paint anew; the request has no image", "mask")
            return None, None
        if not cc.connected(self.image):
            raise InvalidRequest("this graph makes images from text alone: it has no node for vae_encode", "image")
        picture = read_pixels(request.image, "image")
        if request.mask is not None:
            return picture, read_pixels(request.mask, "mask")
        paints_holes = picture.holes is not None and Task.INPAINTING in self.family.defaults
        return picture, picture if paints_holes else None

    def input_image(
        self, picture: Pixels, repaint: Pixels | None, strength: float, width: int, height: int
    ) -> InputImage:
        """Bring a picture to a size, and say what of it the denoiser needs."""
        pixels = self.resizer.resized(picture.rgb, width, height)
        mask = None if repaint is None else repainted(repaint, self.resizer, width, height)
        takes_mask = self.family.takes_mask
        return InputImage(pixels, mask, whole=not takes_mask or strength < 1, masked=takes_mask)

    def size(self, request: ImageRequest, picture: Pixels | None) -> tuple[int, int]:
        """Return width and height of the images to make.

        Raises
        ------
        InvalidRequest
            If the model cannot make images of that size.
        """
        default = self.default_size if picture is None or self.sizes else self.size_within(*picture.rgb.shape[1::-1])
        width = default[0] if request.width is None else request.width
        height = default[1] if request.height is None else request.height
        self.check_size(width, height)
        return width, height

    def size_within(self, width: int, height: int) -> tuple[int, int]:
        """Return the largest size that the model can do, within the limit and this one, in about its proportions."""
        shrink = min(1.0, self.max_size[0] / width, self.max_size[1] / height)
        factor = self.scale_factor * self.family.patch_size
        return (
            max(int(width * shrink) // factor * factor, factor),
            max(int(height * shrink) // factor * factor, factor),
        )

    def check_size(self, width: int, height: int) -> None:
        """Raise InvalidRequest if the model cannot make images of that size."""
        factor = self.scale_factor * self.family.patch_size
        if width < factor or height < factor or width % factor or height % factor:
            raise InvalidRequest(f"width and height must be multiples of {factor}, not {width}x{height}", "size")
        if width > self.max_size[0] or height > self.max_size[1]:
            most = "x".join(map(str, self.max_size))
            raise InvalidRequest(f"the size must be at most {most}, not {width}x{height}", "size")
        if self.sizes and (width, height) not in self.sizes:
            sizes = ", ".join(map(str, self.sizes))
            raise InvalidRequest(f"the size must be one of {sizes}, not {width}x{height}", "size")

    def check_prompts(self, request: ImageRequest, guided: bool, scale: float) -> None:
        """Raise InvalidRequest for a text that has no effect on the images."""
        for number, ending in enumerate(("", "_2", "_3"), start=1):
            negative = f"negative_prompt{ending}"
            if getattr(request, negative) and not guided:
                ever = self.family.uses_classifier_free_guidance(_MAX_GUIDANCE_SCALE) and not self.is_distilled
                reason = f"at guidance_scale {scale:g}, only at a higher one" if ever else "of this model"
                raise InvalidRequest(f"a {negative} has no effect on the images {reason}", negative)
            for field in (f"prompt{ending}", negative):
                if number > self.prompts and getattr(request, field) is not None:
                    raise InvalidRequest(f"{field} is for a text encoder that this model does not have", field)
        if request.max_sequence_length is not None:
            field, most = "max_sequence_length", self.family.max_sequence_length
            if most is None or self.prompts < max(self.family.text_encoders):
                raise InvalidRequest(f"{field} is for a text encoder that this model does not have, such as T5", field)
            _check_range(field, request.max_sequence_length, 1, most)
            if self.sizes:
                raise InvalidRequest(f"{field} cannot be chosen: the models have static shapes", field)

    def negative_prompt(self, request: ImageRequest) -> str | None:
        """Return the negative prompt for the first text encoder; None if there is none to encode."""
        if request.negative_prompt is not None:
            return request.negative_prompt
        return "" if request.negative_prompt_2 or request.negative_prompt_3 else self.empty_prompt


def _task(picture: Pixels | None, repaint: Pixels | None) -> Task:
    if picture is None:
        return Task.TEXT_TO_IMAGE
    return Task.IMAGE_TO_IMAGE if repaint is None else Task.INPAINTING


def _check_range(field: str, value: float, least: float, most: float) -> None:
    if not least <= value <= most:
        raise InvalidRequest(f"{field} must be from {least} to {most}, not {value:g}", field)


def _denoiser(folder: Path) -> Path:
    found = (folder / name for name in DENOISERS if (folder / name).is_dir())
    return next(found, folder / DENOISERS[0])


def _size(field: str, text: str) -> Size:
    try:
        return Size.from_text(text)
    except ValueError as error:
        raise ValueError(f"{field} {error}") from error
