import json
from pathlib import Path

import pytest

from graphframe.calculators.diffusion.schedulers import ModelSchedulers
from graphframe.calculators.diffusion.schedulers.config import SchedulerConfig
from graphframe.images import InvalidRequest

SPREAD = {
    "deis": "DEISMultistepScheduler",
    "dpm++ 2m": "DPMSolverMultistepScheduler",
    "dpm++ 2m sde": "DPMSolverMultistepScheduler",
    "dpm++ 2s": "DPMSolverSinglestepScheduler",
    "dpm++ 3m": "DPMSolverMultistepScheduler",
    "dpm++ sde": "DPMSolverSDEScheduler",
    "dpm2": "KDPM2DiscreteScheduler",
    "dpm2 ancestral": "KDPM2AncestralDiscreteScheduler",
    "euler": "EulerDiscreteScheduler",
    "heun": "HeunDiscreteScheduler",
    "unipc": "UniPCMultistepScheduler",
}
FOR_NOISE = {
    "ddim": "DDIMScheduler",
    "ddpm": "DDPMScheduler",
    "euler ancestral": "EulerAncestralDiscreteScheduler",
    "lcm": "LCMScheduler",
    "lms": "DDIMScheduler",
    "pndm": "PNDMScheduler",
    "tcd": "TCDScheduler",
    **{f"{name}{spread}": SPREAD[name] for name in SPREAD for spread in ("", " karras", " exponential", " beta")},
}
FOR_FLOW_MATCH = {
    "flow match euler": "FlowMatchEulerDiscreteScheduler",
    "flow match heun": "FlowMatchHeunDiscreteScheduler",
    "flow match lcm": "FlowMatchLCMScheduler",
}
FOR_EDM = {"edm dpm++ 2m": "EDMDPMSolverMultistepScheduler", "edm euler": "EDMEulerScheduler"}
# As diffusers writes them, each with fields that others would read in another way.
OWN: list[dict[str, object]] = [
    {"_class_name": "PNDMScheduler", "skip_prk_steps": True, "clip_sample": False},
    {"_class_name": "DDIMScheduler", "clip_sample": False},
    {"_class_name": "EulerDiscreteScheduler", "use_karras_sigmas": True, "sigma_min": None},
    {"_class_name": "DPMSolverMultistepScheduler", "solver_type": "midpoint", "algorithm_type": "sde-dpmsolver++"},
    {"_class_name": "UniPCMultistepScheduler", "solver_type": "bh2", "disable_corrector": []},
    {"_class_name": "LCMScheduler", "original_inference_steps": 50},
]


def of(**fields: object) -> ModelSchedulers:
    return ModelSchedulers(SchedulerConfig(fields, "/models/one/scheduler_config.json"))


@pytest.mark.parametrize("own", OWN, ids=lambda own: own["_class_name"])
def test_every_name_has_its_scheduler(own: dict[str, object]) -> None:
    schedulers = of(**own)
    assert type(schedulers.get(None)(4)).__name__ == own["_class_name"]
    assert {name: type(schedulers.get(name)(4)).__name__ for name in FOR_NOISE} == FOR_NOISE


def test_flow_match_models_have_their_own() -> None:
    schedulers = of(_class_name="FlowMatchEulerDiscreteScheduler", shift=3.0)
    assert {name: type(schedulers.get(name)(4)).__name__ for name in FOR_FLOW_MATCH} == FOR_FLOW_MATCH


def test_edm_models_have_their_own() -> None:
    schedulers = of(_class_name="EDMEulerScheduler")
    assert {name: type(schedulers.get(name)(4)).__name__ for name in FOR_EDM} == FOR_EDM


def test_a_model_with_flow_sigmas_is_a_flow_match_model() -> None:
    own = of(_class_name="UniPCMultistepScheduler", use_flow_sigmas=True, prediction_type="flow_prediction")
    assert type(own.get("flow match euler")(4)).__name__ == "FlowMatchEulerDiscreteScheduler"
    assert own.get(None)(4).timesteps.dtype == "float32"
    assert "do not fit flow-match models" in refused(own, "unipc")


def test_a_name_without_a_spread_has_none() -> None:
    schedulers = of(_class_name="EulerDiscreteScheduler", use_beta_sigmas=True, timestep_spacing="trailing")
    assert schedulers.get("euler")(4).timesteps.tolist() == [999, 749, 499, 249]
    spread = [schedulers.get(f"euler{each}")(4).timesteps.tolist() for each in (" karras", " exponential", " beta")]
    assert schedulers.get(None)(4).timesteps.tolist() == spread[2]
    assert len({*map(tuple, spread)}) == 3


