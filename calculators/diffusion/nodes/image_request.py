"""ImageRequestCalculator."""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec

import graphframe as gf
from graphframe.calculators.diffusion.diffusion_request import DiffusionRequest, Task
from graphframe.calculators.diffusion.families import DENOISERS, detect_family
from graphframe.calculators.diffusion.families.family import Defaults
from graphframe.calculators.diffusion.input_files import InputFiles, reference
from graphframe.calculators.diffusion.input_image import InputImage, repainted_part
from graphframe.calculators.diffusion.model_config import read_config, vae_scale_factor
from graphframe.calculators.diffusion.nodes.image_request_pb2 import ImageRequestCalculatorOptions
from graphframe.calculators.diffusion.static_shapes import resolutions
from graphframe.calculators.diffusion.supported_sizes import SupportedSizes
from graphframe.calculators.image.image_file import EncodedInput, Pixels
from graphframe.calculators.lora.aliases import Aliases
from graphframe.calculators.lora.coverage import check_coverage
from graphframe.calculators.lora.tensor_name import DENOISER
from graphframe.calculators.text.textual_inversion import check_textual_inversions
from graphframe.images import ImageRequest, InvalidRequest, Size

_TEXT_ENCODERS = ("text_encoder", "text_encoder_2", "text_encoder_3")


