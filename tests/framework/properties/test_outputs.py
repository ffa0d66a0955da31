"""With any graph and any executors, the outputs are those of the reference."""

from __future__ import annotations

import threading

from hypothesis import given
from hypothesis import strategies as st

import graphframe as gf
from tests.framework.properties.graphs import SECONDS, Example, examples, feed, ignore, watched


@given(examples())
def test_outputs_are_those_of_the_reference(example: Example) -> None:
    graph = gf.Graph.from_text(example.text())
    seen: dict[str, list[gf.Packet]] = {name: [] for name in example.streams}
    bounds: dict[str, list[int]] = {name: [] for name in example.streams}
    late: list[str] = []

    def observe(name: str, packet: gf.Packet) -> None:
        seen[name].append(packet)
        if bounds[name] and packet.timestamp < bounds[name][-1]:
            late.append(name)

    run = graph.start_run(
        {"on_call": ignore},
        {name: (lambda packet, name=name: observe(name, packet)) for name in example.streams},  # type: ignore[misc]
        bound_observers={name: bounds[name].append for name in example.streams},
    )
    with watched(run):
        feed(run, example)
        run.wait_until_done(SECONDS)
    graph.close()
    assert seen == example.expected()
    assert late == []
    for found in bounds.values():
        assert found == sorted(set(found))
        assert found[-1] == gf.Timestamp.DONE


@given(examples())
def test_runs_at_once_do_not_see_each_other(example: Example) -> None:
    graph = gf.Graph.from_text(example.text())
    outputs: list[dict[str, list[gf.Packet]]] = [{name: [] for name in example.streams} for _ in range(3)]
    runs = [
        graph.start_run({"on_call": ignore}, {name: packets.append for name, packets in seen.items()})
        for seen in outputs
    ]
    with watched(runs[0]), watched(runs[1]):
        for run in runs[:2]:
            feed(run, example)
        runs[2].cancel()
        for run in runs[:2]:
            run.wait_until_done(SECONDS)
    graph.close()
    assert outputs[0] == outputs[1] == example.expected()


@given(examples(), st.data())
def test_poller_gets_everything(example: Example, data: st.DataObject) -> None:
    stream = data.draw(st.sampled_from(example.streams))
    graph = gf.Graph.from_text(example.text())
    run = graph.start_run({"on_call": ignore}, pollers=[stream])
    feeder = threading.Thread(target=feed, args=(run, example))
    with watched(run):
        feeder.start()
        found = list(run.pollers[stream])
        feeder.join(SECONDS)
        run.wait_until_done(SECONDS)
    graph.close()
    assert found == example.expected()[stream]
