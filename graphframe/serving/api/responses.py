"""The bodies of responses."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from graphframe.images import EncodedImage, ImageRequest

_PIXELS_A_TOKEN = 16 * 16
_BYTES_A_TOKEN = 4


class Image(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One image: its file in base64, or its URL; never both."""

    b64_json: str | None = None
    url: str | None = None
    seed: Annotated[int, Meta(description="The image's own seed, if seed_mode is each.")] | None = None


class TokenDetails(msgspec.Struct, frozen=True, kw_only=True):
    """Tokens by kind."""

    image_tokens: int
    text_tokens: int


class Usage(msgspec.Struct, frozen=True, kw_only=True):
    """The amount of work: an image has a token per 16x16 pixels, a text a token per four bytes."""

    input_tokens: int
    output_tokens: int
    total_tokens: int
    input_tokens_details: TokenDetails
    output_tokens_details: TokenDetails

    @classmethod
    def of(cls, request: ImageRequest, images: Sequence[EncodedImage]) -> Usage:
        """Return the usage of a request and its images."""
        prompts: list[str | None] = [request.prompt, request.prompt_2, request.prompt_3]
        negative = [request.negative_prompt, request.negative_prompt_2, request.negative_prompt_3]
        text = sum(-(-len(part.encode()) // _BYTES_A_TOKEN) for part in prompts + negative if part)
        each = -(-images[0].width * images[0].height // _PIXELS_A_TOKEN)
        given = (len(request.input_images) + (request.mask is not None)) * each
        made = len(images) * each
        return cls(
            input_tokens=text + given,
            output_tokens=made,
            total_tokens=text + given + made,
            input_tokens_details=TokenDetails(image_tokens=given, text_tokens=text),
            output_tokens_details=TokenDetails(image_tokens=made, text_tokens=0),
        )


Warnings = Annotated[
    list[str],
    Meta(description="Parts of the request that had no effect, e.g. the end of a prompt, and images that are missing."),
]


SpeedOfImages = Annotated[
    Literal["exact", "balanced"],
    Meta(description="The speed of the model; omitted if it is exact."),
]


class ImagesResponse(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The images of one request."""

    created: int
    data: list[Image]
    background: Literal["opaque"]
    output_format: str
    size: str
    seed: int
    usage: Usage
    warnings: Warnings = []
    speed: SpeedOfImages = "exact"


class PartialImageEvent(msgspec.Struct, frozen=True, kw_only=True):
    """An event of a stream: a preview."""

    type: Literal["image_generation.partial_image", "image_edit.partial_image"]
    partial_image_index: int
    b64_json: str
    created_at: int
    background: Literal["opaque"]
    output_format: str
    size: str
    quality: str
    seed: int


class CompletedEvent(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """An event of a stream: an image."""

    type: Literal["image_generation.completed", "image_edit.completed"]
    b64_json: str
    created_at: int
    background: Literal["opaque"]
    output_format: str
    size: str
    quality: str
    seed: int
    usage: Usage
    timings: Annotated[dict[str, float], Meta(description="Milliseconds that each node worked.")]
    warnings: Warnings = []
    speed: SpeedOfImages = "exact"


class ErrorDetails(msgspec.Struct, frozen=True, kw_only=True):
    """The message of an error, the wrong field, and a word by which programs distinguish errors."""

    message: str
    type: Literal["invalid_request_error", "rate_limit_error", "server_error"]
    param: str | None
    code: str | None


class ErrorResponse(msgspec.Struct, frozen=True, kw_only=True):
    """OpenAI's envelope of an error."""

    error: ErrorDetails


class ErrorEvent(msgspec.Struct, frozen=True, kw_only=True):
    """An event of a stream: an error, which ends it without the remaining images."""

    type: Literal["error"]
    error: ErrorDetails


class ModelInfo(msgspec.Struct, frozen=True, kw_only=True):
    """A value of `model`: a model, or LoRA adapters of one."""

    id: str
    object: Literal["model"] = "model"
    created: int
    owned_by: str = "graphframe"


class ModelList(msgspec.Struct, frozen=True, kw_only=True):
    """The values of `model`."""

    object: Literal["list"] = "list"
    data: list[ModelInfo]


class QueuedNode(msgspec.Struct, frozen=True, kw_only=True):
    """The work of a node for a request."""

    name: str
    status: Literal["in_progress", "completed"]
    seconds: float


class QueuedRequest(msgspec.Struct, frozen=True, kw_only=True):
    """A request that waits (`position` from 1) or runs (0), and its progress."""

    id: str
    object: Literal["image.generation"] = "image.generation"
    model: str
    created: int
    status: Literal["queued", "in_progress"]
    position: int
    step: int
    steps: int | None
    nodes: list[QueuedNode]


class QueueList(msgspec.Struct, frozen=True, kw_only=True):
    """The client's own requests that wait or run."""

    object: Literal["list"] = "list"
    data: list[QueuedRequest]


class LoadStatus(msgspec.Struct, frozen=True, kw_only=True):
    """Whether loading has gone wrong, and how."""

    error_code: Literal["OK", "FAILED_PRECONDITION"]
    error_message: str


class VersionStatus(msgspec.Struct, frozen=True, kw_only=True):
    """How far a model has come; versions are OpenVINO Model Server's, and there is one here."""

    version: str
    state: str
    status: LoadStatus


class NodeStatus(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A node of a graph, its device (``""`` for inline), its speed, and on request the bytes of its models' weights."""

    name: str
    calculator: str
    device: str
    speed: Literal["exact", "balanced"] | None = None
    weights_bytes: int | None = None


class AdapterStatus(msgspec.Struct, frozen=True, kw_only=True):
    """A LoRA adapter of a model: how many of the pairs of matrices in its file are applied."""

    alias: str
    applied: int
    pairs: int


class ModelStatus(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The state of a model and, on request, the bytes of its weights, and by which the process grew as it loaded."""

    model_version_status: list[VersionStatus]
    nodes: list[NodeStatus]
    adapters: list[AdapterStatus] = []
    loaded: bool | None = None
    weights_bytes: int | None = None
    resident_bytes: int | None = None


class ServerInfo(msgspec.Struct, frozen=True, kw_only=True):
    """The name and version of the server."""

    name: str
    version: str


class TensorMetadata(msgspec.Struct, frozen=True, kw_only=True):
    """An input or output of a model, as KServe describes tensors."""

    name: str
    datatype: Literal["BYTES"] = "BYTES"
    shape: list[int]


class ModelMetadata(msgspec.Struct, frozen=True, kw_only=True):
    """A model, as KServe describes it. Every model takes a request, and returns any number of images."""

    name: str
    versions: list[str] = msgspec.field(default_factory=lambda: ["1"])
    platform: Literal["OpenVINO"] = "OpenVINO"
    inputs: list[TensorMetadata] = msgspec.field(default_factory=lambda: [TensorMetadata(name="request", shape=[1])])
    outputs: list[TensorMetadata] = msgspec.field(default_factory=lambda: [TensorMetadata(name="image", shape=[-1])])
