from __future__ import annotations

import pytest

from graphframe.serving.errors import APIError
from graphframe.serving.lifecycle.models import ServedModels
from tests.serving import toys
from tests.serving.conftest import MakeModel

ADAPTED = toys.GRAPH.replace("Paint", "Adapted")
STATIC = toys.GRAPH.replace("Paint", "Static")


@pytest.mark.parametrize(
    ("name", "found"),
    [("one", "one"), ("uno", "one"), ("dall-e-2", "two"), ("gpt-image-1", None), ("tre", None), ("eins", None)],
)
def test_aliases(make_model: MakeModel, name: str, found: str | None) -> None:
    aliases = {"uno": "one", "two": "one", "dall-e-2": "two", "tre": "three"}
    models = ServedModels([make_model("one"), make_model("two")], aliases)
    assert models.find("two").name == "two"
    if found is None:
        with pytest.raises(APIError) as raised:
            models.find(name)
        assert raised.value.status_code == 404
    else:
        assert models.find(name).name == found


@pytest.mark.parametrize(
    "name",
    [
        *("gpt-image-1", "gpt-image-1-mini", "gpt-image-1.5", "gpt-image-2-2026-04-21", "gpt-image-2.5-sunburst"),
        *("chatgpt-image-latest", "dall-e-2", "dall-e-3"),
    ],
)
def test_names_of_openai_mean_the_only_model(make_model: MakeModel, name: str) -> None:
    assert ServedModels([make_model()]).find(name).name == "toy"
    assert ServedModels([make_model(), make_model(name)]).find(name).name == name
    with pytest.raises(APIError) as raised:
        ServedModels([make_model(), make_model("other")]).find(name)
    assert raised.value.status_code == 404


@pytest.mark.parametrize("name", ["gpt-4o", "gpt-image", "my-gpt-image-1", "DALL-E-3"])
def test_similar_names_do_not_mean_the_only_model(make_model: MakeModel, name: str) -> None:
    with pytest.raises(APIError) as raised:
        ServedModels([make_model()]).find(name)
    assert raised.value.status_code == 404


def test_a_request_without_a_model_gets_adapters_that_are_always_applied(make_model: MakeModel) -> None:
    model = make_model(graph=STATIC)
    models = ServedModels([model])
    for name in (None, "", "dall-e-3"):
        assert models.find_available(name) is model
        assert model.adapters(models.meant(name), None) == {}


def test_names_of_adapters(make_model: MakeModel) -> None:
    plain, adapted = make_model("ink"), make_model(graph=ADAPTED)
    models = ServedModels([plain, adapted], {"sd": "mix"})
    assert models.find("ink") is plain
    assert models.find("gold") is models.find("sd") is adapted
    assert models.meant("sd") == "mix"
    with pytest.raises(APIError) as raised:
        models.find("golt")
    assert raised.value.status_code == 404
    expected = (
        'the model "golt" does not exist (did you mean "gold"?); available: "ink", "toy", "ink", "gold", "mix", "chalk"'
    )
    assert raised.value.description == expected


def test_a_name_without_any_model() -> None:
    with pytest.raises(APIError) as raised:
        ServedModels([]).find("toy")
    assert raised.value.description == 'the model "toy" does not exist; available: none'


def test_an_unknown_name_while_a_model_is_loading(make_model: MakeModel) -> None:
    with pytest.raises(APIError) as raised:
        ServedModels([make_model(graph=ADAPTED, load=False)]).find("ink")
    assert raised.value.status_code == 503
