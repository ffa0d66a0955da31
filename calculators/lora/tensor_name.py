"""Names of tensors in LoRA files: they encode a part of a change, a layer and a model."""

from __future__ import annotations

import re
from dataclasses import dataclass

DENOISER = "denoiser"
"""The UNet or transformer, whatever the name of its folder."""

_ADAPTER = r"(?:\.(?!weight$|bias$)[^.]+)?"  # PEFT's name of the adapter, e.g. "default"
_PARTS = tuple(
    (re.compile(rf"(?P<layer>.+?){pattern}"), part)
    for pattern, part in (
        (rf"[._]lora(?:_linear_layer)?[._](?:down|A){_ADAPTER}(?:\.weight)?", "down"),
        (rf"[._]lora(?:_linear_layer)?[._](?:up|B){_ADAPTER}(?:\.weight)?", "up"),
        (rf"[._]lora[._](?:up|B){_ADAPTER}\.bias", "up_bias"),
        (r"\.lora_mid\.weight", "mid"),
        (r"_lora(?P<stream>[12])\.down\.weight", "down"),  # XLabs: 1 is the image, 2 the text
        (r"_lora(?P<stream>[12])\.up\.weight", "up"),
        (r"(?:[._]lora)?\.(?:lora_)?alpha", "alpha"),
        (rf"\.lora_magnitude_vector{_ADAPTER}(?:\.weight)?", "magnitude"),
        (r"\.dora_scale", "dora_scale"),
        (rf"\.(?P<part>hada_[wt][12](?:_[ab])?|lokr_[wt][12](?:_[ab])?){_ADAPTER}", ""),
        (r"\.(?P<part>diff|diff_b|w_norm|b_norm|scalar)", ""),
    )
)
_WRAPPERS = re.compile(r"\b(?:base_model\.model|_orig_mod|_fsdp_wrapped_module|_checkpoint_wrapped_module|module)\.")
_MODELS = tuple(
    (re.compile(prefix), models)
    for prefix, models in (
        (
            r"lora_(?:unet|transformer)[_.]|lycoris_(?:unet_|transformer_(?!blocks))?|(?:unet|transformer)\."
            r"|(?:model\.)?diffusion_model\.|(?:pipe\.)?dit\.",
            (DENOISER,),
        ),
        (
            r"(?:lora|lycoris)_te1?_|text_encoder(?:_1)?\.|(?:text_encoders\.)?clip_l\.(?:transformer\.)?",
            ("text_encoder",),
        ),
        (r"(?:cond_stage_model|conditioner\.embedders\.0)\.transformer\.", ("text_encoder",)),
        (r"text_encoders\.qwen[^.]*\.(?:transformer\.)?", ("text_encoder",)),
        (r"(?:lora|lycoris)_te2_|text_encoder_2\.|(?:text_encoders\.)?clip_g\.(?:transformer\.)?", ("text_encoder_2",)),
        # kohya's third text encoder is T5: the second one of FLUX.
        (
            r"(?:lora|lycoris)_te3_|(?:text_encoders\.)?t5xxl\.(?:transformer\.)?|(?=encoder\.block\.)",
            ("text_encoder_3", "text_encoder_2"),
        ),
        (r"text_encoder_3\.", ("text_encoder_3",)),
        # Without a prefix, the layer determines the model.
        (r"(?=text_model\.)", ("text_encoder",)),
        (r"", (DENOISER,)),
    )
)


@dataclass(frozen=True)
class TensorName:
    """The parsed name of a tensor.

    Attributes
    ----------
    models : tuple of str
        The models that it may belong to: `DENOISER`, or the folders of text encoders.
    path : str
        The layer as the file names it, e.g. ``"down_blocks.0.attentions.0.proj_in"``.
    part : str
        ``"down"``, ``"up"``, ``"alpha"`` ...: see `graphframe.calculators.lora.kinds`.
    component : str
        The name of the model before the layer, e.g. ``"unet"``; ``""`` if there is none.
    """

    models: tuple[str, ...]
    path: str
    part: str
    component: str = ""

    @property
    def layer(self) -> str:
        """The layer with ``_`` for ``.``, so that all conventions look alike."""
        return self.path.replace(".", "_")

    @classmethod
    def parse(cls, name: str) -> TensorName | None:
        """Parse a name, whichever tool wrote it; return None if it belongs to no known kind of LoRA."""
        plain = _WRAPPERS.sub("", name)
        for pattern, part in _PARTS:
            if match := pattern.fullmatch(plain):
                groups = match.groupdict()
                return cls._of(match["layer"] + groups.get("stream", ""), part or groups["part"])
        return None

    @classmethod
    def _of(cls, layer: str, part: str) -> TensorName:
        prefix, models = next((found, models) for each, models in _MODELS if (found := each.match(layer)))
        path = re.sub(r"\.processor\.(to_\w+|add_\w+)$", r".\1", layer[prefix.end() :])  # diffusers' before PEFT
        return cls(models, path, part, prefix[0].rstrip("._"))
