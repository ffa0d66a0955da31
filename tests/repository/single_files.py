"""Single-file checkpoints of the tiny models, with the names of the original repositories."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

_RESNET = {
    "norm1": "in_layers.0",
    "conv1": "in_layers.2",
    "norm2": "out_layers.0",
    "conv2": "out_layers.3",
    "time_emb_proj": "emb_layers.1",
    "conv_shortcut": "skip_connection",
}
_UNET = {
    "time_embedding.linear_1": "time_embed.0",
    "time_embedding.linear_2": "time_embed.2",
    "add_embedding.linear_1": "label_emb.0.0",
    "add_embedding.linear_2": "label_emb.0.2",
    "conv_in": "input_blocks.0.0",
    "conv_norm_out": "out.0",
    "conv_out": "out.2",
}
_VAE_ATTENTION = {"group_norm": "norm", "to_q": "q", "to_k": "k", "to_v": "v", "to_out.0": "proj_out"}


def latent_diffusion(
    unet: Mapping[str, Any], vae: Mapping[str, Any], text_encoder: Mapping[str, Any]
) -> dict[str, Any]:
    """Return the tensors of Stable Diffusion 1 under the names of CompVis' repository; UNets have one layer a block."""
    found = {f"model.diffusion_model.{_unet_name(name)}": value for name, value in unet.items()}
    for name, value in vae.items():
        is_matrix = "mid_block.attentions" in name and value.ndim == 2
        found[f"first_stage_model.{_vae_name(name)}"] = value[:, :, None, None] if is_matrix else value
    for name, value in text_encoder.items():
        found[f"cond_stage_model.transformer.text_model.{name.removeprefix('text_model.')}"] = value
    return {name: value.contiguous() for name, value in found.items()}


def _unet_name(name: str) -> str:
    for new, old in _UNET.items():
        if name.startswith(f"{new}."):
            return name.replace(new, old, 1)
    kind, rest = re.fullmatch(r"(down_blocks|mid_block|up_blocks)\.(.*)", name).groups()  # type: ignore[union-attr]
    if kind == "mid_block":
        part, number, rest = rest.split(".", 2)
        place = f"middle_block.{1 if part == 'attentions' else 2 * int(number)}"
    else:
        block, part, number, rest = rest.split(".", 3)
        first = int(block) * 2 + int(number) + (1 if kind == "down_blocks" else 0)
        place = f"{'input' if kind == 'down_blocks' else 'output'}_blocks.{first}.{1 if part == 'attentions' else 0}"
        if part == "downsamplers":
            return f"input_blocks.{2 * (int(block) + 1)}.0.{rest.replace('conv', 'op')}"
        if part == "upsamplers":
            return f"output_blocks.{2 * int(block) + 1}.{1 if block == '0' else 2}.{rest}"
    if part == "resnets":
        new, _, ending = rest.partition(".")
        rest = f"{_RESNET[new]}.{ending}"
    return f"{place}.{rest}"


def _vae_name(name: str) -> str:
    name = re.sub(r"down_blocks\.(\d)\.resnets\.(\d)", r"down.\1.block.\2", name)
    name = re.sub(r"down_blocks\.(\d)\.downsamplers\.0", r"down.\1.downsample", name)
    name = re.sub(r"up_blocks\.(\d)\.resnets\.(\d)", lambda m: f"up.{3 - int(m[1])}.block.{m[2]}", name)
    name = re.sub(r"up_blocks\.(\d)\.upsamplers\.0", lambda m: f"up.{3 - int(m[1])}.upsample", name)
    name = re.sub(r"mid_block\.resnets\.(\d)", lambda m: f"mid.block_{int(m[1]) + 1}", name)
    if "mid_block.attentions.0" in name:
        start, _, rest = name.partition("mid_block.attentions.0.")
        new, _, ending = rest.rpartition(".")
        return f"{start}mid.attn_1.{_VAE_ATTENTION[new]}.{ending}"
    return name.replace("conv_norm_out", "norm_out").replace("conv_shortcut", "nin_shortcut")
