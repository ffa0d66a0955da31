from __future__ import annotations

import pytest

from graphframe.calculators.lora.tensor_name import DENOISER, TensorName

TO_Q = "down_blocks_0_attentions_1_transformer_blocks_0_attn1_to_q"
DOTTED = "down_blocks.0.attentions.1.transformer_blocks.0.attn1.to_q"
T5 = ("text_encoder_3", "text_encoder_2")
Q_PROJ = "text_model_encoder_layers_0_self_attn_q_proj"


@pytest.mark.parametrize(
    ("name", "parsed"),
    [
        (f"lora_unet_{TO_Q}.lora_down.weight", TensorName((DENOISER,), TO_Q, "down")),
        (f"lora_unet_{TO_Q}.lora_up.weight", TensorName((DENOISER,), TO_Q, "up")),
        (f"lora_unet_{TO_Q}.alpha", TensorName((DENOISER,), TO_Q, "alpha")),
        (f"lora_unet_{TO_Q}.lora_mid.weight", TensorName((DENOISER,), TO_Q, "mid")),
        (f"unet.{DOTTED}.lora.down.weight", TensorName((DENOISER,), TO_Q, "down")),
        (f"unet.{DOTTED}.lora_B.weight", TensorName((DENOISER,), TO_Q, "up")),
        (
            f"{DOTTED}.lora_A.default.weight".replace("attn1.", "attn1.processor."),
            TensorName((DENOISER,), TO_Q, "down"),
        ),
        (f"{DOTTED}_lora.up.weight".replace("attn1.", "attn1.processor."), TensorName((DENOISER,), TO_Q, "up")),
        ("mid.attn1.processor.to_out_lora.up.weight", TensorName((DENOISER,), "mid_attn1_to_out_0", "up")),
        (f"base_model.model.{DOTTED}.lora_A.weight", TensorName((DENOISER,), TO_Q, "down")),
        ("transformer.x.attn.to_q.lora_A.weight", TensorName((DENOISER,), "x_attn_to_q", "down")),
        ("lora_transformer_x_attn_to_q.lora_down.weight", TensorName((DENOISER,), "x_attn_to_q", "down")),
        ("diffusion_model.img_in.lora_A.weight", TensorName((DENOISER,), "img_in", "down")),
        (
            "base_model.model.transformer_blocks.0.ff.lora_A.weight",
            TensorName((DENOISER,), "transformer_blocks_0_ff", "down"),
        ),
        (f"lora_te_{Q_PROJ}.lora_down.weight", TensorName(("text_encoder",), Q_PROJ, "down")),
        (f"lora_te1_{Q_PROJ}.alpha", TensorName(("text_encoder",), Q_PROJ, "alpha")),
        (f"lora_te2_{Q_PROJ}.lora_up.weight", TensorName(("text_encoder_2",), Q_PROJ, "up")),
        ("lora_te3_encoder_block_0.lora_up.weight", TensorName(T5, "encoder_block_0", "up")),
        ("text_encoder.a.b.lora_linear_layer.up.weight", TensorName(("text_encoder",), "a_b", "up")),
        ("text_encoder_2.a.b.lora_A.weight", TensorName(("text_encoder_2",), "a_b", "down")),
        ("text_encoder_3.a.b.lora_A.weight", TensorName(("text_encoder_3",), "a_b", "down")),
        (
            "base_model.model.text_model.encoder.x.lora_A.weight",
            TensorName(("text_encoder",), "text_model_encoder_x", "down"),
        ),
        ("base_model.model.encoder.block.0.x.lora_A.weight", TensorName(T5, "encoder_block_0_x", "down")),
        ("lora_unet_x.hada_w1_a", None),
        ("unet.x.lora_magnitude_vector", None),
        ("conv_in.weight", None),
    ],
)
def test_names(name: str, parsed: TensorName | None) -> None:
    assert TensorName.parse(name) == parsed
