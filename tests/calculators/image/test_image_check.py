from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

import graphframe as gf
from graphframe.calculators.image.image_check import ImageCheckCalculator
from graphframe.calculators.image.image_check_pb2 import ImageCheckCalculatorOptions
from graphframe.images import InvalidRequest
from tests.calculators.image.classifiers import make_red_classifier

Pixels = NDArray[np.uint8]


def painted(red: int, green: int = 0, blue: int = 0, height: int = 30, width: int = 50) -> Pixels:
    return np.full((height, width, 3), (red, green, blue), np.uint8)


RED, BLACK, BLUE = painted(255), painted(0), painted(0, 0, 255)


def options(threshold: float = 0.6, index: int = 1, **fields: Any) -> ImageCheckCalculatorOptions:
    made = ImageCheckCalculatorOptions(**{"model_path": "model.xml", **fields})
    made.unsafe_class.add(index=index, threshold=threshold)
    return made


def check(folder: Path, given: ImageCheckCalculatorOptions, *images: Pixels) -> list[gf.Packet]:
    return gf.CalculatorRunner(ImageCheckCalculator, given, device="CPU", base=folder).run(IMAGE=[*images])["IMAGE"]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    make_red_classifier(tmp_path / "model.xml")
    return tmp_path


def test_unsafe_images_are_left_out(folder: Path, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO):
        packets = check(folder, options(), BLACK, RED, BLUE)
    assert [packet.timestamp for packet in packets] == [0, 2]
    assert packets[0].value is BLACK
    assert packets[1].value is BLUE
    assert "image 1 is missing: the safety check refused it (moderation_blocked)" in caplog.text
    assert "image 1 is unsafe; the scores of unsafe_class are 0.731" in caplog.text


@pytest.mark.parametrize("count", [1, 3])
def test_a_request_without_a_safe_image_is_refused(folder: Path, count: int) -> None:
    given = options(code="content_policy_violation")
    with pytest.raises(gf.CalculatorError, match="the image" if count == 1 else "all 3 images") as raised:
        check(folder, given, *[RED] * count)
    cause = raised.value.__cause__
    assert isinstance(cause, InvalidRequest)
    assert (cause.param, cause.code) == ("prompt", "content_policy_violation")


def test_black_images(folder: Path, caplog: pytest.LogCaptureFixture) -> None:
    packets = check(folder, options(action="BLANK"), RED, BLUE)
    assert (packets[0].value == BLACK).all()
    assert packets[1].value is BLUE
    assert "image 0 is black: the safety check refused it" in caplog.text


def test_previews_are_dropped_silently(folder: Path, caplog: pytest.LogCaptureFixture) -> None:
    assert check(folder, options(action="DROP"), RED, RED) == []
    assert not caplog.records


def test_without_images(folder: Path) -> None:
    assert check(folder, options()) == []


@pytest.mark.parametrize(
    ("activation", "score"),
    [("SOFTMAX", np.e / (1 + np.e)), ("SIGMOID", np.e / (1 + np.e)), ("NONE", 1.0)],
)
def test_activations(folder: Path, activation: str, score: float) -> None:
    below, above = (options(score + change, activation=activation) for change in (-0.01, 0.01))
    with pytest.raises(gf.CalculatorError):
        check(folder, below, RED)
    if score < 1:
        assert check(folder, above, RED)


def test_a_score_that_reaches_the_threshold_is_unsafe(folder: Path) -> None:
    with pytest.raises(gf.CalculatorError, match="refused"):
        check(folder, options(0.5), BLACK)


def test_a_score_that_is_not_a_number_is_unsafe(folder: Path) -> None:
    with pytest.raises(gf.CalculatorError, match="refused"):
        check(folder, options(image_std=[1e-42] * 3, activation="SIGMOID"), BLACK)


def test_any_unsafe_class_is_enough(folder: Path) -> None:
    given = options()
    given.unsafe_class.add(index=0, threshold=0.7)
    assert [packet.timestamp for packet in check(folder, given, RED, BLACK, BLUE, painted(128, 128))] == [1, 2, 3]


