from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from graphframe.cli.main import main
from graphframe.inference import default_device
from graphframe.inference.default_device import Gpu
from tests.calculators.ovms.graphs import ovms_graph

FIVE_MISTAKES = """\
input_stream: "REQUEST:request"
output_stream: "IMAGE:imag"
node {
  calculator: "TokeniseCalculator"
  input_stream: "REQUEST:request"
  output_stream: "TOKENS:tokens"
}
node {
  name: "decode"
  calculator: "VaeDecodeCalculator"
  input_stream: "LATENT:latents"
  output_stream: "IMAGE:image"
}
node {
  name: "encode"
  calculator: "Base64EncodeCalculator"
  input_stream: "IMAGE:image"
  output_stream: "IMAGE:image"
}
"""


def check(path: Path) -> tuple[int, str]:
    result = CliRunner().invoke(main, ["check", str(path)])
    return result.exit_code, result.output


def test_shows_nodes_in_order_with_devices() -> None:
    code, output = check(Path("graphs/stable_diffusion.pbtxt"))
    assert code == 0
    *table, note = output.splitlines()
    assert note == "graphs/stable_diffusion.pbtxt uses CPU: OpenVINO finds no GPU"
    assert [line.split() for line in table] == [
        ["NODE", "CALCULATOR", "DEVICE"],
        ["image_request", "ImageRequestCalculator", "(inline)"],
        ["tokenize", "TokenizeCalculator", "(inline)"],
        ["text_encode", "TextEncodeCalculator", "CPU"],
        ["vae_encode", "VaeEncodeCalculator", "CPU"],
        ["denoise", "DenoiseCalculator", "CPU"],
        ["vae_decode", "VaeDecodeCalculator", "CPU"],
        ["base64_encode", "Base64EncodeCalculator", "(inline)"],
        ["preview_decode", "VaeDecodeCalculator", "CPU"],
        ["preview_encode", "Base64EncodeCalculator", "(inline)"],
    ]


def test_five_mistakes_at_once(tmp_path: Path) -> None:
    path = tmp_path / "graph.pbtxt"
    path.write_text(FIVE_MISTAKES)
    code, output = check(path)
    assert code == 1
    assert "Traceback" not in output
    for line, words in [
        (2, 'output_stream "imag" has no producer (did you mean "image"?)'),
        (4, 'unknown calculator or subgraph "TokeniseCalculator" (did you mean "TokenizeCalculator"?)'),
        (11, 'VaeDecodeCalculator has no input_stream "LATENT" (did you mean "LATENTS"?)'),
        (8, 'VaeDecodeCalculator needs an input_stream "LATENTS:..."'),
        (18, '"image" already comes from node "decode"'),
    ]:
        (found,) = [text for text in output.splitlines() if words in text]
        assert found.startswith(f"{path}:{line}: "), found


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (
            'default_resolution: "300x400"',
            "default_resolution does not fit the model: width and height must be multiples",
        ),
        ('resolution: "64x64 300x400"', "resolution does not fit the model: width and height must be multiples of 8"),
        ('max_resolution: "4x4"', "max_resolution does not fit the model: 4x4 is below its smallest size, 8x8"),
        ('resolution: "8192x64"', "resolution does not fit the model: the size must be at most 4096x4096, not 8192x64"),
    ],
)
def test_sizes_that_the_model_does_not_generate(euler: Path, tmp_path: Path, options: str, message: str) -> None:
    for part in euler.iterdir():
        (tmp_path / part.name).symlink_to(part)
    path = tmp_path / "graph.pbtxt"
    path.write_text(ovms_graph(options))
    code, output = check(path)
    assert code == 1
    assert message in output
    assert f"{path}:" in output
    path.write_text(ovms_graph('default_resolution: "64x64"'))
    assert check(path)[0] == 0


def test_unknown_calculators_may_be_allowed(tmp_path: Path) -> None:
    path = tmp_path / "graph.pbtxt"
    path.write_text("""
        input_stream: "frame"
        node { calculator: "ImageTransformationCalculator" input_stream: "IMAGE:frame" output_stream: "IMAGE:small"
               options: { [mediapipe.ImageTransformationCalculatorOptions.ext] { output_width: 192 } } }
        node { name: "again" calculator: "PassThroughCalculator" input_stream: "small" output_stream: "same" }
        """)
    result = CliRunner().invoke(main, ["check", str(path)])
    assert result.exit_code == 1
    result = CliRunner().invoke(main, ["check", "--allow-unknown", str(path)])
    assert result.exit_code == 0
    assert [line.split()[:2] for line in result.output.splitlines()[1:]] == [
        ["ImageTransformationCalculator", "ImageTransformationCalculator"],
        ["again", "PassThroughCalculator"],
    ]


