from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from graphframe.calculators.lora.adapter import Adapter, Delta, Module
from graphframe.calculators.lora.kinds import LowRank
from graphframe.calculators.lora.lora_pb2 import LoraAdapterEntry
from tests.calculators.lora.adapter_files import random_pairs, write

Tensors = dict[str, NDArray[Any]]
RNG = np.random.default_rng(0)
WHOLE = r"LoRA with whole layers or biases \(PEFT's modules_to_save or bias\)"
WEIGHTS = RNG.normal(size=(6, 10)).astype(np.float32)


def adapter(path: Path, *, use_file_alpha: bool = True) -> Adapter:
    return Adapter("ink", path, 0, LoraAdapterEntry.DYNAMIC, 1.0, use_file_alpha)


def written(folder: Path, tensors: Mapping[str, NDArray[Any]], **config: Any) -> Adapter:
    """Return an adapter with a config of PEFT in its metadata."""
    metadata = {"lora_adapter_metadata": json.dumps(config)} if config else None
    return adapter(write(folder / "ink.safetensors", tensors, metadata))


def delta(adapter: Adapter, module: Module) -> Delta:
    return adapter.delta(module, lambda: WEIGHTS)


def whole(adapter: Adapter, number: int = 0) -> NDArray[np.float32]:
    """Return the change of the weights of a module."""
    weights = delta(adapter, adapter.modules[number]).weights
    assert weights is not None
    return weights.up @ weights.down if isinstance(weights, LowRank) else weights


def random(*shape: int) -> NDArray[np.float32]:
    return RNG.normal(size=shape).astype(np.float32)


def test_pairs_of_tensors(tmp_path: Path) -> None:
    tensors = random_pairs({"lora_unet_conv": (8, 4, 3, 3), "lora_te_proj": (6, 5)}, rank=2)
    ink = written(tmp_path, tensors)
    conv, proj = ink.modules
    assert (conv.name.models, conv.name.layer) == (("denoiser",), "conv")
    assert (proj.name.models, proj.name.layer) == (("text_encoder",), "proj")
    assert ink.shape(conv) == (8, 36)
    weights, bias = delta(ink, conv)
    assert isinstance(weights, LowRank)
    assert bias is None
    assert (weights.down == tensors["lora_unet_conv.lora_down.weight"].reshape(2, 36)).all()
    assert (weights.up == tensors["lora_unet_conv.lora_up.weight"].reshape(8, 2)).all()


@pytest.mark.parametrize("alpha", [np.float32(3), np.float16(3), np.array([3], np.float32), np.array([[3]], np.int64)])
def test_alpha_over_rank(tmp_path: Path, alpha: NDArray[Any]) -> None:
    tensors = random_pairs({"lora_unet_a": (6, 5), "lora_unet_b": (6, 5)}, rank=2)
    plain = written(tmp_path, tensors)
    a, b = whole(plain, 0), whole(plain, 1)
    ink = written(tmp_path, tensors | {"lora_unet_a.alpha": np.asarray(alpha)})
    np.testing.assert_allclose(whole(ink, 0), a * 1.5, rtol=1e-6)
    assert (whole(ink, 1) == b).all()
    assert (whole(adapter(ink.path, use_file_alpha=False)) == a).all()


def test_an_alpha_of_several_numbers(tmp_path: Path) -> None:
    tensors = random_pairs({"lora_unet_a": (6, 5)}) | {"lora_unet_a.alpha": np.ones(2, np.float32)}
    with pytest.raises(ValueError, match=r"the alpha of lora_unet_a\.lora_down\.weight must be one number, not 2"):
        whole(written(tmp_path, tensors))


