from __future__ import annotations

from pathlib import Path

from graphframe.inference.errors import ModelError, openvino_words


def test_words_lose_the_positions_in_the_source_and_nothing_else() -> None:
    said = (
        "Exception from src/inference/src/cpp/core.cpp:117:\nException from src/inference/src/dev/plugin.cpp:54:\n"
        "Check 'device_id.empty()' failed at src/plugins/intel_cpu/src/config.cpp:247:\n"
        "CPU plugin supports only '' as device id\n\n\n"
    )
    assert (
        openvino_words(RuntimeError(said))
        == "Check 'device_id.empty()' failed: CPU plugin supports only '' as device id"
    )


def test_words_within_words() -> None:
    said = "[AUTO] compile model failed, CPU:Exception from src/dev/plugin.cpp:54:\nCould not read x; stoi\n\n; \n\n"
    assert openvino_words(RuntimeError(said)) == "[AUTO] compile model failed, CPU: Could not read x; stoi"


def test_missing_model_names_the_others_in_the_folder(tmp_path: Path) -> None:
    (tmp_path / "openvino_model.xml").touch()
    for path, found in [
        (tmp_path / "model.xml", "does not exist"),
        (tmp_path, "is a folder"),
    ]:
        message = str(ModelError.missing(path))
        assert f"{path} {found}; models in the folder: openvino_model.xml." in message


def test_missing_folder(tmp_path: Path) -> None:
    message = str(ModelError.missing(tmp_path / "unet" / "model.xml"))
    assert f"does not exist, nor does its folder {tmp_path / 'unet'}." in message
