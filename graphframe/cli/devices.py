"""``graphframe devices``: what OpenVINO finds on this machine."""

from __future__ import annotations

import click


@click.command()
def devices() -> None:
    """List the devices that nodes of a graph can be bound to."""
    from graphframe.inference.devices import devices as found  # which imports OpenVINO; --help should not

    rows = [("DEVICE", "TYPE", "MEMORY", "STREAMS", "CAPABILITIES", "NAME")]
    for info in found():
        memory = "?" if info.memory is None else f"{info.memory / 2**30:.1f} GiB"
        rows.append((info.device, info.type, memory, str(info.streams), ",".join(info.capabilities), info.name))
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        click.echo("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())
