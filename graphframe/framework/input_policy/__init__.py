"""Input policies: when a node processes, and which packets. MediaPipe calls them input stream handlers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from graphframe.framework.input_policy.barrier import Barrier
from graphframe.framework.input_policy.default import Batches, Default, EarlyClose
from graphframe.framework.input_policy.fixed_size import FixedSize
from graphframe.framework.input_policy.mux import Mux
from graphframe.framework.input_policy.policy import InputPolicy, InputQueue, Readiness
from graphframe.framework.input_policy.sync_set import Immediate, SyncSet
from graphframe.framework.input_policy.timestamp_align import TimestampAlign
from graphframe.framework.protos.calculator_pb2 import InputStreamHandlerConfig
from graphframe.framework.protos.stream_handler_pb2 import (
    DefaultInputStreamHandlerOptions,
    FixedSizeInputStreamHandlerOptions,
    SyncSetInputStreamHandlerOptions,
    TimestampAlignInputStreamHandlerOptions,
)

__all__ = [
    "INPUT_POLICIES",
    "Barrier",
    "Batches",
    "Default",
    "EarlyClose",
    "FixedSize",
    "Immediate",
    "InputPolicy",
    "InputQueue",
    "Mux",
    "Readiness",
    "SyncSet",
    "TimestampAlign",
    "configured",
]


def _default(options: Any) -> InputPolicy:
    size = options.Extensions[DefaultInputStreamHandlerOptions.ext].batch_size
    if size < 1:
        raise ValueError(f"batch_size is {size}, but must be at least 1")
    return Batches(size) if size > 1 else Default()


def _fixed_size(options: Any) -> InputPolicy:
    found = options.Extensions[FixedSizeInputStreamHandlerOptions.ext]
    return FixedSize(found.trigger_queue_size, found.target_queue_size, found.fixed_min_size)


def _sync_set(options: Any) -> InputPolicy:
    found = options.Extensions[SyncSetInputStreamHandlerOptions.ext]
    return SyncSet(*(list(sync_set.tag_index) for sync_set in found.sync_set))


def _timestamp_align(options: Any) -> InputPolicy:
    return TimestampAlign(options.Extensions[TimestampAlignInputStreamHandlerOptions.ext].timestamp_base_tag_index)


INPUT_POLICIES: Final[dict[str, Callable[[Any], InputPolicy]]] = {
    "DefaultInputStreamHandler": _default,
    "ImmediateInputStreamHandler": lambda _: Immediate(),
    "SyncSetInputStreamHandler": _sync_set,
    "BarrierInputStreamHandler": lambda _: Barrier(),
    "FixedSizeInputStreamHandler": _fixed_size,
    "EarlyCloseInputStreamHandler": lambda _: EarlyClose(),
    "MuxInputStreamHandler": lambda _: Mux(),
    "TimestampAlignInputStreamHandler": _timestamp_align,
}
"""Functions that make a policy from its options, by MediaPipe's names."""


def configured(config: InputStreamHandlerConfig) -> InputPolicy:
    """Return the policy that a graph names.

    Raises
    ------
    KeyError
        If no policy has that name.
    ValueError
        If its options are wrong.
    """
    return INPUT_POLICIES[config.input_stream_handler or "DefaultInputStreamHandler"](config.options)
