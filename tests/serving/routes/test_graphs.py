from __future__ import annotations

from xml.etree import ElementTree

import falcon.testing


def test_the_drawing_of_a_graph_has_its_nodes(client: falcon.testing.TestClient) -> None:
    response = client.simulate_get("/graphs/toy")
    assert response.headers["content-type"] == "image/svg+xml"
    nodes = {element.get("data-node") for element in ElementTree.fromstring(response.text).iter()} - {None}
    config = client.simulate_get("/v1/config").json["toy"]
    assert nodes == {node["name"] for node in config["nodes"]}


def test_an_unknown_graph(client: falcon.testing.TestClient) -> None:
    assert client.simulate_get("/graphs/nothing").status_code == 404


JSON = {"accept": "application/json"}


def test_the_times_of_nodes(client: falcon.testing.TestClient) -> None:
    before = client.simulate_get("/graphs/toy", headers=JSON).json
    assert (before["runs"], before["boxes"][0]["time"]) == (0, None)
    for prompt in ("a cat", "two cats", "fail"):
        client.simulate_post("/v1/images/generations", json={"prompt": prompt})
    response = client.simulate_get("/graphs/toy", headers=JSON)
    assert response.headers["vary"] == "accept"
    (box,) = response.json["boxes"]
    assert response.json["runs"] == 2
    assert (box["name"], box["device"]) == ("paint", "CPU")
    assert box["time"]["seconds"] > 0
    assert box["time"]["share"] == 1


def test_what_is_not_json_is_svg(client: falcon.testing.TestClient) -> None:
    for accept in ("*/*", "text/html,image/svg+xml,*/*;q=0.8", "image/*"):
        response = client.simulate_get("/graphs/toy", headers={"accept": accept})
        assert response.headers["content-type"] == "image/svg+xml"
