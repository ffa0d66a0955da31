"""The run that a graph does before its model is served."""

from __future__ import annotations

import base64
import logging
import threading
from collections.abc import Iterator
from concurrent.futures import Future
from concurrent.futures import TimeoutError as FutureTimeoutError

from graphframe.framework.errors import GraphError
from graphframe.framework.graph import Graph
from graphframe.images import ImageRequest, invalid_request

SECONDS = 600.0
"""The longest time for the image of a warm-up."""

_SIDE = 64
_WHITE = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAEAAAABAAQAAAACCEkxzAAAAFElEQVR42mP8zwABTAyjjFEGyQwAzx8Bf7QK4E8AAAAASUVORK5CYII="
)
"""A white PNG of that side."""

_log = logging.getLogger(__name__)


def run_warm_up(graph: Graph, *, smallest: bool = False, seconds: float = SECONDS) -> None:
    """Generate an image in one step, so that a graph that cannot is not served, and the first client waits for no more.

    On the CPU the image is small: OpenVINO packs the weights there for images of all sizes. On other devices, which
    compile for sizes, it has the default size of the graph. A graph that needs an image to start from, or a mask, gets
    them. One that refuses all these requests is left as it is.

    Parameters
    ----------
    graph : Graph
    smallest : bool, optional
        Whether a small image is enough, which shows whether the graph works.
    seconds : float, optional
        The longest time.

    Raises
    ------
    GraphError
        If the run fails, or takes too long.
    """
    for request in _requests(smallest or all(_is_cpu(node.device) for node in graph.nodes)):
        try:
            _run(graph, request, seconds)
            return
        except TimeoutError as error:
            raise GraphError(f"warm-up failed: no image within {seconds:g} seconds") from error
        except GraphError as error:
            if request.width is None and not invalid_request(error):
                raise GraphError(f"warm-up failed: {error}") from error
            _log.debug("not warmed up: %s", error)


def _is_cpu(device: str) -> bool:
    return not device or device.upper() == "CPU"


def _requests(smallest: bool) -> Iterator[ImageRequest]:
    if smallest:
        # NOTE: if it fails for any reason, the default size decides.
        yield ImageRequest("", width=_SIDE, height=_SIDE, num_inference_steps=1)
    yield ImageRequest("", num_inference_steps=1)
    yield ImageRequest("", num_inference_steps=1, image=_WHITE, strength=1.0)
    yield ImageRequest("", num_inference_steps=1, image=_WHITE, mask=_WHITE, strength=1.0)
    yield ImageRequest("", num_inference_steps=1, image=_WHITE, mask=_WHITE)


def _run(graph: Graph, request: ImageRequest, seconds: float) -> None:
    """Run a graph in a thread of its own: a node without a device may block it forever."""
    run = graph.start_run()
    ended: Future[None] = Future()

    def wait() -> None:
        try:
            run.add("REQUEST", request)
            run.close_inputs()
            run.wait_until_done()
            ended.set_result(None)
        except BaseException as error:
            ended.set_exception(error)

    threading.Thread(target=wait, name="warm-up", daemon=True).start()
    try:
        error = ended.exception(seconds)
    except FutureTimeoutError:
        run.cancellation.cancel("the warm-up took too long")
        raise TimeoutError from None
    if error is not None:
        raise error
