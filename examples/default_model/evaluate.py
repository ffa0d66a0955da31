"""Judge a model with the checker: `python -m examples.default_model.evaluate MODEL SHEET.png`."""

import argparse
import time
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

import numpy as np
import openvino_genai
from PIL import Image

from .captions import plain_caption, random_caption
from .checker import Found, Reading, read_image
from .scenes import random_scene
from .world import PLACES, SIDE, SMALL, Scene

NAMES = ("background", "count", "colour", "shape", "left/right", "place", "all")


@dataclass
class Marks:
    """The number of times that each question was asked, and that the image was right."""

    right: dict[str, int] = field(default_factory=lambda: dict.fromkeys(NAMES, 0))
    asked: dict[str, int] = field(default_factory=lambda: dict.fromkeys(NAMES, 0))

    def give(self, question: str, right: bool) -> bool:
        """Count an answer, and return it."""
        self.asked[question] += 1
        self.right[question] += right
        return right

    def row(self) -> str:
        """Return the cells of a table in per cent."""
        return " | ".join(f"{100 * self.right[n] / self.asked[n]:.1f}" if self.asked[n] else "" for n in NAMES)


def _stands(found: Found, place: str) -> bool:
    left, top = PLACES[place]
    middle = ((left + SMALL / 2) / SIDE, (top + SMALL / 2) / SIDE)
    return max(abs(found.x - middle[0]), abs(found.y - middle[1])) < 0.12


def judge(scene: Scene, reading: Reading, marks: Marks) -> bool:
    """Mark an image of `scene`. Colours and shapes are compared in the order of things from the left."""
    wanted, got = sorted(scene.items, key=lambda item: item.x), reading.things
    right = [marks.give("background", reading.background == scene.background)]
    right.append(marks.give("count", len(wanted) == len(got)))
    colours, shapes = [item.colour for item in wanted], [item.thing for item in wanted]
    found_colours, found_shapes = [found.colour for found in got], [found.thing for found in got]
    if scene.is_pair:
        right.append(marks.give("colour", sorted(colours) == sorted(found_colours)))
        right.append(marks.give("shape", sorted(shapes) == sorted(found_shapes)))
        right.append(marks.give("left/right", (shapes == found_shapes) or (colours == found_colours)))
    else:
        right.append(marks.give("colour", set(colours) == set(found_colours)))
        right.append(marks.give("shape", set(shapes) == set(found_shapes)))
    if scene.place:
        right.append(marks.give("place", len(got) == 1 and _stands(got[0], scene.place)))
    return marks.give("all", all(right))


def told(reading: Reading) -> str:
    """Return a text for a reading."""
    things = ", ".join(f"{found.colour} {found.thing}" for found in reading.things) or "nothing"
    return f"{things} on {reading.background}"


@dataclass(frozen=True)
class Exam:
    """Prompts and the scenes that they describe."""

    name: str
    scenes: list[Scene]
    prompts: list[str]


def exams(count: int, name: str) -> list[Exam]:
    """Return prompts of combinations that are not in training: random ones, and plain ones of a single thing."""
    random = Random(name)
    mixed = [random_scene(random, unseen=True) for _ in range(count)]
    single = [random_scene(random, "single", unseen=True) for _ in range(count // 2)]
    return [
        Exam("random", mixed, [random_caption(scene, random, strangers=False) for scene in mixed]),
        Exam("plain single", single, [plain_caption(scene) for scene in single]),
    ]


def main() -> None:
    """Print a table and write a contact sheet of 48 images, in which wrong images have a red corner."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("model", type=Path)
    parser.add_argument("sheet", type=Path)
    parser.add_argument("--exam", default="exam", help="seed of the prompts; use another one to choose between models")
    parser.add_argument("--count", type=int, default=200)
    parser.add_argument("--side", type=int, default=SIDE)
    parser.add_argument("--steps", type=int, nargs="+", default=[8, 12, 20])
    parser.add_argument("--guidance", type=float, default=2.5)
    arguments = parser.parse_args()
    side = arguments.side
    pipeline = openvino_genai.Text2ImagePipeline(str(arguments.model), "CPU")
    mistakes: list[str] = []
    print("| prompts | steps | " + " | ".join(NAMES) + " | ms |\n" + "|---" * (len(NAMES) + 3) + "|")
    for steps in arguments.steps:
        for exam in exams(arguments.count, arguments.exam):
            marks, images, began = Marks(), [], time.monotonic()
            for seed, (scene, prompt) in enumerate(zip(exam.scenes, exam.prompts, strict=True)):
                tensor = pipeline.generate(
                    prompt,
                    width=side,
                    height=side,
                    num_inference_steps=steps,
                    guidance_scale=arguments.guidance,
                    generator=openvino_genai.CppStdGenerator(seed),
                )
                pixels = np.array(tensor.data[0])
                reading = read_image(Image.fromarray(pixels))
                if not judge(scene, reading, marks):
                    pixels[:6, :6] = (255, 0, 0)
                    mistakes.append(f"{exam.name}, {steps} steps: {prompt}: {told(reading)}")
                images.append(pixels)
            spent = 1000 * (time.monotonic() - began) / len(images)
            print(f"| {exam.name} | {steps} | {marks.row()} | {spent:.0f} |", flush=True)
            if exam.name == "random" and len(images) >= 48:
                rows = [np.hstack(images[i : i + 8]) for i in range(0, 48, 8)]
                Image.fromarray(np.vstack(rows)).save(arguments.sheet.with_stem(f"{arguments.sheet.stem}_{steps}"))
    print("\nReadings of the wrong images:", *mistakes, sep="\n")


if __name__ == "__main__":
    main()
