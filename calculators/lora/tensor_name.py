"""Names of tensors in LoRA files: they encode a part of a change, a layer and a model."""

from __future__ import annotations

import re
from dataclasses import dataclass

DENOISER = "denoiser"
"""The UNet or transformer, whatever the name of its folder."""

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
    # Without a prefix, the layer determines the model.
    (re.compile(r"(?=text_model\.)"), ("text_encoder",)),
    (re.compile(r""), (DENOISER,)),
)


@dataclass(frozen=True)
class TensorName:
    """The parsed name of a tensor.

    Attributes
    ----------
    models : tuple of str
        The models that it may belong to: `DENOISER`, or the folders of text encoders.
    layer : str
        The layer in the name, with ``_`` for ``.``, so that all conventions look alike, e.g.
        ``"down_blocks_0_attentions_0_proj_in"``.
    part : str
        ``"down"``, ``"up"``, ``"alpha"``, or ``"mid"``, which belongs to an unsupported kind of LoRA.
    """

    models: tuple[str, ...]
    layer: str
    part: str

    @classmethod
    def parse(cls, name: str) -> TensorName | None:
        """Parse a name written by kohya's scripts, diffusers or PEFT; return None if it does not belong to a LoRA."""
        match = _PART.fullmatch(name.removeprefix("base_model.model."))
        if match is None:
            return None
        prefix, models = next((found, models) for each, models in _MODELS if (found := each.match(match["layer"])))
        layer = match["layer"][prefix.end() :]
        layer = re.sub(r"\.processor\.(to_(?:q|k|v|out))$", r".\1", layer)  # diffusers' before PEFT
        layer = re.sub(r"\.to_out$", ".to_out.0", layer)
        return cls(models, layer.replace(".", "_"), _PARTS.get(match["part"], match["part"]))
