"""Stable Diffusion 3 and 3.5: the names of Stability AI, which kohya's scripts and ComfyUI use."""

from graphframe.calculators.lora.names.table import Table, swapped, to

_IMAGE = tuple(rf"transformer_blocks_\1_attn\2_to_{each}" for each in "qkv")
_TEXT = tuple(rf"transformer_blocks_\1_attn_add_{each}_proj" for each in "qkv")

TABLE: Table = {
    r"joint_blocks_(\d+)_x_block_attn(2?)_qkv": to(*_IMAGE),
    r"joint_blocks_(\d+)_context_block_attn_qkv": to(*_TEXT),
    r"joint_blocks_(\d+)_x_block_attn(2?)_proj": to(r"transformer_blocks_\1_attn\2_to_out_0"),
    r"joint_blocks_(\d+)_context_block_attn_proj": to(r"transformer_blocks_\1_attn_to_add_out"),
    r"joint_blocks_(\d+)_x_block_attn(2?)_ln_([qk])": to(r"transformer_blocks_\1_attn\2_norm_\3"),
    r"joint_blocks_(\d+)_context_block_attn_ln_([qk])": to(r"transformer_blocks_\1_attn_norm_added_\2"),
    r"joint_blocks_(\d+)_x_block_mlp_fc1": to(r"transformer_blocks_\1_ff_net_0_proj"),
    r"joint_blocks_(\d+)_x_block_mlp_fc2": to(r"transformer_blocks_\1_ff_net_2"),
    r"joint_blocks_(\d+)_context_block_mlp_fc1": to(r"transformer_blocks_\1_ff_context_net_0_proj"),
    r"joint_blocks_(\d+)_context_block_mlp_fc2": to(r"transformer_blocks_\1_ff_context_net_2"),
    r"joint_blocks_(\d+)_x_block_adaLN_modulation_1": to(r"transformer_blocks_\1_norm1_linear"),
    # In the last block there are only shift and scale.
    r"joint_blocks_(\d+)_context_block_adaLN_modulation_1": swapped(r"transformer_blocks_\1_norm1_context_linear"),
    r"x_embedder_proj": to("pos_embed_proj"),
    r"t_embedder_mlp_0": to("time_text_embed_timestep_embedder_linear_1"),
    r"t_embedder_mlp_2": to("time_text_embed_timestep_embedder_linear_2"),
    r"y_embedder_mlp_0": to("time_text_embed_text_embedder_linear_1"),
    r"y_embedder_mlp_2": to("time_text_embed_text_embedder_linear_2"),
    r"final_layer_linear": to("proj_out"),
    r"final_layer_adaLN_modulation_1": swapped("norm_out_linear"),
}
