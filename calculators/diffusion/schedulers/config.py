"""Validated access to the fields of a ``scheduler_config.json``."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from graphframe.calculators.diffusion.model_config import read_config


class SchedulerConfig:
    """The fields of a scheduler config. A field that is missing, null or an empty text has its default.

    Parameters
    ----------
    fields : mapping of str to object
        The fields of the JSON object.
    source : str
        The name of the config in error messages, e.g. the path of its file.
    """

    def __init__(self, fields: Mapping[str, object], source: str = "scheduler_config.json") -> None:
        self._fields = fields
        self._source = source

    @classmethod
    def from_file(cls, path: Path) -> SchedulerConfig:
        """Return the config in a file.

        Raises
        ------
        FileNotFoundError
            If the file is missing.
        ValueError
            If the file is not a JSON object.
        """
        return cls(read_config(path), str(path))

    def with_fields(self, fields: Mapping[str, object], source: str | None = None) -> SchedulerConfig:
        """Return a copy with some fields replaced and, optionally, another name in error messages."""
        return SchedulerConfig({**self._fields, **fields}, source or self._source)

    def error(self, field: str, problem: str) -> ValueError:
        """Return the error for a field. `problem` continues the sentence that begins with its name."""
        return ValueError(f"{self._source}: {field} {problem}")

    def text(self, field: str, default: str) -> str:
        """Return a text. Raise ValueError for another type, like the methods below."""
        value = self._get(field, default)
        if not isinstance(value, str):
            raise self.error(field, f"must be a text, not {_kind(value)}")
        return value

    def choice(self, field: str, default: str, *choices: str) -> str:
        """Return a text that is one of `choices`."""
        value = self.text(field, default)
        if value not in choices:
            raise self.error(field, f"is {value!r}, which is not supported; use one of {', '.join(choices)}")
        return value

    def flag(self, field: str, default: bool) -> bool:
        """Return a boolean."""
        value = self._get(field, default)
        if not isinstance(value, bool):
            raise self.error(field, f"must be true or false, not {_kind(value)}")
        return value

    def must_be(self, field: str, wanted: bool | int, *, default: bool | int = False) -> None:
        """Raise ValueError unless the field is `wanted`, the only value that is supported."""
        is_flag = isinstance(wanted, bool)
        found = self.flag(field, bool(default)) if is_flag else self.integer(field, default, minimum=0)
        if found != wanted:
            missing = "" if field in self._fields else " by default"
            problem = f"is {_kind(found)}{missing}, which is not supported; set it to {_kind(wanted)}"
            raise self.error(field, problem)

    def integer(self, field: str, default: int, *, minimum: int) -> int:
        """Return an integer of at least `minimum`."""
        value = self._get(field, default)
        if isinstance(value, bool) or not isinstance(value, int) or value < minimum:
            raise self.error(field, f"must be an integer of at least {minimum}, not {_kind(value)}")
        return value

    def number(self, field: str, default: float) -> np.float32:
        """Return a number as float32."""
        return np.float32(self._finite(field, self._get(field, default)))

    def positive(self, field: str) -> float | None:
        """Return a number above 0, or None if the field is missing."""
        value = self._get(field, None)
        if value is None:
            return None
        number = self._finite(field, value)
        if number <= 0:
            raise self.error(field, f"must be above 0, not {_kind(value)}")
        return number

    def numbers(self, field: str) -> NDArray[np.float32] | None:
        """Return an array of float32, shape (length,), or None if the field is missing or an empty list."""
        value = self._get(field, [])
        if not isinstance(value, list):
            raise self.error(field, f"must be a list of numbers, not {_kind(value)}")
        return np.array([self._finite(field, each) for each in value], np.float32) if value else None

    def _get(self, field: str, default: object) -> object:
        value = self._fields.get(field)
        return default if value is None or value == "" else value

    def _finite(self, field: str, value: object) -> float:
        if isinstance(value, bool) or not isinstance(value, (int, float)) or not math.isfinite(value):
            raise self.error(field, f"must be a finite number, not {_kind(value)}")
        return float(value)


def _kind(value: object) -> str:
    """Return the JSON text of a value, or its type if the text may be long."""
    if isinstance(value, (dict, list)):
        return "an object" if isinstance(value, dict) else "a list"
    return json.dumps(value)
