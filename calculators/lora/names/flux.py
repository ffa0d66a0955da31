"""FLUX.1: the names of Black Forest Labs, and of XLabs' attention processors.

kohya's scripts, fal, ai-toolkit, OneTrainer and ComfyUI use the former. `TensorName` makes ``proj1`` of XLabs'
``proj_lora1``.
"""

from graphframe.calculators.lora.names.table import Table, swapped, to

_IMAGE = tuple(rf"transformer_blocks_\1_attn_to_{each}" for each in "qkv")
_TEXT = tuple(rf"transformer_blocks_\1_attn_add_{each}_proj" for each in "qkv")
_SINGLE = tuple(rf"single_transformer_blocks_\1_attn_to_{each}" for each in "qkv")

TABLE: Table = {
    r"double_blocks_(\d+)_(?:img_attn_qkv|processor_qkv1)": to(*_IMAGE),
    r"double_blocks_(\d+)_(?:txt_attn_qkv|processor_qkv2)": to(*_TEXT),
    r"double_blocks_(\d+)_(?:img_attn_proj|processor_proj1)": to(r"transformer_blocks_\1_attn_to_out_0"),
    r"double_blocks_(\d+)_(?:txt_attn_proj|processor_proj2)": to(r"transformer_blocks_\1_attn_to_add_out"),
    r"double_blocks_(\d+)_img_mlp_0": to(r"transformer_blocks_\1_ff_net_0_proj"),
    r"double_blocks_(\d+)_img_mlp_2": to(r"transformer_blocks_\1_ff_net_2"),
    r"double_blocks_(\d+)_txt_mlp_0": to(r"transformer_blocks_\1_ff_context_net_0_proj"),
    r"double_blocks_(\d+)_txt_mlp_2": to(r"transformer_blocks_\1_ff_context_net_2"),
    r"double_blocks_(\d+)_img_mod_lin": to(r"transformer_blocks_\1_norm1_linear"),
    r"double_blocks_(\d+)_txt_mod_lin": to(r"transformer_blocks_\1_norm1_context_linear"),
    r"double_blocks_(\d+)_img_attn_norm_query_norm": to(r"transformer_blocks_\1_attn_norm_q"),
    r"double_blocks_(\d+)_img_attn_norm_key_norm": to(r"transformer_blocks_\1_attn_norm_k"),
    r"double_blocks_(\d+)_txt_attn_norm_query_norm": to(r"transformer_blocks_\1_attn_norm_added_q"),
    r"double_blocks_(\d+)_txt_attn_norm_key_norm": to(r"transformer_blocks_\1_attn_norm_added_k"),
    r"single_blocks_(\d+)_linear1": to(*_SINGLE, r"single_transformer_blocks_\1_proj_mlp"),
    r"single_blocks_(\d+)_(?:linear2|processor_proj)": to(r"single_transformer_blocks_\1_proj_out"),
    r"single_blocks_(\d+)_processor_qkv": to(*_SINGLE),
    r"single_blocks_(\d+)_modulation_lin": to(r"single_transformer_blocks_\1_norm_linear"),
    r"single_blocks_(\d+)_norm_query_norm": to(r"single_transformer_blocks_\1_attn_norm_q"),
    r"single_blocks_(\d+)_norm_key_norm": to(r"single_transformer_blocks_\1_attn_norm_k"),
    r"img_in": to("x_embedder"),
    r"txt_in": to("context_embedder"),
    r"time_in_in_layer": to("time_text_embed_timestep_embedder_linear_1"),
    r"time_in_out_layer": to("time_text_embed_timestep_embedder_linear_2"),
    r"guidance_in_in_layer": to("time_text_embed_guidance_embedder_linear_1"),
    r"guidance_in_out_layer": to("time_text_embed_guidance_embedder_linear_2"),
    r"vector_in_in_layer": to("time_text_embed_text_embedder_linear_1"),
    r"vector_in_out_layer": to("time_text_embed_text_embedder_linear_2"),
    r"final_layer_linear": to("proj_out"),
    r"final_layer_adaLN_modulation_1": swapped("norm_out_linear"),
}
