"""SwitchContainer."""

from __future__ import annotations

from collections.abc import Iterable

import graphframe as gf
from graphframe.calculators.core.demux_pb2 import DemuxCalculatorOptions
from graphframe.calculators.core.switch_container_pb2 import SwitchContainerOptions
from graphframe.framework.config.specs import parse_tag_index, tag_index
from graphframe.framework.protos.calculator_pb2 import InputStreamHandlerConfig

OPTIONS = gf.Options(SwitchContainerOptions)
CONTROLS = ("SELECT", "ENABLE")


@gf.subgraph("SwitchContainer", OPTIONS)
def switch_container(node: gf.SubgraphNode) -> gf.CalculatorGraphConfig:
    """A subgraph that passes the input streams to one of several contained nodes, and sends its results.

    Each contained node has the streams and the input side packets of the container, except SELECT and ENABLE. One of
    these selects the node: SELECT by its index, ENABLE as a bool, where false means the first node and true the second.
    A stream selects from its packet's timestamp on. A side packet selects for the whole run, or until the stream has a
    packet. With output side packets, only a side packet or an option can select. All contained nodes are loaded and
    opened.

    Input streams
    -------------
    SELECT : int, optional
        The index of the node.
    ENABLE : bool, optional
        The node: false for the first, true for the second.
    * : any, multiple
        The input streams of the contained nodes.

    Input side packets
    ------------------
    SELECT : int, optional
        The index of the node.
    ENABLE : bool, optional
        The node: false for the first, true for the second.
    * : any, multiple
        The input side packets of the contained nodes.

    Output streams
    --------------
    * : any, multiple
        The output streams of the contained nodes.

    Output side packets
    -------------------
    * : any, multiple
        The output side packets of the contained nodes.

    Options
    -------
    contained_node : list of Node
        Calculators or subgraphs with options and devices, but without streams and side packets.
    select : int, optional
        The index of the node, if the side packet is not connected.
    enable : bool, optional
        The same as a bool.
    async_selection : bool, default false
        Whether a packet of SELECT or ENABLE applies to the packets that arrive after it, whatever their timestamps are.
        Otherwise, packets wait until it is settled what is selected at their timestamp.
    tick_input_stream : list of str, optional
        The input streams, such as ``"TAG"`` or ``":1"``, between whose packets the selection changes: a packet of
        SELECT or ENABLE applies from their next timestamp on. By default all, with `async_selection`.

    Example::

        node {
          calculator: "SwitchContainer"
          input_side_packet: "ENABLE:keep_all"
          input_stream: "frame"
          output_stream: "kept_frame"
          options {
            [graphframe.SwitchContainerOptions.ext] {
              contained_node {
                calculator: "PacketThinnerCalculator"
                options { [graphframe.PacketThinnerCalculatorOptions.ext] { period: 2 } }
              }
              contained_node { calculator: "PassThroughCalculator" }
            }
          }
        }
    """
    options = node[OPTIONS]
    control, side_control = _control(node.inputs), _control(node.side_inputs)
    inputs = [spec for spec in node.inputs if spec not in control]
    side_inputs = [spec for spec in node.side_inputs if spec not in side_control]
    _check(node, options, inputs, is_chosen=bool(control or side_control))
    ticks = _ticks(options, inputs)
    selection = "selection" if ticks and control else _name("in", control[0]) if control else ""
    demux = gf.CalculatorGraphConfig.Node(
        calculator="DemuxCalculator",
        input_stream=[f"SELECT:{selection}"] if selection else [],
        input_side_packet=[f"SELECT:{_name('side', spec)}" for spec in side_control],
    )
    select = options.select if options.HasField("select") else int(options.enable)
    if options.HasField("select") or options.HasField("enable"):
        demux.node_options.add().Pack(DemuxCalculatorOptions(select=select))
    channels = range(len(options.contained_node))
    return gf.CalculatorGraphConfig(
        node=[
            *(_sequencer(spec, ticks, is_async=options.async_selection) for spec in control if ticks),
            *(_demux(demux, spec, channels) for spec in inputs),
            *(
                _contained(contained, channel, inputs, side_inputs, node)
                for channel, contained in enumerate(options.contained_node)
            ),
            *(_merge(spec, channels) for spec in node.outputs),
            *(_mux(spec, channels, side_control) for spec in node.side_outputs if side_control),
        ],
        input_stream=[_at(spec, _name("in", spec)) for spec in node.inputs],
        output_stream=[_at(spec, _name("out", spec)) for spec in node.outputs],
        input_side_packet=[_at(spec, _name("side", spec)) for spec in node.side_inputs],
        output_side_packet=[
            _at(spec, _name("made", spec) if side_control else _of_channel(select, "made", spec))
            for spec in node.side_outputs
        ],
    )


def _ticks(options: SwitchContainerOptions, inputs: Iterable[gf.Spec]) -> list[gf.Spec]:
    """Return the input streams between whose packets the selection changes; none if it has timestamps of its own."""
    places = set(map(parse_tag_index, options.tick_input_stream))
    found = [spec for spec in inputs if (spec.tag, spec.index) in places]
    if len(found) < len(places):
        known = ", ".join(f'"{tag_index(spec.tag, spec.index) or ":0"}"' for spec in inputs)
        raise ValueError(f"its tick_input_stream names an input stream that it does not have; it has: {known}")
    return found or (list(inputs) if options.async_selection else [])


