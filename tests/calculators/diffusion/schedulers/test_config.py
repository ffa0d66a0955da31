import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from graphframe.calculators.diffusion.schedulers.config import SchedulerConfig


@pytest.mark.parametrize("absent", [{}, {"field": None}, {"field": ""}])
def test_default_where_nothing_is_said(absent: dict[str, object]) -> None:
    config = SchedulerConfig(absent)
    assert config.text("field", "a") == "a"
    assert config.choice("field", "a", "a", "b") == "a"
    assert config.flag("field", True) is True
    assert config.integer("field", 7, minimum=1) == 7
    assert config.number("field", 0.5) == np.float32(0.5)
    assert config.numbers("field") is None


def test_reads_what_is_there() -> None:
    config = SchedulerConfig({"text": "b", "flag": False, "integer": 3, "number": 0.1, "numbers": [1, 0.5]})
    assert config.choice("text", "a", "a", "b") == "b"
    assert config.flag("flag", True) is False
    assert config.integer("integer", 7, minimum=1) == 3
    assert config.number("number", 0.5) == np.float32(0.1)
    numbers = config.numbers("numbers")
    assert numbers is not None
    assert numbers.dtype == np.float32
    assert numbers.tolist() == [1, 0.5]


READERS: dict[str, Callable[[SchedulerConfig], object]] = {
    "text": lambda config: config.text("field", ""),
    "choice": lambda config: config.choice("field", "linear", "linear", "cosine"),
    "flag": lambda config: config.flag("field", False),
    "integer": lambda config: config.integer("field", 1, minimum=1),
    "number": lambda config: config.number("field", 1),
    "numbers": lambda config: config.numbers("field"),
}


@pytest.mark.parametrize(
    ("reader", "value", "problem"),
    [
        ("text", 1, "must be a text, not 1"),
        ("choice", "linera", "is 'linera', which is not supported; use one of linear, cosine"),
        ("flag", "yes", 'must be true or false, not "yes"'),
        ("flag", 1, "must be true or false, not 1"),
        ("integer", 1.5, "must be an integer of at least 1, not 1.5"),
        ("integer", 0, "must be an integer of at least 1, not 0"),
        ("integer", True, "must be an integer of at least 1, not true"),
        ("number", "1", 'must be a finite number, not "1"'),
        ("number", float("nan"), "must be a finite number, not NaN"),
        ("number", {}, "must be a finite number, not an object"),
        ("numbers", "linear", 'must be a list of numbers, not "linear"'),
        ("numbers", [1, [2]], "must be a finite number, not a list"),
    ],
)
def test_refuses_what_a_field_cannot_be(reader: str, value: object, problem: str) -> None:
    with pytest.raises(ValueError, match="^" + re.escape(f"some.json: field {problem}") + "$"):
        READERS[reader](SchedulerConfig({"field": value}, "some.json"))


def test_must_be_names_the_default_that_is_not_supported() -> None:
    SchedulerConfig({"clip_sample": False}).must_be("clip_sample", False, default=True)
    with pytest.raises(ValueError, match="clip_sample is true, which is not supported; set it to false"):
        SchedulerConfig({"clip_sample": True}).must_be("clip_sample", False)
    with pytest.raises(ValueError, match="clip_sample is true by default, which is not supported; set it to false"):
        SchedulerConfig({}).must_be("clip_sample", False, default=True)


def test_must_be_takes_integers_too() -> None:
    SchedulerConfig({}).must_be("solver_order", 2, default=2)
    with pytest.raises(ValueError, match="solver_order is 3, which is not supported; set it to 2"):
        SchedulerConfig({"solver_order": 3}).must_be("solver_order", 2, default=2)
    with pytest.raises(ValueError, match="solver_order must be an integer of at least 0, not true"):
        SchedulerConfig({"solver_order": True}).must_be("solver_order", 2, default=2)


def test_positive() -> None:
    assert SchedulerConfig({"sigma_min": 0.1}).positive("sigma_min") == 0.1
    assert SchedulerConfig({"sigma_min": None}).positive("sigma_min") is None
    with pytest.raises(ValueError, match="sigma_min must be above 0, not -1"):
        SchedulerConfig({"sigma_min": -1}).positive("sigma_min")


def test_with_fields() -> None:
    config = SchedulerConfig({"a": "x", "b": "y"}, "some.json")
    other = config.with_fields({"b": "z"})
    assert [other.text("a", ""), other.text("b", ""), config.text("b", "")] == ["x", "z", "y"]
    assert str(other.error("b", "is wrong")) == "some.json: b is wrong"
    assert str(config.with_fields({}, "its config").error("b", "is wrong")) == "its config: b is wrong"


def test_missing_file(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"gone\.json is missing"):
        SchedulerConfig.from_file(tmp_path / "gone.json")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"{", "bad.json: not valid JSON: "),
        (b"\xff", "bad.json: not valid JSON: "),
        (b"[]", "bad.json: expected a JSON object, not list"),
    ],
)
def test_file_that_is_no_config(tmp_path: Path, content: bytes, message: str) -> None:
    path = tmp_path / "bad.json"
    path.write_bytes(content)
    with pytest.raises(ValueError, match=message):
        SchedulerConfig.from_file(path)
