"""A LoRA adapter and the changes in its file."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from functools import cached_property
from math import prod
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from graphframe.calculators.lora.lora_pb2 import LoraAdapterEntry
from graphframe.calculators.lora.safetensors import Safetensors
from graphframe.calculators.lora.tensor_name import TensorName


class LowRank(NamedTuple):
    """The addition to the weights of a layer: ``up @ down``.

    Attributes
    ----------
    down
        float32, shape (rank, input features); for a convolution, channels times height times width of the kernel.
    up
        float32, shape (output features, rank), scaled by the file's alpha if that is used.
    """

    down: NDArray[np.float32]
    up: NDArray[np.float32]


@dataclass(frozen=True)
class Module:
    """A layer in the file's terms.

    Attributes
    ----------
    models : tuple of str
        The models that it may belong to: see `TensorName`.
    layer : str
    tensors : dict of str to str
        The names of its tensors by part.
    """

    models: tuple[str, ...]
    layer: str
    tensors: dict[str, str]

    def __str__(self) -> str:
        return self.tensors["down"]


@dataclass(frozen=True)
class Adapter:
    """An adapter of a graph; equal ones have the same effect.

    Attributes
    ----------
    alias : str
    path : pathlib.Path
    stamp : int
        The time of the last change of the file, in nanoseconds.
    mode : LoraAdapterEntry.Mode
    alpha : float
        The strength of an adapter that is always applied.
    use_file_alpha : bool
        Whether the alphas of layers in the file are used.
    """

    alias: str
    path: Path
    stamp: int
    mode: LoraAdapterEntry.Mode.ValueType
    alpha: float
    use_file_alpha: bool

    def __str__(self) -> str:
        return f'the LoRA adapter "{self.alias}" ({self.path})'

    @cached_property
    def file(self) -> Safetensors:
        """The file, open."""
        return Safetensors(self.path)

    @cached_property
    def modules(self) -> list[Module]:
        """The layers that the file changes.

        Raises
        ------
        OSError, ValueError
            If the file cannot be read, or is not a LoRA.
        """
        return self._parsed[0]

    @cached_property
    def unknown(self) -> list[str]:
        """The names of tensors of unsupported kinds of LoRA."""
        return self._parsed[1]

    def check_models(self, models: Collection[str]) -> None:
        """Raise ValueError unless the adapter is for one of a pipeline's models."""
        wanted = {model for module in self.modules for model in module.models}
        if wanted.isdisjoint(models):
            raise ValueError(f"{self} is for the {', '.join(sorted(wanted))}; the pipeline has {', '.join(models)}")

    def shape(self, module: Module) -> tuple[int, int]:
        """Return the number of rows and columns of the weights that a module changes.

        Raises
        ------
        ValueError
            If the ranks of its two halves differ.
        """
        down, up = (self.file.shape(module.tensors[part]) for part in ("down", "up"))
        if down[0] != prod(up[1:]):
            raise ValueError(f"{self}: {module} has rank {down[0]}, but its other half has rank {prod(up[1:])}")
        return up[0], prod(down[1:])

    def low_rank(self, module: Module, rows: slice) -> LowRank:
        """Read the change of some rows of the weights of a module.

        Raises
        ------
        ValueError
            If it has values that are not finite.
        """
        down, up = (self.file[module.tensors[part]] for part in ("down", "up"))
        down, up = down.reshape(len(down), -1), up.reshape(len(up), -1)[rows]
        alpha = self._alpha(module) if self.use_file_alpha else None
        if alpha is not None:
            up = up * np.float32(alpha / len(down))
        if not (np.isfinite(down).all() and np.isfinite(up).all()):
            raise ValueError(f"{self}: {module} has values that are not finite; the file may be damaged")
        return LowRank(down, up)

    @cached_property
    def _parsed(self) -> tuple[list[Module], list[str]]:
        found: defaultdict[tuple[tuple[str, ...], str], dict[str, str]] = defaultdict(dict)
        unknown = []
        for name in self.file:
            parsed = TensorName.parse(name)
            if parsed is None:
                unknown.append(name)
            else:
                found[parsed.models, parsed.layer][parsed.part] = name
        modules = []
        for (models, layer), tensors in found.items():
            if {"down", "up"} <= tensors.keys() and "mid" not in tensors:
                modules.append(Module(models, layer, tensors))
            else:
                unknown.extend(tensors.values())
        if not modules:
            names = ", ".join(list(self.file)[:3]) or "none"
            expected = "pairs such as X.lora_down.weight and X.lora_up.weight, or X.lora_A.weight and X.lora_B.weight"
            raise ValueError(f"{self} is not a LoRA: expected {expected}; found {names}")
        return modules, unknown

    def _alpha(self, module: Module) -> float | None:
        """Return the file's alpha for a layer: a tensor, or metadata written by diffusers."""
        if "alpha" in module.tensors:
            return float(self.file[module.tensors["alpha"]].reshape(()))
        name = module.tensors["down"]
        model, _, layer = name.rpartition(".lora")[0].partition(".")
        config = self._config
        patterns: dict[str, float] = config.get(f"{model}.alpha_pattern") or {}
        return next(
            (alpha for ending, alpha in patterns.items() if f".{layer}".endswith(f".{ending}")),
            config.get(f"{model}.lora_alpha"),
        )

    @cached_property
    def _config(self) -> dict[str, Any]:
        try:
            config: dict[str, Any] = json.loads(self.file.metadata.get("lora_adapter_metadata", "{}"))
        except ValueError as error:
            raise ValueError(f"{self}: its lora_adapter_metadata is not valid JSON: {error}") from error
        return config
