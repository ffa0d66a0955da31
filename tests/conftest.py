from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from tests.models import model_path
from tests.repository.hub import Hub, running_hub

# Generated examples are the same in each run, and may take any time.
settings.register_profile(
    "quick", max_examples=100, derandomize=True, deadline=None, database=None, suppress_health_check=list(HealthCheck)
)
settings.register_profile("thorough", settings.get_profile("quick"), max_examples=600)
settings.load_profile("quick")  # --hypothesis-profile is read later

STAGES = {"examples/deploy": "deploy", "faults": "faults"}
"""The markers of the tests in some folders, which run in stages of their own."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Give the tests in some folders their markers."""
    for item in items:
        for folder, marker in STAGES.items():
            if item.path.is_relative_to(Path(__file__).parent / folder):
                item.add_marker(marker)


@pytest.fixture(scope="session", autouse=True)
def _own_model_cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Tests neither read nor fill the user's model cache; servers that they start inherit the setting."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GRAPHFRAME_CACHE_DIR", str(tmp_path_factory.mktemp("model_cache")))
        yield


@pytest.fixture(scope="session")
def euler() -> Path:
    """The folder of a Stable Diffusion model with an Euler scheduler."""
    return model_path("stable_diffusion_euler")


@pytest.fixture(scope="session")
def lcm() -> Path:
    """The folder of a Latent Consistency Model."""
    return model_path("latent_consistency")


@pytest.fixture(scope="session")
def xl() -> Path:
    """The folder of a Stable Diffusion XL model."""
    return model_path("stable_diffusion_xl")


@pytest.fixture(scope="session")
def sd3() -> Path:
    """The folder of a Stable Diffusion 3 model with all three text encoders."""
    return model_path("stable_diffusion_3")


@pytest.fixture(scope="session")
def flux() -> Path:
    """The folder of a FLUX.1 dev model."""
    return model_path("flux_dev")


@pytest.fixture(scope="session")
def flux_schnell() -> Path:
    """The folder of a FLUX.1 schnell model."""
    return model_path("flux_schnell")


@pytest.fixture
def hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Hub]:
    """A hub that this process, and those that it starts, ask."""
    monkeypatch.setenv("HF_HOME", str(tmp_path / "hf_home"))
    monkeypatch.setenv("HF_HUB_DISABLE_PROGRESS_BARS", "1")
    monkeypatch.delenv("HF_TOKEN", raising=False)
    with running_hub() as running:
        monkeypatch.setenv("HF_ENDPOINT", running.url)
        template = f"{running.url}/{{repo_id}}/resolve/{{revision}}/{{filename}}"
        monkeypatch.setattr("huggingface_hub.constants.ENDPOINT", running.url)
        monkeypatch.setattr("huggingface_hub.constants.HUGGINGFACE_CO_URL_TEMPLATE", template)
        yield running
