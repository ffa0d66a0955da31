from __future__ import annotations

from click.testing import CliRunner

from graphframe.cli.main import main


def test_the_devices_of_this_machine() -> None:
    result = CliRunner().invoke(main, ["devices"])
    assert result.exit_code == 0
    header, *rows = [line.split() for line in result.output.splitlines()]
    assert header == ["DEVICE", "TYPE", "MEMORY", "STREAMS", "CAPABILITIES", "NAME"]
    [cpu] = [row for row in rows if row[0] == "CPU"]
    assert float(cpu[2]) > 0
    assert "FP32" in cpu[5].split(",")