@pytest.mark.parametrize("shape", [(-1, 3, 8, 8), (1, 8, 8, 3), (-1, 3, -1, -1), (-1, -1, -1, -1), (-1, -1, -1, 3)])
def test_models_of_any_layout(tmp_path: Path, shape: tuple[int, ...]) -> None:
    make_red_classifier(tmp_path / "model.xml", *shape)
    given = options(resolution="8x4" if shape.count(-1) > 1 else "")
    assert [packet.timestamp for packet in check(tmp_path, given, RED, BLUE, painted(255, 0, 0, 3, 200))] == [1]


def test_models_of_8_bits_get_all_of_them(tmp_path: Path) -> None:
    make_red_classifier(tmp_path / "model.xml", kind=np.uint8)
    given = options(0.99)
    assert [packet.timestamp for packet in check(tmp_path, given, painted(1), painted(10))] == [0]


def test_mean_and_deviation(folder: Path) -> None:
    """The score of red is above 0.6 if its logit is above 0.405."""
    shifted = options(image_mean=[0.7, 0, 0])
    assert check(folder, shifted, RED)
    scaled = options(image_mean=[0.7, 0, 0], image_std=[0.5] * 3)
    with pytest.raises(gf.CalculatorError, match="refused"):
        check(folder, scaled, RED)


def test_blue_first(folder: Path) -> None:
    assert [packet.timestamp for packet in check(folder, options(bgr=True), RED, BLUE)] == [0]


def test_all_pixels_count_in_smaller_images(folder: Path) -> None:
    """A model sees the mean of stripes, not some of them."""
    striped = painted(0, 0, 0, 64, 64)
    striped[:, ::2] = 255, 0, 0
    with pytest.raises(gf.CalculatorError, match="refused"):
        check(folder, options(0.62), striped)
    assert check(folder, options(0.63), striped)


def test_a_named_output(tmp_path: Path) -> None:
    make_red_classifier(tmp_path / "model.xml", outputs=2)
    assert check(tmp_path, options(output="logits"), RED, BLUE)
    with pytest.raises(gf.GraphError, match="several outputs: set output to one of logits, mean"):
        check(tmp_path, options(), RED)
    with pytest.raises(gf.GraphError, match='no output "logit": set output to one of logits, mean'):
        check(tmp_path, options(output="logit"), RED)


@pytest.mark.parametrize(
    ("fields", "shape", "message"),
    [
        ({}, (1, 3, -1, -1), "set resolution to the size"),
        ({"index": 2}, (1, 3, 8, 8), "has 2 classes, but .* at least 3"),
    ],
)
def test_models_that_do_not_fit(tmp_path: Path, fields: dict[str, Any], shape: tuple[int, ...], message: str) -> None:
    make_red_classifier(tmp_path / "model.xml", *shape)
    with pytest.raises(gf.GraphError, match=message):
        check(tmp_path, options(**fields))


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (ImageCheckCalculatorOptions(model_path="model.xml"), "no unsafe_class is set"),
        (options(model_path=""), "model_path is missing"),
        (options(index=-1), "no index from 0"),
        (options(threshold=0), "threshold is 0, but must be above 0 and at most 1"),
        (options(threshold=1.5), r"threshold is 1\.5"),
        (options(threshold=float("nan")), "threshold is nan"),
        (options(code=""), "code must not be empty"),
        (options(image_mean=[0.5]), "image_mean has 1 values"),
        (options(image_std=[0.5, 0.5, 0]), "image_std must be above 0"),
        (options(resolution="224"), "resolution must be WIDTHxHEIGHT"),
    ],
)
def test_options_that_are_wrong(folder: Path, given: ImageCheckCalculatorOptions, message: str) -> None:
    with pytest.raises(gf.GraphConfigError, match=message):
        check(folder, given, BLUE)
