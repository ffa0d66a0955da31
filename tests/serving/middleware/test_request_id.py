from __future__ import annotations

import falcon.testing
import pytest


@pytest.mark.parametrize("path", ["/v2/health/live", "/nowhere"])
def test_a_sane_id_of_the_client_is_used(client: falcon.testing.TestClient, path: str) -> None:
    response = client.simulate_get(path, headers={"X-Request-Id": "trace-1/2:3"})
    assert response.headers["x-request-id"] == "trace-1/2:3"


@pytest.mark.parametrize("given", ["", "two words", "a" * 129, 'quo"te'])
def test_an_id_that_is_not_sane_is_replaced(client: falcon.testing.TestClient, given: str) -> None:
    response = client.simulate_get("/v2/health/live", headers={"X-Request-Id": given})
    assert response.headers["x-request-id"].startswith("req_")


def test_new_ids_differ(client: falcon.testing.TestClient) -> None:
    ids = {client.simulate_get("/v2/health/live").headers["x-request-id"] for _ in range(3)}
    assert len(ids) == 3
