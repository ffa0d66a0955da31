"""Toy calculators whose images are the request itself, as JSON. Prompts make them misbehave."""

from __future__ import annotations

import base64
import json
import threading
from pathlib import Path
from typing import Any, NamedTuple

from msgspec.structs import asdict

import graphframe as gf
from graphframe.images import EncodedImage, ImageRequest, InvalidRequest

GRAPH = """
input_stream: "REQUEST:request"
output_stream: "IMAGE:image"
output_stream: "PREVIEW:preview"
node {
  name: "paint"
  calculator: "PaintCalculator"
  device: "CPU"
  input_stream: "REQUEST:request"
  output_stream: "IMAGE:image"
  output_stream: "PREVIEW:preview"
}
"""

LATE_PREVIEWS = """
input_stream: "REQUEST:request"
output_stream: "IMAGE:image"
output_stream: "PREVIEW:preview"
node { calculator: "PaintCalculator" device: "CPU" input_stream: "REQUEST:request" output_stream: "IMAGE:image" }
node { calculator: "LateCalculator" device: "CPU" input_stream: "REQUEST:request" output_stream: "PREVIEW:preview" }
"""


@gf.register
class PaintCalculator(gf.Calculator):
    """Sends its previews, reports a step, and then does what the prompt says.

    Prompts: "warn", "fail", "exhaust", "refuse", "nothing", "share", "stay", "wait FOLDER", "wait for cancel FOLDER";
    all others give images. The images of "share" show the share of the run as well. "stay" does nothing until its run
    is cancelled.

    FOLDER has a pipe `started`, into which it writes when it starts, and a pipe `news`. "wait" reads from `news` before
    it sends images; "wait for cancel" writes into it when the run is cancelled.
    """

    request = gf.Input("REQUEST", ImageRequest)
    image = gf.Output("IMAGE", EncodedImage)
    preview = gf.Output("PREVIEW", EncodedImage, optional=True)

    def process(self, cc: gf.Context) -> None:
        request = cc[self.request]
        if request.n > 10:
            raise InvalidRequest(f"n must be at most 10, not {request.n}", "n")
        for number in range(request.partial_images):
            cc.send(self.preview, EncodedImage(f"preview{number}".encode(), "png", 64, 32), number)
        cc.flush()
        cc.report(1, 2)
        if request.prompt == "warn":
            cc.warn("prompt is a warning")
            cc.warn("prompt is a warning")
        if request.prompt == "fail":
            raise RuntimeError("out of paint")
        if request.prompt == "exhaust":
            raise MemoryError
        if request.prompt == "refuse":
            raise InvalidRequest("size must be a multiple of 8", "size")
        if request.prompt == "nothing":
            return
        cancelled = threading.Event()
        cc.cancellation.subscribe(cancelled.set)
        if request.prompt == "stay":
            cancelled.wait(timeout=60)
            cc.cancellation.raise_if_cancelled()
        elif request.prompt.startswith("wait for cancel "):
            folder = Path(request.prompt.removeprefix("wait for cancel "))
            (folder / "started").write_text("started")
            cancelled.wait(timeout=60)
            (folder / "news").write_text("cancelled" if cc.cancellation.cancelled else "not cancelled")
            cc.cancellation.raise_if_cancelled()
        elif request.prompt.startswith("wait "):
            folder = Path(request.prompt.removeprefix("wait "))
            (folder / "started").write_text("started")
            (folder / "news").read_text()
        shown = asdict(request) | ({"share": cc.cancellation.share} if request.prompt == "share" else {})
        content = json.dumps(shown, default=_shown).encode()
        for number in range(request.n):
            cc.send(
                self.image,
                EncodedImage(content, request.output_format, request.width or 64, request.height or 32),
                number,
            )


