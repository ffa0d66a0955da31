from __future__ import annotations

import json
import threading
from pathlib import Path
from queue import Queue
from typing import Any

import numpy as np
import pytest
from msgspec.structs import replace

import graphframe as gf
from graphframe.calculators.diffusion.diffusion_request import DiffusionRequest
from graphframe.calculators.diffusion.nodes.denoise import DenoiseCalculator
from graphframe.calculators.lora.adaptable_model import AdaptableModel
from graphframe.calculators.text.embeddings import Embeddings
from graphframe.images import ImageRequest, InvalidRequest
from tests.calculators.diffusion.requests import diffusion_request

GRAPHS = Path(__file__).parents[4] / "graphs"
GRAPH = """
    input_stream: "REQUEST:request"
    input_stream: "EMBEDDINGS:embeddings"
    output_stream: "LATENTS:latents"
    node {
      name: "denoise" calculator: "DenoiseCalculator" device: "CPU"
      input_stream: "REQUEST:request" input_stream: "EMBEDDINGS:embeddings" output_stream: "LATENTS:latents"
    }
"""


def embeddings(prompts: int) -> Embeddings:
    return Embeddings(np.random.default_rng(0).normal(size=(prompts, 77, 32)).astype(np.float32))


def request(
    steps: int = 2, n: int = 1, seed: int = 0, guidance_scale: float = 7.5, scheduler: str | None = None
) -> DiffusionRequest:
    return diffusion_request("", "", seed, steps, guidance_scale, (n, 4, 8, 16), scheduler)


def test_shape_and_seed(euler: Path) -> None:
    runner = gf.CalculatorRunner(DenoiseCalculator, base=euler)

    def latents(**given: Any) -> np.ndarray:
        (packet,) = runner.run(REQUEST=[request(**given)], EMBEDDINGS=[embeddings(2)])["LATENTS"]
        return np.asarray(packet.value.samples)

    one = latents(n=3)
    assert one.shape == (3, 4, 8, 16)
    assert one.dtype == np.float32
    assert (one == latents(n=3)).all()
    assert not (one == latents(n=3, seed=1)).all()
    assert (one == latents(n=3, seed=2**40)).all()


def test_guidance_pushes_away_from_the_negative_prompt(euler: Path) -> None:
    runner = gf.CalculatorRunner(DenoiseCalculator, base=euler)
    both = embeddings(2)
    alone = Embeddings(both.hidden_states[1:])

    def latents(which: Embeddings, scale: float) -> np.ndarray:
        (packet,) = runner.run(REQUEST=[request(guidance_scale=scale)], EMBEDDINGS=[which])["LATENTS"]
        return np.asarray(packet.value.samples)

    np.testing.assert_allclose(latents(both, 1.0), latents(alone, 1.0), atol=1e-4)
    assert not np.allclose(latents(both, 7.5), latents(alone, 7.5), atol=1e-2)


def test_reports_each_step(euler: Path) -> None:
    graph = gf.Graph.from_text(GRAPH, euler)
    seen: list[tuple[str, int, int]] = []
    graph.run(REQUEST=request(steps=3), EMBEDDINGS=embeddings(2), on_progress=lambda *step: seen.append(step))
    assert seen == [("denoise", 1, 3), ("denoise", 2, 3), ("denoise", 3, 3)]


WITH_PREVIEW = GRAPH.replace(
    'output_stream: "LATENTS:latents"', 'output_stream: "LATENTS:latents" output_stream: "PREVIEW:preview"'
)


def test_previews_leave_while_it_denoises(euler: Path) -> None:
    graph = gf.Graph.from_text(WITH_PREVIEW, euler)
    seen: list[tuple[str, int]] = []
    run = graph.start_run(
        observers={"PREVIEW": lambda packet: seen.append(("preview", packet.timestamp))},
        on_progress=lambda node, done, total: seen.append(("step", done)),
    )
    run.add("REQUEST", replace(request(steps=8), partial_images=3))
    run.add("EMBEDDINGS", embeddings(2))
    run.close_inputs()
    run.wait_until_done(60)
    assert [event for event in seen if event[0] == "preview"] == [("preview", 0), ("preview", 1), ("preview", 2)]
    for preview, step in enumerate((2, 4, 6)):
        assert seen.index(("preview", preview)) < seen.index(("step", step))


def test_previews_are_of_the_first_image_and_change_nothing(euler: Path) -> None:
    graph = gf.Graph.from_text(WITH_PREVIEW, euler)
    without = graph.run(REQUEST=request(steps=4, n=2), EMBEDDINGS=embeddings(2))
    with_previews = graph.run(REQUEST=replace(request(steps=4, n=2), partial_images=2), EMBEDDINGS=embeddings(2))
    assert without["PREVIEW"] == []
    previews = [packet.value.samples for packet in with_previews["PREVIEW"]]
    assert [samples.shape for samples in previews] == [(1, 4, 8, 16)] * 2
    final = with_previews["LATENTS"][0].value.samples
    assert (final == without["LATENTS"][0].value.samples).all()
    distances = [np.abs(samples - final[:1]).mean() for samples in previews]
    assert distances[0] > distances[1] > 0


def test_cancelled_run_stops_within_one_step(euler: Path) -> None:
    graph = gf.Graph.from_text(GRAPH, euler)
    steps: list[int] = []
    cancelled = threading.Event()

    def cancel_at_second(node: str, done: int, total: int) -> None:
        steps.append(done)
        if done == 2:
            run.cancel("enough")
            cancelled.set()

    run = graph.start_run(on_progress=cancel_at_second)
    run.add("REQUEST", request(steps=50))
    run.add("EMBEDDINGS", embeddings(2))
    run.close_inputs()
    with pytest.raises(gf.Cancelled, match="enough"):
        run.wait_until_done(timeout=60)
    assert cancelled.is_set()
    assert steps == [1, 2]


