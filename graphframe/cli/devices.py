"""``graphframe devices``: lists the OpenVINO devices of this machine."""

from __future__ import annotations

import click

from graphframe.cli.table import print_table


@click.command()
def devices() -> None:
    """List the OpenVINO devices of this machine.

    A graph can bind a node to one of them, or to a combination such as AUTO:GPU,CPU.
    """
    from graphframe.inference.devices import devices as found  # which imports OpenVINO; --help should not

    rows = [("DEVICE", "TYPE", "MEMORY", "STREAMS", "CAPABILITIES", "NAME")]
    for info in found():
        memory = "?" if info.memory is None else f"{info.memory / 2**30:.1f} GiB"
        rows.append((info.device, info.type, memory, str(info.streams), ",".join(info.capabilities), info.name))
    print_table(rows)