@gf.register
class LateCalculator(gf.Calculator):
    """Sends its preview, if one is asked for, when the run is cancelled."""

    request = gf.Input("REQUEST", ImageRequest)
    preview = gf.Output("PREVIEW", EncodedImage)

    def process(self, cc: gf.Context) -> None:
        if not cc[self.request].partial_images:
            return
        cancelled = threading.Event()
        cc.cancellation.subscribe(cancelled.set)
        cancelled.wait()
        cc.send(self.preview, EncodedImage(b"preview", "png", 64, 32))


@gf.register
class ReadEditionCalculator(gf.Calculator):
    """Sends the content of the file `edition` in the graph's folder, read when it was loaded."""

    request = gf.Input("REQUEST", ImageRequest)
    edition = gf.Output("EDITION", str)

    def load(self, node: gf.NodeContext) -> None:
        self.found = node.path("edition").read_text()

    def process(self, cc: gf.Context) -> None:
        cc.send(self.edition, self.found)


@gf.register
class PrintEditionCalculator(gf.Calculator):
    """Sends an image of the other's edition, its own, the graph's folder, and its name."""

    edition = gf.Input("EDITION", str)
    image = gf.Output("IMAGE", EncodedImage)

    def load(self, node: gf.NodeContext) -> None:
        self.found = [node.path("edition").read_text(), node.base.name, node.name]

    def process(self, cc: gf.Context) -> None:
        text = json.dumps([cc[self.edition], *self.found])
        cc.send(self.image, EncodedImage(text.encode(), "png", 64, 32))


@gf.register
class BrokenCalculator(PaintCalculator):
    """Does not load."""

    def load(self, node: gf.NodeContext) -> None:
        raise RuntimeError("the paint has dried")


@gf.register
class SpillingCalculator(PaintCalculator):
    """Loads, but fails in each run."""

    def process(self, cc: gf.Context) -> None:
        raise RuntimeError("a spill")


@gf.register
class RefusingCalculator(PaintCalculator):
    """Refuses requests without an image."""

    def process(self, cc: gf.Context) -> None:
        if cc[self.request].image is None:
            raise InvalidRequest("image is required", "image")
        super().process(cc)


class Pairs(NamedTuple):
    """The coverage of a LoRA adapter."""

    applied: int
    pairs: int


@gf.register
class ChoosyCalculator(PaintCalculator):
    """Refuses requests without a prompt."""

    def process(self, cc: gf.Context) -> None:
        if not cc[self.request].prompt:
            raise InvalidRequest("prompt is required", "prompt")
        super().process(cc)


@gf.register
class StuckCalculator(PaintCalculator):
    """Does nothing until it is set free."""

    free = threading.Event()

    def process(self, cc: gf.Context) -> None:
        self.free.wait()


@gf.register
class AdaptedCalculator(PaintCalculator):
    """Has LoRA adapters: two that requests choose, a composite of both, and one that is always applied."""

    def load(self, node: gf.NodeContext) -> None:
        mix = {"ink": 0.5, "gold": 0.7}
        node.publish("models", {"ink": {"ink": 1.0}, "gold": {"gold": 1.0}, "mix": mix, "chalk": {}})
        node.publish("adapters", {"ink": Pairs(12, 12), "gold": Pairs(9, 10), "chalk": Pairs(3, 3)})


@gf.register
class StaticCalculator(PaintCalculator):
    """Has a LoRA adapter that is always applied."""

    def load(self, node: gf.NodeContext) -> None:
        node.publish("models", {"chalk": {}})
        node.publish("base_model", False)


@gf.register
class SlowCalculator(PaintCalculator):
    """Loads when a test writes into the pipe `go` in the graph's folder."""

    def load(self, node: gf.NodeContext) -> None:
        node.path("go").read_text()


def _shown(value: object) -> str:
    assert isinstance(value, bytes)
    return value.decode("latin-1")


def painted(response: Any) -> list[dict[str, Any]]:
    """Return the requests that the images of a response show."""
    return [json.loads(base64.b64decode(image["b64_json"])) for image in response["data"]]