# PEFT's get_pattern_key: the first pattern that matches whole parts at the end of the name.
@pytest.mark.parametrize(
    ("config", "scale"),
    [
        ({"r": 4, "lora_alpha": 8}, 2.0),
        ({"r": 4, "lora_alpha": 8, "use_rslora": True}, 4.0),
        ({"r": 64, "lora_alpha": 8, "rank_pattern": {"to_q": 4}}, 2.0),
        ({"r": 4, "lora_alpha": 8, "alpha_pattern": {"to_q": 1}}, 0.25),
        ({"r": 4, "lora_alpha": 8, "alpha_pattern": {"o_q": 1}}, 2.0),
        ({"r": 4, "lora_alpha": 8, "alpha_pattern": {"x.to_q": 1}}, 0.25),
        ({"r": 4, "lora_alpha": 8, "alpha_pattern": {r".*\.to_q": 1}}, 0.25),
        ({"r": 4, "lora_alpha": 8, "alpha_pattern": {r"x\.to_[kq]": 1, "to_q": 2}}, 0.25),
        ({"r": 4, "lora_alpha": 8, "alpha_pattern": {"to_k": 1, "to_q": 2}}, 0.5),
        ({"r": 4, "lora_alpha": 8, "alpha_pattern": {"^x.to_q": 2}}, 0.5),
        ({"r": 4, "lora_alpha": 8, "alpha_pattern": {"^to_q": 2}}, 2.0),
        ({"r": 4, "lora_alpha": 8, "alpha_pattern": {"to_q": 2}, "use_rslora": True}, 1.0),
        ({"r": 4, "lora_alpha": None, "alpha_pattern": None}, 1.0),
        ({"peft_version": "0.21"}, 1.0),
    ],
)
@pytest.mark.parametrize("prefix", ["unet.", "transformer.", ""])
def test_strength_by_peft(tmp_path: Path, prefix: str, config: dict[str, Any], scale: float) -> None:
    tensors = random_pairs({f"{prefix}x.to_q": (6, 5)}, parts=("A", "B"))
    plain = whole(written(tmp_path, tensors))
    ink = written(tmp_path, tensors, **{prefix + key: value for key, value in config.items()})
    np.testing.assert_allclose(whole(ink), plain * np.float32(scale), rtol=1e-6)
    unprefixed = written(tmp_path, tensors, **config)
    np.testing.assert_allclose(whole(unprefixed), plain * np.float32(scale), rtol=1e-6)


def test_each_model_has_its_own_strength(tmp_path: Path) -> None:
    tensors = random_pairs({f"{each}.a": (6, 5) for each in ("unet", "text_encoder", "text_encoder_2")})
    plain = [whole(written(tmp_path, tensors), number) for number in range(3)]
    config = {f"{each}.lora_alpha": 4 * scale for each, scale in (("unet", 2), ("text_encoder", 3))}
    ink = written(tmp_path, tensors, **{"unet.r": 4, "text_encoder.r": 4}, **config)
    for number, scale in enumerate((2, 3, 1)):
        np.testing.assert_allclose(whole(ink, number), plain[number] * np.float32(scale), rtol=1e-4)


def test_the_config_that_peft_writes_beside_the_file(tmp_path: Path) -> None:
    tensors = random_pairs({"base_model.model.x.to_q": (6, 5)}, parts=("A", "B"))
    plain = whole(adapter(write(tmp_path / "adapter_model.safetensors", tensors)))
    config = {"peft_type": "LORA", "r": 4, "lora_alpha": 8, "use_rslora": True, "target_modules": ["to_q"]}
    (tmp_path / "adapter_config.json").write_text(json.dumps(config))
    np.testing.assert_allclose(whole(adapter(tmp_path / "adapter_model.safetensors")), plain * 4, rtol=1e-6)
    other = write(tmp_path / "other.safetensors", random_pairs({"x.to_q": (6, 5)}, parts=("A", "B")))
    assert (whole(adapter(other)) == plain).all()


@pytest.mark.parametrize(
    "text", ["{", "[]", '{"unet.r": "a"}', '{"unet.alpha_pattern": [1]}', "[" * 100_000, '{"unet.lora_alpha": {}}']
)
def test_a_config_that_is_none(tmp_path: Path, text: str) -> None:
    tensors = random_pairs({"unet.x.to_q": (6, 5)}, parts=("A", "B"))
    ink = adapter(write(tmp_path / "ink.safetensors", tensors, {"lora_adapter_metadata": text}))
    with pytest.raises(ValueError, match=r'"ink" \(.*\): its lora_adapter_metadata is not a config of PEFT: '):
        whole(ink)


def test_a_pattern_that_is_no_regular_expression(tmp_path: Path) -> None:
    tensors = random_pairs({"unet.x.to_q": (6, 5)}, parts=("A", "B"))
    ink = written(tmp_path, tensors, **{"unet.r": 4, "unet.lora_alpha": 4, "unet.alpha_pattern": {"(": 1}})
    with pytest.raises(ValueError, match=r'its lora_adapter_metadata has the pattern "\(", which is not a regular'):
        whole(ink)


def test_locon_with_a_kernel_in_the_middle(tmp_path: Path) -> None:
    down, mid, up = random(2, 4, 1, 1), random(2, 2, 3, 3), random(6, 2, 1, 1)
    name = "lora_unet_a.lora_{}.weight"
    ink = written(tmp_path, {name.format("down"): down, name.format("mid"): mid, name.format("up"): up})
    expected = np.einsum("oi,ijkl,jc->ockl", up[:, :, 0, 0], mid, down[:, :, 0, 0])
    assert ink.shape(ink.modules[0]) == (6, 36)
    np.testing.assert_allclose(whole(ink), expected.reshape(6, -1), rtol=1e-4, atol=1e-5)


