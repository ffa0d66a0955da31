from __future__ import annotations

import logging
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import openvino as ov
import pytest

from graphframe.calculators.lora.adapter import Adapter
from graphframe.calculators.lora.coverage import Coverage, check_coverage
from graphframe.calculators.lora.lora_pb2 import LoraAdapterEntry
from tests.calculators.lora.adapter_files import random_pairs, write
from tests.calculators.lora.toy_model import SHAPES, toy_model, weights


@pytest.fixture
def models(tmp_path: Path) -> dict[str, Path]:
    ov.save_model(toy_model(weights()), tmp_path / "model.xml")
    return dict.fromkeys(("denoiser", "text_encoder"), tmp_path / "model.xml")


def adapter(folder: Path, shapes: Mapping[str, tuple[int, ...]], min_applied: float = 0.9) -> Adapter:
    path = write(folder / "ink.safetensors", random_pairs(shapes))
    return Adapter("ink", path, 0, LoraAdapterEntry.DYNAMIC, 1.0, use_file_alpha=True, min_applied=min_applied)


def test_pairs_of_all_models_are_counted(
    tmp_path: Path, models: dict[str, Path], caplog: pytest.LogCaptureFixture
) -> None:
    shapes = {f"unet.{name}": shape for name, shape in SHAPES.items()}
    shapes |= {f"text_encoder.{name}": shape for name, shape in SHAPES.items()}
    with caplog.at_level(logging.INFO):
        assert check_coverage([adapter(tmp_path, shapes)], models) == {"ink": Coverage(10, 10)}
        assert check_coverage([adapter(tmp_path, shapes | {"unet.lost": (7, 10)})], models) == {"ink": Coverage(10, 11)}
    messages = [record.message for record in caplog.records]
    assert [message.rpartition(": ")[2] for message in messages[:2]] == [
        "10 of 10 pairs applied",
        "10 of 11 pairs applied",
    ]
    assert messages[2].endswith("ink.safetensors): the models have no layers for unet.lost.lora_down.weight")


@pytest.mark.parametrize(("alpha", "warnings"), [(1, 1), (4, 0)])
def test_a_strength_that_is_ignored(
    tmp_path: Path, models: dict[str, Path], caplog: pytest.LogCaptureFixture, alpha: float, warnings: int
) -> None:
    tensors = random_pairs({"unet.last": (7, 10)}) | {"unet.last.alpha": np.array(alpha, np.float32)}
    path = write(tmp_path / "ink.safetensors", tensors)
    check_coverage([Adapter("ink", path, 0, LoraAdapterEntry.DYNAMIC, 1.0, use_file_alpha=False)], models)
    expected = "the strength in the file, 0.25 for unet.last.lora_down.weight, is ignored, as openvino_genai does"
    assert [expected in record.message for record in caplog.records if record.levelno >= logging.WARNING] == [
        True
    ] * warnings


def test_too_few_pairs_are_refused(tmp_path: Path, models: dict[str, Path]) -> None:
    shapes = {"unet.last": (7, 10), "unet.left": (10, 6)} | {
        f"unet.blocks.{number}.to_q": (7, 10) for number in range(6)
    }
    expected = (
        r'the LoRA adapter "ink" \(.*ink\.safetensors\) does not fit the models: 2 of 8 pairs applied,'
        r" at least 90% must be;"
        r" the adapter has unet\.blocks\.0\.to_q\.lora_down\.weight, .* and 3 more,"
        r" the models have conv, .* and 2 more\."
        r" Set min_applied to use it nevertheless"
    )
    with pytest.raises(ValueError, match=expected):
        check_coverage([adapter(tmp_path, shapes)], models)
    assert check_coverage([adapter(tmp_path, shapes, 0.25)], models) == {"ink": Coverage(2, 8)}
    assert check_coverage([adapter(tmp_path, {"unet.lost": (7, 10)}, 0)], models) == {"ink": Coverage(0, 1)}


def test_a_half_counts_as_a_pair_that_is_not_applied(tmp_path: Path, models: dict[str, Path]) -> None:
    tensors = random_pairs({f"unet.{name}": shape for name, shape in SHAPES.items()})
    del tensors["unet.last.lora_up.weight"]
    path = write(tmp_path / "ink.safetensors", tensors)
    ink = Adapter("ink", path, 0, LoraAdapterEntry.DYNAMIC, 1.0, use_file_alpha=True)
    with pytest.raises(ValueError, match="4 of 5 pairs applied"):
        check_coverage([ink], models)


def test_an_adapter_for_no_model_of_the_pipeline(tmp_path: Path, models: dict[str, Path]) -> None:
    with pytest.raises(ValueError, match="is for the text_encoder_2; the pipeline has denoiser, text_encoder"):
        check_coverage([adapter(tmp_path, {"lora_te2_last": (7, 10)})], models)


def test_models_that_are_missing(tmp_path: Path) -> None:
    ink = adapter(tmp_path, {"unet.last": (7, 10)}, 0)
    assert check_coverage([ink], {"denoiser": tmp_path / "lost.xml"}) == {"ink": Coverage(0, 1)}
