from __future__ import annotations

import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from graphframe.framework.errors import Cancelled
from graphframe.framework.running.cancellation import Cancellation
from graphframe.inference import CompiledModel, InferenceError, lane_for, load_model
from graphframe.inference.activity import Inference, activity
from graphframe.inference.inputs import Array
from tests.inference import toy_models

SECONDS = 60.0


@pytest.fixture
def doubling(tmp_path: Path) -> CompiledModel:
    return load_model(toy_models.save(toy_models.scale(2.0), tmp_path))


def row(value: float) -> dict[str, Array]:
    return {"x": np.full((1, 3), value, np.float32)}


def test_infers_by_name(tmp_path: Path, caller: Cancellation) -> None:
    model = load_model(toy_models.save(toy_models.denoiser(), tmp_path))
    assert {name: shape.to_string() for name, shape in model.inputs.items()} == {
        "sample": "[?,4,?,?]",
        "timestep": "[]",
        "states": "[?,?,8]",
    }
    assert model.outputs == ("sum", "again")
    sample = np.random.default_rng(0).standard_normal((2, 4, 8, 8)).astype(np.float32)
    outputs = model.infer(
        caller,
        {"timestep": np.array(7), "sample": sample, "states": np.full((2, 5, 8), 0.5, np.float32)},
    )
    assert list(outputs) == ["sum", "again"]
    np.testing.assert_allclose(outputs["sum"], sample + 7.5, rtol=1e-6)
    assert outputs["again"] == 7
    assert outputs["again"].shape == ()


def test_a_wrong_name_of_an_output_is_an_error_with_the_right_ones(tmp_path: Path, caller: Cancellation) -> None:
    path = toy_models.save(toy_models.denoiser(), tmp_path)
    sample = np.zeros((1, 4, 8, 8), np.float32)
    outputs = load_model(path).infer(
        caller, {"timestep": np.array(7), "sample": sample, "states": np.zeros((1, 5, 8), np.float32)}
    )
    with pytest.raises(InferenceError) as raised:
        outputs["big"]
    assert str(raised.value) == f'model {path} has no output "big"; it has: "sum", "again"'
    assert outputs.get("big") is None


def test_takes_text(tmp_path: Path, caller: Cancellation) -> None:
    model = load_model(toy_models.save(toy_models.tokenizer(), tmp_path))
    (name,) = model.inputs
    for text in (["abé", "b"], np.array(["abé", "b"])):
        ids = model.infer(caller, {name: text})["input_ids"]  # type: ignore[dict-item]
        assert ids.tolist() == [[3, 4], [2, 0]]


def test_where_it_runs(doubling: CompiledModel) -> None:
    assert doubling.device == "CPU"
    assert doubling.execution_devices == ("CPU",)


def test_what_fails_in_openvino_says_where_and_gives_its_slot_back(tmp_path: Path, caller: Cancellation) -> None:
    path = toy_models.save(toy_models.product(), tmp_path)
    model = load_model(path)
    wide, tall = np.ones((2, 3), np.float32), np.ones((3, 2), np.float32)
    for _ in range(lane_for("CPU").slots + 1):
        with pytest.raises(InferenceError) as error:
            model.infer(caller, {"a": wide, "b": wide})
        assert str(error.value).startswith(f'model {path} on device "CPU": inference failed: ')
        assert ".cpp" not in str(error.value)
    assert (model.infer(caller, {"a": wide, "b": tall})["ab"] == 3.0).all()


def test_wrong_inputs_say_which_model(doubling: CompiledModel, caller: Cancellation) -> None:
    with pytest.raises(InferenceError) as error:
        doubling.infer(caller, {"x": np.zeros((1, 4), np.float32)})
    assert f'model {doubling.path} on device "CPU": expected input "x" float32[?,3]' in str(error.value)


def test_integers_may_be_of_another_size_but_not_floats(tmp_path: Path, caller: Cancellation) -> None:
    model = load_model(toy_models.save(toy_models.denoiser(), tmp_path))

    def again(timestep: type, sample: type = np.float32) -> int:
        inputs = {"sample": np.zeros((1, 4, 2, 2), sample), "states": np.zeros((1, 1, 8), np.float32)}
        return int(model.infer(caller, {**inputs, "timestep": np.array(7, timestep)})["again"])

    assert again(np.int32) == again(np.int64) == 7
    for types in ((np.float32,), (np.int64, np.float64)):
        with pytest.raises(InferenceError, match="expected input"):
            again(*types)