def test_other_problems_are_reported(tmp_path: Path) -> None:
    path = tmp_path / "graph.pbtxt"
    path.write_text('node { calculator: "Unknown" input_stream: "IMAGE:frame" input_stream: "IMAGE:other" }')
    result = CliRunner().invoke(main, ["check", "--allow-unknown", str(path)])
    assert result.exit_code == 1
    assert "IMAGE" in result.output


def test_undeclared_inputs_are_noted(tmp_path: Path) -> None:
    """Side packets in any graph; streams in one that cannot run, such as those of MediaPipe that are parsed only."""
    path = tmp_path / "graph.pbtxt"
    path.write_text("""
        input_stream: "frames"
        node { calculator: "PassThroughCalculator" input_stream: "frame" output_stream: "same" }
        node { calculator: "SidePacketToStreamCalculator" input_side_packet: "path" output_stream: "AT_ZERO:zero" }
        """)
    result = CliRunner().invoke(main, ["check", str(path)])
    assert result.exit_code == 1
    assert 'input_stream "frame" has no producer (did you mean "frames"?)' in result.output
    result = CliRunner().invoke(main, ["check", "--allow-unknown", str(path)])
    assert result.exit_code == 0
    for name, hint in (('input_side_packet "path"', ""), ('input_stream "frame"', ' (did you mean "frames"?)')):
        assert f"{name} is an input of the graph, which does not declare it{hint}" in result.output


@pytest.mark.parametrize(
    ("images", "previews", "bypasses"),
    [
        ("checked", "checked", []),
        ("checked", "raw", [4]),
        ("raw", "checked", [3]),
        ("raw", "raw", [3, 4]),
        ("none", "none", []),
    ],
)
def test_outputs_that_bypass_the_safety_check(tmp_path: Path, images: str, previews: str, bypasses: list[int]) -> None:
    path = tmp_path / "graph.pbtxt"
    options = "[type.googleapis.com/graphframe.ImageCheckCalculatorOptions]"
    check_of = """node { calculator: "ImageCheckCalculator" input_stream: "IMAGE:%s" output_stream: "IMAGE:checked_%s"
        node_options { OPTIONS { model_path: "a.xml" unsafe_class { index: 1 } } } }"""
    encode = 'node { calculator: "Base64EncodeCalculator" input_stream: "IMAGE:%s" output_stream: "IMAGE:%s_out" }\n'
    checks = "" if images == "none" else (check_of % ("image", "image") + check_of % ("preview", "preview"))
    ends = "".join(
        encode % (f"checked_{name}" if kind == "checked" else name, name)
        for name, kind in (("image", images), ("preview", previews))
    )
    path.write_text(f"""input_stream: "image"
input_stream: "preview"
output_stream: "IMAGE:image_out"
output_stream: "PREVIEW:preview_out"
{checks.replace("OPTIONS", options)}
{ends}""")
    code, output = check(path)
    assert code == 0, output
    notes = [line for line in output.splitlines() if line.startswith("note: ")]
    assert [int(note.split(":")[2]) for note in notes] == bypasses
    assert all("bypasses the safety check of the graph: add an ImageCheckCalculator" in note for note in notes)


def test_folder_of_a_model(euler: Path, tmp_path: Path) -> None:
    assert not (euler / "graph.pbtxt").exists()
    code, output = check(euler)
    assert code == 0
    assert (
        output.replace(str(euler), "graphs/stable_diffusion.pbtxt") == check(Path("graphs/stable_diffusion.pbtxt"))[1]
    )
    (tmp_path / "graph.pbtxt").write_text(FIVE_MISTAKES)
    assert check(tmp_path) == check(tmp_path / "graph.pbtxt")


def test_what_is_missing(tmp_path: Path) -> None:
    code, output = check(tmp_path)
    assert code == 1
    assert f"Error: the model folder {tmp_path} has neither graph.pbtxt nor model_index.json" in output
    code, output = check(tmp_path / "graph.pbtxt")
    assert code == 64
    assert "does not exist" in output


def test_shows_the_device_that_generate_uses(euler: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(default_device, "gpus", lambda: [Gpu("HETERO:CPU", False, 0)])
    note = f"uses {default_device.choose_device()}\n"
    code, output = check(euler)
    assert (code, output.count(" HETERO:CPU\n")) == (0, 5)
    assert output.endswith(f"{euler} {note}")
    trace = tmp_path / "trace.json"
    given = [
        "a cat",
        "--model_path",
        str(euler),
        "-o",
        str(tmp_path / "cat.png"),
        "--steps",
        "1",
        "--trace",
        str(trace),
    ]
    result = CliRunner().invoke(main, ["generate", *given])
    assert result.exit_code == 0
    assert f"{euler.name} {note}" in result.output
    assert "HETERO:CPU, slot 0" in trace.read_text()
