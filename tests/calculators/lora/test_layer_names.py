from __future__ import annotations

import pytest

from graphframe.calculators.lora.layer_names import layer_names

TWO_LAYERS = {"down_blocks_0_resnets_0_conv1", "down_blocks_0_resnets_1_conv1"}
"""A UNet with two layers per block, like all published ones."""


# Names of the second column are those that diffusers' convert_ldm_unet_checkpoint gives the first.
@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("input_blocks_0_0", "conv_in"),
        ("input_blocks_1_0_in_layers_2", "down_blocks_0_resnets_0_conv1"),
        ("input_blocks_2_0_emb_layers_1", "down_blocks_0_resnets_1_time_emb_proj"),
        ("input_blocks_3_0_op", "down_blocks_0_downsamplers_0_conv"),
        ("input_blocks_4_0_skip_connection", "down_blocks_1_resnets_0_conv_shortcut"),
        (
            "input_blocks_4_1_transformer_blocks_1_attn1_to_q",
            "down_blocks_1_attentions_0_transformer_blocks_1_attn1_to_q",
        ),
        ("input_blocks_8_1_proj_in", "down_blocks_2_attentions_1_proj_in"),
        ("middle_block_0_in_layers_2", "mid_block_resnets_0_conv1"),
        ("middle_block_1_transformer_blocks_0_ff_net_2", "mid_block_attentions_0_transformer_blocks_0_ff_net_2"),
        ("middle_block_2_out_layers_3", "mid_block_resnets_1_conv2"),
        ("output_blocks_0_0_in_layers_2", "up_blocks_0_resnets_0_conv1"),
        ("output_blocks_2_1_proj_out", "up_blocks_0_attentions_2_proj_out"),
        ("output_blocks_2_2_conv", "up_blocks_0_upsamplers_0_conv"),
        ("output_blocks_2_1_conv", "up_blocks_0_upsamplers_0_conv"),
        ("output_blocks_8_0_skip_connection", "up_blocks_2_resnets_2_conv_shortcut"),
        ("time_embed_2", "time_embedding_linear_2"),
        ("label_emb_0_0", "add_embedding_linear_1"),
        ("out_2", "conv_out"),
    ],
)
def test_unets(name: str, expected: str) -> None:
    assert layer_names(name, TWO_LAYERS) == (expected,)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("double_blocks_12_img_attn_qkv", [f"transformer_blocks_12_attn_to_{each}" for each in "qkv"]),
        ("double_blocks_3_txt_attn_qkv", [f"transformer_blocks_3_attn_add_{each}_proj" for each in "qkv"]),
        ("double_blocks_3_img_attn_proj", ["transformer_blocks_3_attn_to_out_0"]),
        ("double_blocks_3_txt_mod_lin", ["transformer_blocks_3_norm1_context_linear"]),
        (
            "single_blocks_37_linear1",
            [f"single_transformer_blocks_37_{each}" for each in ("attn_to_q", "attn_to_k", "attn_to_v", "proj_mlp")],
        ),
        ("single_blocks_0_linear2", ["single_transformer_blocks_0_proj_out"]),
        ("joint_blocks_5_x_block_attn_qkv", [f"transformer_blocks_5_attn_to_{each}" for each in "qkv"]),
        ("joint_blocks_5_x_block_attn2_qkv", [f"transformer_blocks_5_attn2_to_{each}" for each in "qkv"]),
        ("joint_blocks_5_x_block_attn2_proj", ["transformer_blocks_5_attn2_to_out_0"]),
        ("joint_blocks_5_context_block_mlp_fc2", ["transformer_blocks_5_ff_context_net_2"]),
    ],
)
def test_transformers(name: str, expected: list[str]) -> None:
    assert list(layer_names(name, set())) == expected


def test_names_that_the_model_has_stay() -> None:
    assert layer_names("out_2", {"out_2"}) == ("out_2",)
    assert layer_names("something_else", set()) == ("something_else",)
