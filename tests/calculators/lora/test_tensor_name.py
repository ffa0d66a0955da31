from __future__ import annotations

import pytest

from graphframe.calculators.lora.tensor_name import DENOISER, TensorName

FLAT = "down_blocks_0_attentions_1_transformer_blocks_0_attn1_to_q"
TO_Q = "down_blocks.0.attentions.1.transformer_blocks.0.attn1.to_q"
T5 = ("text_encoder_3", "text_encoder_2")
Q_PROJ = "text_model_encoder_layers_0_self_attn_q_proj"


@pytest.mark.parametrize(
    ("name", "models", "path", "part"),
    [
        (f"lora_unet_{FLAT}.lora_down.weight", (DENOISER,), FLAT, "down"),
        (f"lora_unet_{FLAT}.lora_up.weight", (DENOISER,), FLAT, "up"),
        (f"lora_unet_{FLAT}.alpha", (DENOISER,), FLAT, "alpha"),
        (f"lora_unet_{FLAT}.lora_mid.weight", (DENOISER,), FLAT, "mid"),
        (f"lora_unet_{FLAT}.dora_scale", (DENOISER,), FLAT, "dora_scale"),
        (f"lycoris_{FLAT}.hada_w1_a", (DENOISER,), FLAT, "hada_w1_a"),
        (f"lycoris_unet_{FLAT}.lokr_w2", (DENOISER,), FLAT, "lokr_w2"),
        ("lycoris_transformer_blocks_0_attn_to_q.lokr_t2", (DENOISER,), "transformer_blocks_0_attn_to_q", "lokr_t2"),
        (f"unet.{TO_Q}.lora.down.weight", (DENOISER,), TO_Q, "down"),
        (f"unet.{TO_Q}.lora_B.weight", (DENOISER,), TO_Q, "up"),
        (f"unet.{TO_Q}.lora_B.bias", (DENOISER,), TO_Q, "up_bias"),
        (f"unet.{TO_Q}.lora_B.default.bias", (DENOISER,), TO_Q, "up_bias"),
        (f"unet.{TO_Q}.lora_A", (DENOISER,), TO_Q, "down"),
        (f"unet.{TO_Q}.lora_magnitude_vector", (DENOISER,), TO_Q, "magnitude"),
        (f"unet.{TO_Q}.lora_magnitude_vector.default.weight", (DENOISER,), TO_Q, "magnitude"),
        (f"{TO_Q}.lora_A.default.weight".replace("attn1.", "attn1.processor."), (DENOISER,), TO_Q, "down"),
        (f"{TO_Q}_lora.up.weight".replace("attn1.", "attn1.processor."), (DENOISER,), TO_Q, "up"),
        ("mid.attn1.processor.to_out_lora.up.weight", (DENOISER,), "mid.attn1.to_out", "up"),
        ("mid.attn1.processor.add_k_proj_lora.up.weight", (DENOISER,), "mid.attn1.add_k_proj", "up"),
        (f"base_model.model.{TO_Q}.lora_A.weight", (DENOISER,), TO_Q, "down"),
        (f"unet.base_model.model.{TO_Q}.lora_A.weight", (DENOISER,), TO_Q, "down"),
        (f"unet._orig_mod.{TO_Q}.lora_A.weight", (DENOISER,), TO_Q, "down"),
        (f"module.{TO_Q}.lora_A.weight", (DENOISER,), TO_Q, "down"),
        ("transformer.x.attn.to_q.lora_A.weight", (DENOISER,), "x.attn.to_q", "down"),
        ("transformer.transformer_blocks.0.x.lora_A.weight", (DENOISER,), "transformer_blocks.0.x", "down"),
        ("lora_transformer_x_attn_to_q.lora_down.weight", (DENOISER,), "x_attn_to_q", "down"),
        ("diffusion_model.img_in.lora_A.weight", (DENOISER,), "img_in", "down"),
        ("model.diffusion_model.img_in.alpha", (DENOISER,), "img_in", "alpha"),
        ("double_blocks.0.processor.qkv_lora1.down.weight", (DENOISER,), "double_blocks.0.processor.qkv1", "down"),
        ("double_blocks.0.processor.proj_lora2.up.weight", (DENOISER,), "double_blocks.0.processor.proj2", "up"),
        ("single_blocks.0.processor.qkv_lora.up.weight", (DENOISER,), "single_blocks.0.processor.qkv", "up"),
        ("base_model.model.transformer_blocks.0.ff.lora_A.weight", (DENOISER,), "transformer_blocks.0.ff", "down"),
        (f"lora_te_{Q_PROJ}.lora_down.weight", ("text_encoder",), Q_PROJ, "down"),
        (f"lora_te1_{Q_PROJ}.alpha", ("text_encoder",), Q_PROJ, "alpha"),
        (f"lora_te2_{Q_PROJ}.lora_up.weight", ("text_encoder_2",), Q_PROJ, "up"),
        ("lora_te3_encoder_block_0.lora_up.weight", T5, "encoder_block_0", "up"),
        ("text_encoder.a.b.lora_linear_layer.up.weight", ("text_encoder",), "a.b", "up"),
        ("text_encoder.a.to_q_lora.up.weight", ("text_encoder",), "a.to_q", "up"),
        ("text_encoder_2.a.b.lora_A.weight", ("text_encoder_2",), "a.b", "down"),
        ("text_encoder_3.a.b.lora_A.weight", ("text_encoder_3",), "a.b", "down"),
        ("text_encoders.clip_l.transformer.text_model.a.lora_A.weight", ("text_encoder",), "text_model.a", "down"),
        ("text_encoders.t5xxl.transformer.encoder.a.lora_A.weight", T5, "encoder.a", "down"),
        ("base_model.model.text_model.encoder.x.lora_A.weight", ("text_encoder",), "text_model.encoder.x", "down"),
        ("base_model.model.encoder.block.0.x.lora_A.weight", T5, "encoder.block.0.x", "down"),
    ],
)
def test_names(name: str, models: tuple[str, ...], path: str, part: str) -> None:
    parsed = TensorName.parse(name)
    assert parsed is not None
    assert (parsed.models, parsed.path, parsed.part) == (models, path, part)
    assert parsed.layer == path.replace(".", "_")


def test_the_component_that_metadata_name() -> None:
    parsed = [TensorName.parse(f"{prefix}a.lora_A.weight") for prefix in ("unet.", "lora_unet_", "", "text_encoder_2.")]
    assert [each and each.component for each in parsed] == ["unet", "lora_unet", "", "text_encoder_2"]


@pytest.mark.parametrize("name", ["conv_in.weight", "lora_unet_x", "x.lora_A.weight.y", ".alpha", ""])
def test_other_tensors(name: str) -> None:
    assert TensorName.parse(name) is None
