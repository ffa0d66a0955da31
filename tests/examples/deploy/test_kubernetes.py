"""The Kubernetes files, validated against the schemas of Kubernetes itself."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import falcon.testing
import pytest

from graphframe.serving.app import make_app
from graphframe.serving.options import ServerOptions
from tests.examples.deploy.arguments import GRACEFUL_TIMEOUT, parse
from tests.examples.deploy.examples import DEPLOY, run, tool

yaml = pytest.importorskip("yaml")
kubernetes_validate = pytest.importorskip("kubernetes_validate")

Resources = dict[str, dict[str, Any]]
"""Resources by their kind and name."""

VERSION = kubernetes_validate.latest_version()


def parsed(text: str) -> Resources:
    """Return the resources in a text."""
    return {f"{resource['kind']} {resource['metadata']['name']}": resource for resource in yaml.safe_load_all(text)}


@pytest.fixture(scope="module", params=["cpu", "gpu"])
def resources(request: pytest.FixtureRequest) -> Resources:
    return parsed(run([tool("kubectl"), "kustomize", DEPLOY / "kubernetes" / request.param]))


def kserve() -> Resources:
    return parsed((DEPLOY / "kubernetes" / "kserve.yaml").read_text())


def pod_of(runtime: dict[str, Any]) -> dict[str, Any]:
    """Return the pod that KServe makes of a ClusterServingRuntime."""
    spec = {key: runtime["spec"][key] for key in ("containers", "volumes")}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "predictor"}, "spec": spec}


def containers(pod: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield the containers of the specification of a pod."""
    yield from pod.get("initContainers", [])
    yield from pod["containers"]


def test_the_resources_are_valid(resources: Resources) -> None:
    for resource in resources.values():
        kubernetes_validate.validate(resource, VERSION, strict=True)


def test_selectors_find_the_pods(resources: Resources) -> None:
    labels = resources["Deployment graphframe"]["spec"]["template"]["metadata"]["labels"].items()
    assert resources["Service graphframe"]["spec"]["selector"].items() <= labels
    assert resources["Deployment graphframe"]["spec"]["selector"]["matchLabels"].items() <= labels
    assert resources["PodDisruptionBudget graphframe"]["spec"]["selector"]["matchLabels"].items() <= labels


def test_volumes_are_claimed(resources: Resources) -> None:
    pod = resources["Deployment graphframe"]["spec"]["template"]["spec"]
    claims = {volume["persistentVolumeClaim"]["claimName"] for volume in pod["volumes"] if "emptyDir" not in volume}
    assert claims == {name.split()[1] for name in resources if name.startswith("PersistentVolumeClaim ")}
    mounted = {mount["name"] for container in containers(pod) for mount in container["volumeMounts"]}
    assert mounted == {volume["name"] for volume in pod["volumes"]}


def test_graphframe_takes_the_command_lines(resources: Resources) -> None:
    pod = resources["Deployment graphframe"]["spec"]["template"]["spec"]
    [pull], [serve] = pod["initContainers"], pod["containers"]
    parse(pull["command"])
    parse(["graphframe", "serve", *serve["args"]])
    assert f"--model_path=/models/{pull['command'][-1]}" in serve["args"]


def test_the_autoscaler_of_gpus_reads_a_metric_that_there_is() -> None:
    found = parsed(run([tool("kubectl"), "kustomize", DEPLOY / "kubernetes" / "gpu"]))
    (metric,) = found["HorizontalPodAutoscaler graphframe"]["spec"]["metrics"]
    name = metric["pods"]["metric"]["name"]
    (rule,) = yaml.safe_load((DEPLOY / "prometheus" / "adapter.yml").read_text())["rules"]["custom"]
    assert rule["seriesQuery"].startswith(f"{name}{{")
    client = falcon.testing.TestClient(make_app([], ServerOptions(metrics_enable=True)))
    assert f"# TYPE {name} gauge" in client.simulate_get("/metrics").text


def test_requests_under_way_may_finish(resources: Resources) -> None:
    pod = resources["Deployment graphframe"]["spec"]["template"]["spec"]
    [delay] = [arg for arg in pod["containers"][0]["args"] if arg.startswith("--drain_delay=")]
    assert pod["terminationGracePeriodSeconds"] > int(delay.partition("=")[2]) + GRACEFUL_TIMEOUT


def test_pods_need_no_privileges(resources: Resources) -> None:
    pod = resources["Deployment graphframe"]["spec"]["template"]["spec"]
    assert pod["securityContext"]["runAsNonRoot"]
    for container in [*containers(pod), *containers(pod_of(kserve()["ClusterServingRuntime graphframe"])["spec"])]:
        assert container["securityContext"]["readOnlyRootFilesystem"]
        assert not container["securityContext"]["allowPrivilegeEscalation"]
        assert container["securityContext"]["capabilities"] == {"drop": ["ALL"]}
        assert {"/cache", "/tmp"} <= {mount["mountPath"] for mount in container["volumeMounts"]}


def test_service_links_are_off(resources: Resources) -> None:
    """A service named graphframe would set variables such as GRAPHFRAME_PORT."""
    assert resources["Deployment graphframe"]["spec"]["template"]["spec"]["enableServiceLinks"] is False
    assert kserve()["InferenceService flux"]["spec"]["predictor"]["enableServiceLinks"] is False


def test_the_runtime_of_kserve_makes_a_valid_pod() -> None:
    pod = pod_of(kserve()["ClusterServingRuntime graphframe"])
    kubernetes_validate.validate(pod, VERSION, strict=True)
    [container] = pod["spec"]["containers"]
    assert container["name"] == "kserve-container"
    parse(["graphframe", "serve", *container["args"]])
