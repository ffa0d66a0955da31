from __future__ import annotations

import pytest

from graphframe.serving.errors import APIError
from graphframe.serving.servable import Servables, State
from tests.serving import toys
from tests.serving.conftest import MakeServable


def test_a_servable_that_loads(make_servable: MakeServable) -> None:
    servable = make_servable()
    assert servable.state is State.AVAILABLE
    assert Servables([servable], "here").find_available("toy") is servable
    assert Servables([servable], "here").find_available(None) is servable
    assert Servables([servable], "here").find_available("") is servable


def test_a_servable_that_fails(make_servable: MakeServable, caplog: pytest.LogCaptureFixture) -> None:
    servable = make_servable(graph=toys.GRAPH.replace("Paint", "Broken"))
    assert servable.state is State.FAILED
    assert "the paint has dried" in servable.failure
    assert "Traceback" in caplog.text
    with pytest.raises(APIError) as raised:
        Servables([servable], "here").find_available(None)
    assert raised.value.status_code == 500
    assert "the paint has dried" in str(raised.value.description)
    assert dict(raised.value.headers or {}) == {"x-should-retry": "false"}


def test_a_servable_that_is_loading(make_servable: MakeServable) -> None:
    with pytest.raises(APIError) as raised:
        Servables([make_servable(load=False)], "here").find_available("toy")
    assert raised.value.status_code == 503
    assert int(dict(raised.value.headers or {})["retry-after"]) > 0


@pytest.mark.parametrize(
    ("name", "found"),
    [("one", "one"), ("uno", "one"), ("dall-e-2", "two"), ("gpt-image-1", None), ("tre", None), ("eins", None)],
)
def test_aliases(make_servable: MakeServable, name: str, found: str | None) -> None:
    aliases = {"uno": "one", "two": "one", "dall-e-2": "two", "tre": "three"}
    servables = Servables([make_servable("one"), make_servable("two")], "here", aliases)
    assert servables.find("two").name == "two"
    if found is None:
        with pytest.raises(APIError) as raised:
            servables.find(name)
        assert raised.value.status_code == 404
    else:
        assert servables.find(name).name == found


@pytest.mark.parametrize("name", ["gpt-image-1", "dall-e-2", "dall-e-3"])
def test_names_of_openai_mean_the_only_model(make_servable: MakeServable, name: str) -> None:
    assert Servables([make_servable()], "here").find(name).name == "toy"
    assert Servables([make_servable(), make_servable(name)], "here").find(name).name == name