def test_loha(tmp_path: Path) -> None:
    parts: Tensors = {"w1_a": random(6, 2), "w1_b": random(2, 10), "w2_a": random(6, 2), "w2_b": random(2, 10)}
    tensors = {f"lora_unet_a.hada_{part}": value for part, value in parts.items()}
    ink = written(tmp_path, tensors | {"lora_unet_a.alpha": np.array(1, np.float32)})
    assert ink.shape(ink.modules[0]) == (6, 10)
    expected = (parts["w1_a"] @ parts["w1_b"]) * (parts["w2_a"] @ parts["w2_b"]) / 2
    np.testing.assert_allclose(whole(ink), expected, rtol=1e-5)


def test_loha_of_a_kernel(tmp_path: Path) -> None:
    parts = {f"w{each}_{side}": random(2, size) for each in "12" for side, size in (("a", 6), ("b", 4))}
    parts |= {f"t{each}": random(2, 2, 3, 3) for each in "12"}
    ink = written(tmp_path, {f"lora_unet_a.hada_{part}": value for part, value in parts.items()})
    both = [np.einsum("ijkl,ip,jr->prkl", parts[f"t{n}"], parts[f"w{n}_a"], parts[f"w{n}_b"]) for n in "12"]
    assert ink.shape(ink.modules[0]) == (6, 36)
    np.testing.assert_allclose(whole(ink), (both[0] * both[1]).reshape(6, -1), rtol=1e-4, atol=1e-5)


def test_lokr(tmp_path: Path) -> None:
    w1, w1_a, w1_b = random(2, 5), random(2, 3), random(3, 5)
    w2, w2_a, w2_b = random(3, 2), random(3, 3), random(3, 2)
    alpha = np.array(1.5, np.float32)
    for parts, expected in (
        ({"w1": w1, "w2": w2}, np.kron(w1, w2)),  # alpha has no effect on whole matrices
        ({"w1": w1, "w2_a": w2_a, "w2_b": w2_b}, np.kron(w1, w2_a @ w2_b) / 2),
        ({"w1_a": w1_a, "w1_b": w1_b, "w2": w2}, np.kron(w1_a @ w1_b, w2) / 2),
    ):
        tensors = {f"lora_unet_a.lokr_{part}": value for part, value in parts.items()}
        ink = written(tmp_path, tensors | {"lora_unet_a.alpha": alpha})
        assert ink.shape(ink.modules[0]) == (6, 10)
        np.testing.assert_allclose(whole(ink), expected, rtol=1e-5)


def test_lokr_of_a_kernel(tmp_path: Path) -> None:
    w1, w2, w2_a, w2_b, t2 = random(2, 5), random(3, 2, 3, 3), random(4, 3), random(4, 2), random(4, 4, 3, 3)
    from_tucker = np.einsum("ijkl,ip,jr->prkl", t2, w2_a, w2_b)
    for parts, second in (({"w2": w2}, w2), ({"w2_a": w2_a, "w2_b": w2_b, "t2": t2}, from_tucker)):
        ink = written(tmp_path, {f"unet.a.lokr_{part}": value for part, value in ({"w1": w1} | parts).items()})
        expected = np.kron(w1[:, :, None, None], second)
        assert ink.shape(ink.modules[0]) == (6, 90)
        np.testing.assert_allclose(whole(ink), expected.reshape(6, -1), rtol=1e-4, atol=1e-5)


def test_full_differences(tmp_path: Path) -> None:
    diff, bias = random(6, 10), random(6)
    alpha = np.array(1, np.float32)
    ink = written(tmp_path, {"lora_unet_a.diff": diff, "lora_unet_a.diff_b": bias, "lora_unet_a.alpha": alpha})
    found = delta(ink, ink.modules[0])
    assert isinstance(found.weights, np.ndarray)
    assert found.bias is not None
    assert (found.weights == diff).all()
    assert (found.bias == bias).all()


def test_the_bias_of_a_pair_has_its_strength(tmp_path: Path) -> None:
    bias = random(6)
    tensors = random_pairs({"unet.a": (6, 5)}, parts=("A", "B")) | {"unet.a.lora_B.bias": bias}
    found = delta(ink := written(tmp_path, tensors, r=4, lora_alpha=8), ink.modules[0]).bias
    assert found is not None
    assert (found == bias * 2).all()


@pytest.mark.parametrize("part", ["lora_magnitude_vector", "lora_magnitude_vector.weight", "dora_scale"])
def test_dora_of_rows(tmp_path: Path, part: str) -> None:
    tensors, magnitude = random_pairs({"unet.a": (6, 10)}, parts=("A", "B")), abs(random(6, 1))
    new = WEIGHTS + 2 * whole(written(tmp_path, tensors))
    if part != "dora_scale":
        magnitude = magnitude[:, 0]
    ink = written(tmp_path, {**tensors, f"unet.a.{part}": magnitude}, r=4, lora_alpha=8)
    expected = new / np.linalg.norm(new, axis=1, keepdims=True) * magnitude.reshape(-1, 1)
    np.testing.assert_allclose(WEIGHTS + whole(ink), expected, rtol=1e-4, atol=1e-5)


