"""The state of the server when its metrics are read."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.metadata import version as version_of

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from graphframe import __version__
from graphframe.serving.generation.queue import Queue
from graphframe.serving.lifecycle.model import State
from graphframe.serving.lifecycle.models import ServedModels


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
        yield from self._requests()
        yield from self._states()
        if any(model.loaded for model in self._models):
            yield from _lanes()

    def _requests(self) -> Iterator[Metric]:
        current = GaugeMetricFamily(
            "graphframe_current_requests", "Generations that run or wait.", labels=["model", "status"]
        )
        graphs = GaugeMetricFamily("ovms_current_graphs", "Number of graphs currently in process.", labels=["name"])
        generations = [generation for generation, _ in self._queue.positions()]
        for model in self._models:
            states = [generation.running for generation in generations if generation.model is model]
            current.add_metric([model.name, "running"], states.count(True))
            current.add_metric([model.name, "waiting"], states.count(False))
            graphs.add_metric([model.name], states.count(True))
        yield from (current, graphs)

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


def _lanes() -> Iterator[Metric]:
    from graphframe.inference.lane import lanes  # which imports OpenVINO; --help should not

    slots = GaugeMetricFamily("graphframe_lane_slots", "Inferences that a device may run at once.", labels=["device"])
    used = GaugeMetricFamily("graphframe_lane_used_slots", "Inferences that a device runs.", labels=["device"])
    waiting = GaugeMetricFamily("graphframe_lane_waiting", "Callers that wait for a device.", labels=["device"])
    for lane in lanes():
        counts = lane.counts()
        slots.add_metric([lane.device], counts.slots)
        used.add_metric([lane.device], counts.used)
        waiting.add_metric([lane.device], counts.waiting)
    yield from (slots, used, waiting)
