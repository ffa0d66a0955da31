from __future__ import annotations

import pytest

from graphframe.serving.errors import APIError
from graphframe.serving.lifecycle.model import State
from graphframe.serving.lifecycle.models import ServedModels
from tests.serving import toys
from tests.serving.conftest import MakeModel

ADAPTED = toys.GRAPH.replace("Paint", "Adapted")
STATIC = toys.GRAPH.replace("Paint", "Static")


def test_a_model_that_loads(make_model: MakeModel) -> None:
    model = make_model()
    assert model.state is State.AVAILABLE
    assert ServedModels([model]).find_available("toy") is model
    assert ServedModels([model]).find_available(None) is model
    assert ServedModels([model]).find_available("") is model


def test_a_model_that_fails(make_model: MakeModel, caplog: pytest.LogCaptureFixture) -> None:
    model = make_model(graph=toys.GRAPH.replace("Paint", "Broken"))
    assert model.state is State.FAILED
    assert "the paint has dried" in model.failure
    assert "Traceback" in caplog.text
    with pytest.raises(APIError) as raised:
        ServedModels([model]).find_available(None)
    assert raised.value.status_code == 500
    assert raised.value.description == 'the model "toy" could not be loaded'
    assert dict(raised.value.headers or {}) == {"x-should-retry": "false"}


def test_a_failure_with_a_complete_message_is_logged_without_a_traceback(
    make_model: MakeModel, caplog: pytest.LogCaptureFixture
) -> None:
    model = make_model(graph=toys.GRAPH.replace("PaintCalculator", "PainterCalculator"))
    assert model.state is State.FAILED
    assert f"toy could not be loaded: {model.failure}" in caplog.text
    assert 'did you mean "PaintCalculator"?)' in model.failure
    assert "Traceback" not in caplog.text


def test_a_model_that_is_loading(make_model: MakeModel) -> None:
    with pytest.raises(APIError) as raised:
        ServedModels([make_model(load=False)]).find_available("toy")
    assert raised.value.status_code == 503
    assert int(dict(raised.value.headers or {})["retry-after"]) > 0


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
    make_model: MakeModel, name: str | None, alphas: dict[str, float] | None, applied: dict[str, float]
) -> None:
    model = make_model(graph=ADAPTED)
    assert ServedModels([model]).find_available(name) is model
    assert model.names == ["toy", "ink", "gold", "mix", "chalk"]
    assert model.adapters(name, alphas) == applied


@pytest.mark.parametrize(
    ("graph", "name", "alphas", "message"),
    [
        (ADAPTED, "ink", {"gold": 1.0}, 'the model "ink" does not apply "gold"; it applies "ink"'),
        (ADAPTED, "mix", {"pen": 1.0}, 'the model "mix" does not apply "pen"; it applies "ink", "gold"'),
        (ADAPTED, "chalk", {"chalk": 1.0}, 'does not apply "chalk"; it applies none that requests can select'),
        (toys.GRAPH, "toy", {"ink": 1.0}, 'the model "toy" has no LoRA adapters that requests can select'),
        (STATIC, "toy", None, 'the adapters of "toy" are always applied; ask for "chalk"'),
    ],
)
def test_adapters_that_are_refused(
    make_model: MakeModel, graph: str, name: str, alphas: dict[str, float] | None, message: str
) -> None:
    with pytest.raises(APIError) as raised:
        make_model(graph=graph).adapters(name, alphas)
    assert raised.value.status_code == 400
    assert message in str(raised.value.description)
