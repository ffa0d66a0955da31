"""The state of the server when its metrics are read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from importlib.metadata import version as version_of
from typing import TYPE_CHECKING

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from graphframe import __version__
from graphframe.serving.generation.queue import Queue
from graphframe.serving.lifecycle.model import ServedModel, State
from graphframe.serving.lifecycle.models import ServedModels

if TYPE_CHECKING:
    from graphframe.inference.lane import LaneCounts


class StateMetrics(Collector):
    """Metrics of the queue, the models and the devices.

    Parameters
    ----------
    models : ServedModels
    queue : Queue
    """

    def __init__(self, models: ServedModels, queue: Queue) -> None:
        self._models = models
        self._queue = queue

    def collect(self) -> Iterator[Metric]:
        """Yield all families."""
        build = GaugeMetricFamily(
            "graphframe_build_info", "The versions, as labels of the value 1.", labels=["version", "openvino"]
        )
        build.add_metric([__version__, version_of("openvino")], 1)
        yield build
        lanes = _lanes() if any(model.loaded for model in self._models) else {}
        yield from self._requests()
        yield from self._states()
        yield from _device_metrics(lanes)
        yield from self._ovms_metrics(lanes)

    def _requests(self) -> Iterator[Metric]:
        current = GaugeMetricFamily(
            "graphframe_current_requests", "Generations that run or wait.", labels=["model", "status"]
        )
        for model in self._models:
            running, waiting = self._counts(model)
            current.add_metric([model.name, "running"], running)
            current.add_metric([model.name, "waiting"], waiting)
        yield current

    def _counts(self, model: ServedModel) -> tuple[int, int]:
        """Return the numbers of a model's generations that run and that wait."""
        states = [generation.running for generation, _ in self._queue.positions() if generation.model is model]
        return states.count(True), states.count(False)

    def _ovms_metrics(self, lanes: Mapping[str, LaneCounts]) -> Iterator[Metric]:
        graphs = GaugeMetricFamily("ovms_current_graphs", "Number of graphs currently in process.", labels=["name"])
        of_model = ["name", "version"]
        requests = GaugeMetricFamily("ovms_current_requests", "Number of requests in process.", labels=of_model)
        streams = GaugeMetricFamily("ovms_streams", "Inferences that its devices may run at once.", labels=of_model)
        for model in self._models:
            running, waiting = self._counts(model)
            graphs.add_metric([model.name], running)
            requests.add_metric([model.name, "1"], running + waiting)
            streams.add_metric([model.name, "1"], _streams(model, lanes))
        yield from (graphs, requests, streams)

    def _states(self) -> Iterator[Metric]:
        available = GaugeMetricFamily("graphframe_model_available", "Whether a model is available.", labels=["model"])
        taken = GaugeMetricFamily("graphframe_model_bytes", "Memory of a loaded model.", labels=["model"])
        weights = GaugeMetricFamily(
            "graphframe_node_weights_bytes", "Weights that a node loaded.", labels=["model", "node"]
        )
        loads = CounterMetricFamily(
            "graphframe_model_loads", "Loads of a model, with reloads, by result.", labels=["model", "result"]
        )
        for model in self._models:
            graph = model.graph
            footprint = graph.footprint if graph else None
            available.add_metric([model.name], model.state is State.AVAILABLE)
            taken.add_metric([model.name], footprint.bytes if footprint else 0)
            loads.add_metric([model.name, "success"], model.loads)
            loads.add_metric([model.name, "failure"], model.failed_loads)
            for node, size in footprint.weights.items() if footprint else ():
                weights.add_metric([model.name, node], size)
        yield from (available, taken, weights, loads)


def _lanes() -> dict[str, LaneCounts]:
    from graphframe.inference.lane import lanes  # which imports OpenVINO; --help should not

    return {lane.device: lane.counts() for lane in lanes()}


def _streams(model: ServedModel, lanes: Mapping[str, LaneCounts]) -> int:
    """Return how many inferences the devices of a model may run at once."""
    if model.graph is None or not lanes:
        return 0
    from graphframe.inference.device import normalise

    devices = {normalise(node.device) for node in model.graph.graph.nodes if node.device}
    return sum(lanes[device].slots for device in devices & lanes.keys())


def _device_metrics(lanes: Mapping[str, LaneCounts]) -> Iterator[Metric]:
    slots = GaugeMetricFamily("graphframe_lane_slots", "Inferences that a device may run at once.", labels=["device"])
    used = GaugeMetricFamily("graphframe_lane_used_slots", "Inferences that a device runs.", labels=["device"])
    waiting = GaugeMetricFamily("graphframe_lane_waiting", "Callers that wait for a device.", labels=["device"])
    for device, counts in lanes.items():
        slots.add_metric([device], counts.slots)
        used.add_metric([device], counts.used)
        waiting.add_metric([device], counts.waiting)
    yield from (slots, used, waiting)
