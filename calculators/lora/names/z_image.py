"""Z-Image: the names of its checkpoints, which ComfyUI and ai-toolkit use. musubi-tuner has those of diffusers."""

from graphframe.calculators.lora.names.table import Table, to

TABLE: Table = {
    r"(.+)_attention_qkv": to(*(rf"\1_attention_to_{each}" for each in "qkv")),
    r"(.+)_attention_out": to(r"\1_attention_to_out_0"),
    r"(.+)_attention_([qk])_norm": to(r"\1_attention_norm_\2"),
    r"x_embedder": to("all_x_embedder_2-1"),
    r"final_layer_(.+)": to(r"all_final_layer_2-1_\1"),
}
