"""What the names of tensors in LoRA files say: which part of which layer of which model a tensor is."""

from __future__ import annotations

import re
from dataclasses import dataclass

DENOISER = "denoiser"
"""The UNet or transformer, whatever its folder is called."""

_PART = re.compile(
    r"(?P<layer>.+?)(?:\.alpha|[._]lora(?:_linear_layer)?[._](?P<part>down|up|mid|A|B)(?:\.(?!weight$)[^.]+)?\.weight)"
)
_PARTS = {"A": "down", "B": "up", None: "alpha"}
_MODELS = (
    (re.compile(r"(?:lora_unet_|lora_transformer_|unet\.|transformer\.|(?:model\.)?diffusion_model\.)"), (DENOISER,)),
    (re.compile(r"(?:lora_te1?_|text_encoder\.)"), ("text_encoder",)),
    (re.compile(r"(?:lora_te2_|text_encoder_2\.)"), ("text_encoder_2",)),
    # kohya's third text encoder is T5: the second one of FLUX.
    (re.compile(r"lora_te3_|(?=encoder\.block\.)"), ("text_encoder_3", "text_encoder_2")),
    (re.compile(r"text_encoder_3\."), ("text_encoder_3",)),
    # Names that do not tell the model tell it by the layer.
    (re.compile(r"(?=text_model\.)"), ("text_encoder",)),
    (re.compile(r""), (DENOISER,)),
)


@dataclass(frozen=True)
class Key:
    """The name of a tensor, taken apart.

    Attributes
    ----------
    models : tuple of str
        The models that it may be for: `DENOISER`, or text encoders by their folders.
    layer : str
        The layer as the name has it, but with ``_`` for ``.``, so that all conventions look alike:
        ``"down_blocks_0_attentions_0_proj_in"``.
    part : str
        ``"down"``, ``"up"``, ``"alpha"``, or ``"mid"``, which is a kind of LoRA that is not known here.
    """

    models: tuple[str, ...]
    layer: str
    part: str

    @classmethod
    def parse(cls, name: str) -> Key | None:
        """Take the name apart that kohya's scripts, diffusers or PEFT gave; None if it is no part of a LoRA."""
        match = _PART.fullmatch(name.removeprefix("base_model.model."))
        if match is None:
            return None
        prefix, models = next((found, models) for each, models in _MODELS if (found := each.match(match["layer"])))
        layer = match["layer"][prefix.end() :]
        layer = re.sub(r"\.processor\.(to_(?:q|k|v|out))$", r".\1", layer)  # diffusers' before PEFT
        layer = re.sub(r"\.to_out$", ".to_out.0", layer)
        return cls(models, layer.replace(".", "_"), _PARTS.get(match["part"], match["part"]))