def test_runs_share_the_device_between_steps(euler: Path) -> None:
    """A short run that starts while a long one denoises is done first."""
    graph = gf.Graph.from_text(GRAPH, euler)
    ended: Queue[str] = Queue()
    long_is_under_way, short_has_begun = threading.Event(), threading.Event()

    def progress(node: str, done: int, total: int) -> None:
        long_is_under_way.set()
        assert short_has_begun.wait(60)

    long = graph.start_run(on_progress=progress)
    long.add_done_callback(lambda _: ended.put("long"))
    long.add("REQUEST", request(steps=100, n=4))
    long.add("EMBEDDINGS", embeddings(2))
    long.close_inputs()
    assert long_is_under_way.wait(60)
    short = graph.start_run()
    short.add_done_callback(lambda _: ended.put("short"))
    short.add("REQUEST", request(steps=2))
    short.add("EMBEDDINGS", embeddings(2))
    short.close_inputs()
    short_has_begun.set()
    assert [ended.get(timeout=120) for _ in range(2)] == ["short", "long"]


def test_more_steps_than_the_scheduler_has(euler: Path) -> None:
    runner = gf.CalculatorRunner(DenoiseCalculator, base=euler)
    with pytest.raises(gf.CalculatorError) as caught:
        runner.run(REQUEST=[request(steps=1001)], EMBEDDINGS=[embeddings(2)])
    assert isinstance(caught.value.__cause__, InvalidRequest)
    assert caught.value.__cause__.param == "num_inference_steps"


@pytest.mark.parametrize(
    ("scheduler", "class_name", "fields"),
    [
        ("DPM++ 2M Karras", "DPMSolverMultistepScheduler", {"use_karras_sigmas": True}),
        ("heun", "HeunDiscreteScheduler", {}),
        ("unipc", "UniPCMultistepScheduler", {}),
        ("ddim", "DDIMScheduler", {"clip_sample": False}),
        ("euler", "EulerDiscreteScheduler", {}),
    ],
)
def test_a_request_chooses_the_scheduler(
    euler: Path, tmp_path: Path, scheduler: str, class_name: str, fields: dict[str, object]
) -> None:
    (tmp_path / "unet").symlink_to(euler / "unet")
    (tmp_path / "scheduler").mkdir()
    own = json.loads((euler / "scheduler" / "scheduler_config.json").read_text())
    changed = tmp_path / "scheduler" / "scheduler_config.json"
    changed.write_text(json.dumps({**own, "_class_name": class_name, **fields}))

    def latents(folder: Path, **given: Any) -> np.ndarray:
        runner = gf.CalculatorRunner(DenoiseCalculator, base=folder)
        (packet,) = runner.run(REQUEST=[request(steps=5, **given)], EMBEDDINGS=[embeddings(2)])["LATENTS"]
        return np.asarray(packet.value.samples)

    chosen = latents(euler, scheduler=scheduler)
    assert np.isfinite(chosen).all()
    assert (chosen == latents(tmp_path)).all()
    assert (chosen == latents(euler)).all() == (scheduler == "euler")


@pytest.mark.parametrize(("scheduler", "computed"), [("flow match euler", 8), ("flow match heun", 19)])
def test_taylor_seer_predicts_no_half_steps(
    sd3: Path, monkeypatch: pytest.MonkeyPatch, scheduler: str, computed: int
) -> None:
    calls: list[int] = []
    infer = AdaptableModel.infer

    def counted(self: AdaptableModel, *given: Any, remaining: int = 1) -> dict[str, Any]:
        calls.append(remaining)
        return infer(self, *given, remaining=remaining)

    graph = gf.Graph.from_text((GRAPHS / "stable_diffusion_3.pbtxt").read_text(), sd3)
    monkeypatch.setattr(AdaptableModel, "infer", counted)
    graph.run(REQUEST=ImageRequest("a red cat", num_inference_steps=10, scheduler=scheduler, width=64, height=64))
    text_encoders = 3
    assert len(calls) == text_encoders + computed


@pytest.mark.parametrize("scheduler", ["eulr", "flow match euler"])
def test_scheduler_that_there_is_not_or_that_does_not_fit(euler: Path, scheduler: str) -> None:
    runner = gf.CalculatorRunner(DenoiseCalculator, base=euler)
    with pytest.raises(gf.CalculatorError) as caught:
        runner.run(REQUEST=[request(scheduler=scheduler)], EMBEDDINGS=[embeddings(2)])
    cause = caught.value.__cause__
    assert isinstance(cause, InvalidRequest)
    assert cause.param == "scheduler"
    assert "dpm++ 2m, dpm++ 2m karras" in str(cause)


def test_too_few_text_encoders(xl: Path) -> None:
    runner = gf.CalculatorRunner(DenoiseCalculator, base=xl)
    words = "EMBEDDINGS must be connected 2 times, once for each text encoder of StableDiffusionXL, not 1 times"
    with pytest.raises(gf.CalculatorError, match=words):
        runner.run(REQUEST=[request()], EMBEDDINGS=[embeddings(2)])


def test_missing_scheduler_names_node_and_file(euler: Path) -> None:
    text = GRAPH.replace(
        'device: "CPU"',
        'node_options { [type.googleapis.com/graphframe.DenoiseCalculatorOptions] { scheduler_path: "sheduler" } }',
    )
    with pytest.raises(gf.CalculatorError, match=r'node "denoise" .*sheduler.scheduler_config\.json'):
        gf.Graph.from_text(text, euler).load()
