"""Text encoders: names by diffusers before PEFT, by versions of transformers, and with the models around them."""

from graphframe.calculators.lora.names.table import Table, to

TABLE: Table = {
    r"(.+_self_attn)_to_([qkv])": to(r"\1_\2_proj"),
    r"(.+_self_attn)_to_out": to(r"\1_out_proj"),
    r"text_model_(.+)": to(r"\1"),
    r"(encoder_layers_.+)": to(r"text_model_\1"),
    r"(?:model_|language_model_)+(.+)": to(r"\1"),
}