class ImageRequestCalculator(gf.Calculator):
    """A validator of requests: applies the limits of the model and the graph, fills in defaults, and decodes the files.

    The image of a request is turned upright and resized; further images are references, which keep their own sizes
    unless the graph's are static. The mask selects the part to repaint: the transparent part of
    the request's mask or, if it is opaque, the white part; without a mask, the transparent part of the image. A request
    without a size gets that of its image or, without one, the model's. If that is above the limit, it shrinks; then it
    is cut to a multiple of what the model generates.

    It publishes what clients can request: as `models`, each name, and the alphas of the LoRA adapters that it applies;
    as `base_model`, whether the graph runs without adapters. With a static adapter it does not. As `adapters`, it
    publishes how many of each adapter's pairs the models have layers for; with too few, loading fails.

    Requests that the model or the graph does not allow raise `InvalidRequest`, which names the field.

    Input streams
    -------------
    REQUEST : ImageRequest
        The request.

    Output streams
    --------------
    REQUEST : DiffusionRequest
        The request with its defaults.
    IMAGE : InputImage, optional
        The image and the mask, and further images, for requests with an image.

    Options
    -------
    model_path : str, default "."
        The folder of the model, with model_index.json.
    default_resolution : str
        The size of requests without a size, "WIDTHxHEIGHT". The default is the model's own.
    max_resolution : str, default "4096x4096"
        The largest size of a request.
    max_num_images_per_prompt : int, default 10
        The largest number of images of a request.
    default_num_inference_steps : int
        The number of steps of requests without one. The default is the model family's.
    max_num_inference_steps : int, default 100
        The largest number of steps of a request.
    default_guidance_scale : float
        The guidance scale of requests without one. The default is the model family's.
    long_prompt : str, default "cut"
        The treatment of prompts longer than CLIP's window, of requests without one: "cut" or "chunks", which encodes
        them in chunks, as A1111 and compel do.
    prompt_syntax : str, default "plain"
        The syntax of prompts, of requests without one: "plain", in which brackets are text, or "a1111", in which they
        give weights.
    lora : LoraOptions
        The LoRA adapters of the graph.
    static_shapes : StaticShapes
        The shapes that the graph's models are compiled for.
    textual_inversion : TextualInversionOptions
        The textual inversions of the graph. If the model has no text encoder for one, loading fails.

    Example::

        node {
          calculator: "ImageRequestCalculator"
          input_stream: "REQUEST:request"
          output_stream: "REQUEST:diffusion_request"
          output_stream: "IMAGE:input_image"
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
    options = gf.Options(ImageRequestCalculatorOptions)

    @classmethod
    def check_files(cls, node: gf.NodeContext) -> Iterator[str]:
        """Yield the sizes that the model does not generate."""
        limits = node[cls.options]
        try:
            multiple, native = _model_sizes(node.path(limits.model_path))
            most = _size("max_resolution", limits.max_resolution)
            default = [_size("default_resolution", limits.default_resolution)] if limits.default_resolution else []
            sizes = {"resolution": resolutions(limits.static_shapes), "default_resolution": default}
        except (OSError, ValueError, gf.GraphError):  # the model is missing, or an option is invalid: `load` reports it
            return
        try:
            supported = SupportedSizes(multiple, most, (), native)
        except InvalidRequest:
            yield f"max_resolution does not fit the model: {most} is below its smallest size, {multiple}x{multiple}"
            return
        for field, size in ((field, size) for field, values in sizes.items() for size in values):
            try:
                supported.check(size)
            except InvalidRequest as error:
                yield f"{field} does not fit the model: {error}"

    def load(self, node: gf.NodeContext) -> None:
        self.limits = node[self.options]
        folder = node.path(self.limits.model_path)
        self.family = family = detect_family(_denoiser(folder))
        text_encoders = [name for name in _TEXT_ENCODERS if (folder / name).is_dir()]
        self.prompts = min(len(text_encoders), max(family.text_encoders))
        index = read_config(folder / "model_index.json") if (folder / "model_index.json").is_file() else {}
        self.is_distilled = bool(index.get("is_distilled"))
        is_none = family.negative_prompt_may_be_none and index.get("force_zeros_for_empty_prompt", True)
        self.empty_prompt = None if is_none else ""
        self.scale_factor = vae_scale_factor(read_config(folder / "vae_decoder" / "config.json"))
        self.sizes = self.supported_sizes(folder)
        if self.limits.long_prompt not in ("cut", "chunks"):
            raise ValueError(f'long_prompt must be "cut" or "chunks", not "{self.limits.long_prompt}"')
        if self.limits.long_prompt == "chunks" and (not self.family.takes_chunks or self.sizes.static):
            raise ValueError('long_prompt is "chunks", which this model, or its static shapes, cannot take')
        if self.limits.prompt_syntax not in ("plain", "a1111"):
            raise ValueError(f'prompt_syntax must be "plain" or "a1111", not "{self.limits.prompt_syntax}"')
        if self.limits.prompt_syntax == "a1111" and not self.family.takes_weights:
            raise ValueError('prompt_syntax is "a1111", which has no effect with this model')
        self.aliases = Aliases.from_options(self.limits.lora, node.path)
        if self.aliases.adapters:
            models = {DENOISER: _denoiser(folder), **{name: folder / name for name in text_encoders}}
            files = {name: path / "openvino_model.xml" for name, path in models.items()}
            node.publish("adapters", check_coverage(self.aliases.adapters, files))
            node.publish("models", self.aliases.models)
            node.publish("base_model", self.aliases.allow_base_model)
        encoders = [folder / name for name in text_encoders]
        check_textual_inversions(self.limits.textual_inversion, node.path, encoders)

    def supported_sizes(self, folder: Path) -> SupportedSizes:
        """Return the sizes that the model in a folder generates, as the options limit them."""
        multiple, native = _model_sizes(folder)
        default = self.limits.default_resolution
        return SupportedSizes(
            multiple,
            _size("max_resolution", self.limits.max_resolution),
            resolutions(self.limits.static_shapes),
            native=native,
            default=_size("default_resolution", default) if default else None,
        )

    def process(self, cc: gf.Context) -> None:
        request = cc[self.request]
        request.check()
        self.check_limits(request)
        files = self.files(cc, request)
        resolved = self.resolved(request, files)
        self.check_strength(request, files)
        self.check_prompts(request, resolved)
        self.aliases.check(request.adapters)
        if files.image is not None:
            cc.send(self.image, self.input_image(files.image, files, resolved))
        cc.send(self.diffusion_request, resolved)

    def files(self, cc: gf.Context, request: ImageRequest) -> InputFiles:
        """Decode the files of a request."""
        images = request.input_images
        if not images:
            if request.mask is not None:
                raise InvalidRequest("mask needs an image", "mask")
            return InputFiles()
        if not cc.connected(self.image):
            raise InvalidRequest("this graph generates images from text only: it has no vae_encode node", "image")
        self.check_count(len(images))
        file = EncodedInput(images[0], "image", "image 1" if len(images) > 1 else None)
        others = [EncodedInput(each, "image", f"image {number}") for number, each in enumerate(images[1:], start=2)]
        mask = None if request.mask is None else EncodedInput(request.mask, "mask")
        size = self.sizes.of(request, file.size)
        image = file.pixels(size, cc.cancellation)
        masking = None if mask is None else mask.pixels(size, cc.cancellation)
        further = tuple(
            each.pixels(size, cc.cancellation)
            if self.sizes.static
            else reference(each, self.sizes.multiple, cc.cancellation)
            for each in others
        )
        for warning in (warning for each in (image, masking, *further) if each for warning in each.warnings):
            cc.warn(warning)
        if masking is None and image.holes is not None and Task.INPAINTING in self.family.defaults:
            masking = image
        return InputFiles(image, masking, size, further)

    def check_count(self, found: int) -> None:
        """Raise InvalidRequest for more images than the model takes."""
        most, where = self.family.max_input_images, "this model"
        if self.sizes.static and self.family.takes_reference:
            most, where = min(most, self.limits.static_shapes.max_input_images), "this graph, whose shapes are static,"
        if found > most:
            taken = {0: "no images", 1: "one image"}.get(most, f"at most {most} images")
            raise InvalidRequest(f"{where} takes {taken}, not {found}", "image")

    def resolved(self, request: ImageRequest, files: InputFiles) -> DiffusionRequest:
        """Return the request with the defaults of the graph and the model."""
        limits, defaults = self.limits, self.defaults(files)
        steps = min(limits.default_num_inference_steps or defaults.num_inference_steps, limits.max_num_inference_steps)
        scale = limits.default_guidance_scale if limits.HasField("default_guidance_scale") else defaults.guidance_scale
        scale = scale if request.guidance_scale is None else request.guidance_scale
        strength = defaults.strength if request.strength is None else request.strength
        size = files.size or self.sizes.of(request, None)
        factor = self.scale_factor
        changed: dict[str, Any] = {
            "image": None,
            "images": [],
            "mask": None,
            "width": size.width,
            "height": size.height,
            "num_inference_steps": request.num_inference_steps or steps,
            "guidance_scale": scale,
            "negative_prompt": self.negative_prompt(request) if self.is_guided(scale) else None,
            "long_prompt": request.long_prompt or (limits.long_prompt if limits.HasField("long_prompt") else None),
            "prompt_syntax": request.prompt_syntax
            or (limits.prompt_syntax if limits.HasField("prompt_syntax") else None),
            "strength": None if files.image is None else strength,
            "latent_shape": (request.n, self.family.channels, size.height // factor, size.width // factor),
            "task": files.task,
            "reference_shapes": self.reference_shapes(files),
            "scale_factor": factor,
        }
        return DiffusionRequest(**{**msgspec.structs.asdict(request), **changed})

    def reference_shapes(self, files: InputFiles) -> tuple[tuple[int, int], ...]:
        """Return the size in latents of each image that the denoiser takes as a reference."""
        if not self.family.takes_reference or files.image is None:
            return ()
        shapes = (each.rgb.shape for each in (files.image, *files.further))
        return tuple((height // self.scale_factor, width // self.scale_factor) for height, width, _ in shapes)

    def defaults(self, files: InputFiles) -> Defaults:
        """Return the model's defaults for the task of a request."""
        defaults = self.family.defaults.get(files.task)
        if defaults is None:
            supported = " and ".join(task.value for task in self.family.defaults)
            field = "image" if files.image is None else "mask"
            raise InvalidRequest(f"this model supports {supported}, not {files.task.value}", field)
        return defaults

    def is_guided(self, guidance_scale: float) -> bool:
        """Return whether denoising uses classifier-free guidance."""
        return self.family.uses_classifier_free_guidance(guidance_scale) and not self.is_distilled

    def negative_prompt(self, request: ImageRequest) -> str | None:
        """Return the negative prompt for the first text encoder; None if zeros stand for it."""
        if request.negative_prompt is not None:
            return request.negative_prompt
        return "" if request.negative_prompt_2 or request.negative_prompt_3 else self.empty_prompt

    def input_image(self, image: Pixels, files: InputFiles, request: DiffusionRequest) -> InputImage:
        """Select what the denoiser needs of the files of a request with an image."""
        repainted = None if files.mask is None else repainted_part(files.mask)
        takes_mask = self.family.takes_mask
        whole = not takes_mask or request.strength != 1
        return InputImage(image.rgb, repainted, whole, takes_mask, tuple(each.rgb for each in files.further))

    def check_limits(self, request: ImageRequest) -> None:
        """Raise InvalidRequest for numbers above the limits of the graph or the model."""
        request.check_at_most("n", self.limits.max_num_images_per_prompt)
        request.check_at_most("num_inference_steps", self.limits.max_num_inference_steps)
        if request.long_prompt == "chunks":
            if not self.family.takes_chunks:
                raise InvalidRequest('long_prompt "chunks" has no effect with this model', "long_prompt")
            if self.sizes.static:
                message = 'long_prompt "chunks" is not possible: the models have static shapes'
                raise InvalidRequest(message, "long_prompt")
        if request.prompt_syntax == "a1111" and not self.family.takes_weights:
            raise InvalidRequest('prompt_syntax "a1111" has no effect with this model', "prompt_syntax")
        field, most = "max_sequence_length", self.family.max_sequence_length
        if request.max_sequence_length is None:
            return
        if most is None or self.prompts < max(self.family.text_encoders):
            raise InvalidRequest(f"{field} needs a text encoder that this model does not have, e.g. T5", field)
        request.check_at_most(field, most)
        if self.sizes.static:
            raise InvalidRequest(f"{field} cannot be set: the models have static shapes", field)

    def check_strength(self, request: ImageRequest, files: InputFiles) -> None:
        """Raise InvalidRequest for a strength that the model does not use."""
        if request.strength not in (None, 1):
            if files.image is None:
                raise InvalidRequest("strength needs an image", "strength")
            if self.family.takes_reference:
                raise InvalidRequest("strength has no effect with this model", "strength")

    def check_prompts(self, request: ImageRequest, resolved: DiffusionRequest) -> None:
        """Raise InvalidRequest for a prompt without effect."""
        scale = resolved.guidance_scale
        for number, ending in enumerate(("", "_2", "_3"), start=1):
            negative = f"negative_prompt{ending}"
            if getattr(request, negative) and not self.is_guided(scale):
                larger = f"at guidance_scale {scale:g}; use a larger guidance_scale"
                reason = larger if self.is_guided(math.inf) else "with this model"
                raise InvalidRequest(f"{negative} has no effect {reason}", negative)
            for field in (f"prompt{ending}", negative):
                if number > self.prompts and getattr(request, field) is not None:
                    raise InvalidRequest(f"{field} needs a text encoder that this model does not have", field)


def _denoiser(folder: Path) -> Path:
    found = (folder / name for name in DENOISERS if (folder / name).is_dir())
    return next(found, folder / DENOISERS[0])


def _model_sizes(folder: Path) -> tuple[int, Size]:
    """Return the number of pixels that width and height are multiples of, and the native size."""
    family = detect_family(_denoiser(folder))
    factor = vae_scale_factor(read_config(folder / "vae_decoder" / "config.json"))
    side = family.default_size * factor
    return factor * family.patch_size, Size(side, side)


def _size(field: str, text: str) -> Size:
    try:
        return Size.from_text(text)
    except ValueError as error:
        raise ValueError(f"{field} {error}") from error
