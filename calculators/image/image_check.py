"""ImageCheckCalculator."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray

import graphframe as gf
from graphframe.calculators.image.classifier import Classifier, TakePixels
from graphframe.calculators.image.image_check_pb2 import ImageCheckCalculatorOptions
from graphframe.images import InvalidRequest, Size
from graphframe.inference import load_model

_log = logging.getLogger(__name__)


class ImageCheckCalculator(gf.Calculator):
    """A safety check: classifies images, and refuses those of unsafe classes.

    An image is unsafe if the score of any unsafe class reaches its threshold, or is not a number. The log has the
    scores. Clients get the code, in an error if all images of a request are refused, else in a warning.

    Input streams
    -------------
    IMAGE : ndarray
        The images: arrays of uint8, shape (height, width, 3), RGB, of any size.

    Output streams
    --------------
    IMAGE : ndarray
        The safe images, unchanged.

    Options
    -------
    model_path : str
        The file of the classifier: OpenVINO's ``.xml``, or ``.onnx``. It takes one image, with three channels.
    unsafe_class : repeated UnsafeClass
        The classes that images must not have, at least one: each with its ``index`` in the output and the smallest
        score of unsafe images, ``threshold`` (0.5).
    activation : Activation, default SOFTMAX
        How the output becomes scores from 0 to 1: ``SOFTMAX`` for logits of classes that exclude each other,
        ``SIGMOID`` for logits of independent classes, ``NONE`` for an output that has scores already.
    action : Action, default REFUSE
        ``REFUSE`` omits unsafe images, with a warning. If all are unsafe, the run ends with an `InvalidRequest`.
        ``BLANK`` sends black images instead, with a warning. ``DROP`` omits them silently, which is for previews.
    code : str, default "moderation_blocked"
        The code by which clients recognise a refusal. OpenAI also has ``content_policy_violation``.
    output : str, optional
        The name of the output, if the model has several.
    resolution : str, optional
        The size of the model's input, e.g. ``224x224``, if the model has none.
    image_mean, image_std : repeated float
        The mean and the standard deviation of each channel, of values from 0 to 1, as in preprocessor_config.json. The
        default is 0 and 1. For models whose input is floats.
    bgr : bool, default false
        Whether the model expects the channels in the order blue, green, red.

    Example::

        node {
          calculator: "ImageCheckCalculator"
          device: "CPU"
          input_stream: "IMAGE:image"
          output_stream: "IMAGE:safe_image"
          node_options {
            [type.googleapis.com/graphframe.ImageCheckCalculatorOptions] {
              model_path: "safety_checker/openvino_model.xml"
              unsafe_class { index: 1 threshold: 0.5 }
            }
          }
        }
    """

    image = gf.Input("IMAGE", np.ndarray)
    safe = gf.Output("IMAGE", np.ndarray)
    options = gf.Options(ImageCheckCalculatorOptions)

    @classmethod
    def check(cls, node: gf.NodeInfo) -> Iterable[str]:
        options = node[cls.options]
        if not options.model_path:
            yield "model_path is missing: set it to the file of a classifier"
        if not options.unsafe_class:
            yield "no unsafe_class is set, so that all images would pass: add unsafe_class { index: ... }"
        for each in options.unsafe_class:
            if not each.HasField("index") or each.index < 0:
                yield "an unsafe_class has no index from 0: set it to the position of the class in the model's output"
            if not 0 < each.threshold <= 1:
                yield f"threshold is {each.threshold:g}, but must be above 0 and at most 1"
        if not options.code:
            yield "code must not be empty"
        for name in ("image_mean", "image_std"):
            if len(getattr(options, name)) not in (0, 3):
                yield f"{name} has {len(getattr(options, name))} values, but needs one for each of 3 channels"
        if not all(value > 0 for value in options.image_std):
            yield "image_std must be above 0"
        if options.resolution:
            try:
                Size.from_text(options.resolution)
            except ValueError as error:
                yield f"resolution {error}"

    def load(self, node: gf.NodeContext) -> None:
        options = node[self.options]
        prepare = TakePixels(
            Size.from_text(options.resolution) if options.resolution else None,
            (*options.image_mean,),
            (*options.image_std,),
            options.bgr,
        )
        model = load_model(node.path(options.model_path), node.device, node.device_properties, prepare=prepare)
        self.classifier = Classifier(model, options.output)
        if self.classifier.classes is not None:
            _check_classes(self.classifier.classes, options)

    def open(self, cc: gf.Context) -> None:
        self.sent = self.refused = 0

    def process(self, cc: gf.Context) -> None:
        options, pixels = cc[self.options], cc[self.image]
        scores = _scores(self.classifier.output(cc.cancellation, pixels), options)
        # NOTE: not "score >= threshold", since a score that is not a number must not pass.
        if all(score < each.threshold for each, score in zip(options.unsafe_class, scores, strict=True)):
            self._send(cc, pixels)
            return
        shown = ", ".join(f"{score:.3g}" for score in scores)
        _log.info("image %d is unsafe; the scores of unsafe_class are %s", cc.timestamp, shown)
        if options.action == options.DROP:
            return
        if options.action == options.BLANK:
            self._send(cc, np.zeros_like(pixels))
            cc.warn(f"image {cc.timestamp} is black: the safety check refused it ({options.code})")
            return
        self.refused += 1
        cc.warn(f"image {cc.timestamp} is missing: the safety check refused it ({options.code})")

    def close(self, cc: gf.Context) -> None:
        if self.refused and not self.sent:
            what = "the image" if self.refused == 1 else f"all {self.refused} images"
            raise InvalidRequest(f"the safety check refused {what}", "prompt", cc[self.options].code)

    def _send(self, cc: gf.Context, pixels: NDArray[np.uint8]) -> None:
        self.sent += 1
        cc.send(self.safe, pixels)


def _check_classes(count: int, options: ImageCheckCalculatorOptions) -> None:
    """Raise ValueError if a model has fewer classes than the options need."""
    fewest = 2 if options.activation == options.SOFTMAX else 1
    needed = max(fewest, *(each.index + 1 for each in options.unsafe_class))
    if count < needed:
        raise ValueError(f"the model has {count} classes, but activation and unsafe_class need at least {needed}")


def _scores(row: NDArray[np.floating[Any]], options: ImageCheckCalculatorOptions) -> list[float]:
    """Return the score of each unsafe class, from the output of a model."""
    _check_classes(len(row), options)
    if options.activation == options.SOFTMAX:
        row = np.exp(row - row.max())
        row = row / row.sum()
    elif options.activation == options.SIGMOID:
        row = (1 + np.tanh(row / 2)) / 2
    return [float(row[each.index]) for each in options.unsafe_class]
