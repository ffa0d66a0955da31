"""The models of a server, and the names that clients may use for them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from fnmatch import fnmatchcase
from types import MappingProxyType

from graphframe.framework.errors import did_you_mean
from graphframe.serving.errors import APIError
from graphframe.serving.lifecycle.model import LOADING_RETRY, ServedModel, State, listed

OPENAI_MODELS = ("gpt-image-*", "chatgpt-image-*", "dall-e-*")
"""Patterns of the names that clients of OpenAI send by default."""


class ServedModels:
    """All models by name, iterated in the order of their names.

    Parameters
    ----------
    models : iterable of ServedModel
    aliases : mapping of str to str, optional
        Further names, each with the name of a model or of its adapters.
    """

    def __init__(self, models: Iterable[ServedModel], aliases: Mapping[str, str] = MappingProxyType({})) -> None:
        self.aliases = aliases
        self._by_name = _sorted(models)

    def __iter__(self) -> Iterator[ServedModel]:
        return iter(self._by_name.values())

    def __contains__(self, name: str) -> bool:
        return name in self._by_name

    def __getitem__(self, name: str) -> ServedModel:
        return self._by_name[name]

    def add(self, model: ServedModel) -> None:
        """Add a model."""
        self._by_name = _sorted([*self, model])

    def find(self, name: str | None) -> ServedModel:
        """Return the model of a name, which may be an alias or name adapters.

        Without a name, or with one of OpenAI's, it is the only model.

        Raises
        ------
        APIError
            400 without a name if there are several models; 404; 503 while models are loading that may have an adapter
            of that name.
        """
        name = self.meant(name)
        served = [model for model in self if not model.ended]
        names = [name for model in served for name in model.names]
        if not name:
            message = f"model is required; available: {listed(names)}"
            raise APIError(400, message, param="model", code="missing_required_parameter")
        for model in served:
            if name == model.name or (name in model.adapted_names and name not in self._by_name):
                return model
        if any(model.state is State.LOADING for model in self):
            message = f'the model "{name}" is unknown, or not loaded yet'
            raise APIError(503, message, code="model_loading", headers=LOADING_RETRY)
        message = f'the model "{name}" does not exist{did_you_mean(name, names)}; available: {listed(names) or "none"}'
        raise APIError(404, message, param="model", code="model_not_found")

    def find_available(self, name: str | None) -> ServedModel:
        """Return the model of a name, if it is available.

        Raises
        ------
        APIError
            As `find`; 503 while it loads; 500 if it could not be loaded.
        """
        model = self.find(name)
        model.check_available()
        return model

    def meant(self, name: str | None) -> str | None:
        """Return the name of a model, or of its adapters, that a client means by `name`."""
        if name in self._by_name:
            return name
        name = self.aliases.get(name or "", name)
        served = [model for model in self if not model.ended]
        if (not name or _is_of_openai(name)) and len(served) == 1:
            return served[0].names[0]
        return name


def _is_of_openai(name: str) -> bool:
    return any(fnmatchcase(name, pattern) for pattern in OPENAI_MODELS)


def _sorted(models: Iterable[ServedModel]) -> dict[str, ServedModel]:
    return {model.name: model for model in sorted(models, key=lambda model: model.name)}
