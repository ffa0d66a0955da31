"""FLUX.2: the names of Black Forest Labs, which kohya's scripts, musubi-tuner, ai-toolkit and ComfyUI use.

Attention has the same names and layers as in FLUX.1.
"""

from graphframe.calculators.lora.names.table import Table, swapped, to

TABLE: Table = {
    r"double_blocks_(\d+)_img_mlp_0": to(r"transformer_blocks_\1_ff_linear_in"),
    r"double_blocks_(\d+)_img_mlp_2": to(r"transformer_blocks_\1_ff_linear_out"),
    r"double_blocks_(\d+)_txt_mlp_0": to(r"transformer_blocks_\1_ff_context_linear_in"),
    r"double_blocks_(\d+)_txt_mlp_2": to(r"transformer_blocks_\1_ff_context_linear_out"),
    r"single_blocks_(\d+)_linear1": to(r"single_transformer_blocks_\1_attn_to_qkv_mlp_proj"),
    r"single_blocks_(\d+)_linear2": to(r"single_transformer_blocks_\1_attn_to_out"),
    r"sformer_blocks_(.+)": to(r"transformer_blocks_\1"),  # some exports cut the name
    r"(double_stream_modulation_(?:img|txt)|single_stream_modulation)_lin": to(r"\1_linear"),
    r"time_in_in_layer": to("time_guidance_embed_timestep_embedder_linear_1"),
    r"time_in_out_layer": to("time_guidance_embed_timestep_embedder_linear_2"),
    r"guidance_in_in_layer": to("time_guidance_embed_guidance_embedder_linear_1"),
    r"guidance_in_out_layer": to("time_guidance_embed_guidance_embedder_linear_2"),
    # NOTE: diffusers swaps these halves in checkpoints, but forgets to do so in LoRAs.
    r"final_layer_adaLN_modulation_1": swapped("norm_out_linear"),
}
