"""The LoRA adapters of a graph, and the model names under which requests choose them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from graphframe.calculators.lora.adapter import Adapter
from graphframe.calculators.lora.alias_problems import alias_problems
from graphframe.calculators.lora.lora_pb2 import LoraAdapterEntry, LoraOptions
from graphframe.framework.errors import did_you_mean
from graphframe.images import InvalidRequest

_MAX_ALPHA = 1000
"""Far above any alpha that gives a useful image."""
_FILES = ("adapter_model.safetensors", "pytorch_lora_weights.safetensors")
"""The names of PEFT and of diffusers."""


@dataclass(frozen=True)
class Aliases:
    """The adapters of a graph, and the names that requests can use as model.

    Attributes
    ----------
    adapters : tuple of Adapter
        All adapters of the graph.
    models : dict
        The alphas of dynamic adapters, by alias, that each name applies.
    """

    adapters: tuple[Adapter, ...]
    models: dict[str, dict[str, float]]

    @classmethod
    def from_options(cls, options: LoraOptions, find: Callable[[str], Path]) -> Aliases:
        """Validate the options of a graph; `find` returns the path of an adapter's file.

        Raises
        ------
        OSError
            If a file is missing.
        ValueError
            If aliases or composites break the rules of `alias_problems`.
        """
        problems = [*alias_problems(options.lora_adapters, options.composite_lora_adapters)]
        if problems:
            raise ValueError("; ".join(f"{place[0]} {message}" for place, message in problems))
        models, fixed = _alphas(options)
        adapters = []
        for entry in options.lora_adapters:
            path, alpha = adapter_file(find(entry.path)), fixed.get(entry.alias, entry.alpha)
            if not path.is_file():
                raise FileNotFoundError(f'the file {path} of the LoRA adapter "{entry.alias}" does not exist')
            files = [path, path.with_name("adapter_config.json")]
            stamp = max(file.stat().st_mtime_ns for file in files if file.is_file())
            of_file, least = options.use_file_alpha, entry.min_applied
            adapters.append(Adapter(entry.alias, path, stamp, entry.mode, alpha, of_file, least))
        return cls(tuple(adapters), models)

    @property
    def dynamic(self) -> list[str]:
        """The aliases of dynamic adapters, in the order of the model input `ALPHAS`."""
        return [adapter.alias for adapter in self.adapters if adapter.mode == LoraAdapterEntry.DYNAMIC]

    @property
    def allow_base_model(self) -> bool:
        """Whether requests can use the model without adapters: not if one is static."""
        return all(adapter.mode != LoraAdapterEntry.STATIC for adapter in self.adapters)

    def check(self, adapters: Mapping[str, float]) -> None:
        """Validate the adapters and alphas of a request.

        Raises
        ------
        InvalidRequest
            If the graph has no dynamic adapter of that alias, or the alpha is too large.
        """
        for alias, alpha in adapters.items():
            if alias not in self.dynamic:
                known = (
                    f"{did_you_mean(alias, self.dynamic)}; adapters of the graph: {', '.join(self.dynamic) or 'none'}"
                )
                raise InvalidRequest(f'unknown LoRA adapter "{alias}"{known}', "lora_alphas")
            if not abs(alpha) <= _MAX_ALPHA:
                message = f'the alpha of "{alias}" must be from -{_MAX_ALPHA} to {_MAX_ALPHA}, not {alpha:g}'
                raise InvalidRequest(message, "lora_alphas")


def adapter_file(path: Path) -> Path:
    """Return the file of an adapter, which may be given as the folder that PEFT or diffusers wrote."""
    if not path.is_dir():
        return path
    files = sorted(path.glob("*.safetensors"))
    named = [path / name for name in _FILES if (path / name) in files]
    return named[0] if named else files[0] if len(files) == 1 else path / _FILES[0]


def _alphas(options: LoraOptions) -> tuple[dict[str, dict[str, float]], dict[str, float]]:
    """Return the alphas of dynamic adapters by model and alias, and those that composites give to other adapters."""
    entries = {entry.alias: entry for entry in options.lora_adapters}
    models: dict[str, dict[str, float]] = {}
    fixed: dict[str, float] = {}
    for composite in options.composite_lora_adapters:
        models[composite.alias] = {}
        for component in composite.components:
            entry = entries[component.adapter_alias]
            alphas = models[composite.alias] if _is_dynamic(entry) else fixed
            alphas[entry.alias] = component.alpha if component.HasField("alpha") else entry.alpha
    for entry in options.lora_adapters:
        if _is_dynamic(entry):
            models[entry.alias] = {entry.alias: entry.alpha}
        elif entry.alias not in fixed:
            models[entry.alias] = {}
    return models, fixed


def _is_dynamic(entry: LoraAdapterEntry) -> bool:
    return entry.mode == LoraAdapterEntry.DYNAMIC
