from __future__ import annotations

import pytest

from graphframe.serving.errors import APIError
from graphframe.serving.lifecycle.servable import Servables, State
from tests.serving import toys
from tests.serving.conftest import MakeServable


def test_a_servable_that_loads(make_servable: MakeServable) -> None:
    servable = make_servable()
    assert servable.state is State.AVAILABLE
    assert Servables([servable]).find_available("toy") is servable
    assert Servables([servable]).find_available(None) is servable
    assert Servables([servable]).find_available("") is servable


def test_a_servable_that_fails(make_servable: MakeServable, caplog: pytest.LogCaptureFixture) -> None:
    servable = make_servable(graph=toys.GRAPH.replace("Paint", "Broken"))
    assert servable.state is State.FAILED
    assert "the paint has dried" in servable.failure
    assert "Traceback" in caplog.text
    with pytest.raises(APIError) as raised:
        Servables([servable]).find_available(None)
    assert raised.value.status_code == 500
    assert "the paint has dried" in str(raised.value.description)
    assert dict(raised.value.headers or {}) == {"x-should-retry": "false"}


def test_a_failure_whose_message_says_all_is_logged_without_a_traceback(
    make_servable: MakeServable, caplog: pytest.LogCaptureFixture
) -> None:
    servable = make_servable(graph=toys.GRAPH.replace("PaintCalculator", "PainterCalculator"))
    assert servable.state is State.FAILED
    assert f"toy could not be loaded: {servable.failure}" in caplog.text
    assert 'did you mean "PaintCalculator"?' in servable.failure
    assert "Traceback" not in caplog.text


def test_a_servable_that_is_loading(make_servable: MakeServable) -> None:
    with pytest.raises(APIError) as raised:
        Servables([make_servable(load=False)]).find_available("toy")
    assert raised.value.status_code == 503
    assert int(dict(raised.value.headers or {})["retry-after"]) > 0


@pytest.mark.parametrize(
    ("name", "found"),
    [("one", "one"), ("uno", "one"), ("dall-e-2", "two"), ("gpt-image-1", None), ("tre", None), ("eins", None)],
)
def test_aliases(make_servable: MakeServable, name: str, found: str | None) -> None:
    aliases = {"uno": "one", "two": "one", "dall-e-2": "two", "tre": "three"}
    servables = Servables([make_servable("one"), make_servable("two")], aliases)
    assert servables.find("two").name == "two"
    if found is None:
        with pytest.raises(APIError) as raised:
            servables.find(name)
        assert raised.value.status_code == 404
    else:
        assert servables.find(name).name == found


@pytest.mark.parametrize("name", ["gpt-image-1", "dall-e-2", "dall-e-3"])
def test_names_of_openai_mean_the_only_model(make_servable: MakeServable, name: str) -> None:
    assert Servables([make_servable()]).find(name).name == "toy"
    assert Servables([make_servable(), make_servable(name)]).find(name).name == name


ADAPTED = toys.GRAPH.replace("Paint", "Adapted")
STATIC = toys.GRAPH.replace("Paint", "Static")


@pytest.mark.parametrize(
    ("name", "alphas", "applied"),
    [
        (None, None, {}),
        ("toy", {"whatever": 3.0}, {}),
        ("ink", None, {"ink": 1.0}),
        ("ink", {"ink": 0.2}, {"ink": 0.2}),
        ("mix", None, {"ink": 0.5, "gold": 0.7}),
        ("mix", {"gold": 0.1}, {"ink": 0.5, "gold": 0.1}),
        ("chalk", None, {}),
    ],
)
def test_adapters_of_a_request(
    make_servable: MakeServable, name: str | None, alphas: dict[str, float] | None, applied: dict[str, float]
) -> None:
    servable = make_servable(graph=ADAPTED)
    assert Servables([servable]).find_available(name) is servable
    assert servable.names == ["toy", "ink", "gold", "mix", "chalk"]
    assert servable.adapters(name, alphas) == applied


@pytest.mark.parametrize(
    ("graph", "name", "alphas", "message"),
    [
        (ADAPTED, "ink", {"gold": 1.0}, 'the model "ink" applies not "gold"; it applies "ink"'),
        (ADAPTED, "mix", {"pen": 1.0}, 'the model "mix" applies not "pen"; it applies "ink", "gold"'),
        (ADAPTED, "chalk", {"chalk": 1.0}, 'applies not "chalk"; it applies none whose alpha can be chosen'),
        (toys.GRAPH, "toy", {"ink": 1.0}, '"toy" has no LoRA adapters that requests choose'),
        (STATIC, "toy", None, 'the adapters of "toy" are always applied; ask for "chalk"'),
    ],
)
def test_adapters_that_cannot_be_had(
    make_servable: MakeServable, graph: str, name: str, alphas: dict[str, float] | None, message: str
) -> None:
    with pytest.raises(APIError) as raised:
        make_servable(graph=graph).adapters(name, alphas)
    assert raised.value.status_code == 400
    assert message in str(raised.value.description)


def test_who_names_no_model_gets_adapters_that_are_always_applied(make_servable: MakeServable) -> None:
    servable = make_servable(graph=STATIC)
    servables = Servables([servable])
    for name in (None, "", "dall-e-3"):
        assert servables.find_available(name) is servable
        assert servable.adapters(servables.meant(name), None) == {}


def test_names_of_adapters(make_servable: MakeServable) -> None:
    plain, adapted = make_servable("ink"), make_servable(graph=ADAPTED)
    servables = Servables([plain, adapted], {"sd": "mix"})
    assert servables.find("ink") is plain
    assert servables.find("gold") is servables.find("sd") is adapted
    assert servables.meant("sd") == "mix"
    with pytest.raises(APIError) as raised:
        servables.find("golt")
    assert raised.value.status_code == 404
    expected = 'there is no model "golt", did you mean "gold"?; there is: "ink", "toy", "ink", "gold", "mix", "chalk"'
    assert raised.value.description == expected


def test_a_name_where_nothing_is_served() -> None:
    with pytest.raises(APIError) as raised:
        Servables([]).find("toy")
    assert raised.value.description == 'there is no model "toy"; there is: none'


def test_a_name_that_an_adapter_may_have_yet(make_servable: MakeServable) -> None:
    with pytest.raises(APIError) as raised:
        Servables([make_servable(graph=ADAPTED, load=False)]).find("ink")
    assert raised.value.status_code == 503
