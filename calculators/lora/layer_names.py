"""Translation of layer names from the original implementations of models to those of diffusers, which exports have.

LoRA files for SDXL, SD3 and FLUX often have the original names. One of their layers can be several in diffusers.
"""

from __future__ import annotations

import re
from collections.abc import Container

_ATTENTION = tuple(rf"transformer_blocks_\1_attn_to_{each}" for each in "qkv")
_ADDED_ATTENTION = tuple(rf"transformer_blocks_\1_attn_add_{each}_proj" for each in "qkv")
_SINGLE = tuple(rf"single_transformer_blocks_\1_{each}" for each in ("attn_to_q", "attn_to_k", "attn_to_v", "proj_mlp"))
_TRANSFORMERS = {
    # FLUX
    r"double_blocks_(\d+)_img_attn_qkv": _ATTENTION,
    r"double_blocks_(\d+)_txt_attn_qkv": _ADDED_ATTENTION,
    r"double_blocks_(\d+)_img_attn_proj": (r"transformer_blocks_\1_attn_to_out_0",),
    r"double_blocks_(\d+)_txt_attn_proj": (r"transformer_blocks_\1_attn_to_add_out",),
    r"double_blocks_(\d+)_img_mlp_0": (r"transformer_blocks_\1_ff_net_0_proj",),
    r"double_blocks_(\d+)_img_mlp_2": (r"transformer_blocks_\1_ff_net_2",),
    r"double_blocks_(\d+)_txt_mlp_0": (r"transformer_blocks_\1_ff_context_net_0_proj",),
    r"double_blocks_(\d+)_txt_mlp_2": (r"transformer_blocks_\1_ff_context_net_2",),
    r"double_blocks_(\d+)_img_mod_lin": (r"transformer_blocks_\1_norm1_linear",),
    r"double_blocks_(\d+)_txt_mod_lin": (r"transformer_blocks_\1_norm1_context_linear",),
    r"single_blocks_(\d+)_linear1": _SINGLE,
    r"single_blocks_(\d+)_linear2": (r"single_transformer_blocks_\1_proj_out",),
    r"single_blocks_(\d+)_modulation_lin": (r"single_transformer_blocks_\1_norm_linear",),
    r"img_in": ("x_embedder",),
    r"txt_in": ("context_embedder",),
    r"time_in_in_layer": ("time_text_embed_timestep_embedder_linear_1",),
    r"time_in_out_layer": ("time_text_embed_timestep_embedder_linear_2",),
    r"guidance_in_in_layer": ("time_text_embed_guidance_embedder_linear_1",),
    r"guidance_in_out_layer": ("time_text_embed_guidance_embedder_linear_2",),
    r"vector_in_in_layer": ("time_text_embed_text_embedder_linear_1",),
    r"vector_in_out_layer": ("time_text_embed_text_embedder_linear_2",),
    # Stable Diffusion 3
    r"joint_blocks_(\d+)_x_block_attn_qkv": _ATTENTION,
    r"joint_blocks_(\d+)_x_block_attn2_qkv": tuple(name.replace("_attn_", "_attn2_") for name in _ATTENTION),
    r"joint_blocks_(\d+)_context_block_attn_qkv": _ADDED_ATTENTION,
    r"joint_blocks_(\d+)_x_block_attn(2?)_proj": (r"transformer_blocks_\1_attn\2_to_out_0",),
    r"joint_blocks_(\d+)_context_block_attn_proj": (r"transformer_blocks_\1_attn_to_add_out",),
    r"joint_blocks_(\d+)_x_block_mlp_fc1": (r"transformer_blocks_\1_ff_net_0_proj",),
    r"joint_blocks_(\d+)_x_block_mlp_fc2": (r"transformer_blocks_\1_ff_net_2",),
    r"joint_blocks_(\d+)_context_block_mlp_fc1": (r"transformer_blocks_\1_ff_context_net_0_proj",),
    r"joint_blocks_(\d+)_context_block_mlp_fc2": (r"transformer_blocks_\1_ff_context_net_2",),
    r"joint_blocks_(\d+)_x_block_adaLN_modulation_1": (r"transformer_blocks_\1_norm1_linear",),
    r"joint_blocks_(\d+)_context_block_adaLN_modulation_1": (r"transformer_blocks_\1_norm1_context_linear",),
    # the UNets of Stable Diffusion, outside their blocks
    r"time_embed_0": ("time_embedding_linear_1",),
    r"time_embed_2": ("time_embedding_linear_2",),
    r"label_emb_0_0": ("add_embedding_linear_1",),
    r"label_emb_0_2": ("add_embedding_linear_2",),
    r"input_blocks_0_0": ("conv_in",),
    r"out_2": ("conv_out",),
}
_RESNET = {
    "in_layers_2": "conv1",
    "out_layers_3": "conv2",
    "emb_layers_1": "time_emb_proj",
    "skip_connection": "conv_shortcut",
}


def layer_names(name: str, known: Container[str]) -> tuple[str, ...]:
    """Return the layers for a name in a LoRA file, with ``_`` for ``.``.

    Parameters
    ----------
    name : str
    known : container of str
        The names of the model's layers.
    """
    if name in known:
        return (name,)
    for pattern, templates in _TRANSFORMERS.items():
        if match := re.fullmatch(pattern, name):
            return tuple(match.expand(template) for template in templates)
    return (_in_unet(name, known),)


def _in_unet(name: str, known: Container[str]) -> str:
    if match := re.fullmatch(r"middle_block_([012])_(.+)", name):
        place, rest = ("resnets_0", "attentions_0", "resnets_1")[int(match[1])], match[2]
        return f"mid_block_{place}_{_RESNET.get(rest, rest)}"
    match = re.fullmatch(r"(input|output)_blocks_(\d+)_([012])_(.+)", name)
    if match is None:
        return name
    down, number, inner, rest = match[1] == "input", int(match[2]), int(match[3]), match[4]
    layers = 0
    while f"down_blocks_0_resnets_{layers}_conv1" in known:
        layers += 1
    # NOTE: a block has one entry per layer, and one more: a downsampler, or in upward blocks another layer.
    block, layer = divmod(number - 1 if down else number, layers + 1)
    if rest in ("op", "conv"):
        return f"down_blocks_{block}_downsamplers_0_conv" if down else f"up_blocks_{block}_upsamplers_0_conv"
    kind = "attentions" if inner else "resnets"
    return f"{'down' if down else 'up'}_blocks_{block}_{kind}_{layer}_{_RESNET.get(rest, rest)}"
