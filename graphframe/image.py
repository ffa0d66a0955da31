"""What passes between a graph that makes images and whoever runs it: the server, the command, a script."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ImageRequest:
    """A wish for images: the value of the packet on a graph's ``REQUEST`` stream.

    ``None`` means the default of the graph.

    Attributes
    ----------
    prompt : str
    negative_prompt : str or None
        What the images should not show.
    n : int
        How many images.
    width, height : int or None
        In pixels.
    seed : int
        The same request with the same seed gives the same images.
    num_inference_steps : int or None
    guidance_scale : float or None
    scheduler : str or None
        Made from the config of the model's own scheduler. Case does not matter, and ``-`` and ``_`` are spaces:
        ``"ddim"``, ``"dpm++ 2m"``, ``"dpm++ 2m karras"``, ``"dpm++ 2m sde"``, ``"dpm++ 2m sde karras"``, ``"euler"``,
        ``"euler karras"``, ``"euler ancestral"``, ``"heun"``, ``"heun karras"``, ``"lcm"``, ``"lms"`` (which takes the
        steps of ``"ddim"``, as in openvino_genai), ``"pndm"``, ``"unipc"``, ``"unipc karras"``; for flow-match models,
        ``"flow match euler"`` and ``"flow match heun"``.
    """

    prompt: str
    negative_prompt: str | None = None
    n: int = 1
    width: int | None = None
    height: int | None = None
    seed: int = 0
    num_inference_steps: int | None = None
    guidance_scale: float | None = None
    scheduler: str | None = None


@dataclass(frozen=True, slots=True)
class EncodedImage:
    """One image, ready to be sent: the value of the packets on a graph's ``IMAGE`` stream.

    Attributes
    ----------
    b64 : str
        The bytes of the image file in base64.
    format : str
        What kind of file it is: ``"png"``.
    width, height : int
        In pixels.
    """

    b64: str
    format: str
    width: int
    height: int


class InvalidRequest(ValueError):  # noqa: N818 - named for what it says, as in HTTP's 400
    """A request that the graph cannot do; calculators raise it.

    Attributes
    ----------
    param : str
        The field of the request that is wrong, by its name in the API: ``"size"``.
    """

    def __init__(self, message: str, param: str) -> None:
        super().__init__(message)
        self.param = param
