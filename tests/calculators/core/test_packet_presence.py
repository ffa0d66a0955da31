from __future__ import annotations

import graphframe as gf

GRAPH = """
    input_stream: "in" output_stream: "out"
    node { calculator: "PacketPresenceCalculator" input_stream: "PACKET:in" output_stream: "PRESENCE:out" }
"""


def test_packets_and_bounds() -> None:
    seen: list[gf.Packet] = []
    run = gf.Graph.from_text(GRAPH).start_run(observers={"out": seen.append})
    run.add("in", "value", 5)
    run.set_bound("in", 8)
    run.close_inputs()
    run.wait_until_done(30)
    assert seen == [(True, 5), (False, 7)]