def test_dora_of_columns(tmp_path: Path) -> None:
    """OneTrainer's default, and that of older versions of LyCORIS; for a kernel of two columns a channel, too."""
    for channels in (10, 5):
        tensors, magnitude = random_pairs({"unet.a": (6, 10)}), abs(random(1, channels))
        new = (WEIGHTS + whole(written(tmp_path, tensors))).reshape(6, channels, -1)
        ink = written(tmp_path, {**tensors, "unet.a.dora_scale": magnitude})
        expected = new / np.linalg.norm(new, axis=(0, 2), keepdims=True) * magnitude[..., None]
        np.testing.assert_allclose(WEIGHTS + whole(ink), expected.reshape(6, 10), rtol=1e-4, atol=1e-5)


def test_tensors_of_no_pair(tmp_path: Path) -> None:
    tensors = random_pairs({"lora_unet_a": (6, 5), "lora_unet_b": (6, 5)})
    tensors["lora_unet_c.hada_w1_a"] = tensors["something.else"] = np.zeros((1,), np.float32)
    tensors["bundle_emb.token.clip_l"] = np.zeros((1, 8), np.float32)
    tensors["lora_unet_e.alpha"] = tensors["lora_unet_a.alpha"] = np.ones((), np.float32)
    del tensors["lora_unet_a.lora_up.weight"], tensors["lora_unet_b.lora_down.weight"]
    expected = r'the LoRA adapter "ink" \(.*\) is not a LoRA: expected pairs .*; found lora_unet_a\.lora_down\.weight'
    with pytest.raises(ValueError, match=expected):
        _ = written(tmp_path, tensors).modules
    tensors |= random_pairs({"lora_unet_d": (6, 5)})
    ink = written(tmp_path, tensors)
    assert [module.name.layer for module in ink.modules] == ["d"]
    parts = "lora_unet_a.lora_down.weight", "lora_unet_b.lora_up.weight", "lora_unet_c.hada_w1_a", "something.else"
    assert sorted(ink.unknown) == sorted(parts)


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("lora_unet_a.oft_blocks", "OFT"),
        ("lora_unet_a.oft_R.weight", "OFT"),
        ("unet.a.boft_R.weight", "BOFT"),
        ("lora_unet_a.a1.weight", "GLoRA"),
        ("lora_unet_a.on_input", r"\(IA\)\^3"),
        ("base_model.model.a.lora_embedding_A", "LoRA of embeddings"),
        ("transformer.transformer_blocks.0.attn.norm_added_q.weight", "LoRA with weights of RMS norms"),
        ("double_blocks.0.img_attn.norm.key_norm.scale", "LoRA with weights of RMS norms"),
        ("lycoris_transformer_blocks_0_attn_norm_q.w_norm", "LoRA with weights of RMS norms"),
        ("base_model.model.proj_out.weight", WHOLE),
        ("base_model.model.proj_out.bias", WHOLE),
        ("unet.proj_out.modules_to_save.default.weight", WHOLE),
    ],
)
def test_kinds_that_are_refused(tmp_path: Path, name: str, kind: str) -> None:
    tensors = random_pairs({"lora_unet_b": (6, 5)}) | {name: np.zeros((2, 2), np.float32)}
    with pytest.raises(ValueError, match=rf'"ink" .* is a {kind}, found by {name}; supported kinds: LoRA, LoCon'):
        _ = written(tmp_path, tensors).modules


@pytest.mark.parametrize(
    ("part", "shape", "message"),
    [
        ("lora_up.weight", (6, 3), "has rank 2, but its other half has rank 3"),
        ("lora_mid.weight", (3, 2, 3, 3), "has rank 2, but"),
        ("lora_up.weight", (), "the file may be damaged"),
    ],
)
def test_parts_that_do_not_fit(tmp_path: Path, part: str, shape: tuple[int, ...], message: str) -> None:
    tensors = random_pairs({"lora_unet_a": (6, 5)}, rank=2) | {f"lora_unet_a.{part}": np.zeros(shape, np.float32)}
    ink = written(tmp_path, tensors)
    with pytest.raises(ValueError, match=rf"lora_unet_a\.lora_down\.weight .*{message}"):
        ink.shape(ink.modules[0])


def test_values_that_are_not_finite(tmp_path: Path) -> None:
    tensors = random_pairs({"lora_unet_a": (6, 5)}, rank=2) | {"lora_unet_a.alpha": np.array([np.nan], np.float32)}
    with pytest.raises(ValueError, match=r'"ink" \(.*\): lora_unet_a\.lora_down\.weight has values that'):
        whole(written(tmp_path, tensors))