def test_inferences_are_noted_in_their_thread(tmp_path: Path, caller: Cancellation) -> None:
    model = load_model(toy_models.save(toy_models.product(), tmp_path), "cpu")
    matrix = np.ones((2, 3), np.float32)
    log: list[Inference] = []
    activity.logs.append(log)
    before = time.perf_counter()
    model.infer(caller, {"a": matrix, "b": matrix.T})
    with pytest.raises(InferenceError):
        model.infer(caller, {"a": matrix, "b": matrix})
    after = time.perf_counter()
    activity.logs.pop()
    model.infer(caller, {"a": matrix, "b": matrix.T})
    worked, failed = log
    assert worked[:3] == failed[:3] == (model.path, "CPU", 0)
    assert before <= worked.began <= worked.ended <= failed.began <= failed.ended <= after


def test_cancelled_callers_get_nothing(doubling: CompiledModel, caller: Cancellation) -> None:
    caller.cancel("enough")
    with pytest.raises(Cancelled):
        doubling.infer(caller, row(1.0))


def test_threads_get_their_own_results(tmp_path: Path, caller: Cancellation) -> None:
    path = toy_models.save(toy_models.scale(2.0), tmp_path)
    model = load_model(path, properties={"NUM_STREAMS": "2"})
    start = threading.Barrier(8)

    def work(value: int) -> bool:
        start.wait(SECONDS)
        results = [model.infer(caller, row(value + step))["y"] for step in range(50)]
        return all((result == 2 * (value + step)).all() for step, result in enumerate(results))

    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(work, range(0, 8000, 1000)))


def test_the_lane_has_the_slots_of_the_model_that_needs_most(tmp_path: Path) -> None:
    path = toy_models.save(toy_models.scale(), tmp_path)
    for streams, slots in [("1", 1), ("2", 2), ("1", 2)]:
        load_model(path, "HETERO:CPU", {"NUM_STREAMS": streams})
        assert lane_for("HETERO:CPU").slots == slots


def test_less_remaining_work_goes_first(doubling: CompiledModel, caller: Cancellation) -> None:
    served: list[int] = []

    class Waiting(Cancellation):
        """A cancellation that records when its caller waits and when it is served."""

        __slots__ = ("queued", "remaining")

        def __init__(self, remaining: int) -> None:
            super().__init__()
            self.remaining = remaining
            self.queued = threading.Event()

        def subscribe(self, callback: Callable[[], None]) -> Callable[[], None]:
            unsubscribe = super().subscribe(callback)
            self.queued.set()
            return unsubscribe

        def raise_if_cancelled(self) -> None:
            if self.queued.is_set():
                served.append(self.remaining)
            super().raise_if_cancelled()

    doubling.infer(caller, row(1.0))  # how long it takes is known from here on
    lane = lane_for("CPU")
    slots = [lane.acquire(caller, 0.0) for _ in range(lane.slots)]
    with ThreadPoolExecutor(3) as pool:
        for remaining in (50, 2, 20):
            waiting = Waiting(remaining)
            pool.submit(doubling.infer, waiting, row(1.0), remaining=remaining)
            assert waiting.queued.wait(SECONDS)
        lane.release(slots[0])
    assert served == [2, 20, 50]


def test_other_threads_run_during_an_inference(tmp_path: Path, caller: Cancellation) -> None:
    """If inferences kept the interpreter's lock, no other thread would run in the middle of one."""
    model = load_model(toy_models.save(toy_models.slow(), tmp_path))
    inputs = {"x": np.ones((256, 1024), np.float32)}

    def infer() -> Inference:
        log: list[Inference] = []
        activity.logs.append(log)
        model.infer(caller, inputs)
        activity.logs.pop()
        return log[0]

    def ran_in_the_middle() -> bool:
        result = pool.submit(infer)
        moments = []
        while not result.done():
            moments.append(time.perf_counter())
        third = (result.result().ended - result.result().began) / 3
        return any(result.result().began + third < each < result.result().ended - third for each in moments)

    with ThreadPoolExecutor(1) as pool:
        # A busy machine may stop this thread for the whole of some inferences, but not of all.
        assert any(ran_in_the_middle() for _ in range(100))
