"""Calculators that fail in any way."""

from __future__ import annotations

from pathlib import Path

import falcon.testing
import pytest

from graphframe.serving.app import make_app
from graphframe.serving.options import ServerOptions
from tests.faults import faulty
from tests.serving.conftest import MakeModel, event_loop, make_model
from tests.serving.running_server import serving

__all__ = ["event_loop", "make_model"]

PATH = "/v1/images/generations"


def test_the_server_goes_on(make_model: MakeModel) -> None:
    client = falcon.testing.TestClient(make_app([make_model(graph=faulty.GRAPH)], ServerOptions(warm_up=False)))
    for prompt in faulty.SURVIVED:
        response = client.simulate_post(PATH, json={"prompt": prompt})
        code = response.json["error"]["code"]
        assert (response.status_code, code) == (
            (503, "out_of_memory") if prompt == "takes all memory" else (500, "generation_failed")
        ), prompt
        assert "/etc" not in response.text
        assert client.simulate_post(PATH, json={"prompt": "a cat"}).status_code == 200


@pytest.mark.timeout(120)
def test_a_worker_that_ends_is_replaced(tmp_path: Path) -> None:
    (tmp_path / "graph.pbtxt").write_text(faulty.GRAPH)
    with serving(tmp_path, f"--calculators={faulty.__file__}") as server:
        for prompt in faulty.DEADLY:
            with pytest.raises(ConnectionError):
                server.generate(prompt=prompt)
            server.wait_for_log("toy is ready at ")
            assert server.generate(prompt="a cat")[0] == 200