@pytest.mark.parametrize("name", ["DPM++ 2M Karras", "dpm++_2m_karras", " dpm++-2m  karras "])
def test_ways_to_write_a_name(name: str) -> None:
    schedulers = of(_class_name="EulerDiscreteScheduler")
    assert schedulers.get(name) is schedulers.get("dpm++ 2m karras")


def test_a_name_says_which_sigmas() -> None:
    schedulers = of(_class_name="EulerDiscreteScheduler", use_karras_sigmas=True, timestep_spacing="trailing")
    karras = schedulers.get(None)(4).timesteps.tolist()
    assert schedulers.get("euler karras")(4).timesteps.tolist() == karras
    assert schedulers.get("euler")(4).timesteps.tolist() == [999, 749, 499, 249] != karras


def test_a_name_replaces_the_sigmas_of_the_model() -> None:
    schedulers = of(_class_name="DPMSolverMultistepScheduler", use_lu_lambdas=True)
    lu = schedulers.get(None)(4).timesteps.tolist()
    plain = of(_class_name="DPMSolverMultistepScheduler")
    for name in ("dpm++ 2m", "dpm++ 2m karras"):
        assert schedulers.get(name)(4).timesteps.tolist() == plain.get(name)(4).timesteps.tolist() != lu


def test_what_is_known_of_the_model_stays() -> None:
    schedulers = of(
        _class_name="PNDMScheduler", skip_prk_steps=True, num_train_timesteps=100, timestep_spacing="trailing"
    )
    for name in ("dpm++ 2m", "euler", "heun", "ddim"):
        assert schedulers.get(name)(4).timesteps[0] == 99


def refused(schedulers: ModelSchedulers, name: str) -> str:
    with pytest.raises(InvalidRequest) as caught:
        schedulers.get(name)
    assert caught.value.param == "scheduler"
    return str(caught.value)


def test_unknown_name() -> None:
    schedulers = of(_class_name="EulerDiscreteScheduler")
    assert refused(schedulers, "Euler Ancestrall") == (
        f'scheduler must be one of {", ".join(FOR_NOISE)}, not "Euler Ancestrall" (did you mean "euler ancestral"?)'
    )
    assert refused(schedulers, "").endswith(', not ""')


def test_name_that_does_not_fit_the_kind_of_model() -> None:
    assert refused(of(_class_name="EulerDiscreteScheduler"), "flow-match euler") == (
        'scheduler "flow match euler" does not fit this model: schedulers for flow-match models do not fit diffusion '
        f"models; use one of {', '.join(FOR_NOISE)}"
    )
    assert refused(of(_class_name="FlowMatchEulerDiscreteScheduler"), "euler") == (
        'scheduler "euler" does not fit this model: schedulers for diffusion models do not fit flow-match '
        "models; use one of flow match euler, flow match heun, flow match lcm"
    )


def test_name_that_cannot_do_what_the_model_needs() -> None:
    message = refused(of(_class_name="DDIMScheduler", clip_sample=False, prediction_type="sample"), "PNDM")
    assert message.startswith(
        "scheduler \"pndm\" does not fit this model: its config: prediction_type is 'sample', which is not supported"
    )
    assert "pndm," not in message.partition("use one of")[2]
    assert "/models" not in message


def test_own_that_cannot_be_had_here() -> None:
    with pytest.raises(ValueError, match=r"^/models/one/scheduler_config\.json: prediction_type is 'sample'"):
        of(_class_name="PNDMScheduler", skip_prk_steps=True, prediction_type="sample")
    with pytest.raises(ValueError, match=r"^/models/one/scheduler_config\.json: _class_name is 'EDM'"):
        of(_class_name="EDM")


def test_reads_a_file(tmp_path: Path) -> None:
    path = tmp_path / "scheduler_config.json"
    path.write_text(json.dumps({"_class_name": "LCMScheduler"}))
    assert ModelSchedulers.from_file(path).get(None)(4).timesteps.tolist() == [999, 759, 499, 259]
    with pytest.raises(FileNotFoundError, match=r"gone\.json is missing"):
        ModelSchedulers.from_file(tmp_path / "gone.json")


def test_every_name_is_documented() -> None:
    readme = (Path(__file__).parents[4] / "README.md").read_text()
    words = ["karras", "exponential", "beta"]
    names = [name for name in (*FOR_NOISE, *FOR_FLOW_MATCH, *FOR_EDM) if name.rpartition(" ")[2] not in words]
    assert [name for name in (*names, *words) if f"`{name}`" not in readme] == []