def _sequencer(control: gf.Spec, ticks: Iterable[gf.Spec], *, is_async: bool) -> gf.CalculatorGraphConfig.Node:
    handler = "ImmediateInputStreamHandler" if is_async else "DefaultInputStreamHandler"
    return gf.CalculatorGraphConfig.Node(
        name="sequence",
        calculator="PacketSequencerCalculator",
        input_stream=[
            f"INPUT:{_name('in', control)}",
            *(f"TICK:{index}:{_name('in', spec)}" for index, spec in enumerate(ticks)),
        ],
        output_stream=["OUTPUT:selection"],
        input_stream_handler=InputStreamHandlerConfig(input_stream_handler=handler),
    )


def _contained(
    contained: gf.CalculatorGraphConfig.Node,
    channel: int,
    inputs: Iterable[gf.Spec],
    side_inputs: Iterable[gf.Spec],
    outer: gf.SubgraphNode,
) -> gf.CalculatorGraphConfig.Node:
    node = gf.CalculatorGraphConfig.Node()
    node.CopyFrom(contained)
    node.name = contained.name or f"c{channel}"
    node.input_stream.extend(_at(spec, _of_channel(channel, "in", spec)) for spec in inputs)
    node.output_stream.extend(_at(spec, _of_channel(channel, "out", spec)) for spec in outer.outputs)
    node.input_side_packet.extend(_at(spec, _name("side", spec)) for spec in side_inputs)
    node.output_side_packet.extend(_at(spec, _of_channel(channel, "made", spec)) for spec in outer.side_outputs)
    return node


def _demux(
    demux: gf.CalculatorGraphConfig.Node, spec: gf.Spec, channels: Iterable[int]
) -> gf.CalculatorGraphConfig.Node:
    """Return a copy of `demux` for an input stream."""
    node = gf.CalculatorGraphConfig.Node()
    node.CopyFrom(demux)
    node.name = _name("demux", spec)
    node.input_stream.append(f"INPUT:{_name('in', spec)}")
    node.output_stream.extend(f"OUTPUT:{channel}:{_of_channel(channel, 'in', spec)}" for channel in channels)
    return node


def _merge(spec: gf.Spec, channels: Iterable[int]) -> gf.CalculatorGraphConfig.Node:
    return gf.CalculatorGraphConfig.Node(
        name=_name("merge", spec),
        calculator="MergeCalculator",
        input_stream=[_of_channel(channel, "out", spec) for channel in channels],
        output_stream=[_name("out", spec)],
    )


def _mux(spec: gf.Spec, channels: Iterable[int], side_control: Iterable[gf.Spec]) -> gf.CalculatorGraphConfig.Node:
    return gf.CalculatorGraphConfig.Node(
        name=_name("mux", spec),
        calculator="MuxSidePacketCalculator",
        input_side_packet=[
            *(f"INPUT:{channel}:{_of_channel(channel, 'made', spec)}" for channel in channels),
            *(f"SELECT:{_name('side', control)}" for control in side_control),
        ],
        output_side_packet=[f"OUTPUT:{_name('made', spec)}"],
    )


def _check(
    node: gf.SubgraphNode, options: SwitchContainerOptions, inputs: Iterable[gf.Spec], *, is_chosen: bool
) -> None:
    count = len(options.contained_node)
    if not count:
        raise ValueError('it needs a contained_node { calculator: "..." } in its options')
    if not inputs and not node.side_outputs:
        raise ValueError("it needs an input stream other than SELECT and ENABLE, or an output side packet")
    if node.side_outputs and _control(node.inputs):
        raise ValueError("a stream cannot select output side packets; select by a side packet or an option")
    if options.HasField("select") and options.HasField("enable"):
        raise ValueError("its options select and enable have the same meaning; remove one of them")
    if not is_chosen and not options.HasField("select") and not options.HasField("enable"):
        raise ValueError("it needs SELECT or ENABLE, as an input stream, an input side packet or an option")
    if options.select not in range(count):
        raise ValueError(
            f"its option select is {options.select}, but the contained nodes are numbered 0 to {count - 1}"
        )
    for contained in options.contained_node:
        streams = (contained.input_stream, contained.output_stream)
        if any((*streams, contained.input_side_packet, contained.output_side_packet)):
            raise ValueError(
                f"the contained node {contained.name or contained.calculator} gets the streams and side packets of the "
                "container; remove its own"
            )


def _control(specs: Iterable[gf.Spec]) -> list[gf.Spec]:
    """Return the spec of SELECT or ENABLE, if there is one, in a list."""
    found = [spec for spec in specs if spec.tag in CONTROLS]
    if len(found) > 1:
        raise ValueError(f'"{found[0]}" and "{found[1]}" both select; remove one of them')
    return found


def _name(kind: str, spec: gf.Spec) -> str:
    """Return the name of an inner stream or node, e.g. ``in_tag__1`` for the stream at ``TAG:1``."""
    return f"{kind}_{spec.tag.lower()}__{spec.index}" if spec.index else f"{kind}_{spec.tag.lower()}".rstrip("_")


def _of_channel(channel: int, kind: str, spec: gf.Spec) -> str:
    return f"c{channel}__{_name(kind, spec)}"


def _at(spec: gf.Spec, name: str) -> str:
    """Return the text for `name` at the tag and index of `spec`."""
    return f"{spec.tag}:{spec.index}:{name}" if spec.tag else name
