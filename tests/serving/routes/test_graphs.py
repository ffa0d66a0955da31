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
