"""The export of traces, set up by the standard variables of OpenTelemetry, which is only imported if they are set."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from importlib.metadata import entry_points
from typing import TYPE_CHECKING

from graphframe import __version__

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import TracerProvider

    from graphframe.serving.observation.request_spans import RequestSpans

_ENDPOINTS = ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT")
_PROTOCOLS = ("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "OTEL_EXPORTER_OTLP_PROTOCOL")
_GROUP = "opentelemetry_traces_exporter"
_log = logging.getLogger(__name__)


def request_spans(environment: Mapping[str, str]) -> RequestSpans | None:
    """Return the spans that the variables ask for, by an exporter or by the endpoint of a collector.

    Return None if they ask for none, and, with a warning in the log, if they cannot be exported.

    Parameters
    ----------
    environment : mapping of str to str
        The environment of this process, which OpenTelemetry's library reads as well.
    """
    names = exporter_names(environment)
    if not names:
        return None
    try:
        from graphframe.serving.observation.request_spans import RequestSpans

        return RequestSpans(_provider(names))
    except ImportError as error:
        _log.warning("OTEL_ variables ask for traces, which need pip install 'graphframe[otel]': %s", error)
    except Exception as error:  # of OpenTelemetry's libraries, for a wrong value of a variable
        _log.warning("traces are not exported: %s", error)
    return None


def exporter_names(environment: Mapping[str, str]) -> list[str]:
    """Return the names under which the exporters that the variables ask for are installed.

    >>> exporter_names({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://localhost:4318"})
    ['otlp_proto_http']
    >>> exporter_names({"OTEL_TRACES_EXPORTER": "otlp, console", "OTEL_EXPORTER_OTLP_PROTOCOL": "grpc"})
    ['otlp_proto_grpc', 'console']
    >>> exporter_names({}), exporter_names({"OTEL_TRACES_EXPORTER": "none"})
    ([], [])
    """
    default = "otlp" if any(environment.get(name) for name in _ENDPOINTS) else ""
    names = [name.strip() for name in (environment.get("OTEL_TRACES_EXPORTER") or default).split(",")]
    if environment.get("OTEL_SDK_DISABLED", "").strip().lower() == "true" or "none" in names:
        return []
    protocol = next((environment[name] for name in _PROTOCOLS if environment.get(name)), "http/protobuf")
    otlp = {"grpc": "otlp_proto_grpc", "http/protobuf": "otlp_proto_http"}.get(protocol, f"otlp_{protocol}")
    return [otlp if name == "otlp" else name for name in names if name]


def _provider(names: list[str]) -> TracerProvider:
    """Return a provider of tracers with installed exporters; raise ImportError if one is not installed."""
    from opentelemetry.sdk.resources import OTELResourceDetector, Resource
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor

    installed = entry_points(group=_GROUP)
    own = {"service.name": "graphframe", "service.version": __version__}
    provider = TracerProvider(resource=Resource.create({**own, **OTELResourceDetector().detect().attributes}))
    for name in names:
        if name not in installed.names:
            raise ImportError(f'the exporter "{name}" is not installed; there are {", ".join(sorted(installed.names))}')
        provider.add_span_processor(BatchSpanProcessor(installed[name].load()()))
    return provider
