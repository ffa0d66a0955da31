from __future__ import annotations

from pathlib import Path

import pytest
from google.protobuf import text_format

from graphframe.calculators.lora.aliases import Aliases
from graphframe.calculators.lora.lora_pb2 import LoraOptions
from graphframe.images import InvalidRequest

THREE = """
    lora_adapters { alias: "ink" path: "a" alpha: 0.5 }
    lora_adapters { alias: "gold" path: "b" }
    lora_adapters { alias: "chalk" path: "c" mode: FUSE alpha: 0.25 }
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in "abc":
        (tmp_path / name).touch()
    return tmp_path


def aliases(text: str, folder: Path) -> Aliases:
    return Aliases.from_options(text_format.Parse(text, LoraOptions()), folder.joinpath)


def test_each_alias_is_a_model(folder: Path) -> None:
    found = aliases(THREE, folder)
    assert found.models == {"ink": {"ink": 0.5}, "gold": {"gold": 1.0}, "chalk": {}}
    assert [(adapter.alias, adapter.alpha) for adapter in found.adapters] == [
        ("ink", 0.5),
        ("gold", 1.0),
        ("chalk", 0.25),
    ]
    assert found.allow_base_model
    assert aliases("", folder) == Aliases((), {})


def test_composites(folder: Path) -> None:
    mix = """
        composite_lora_adapters {
          alias: "mix"
          components { adapter_alias: "gold" alpha: 0.7 } components { adapter_alias: "ink" }
          components { adapter_alias: "chalk" alpha: 2 }
        }
    """
    found = aliases(THREE + mix, folder)
    gold = pytest.approx(0.7)
    assert found.models == {"mix": {"gold": gold, "ink": 0.5}, "ink": {"ink": 0.5}, "gold": {"gold": 1.0}}
    assert found.adapters[2].alpha == 2


def test_static_adapters_allow_no_base_model(folder: Path) -> None:
    found = aliases('lora_adapters { alias: "ink" path: "a" mode: STATIC }', folder)
    assert found.models == {"ink": {}}
    assert not found.allow_base_model


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('lora_adapters { path: "a" }', "lora_adapters needs an alias"),
        (
            'lora_adapters { alias: "x" path: "a" } lora_adapters { alias: "x" path: "b" }',
            'lora_adapters uses the alias "x" twice',
        ),
        (THREE + 'composite_lora_adapters { alias: "ink" }', 'composite_lora_adapters uses the alias "ink" twice'),
        (THREE + 'composite_lora_adapters { alias: "mix" }', 'needs components for the composite "mix"'),
        (
            THREE + 'composite_lora_adapters { alias: "mix" components { adapter_alias: "inc" } }',
            'an unknown adapter "inc" in the composite "mix" .did you mean "ink".*; adapters: ink, gold, chalk',
        ),
        (
            THREE
            + 'composite_lora_adapters { alias: "m" components { adapter_alias: "chalk" } }'
            + 'composite_lora_adapters { alias: "n" components { adapter_alias: "chalk" alpha: 2 } }',
            'gives the adapter "chalk" several alphas, 0.25 and 2',
        ),
    ],
)
def test_problems_of_aliases(folder: Path, text: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        aliases(text, folder)


def test_a_missing_file(folder: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r'the file .*lost of the LoRA adapter "ink" does not exist'):
        aliases('lora_adapters { alias: "ink" path: "lost" }', folder)


def test_a_folder_that_peft_or_diffusers_wrote(folder: Path) -> None:
    def path() -> str:
        (adapter,) = aliases('lora_adapters { alias: "ink" path: "lora" }', folder).adapters
        return adapter.path.name

    (folder / "lora").mkdir()
    with pytest.raises(FileNotFoundError, match=r"the file .*lora/adapter_model\.safetensors of"):
        path()
    for name in ("other", "pytorch_lora_weights", "adapter_model"):
        (folder / "lora" / f"{name}.safetensors").touch()
        assert path() == f"{name}.safetensors"


@pytest.mark.parametrize("value", ["-0.1", "1.5", "nan"])
def test_a_part_that_is_none(folder: Path, value: str) -> None:
    with pytest.raises(ValueError, match='lora_adapters must be from 0 to 1 for the adapter "ink", not'):
        aliases(f'lora_adapters {{ alias: "ink" path: "a" min_applied: {value} }}', folder)


def test_adapters_of_requests(folder: Path) -> None:
    found = aliases(THREE, folder)
    found.check({"ink": -2.0, "gold": 0})
    for wrong, message in (
        ({"pen": 1.0}, 'unknown LoRA adapter "pen"; adapters of the graph: ink, gold'),
        ({"chalk": 1.0}, 'unknown LoRA adapter "chalk"'),
        ({"ink": 1e9}, 'the alpha of "ink" must be from -1000 to 1000, not 1e\\+09'),
        ({"ink": float("nan")}, "not nan"),
    ):
        with pytest.raises(InvalidRequest, match=message) as raised:
            found.check(wrong)
        assert raised.value.param == "lora_alphas"
