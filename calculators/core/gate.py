"""GateCalculator."""

from __future__ import annotations

from collections.abc import Iterable

import graphframe as gf
from graphframe.calculators.core.gate_pb2 import GateCalculatorOptions


class GateCalculator(gf.Calculator):
    """A gate that passes or drops packets.

    At most one of ALLOW and DISALLOW may be connected, as a stream or as a side packet. If neither is, the option
    `allow` decides.

    Input streams
    -------------
    (no tag) : any, multiple, optional
        The packets.
    ALLOW : bool, optional
        Whether packets at the same timestamp pass.
    DISALLOW : bool, optional
        The opposite of ALLOW.

    Input side packets
    ------------------
    ALLOW : bool, optional
        Whether packets pass, for the whole run.
    DISALLOW : bool, optional
        The opposite of ALLOW.

    Output streams
    --------------
    (no tag) : any, multiple, optional
        The packets that pass, one stream for each untagged input stream.
    STATE_CHANGE : bool, optional
        The new state of the gate at each input set that changes it; true for open.

    Options
    -------
    empty_packets_as_allow : bool, default false
        Whether packets pass at timestamps at which the ALLOW or DISALLOW stream has no packet.
    allow : bool, default false
        Whether packets pass if neither ALLOW nor DISALLOW is connected.
    initial_gate_state : GateState, default GATE_UNINITIALIZED
        The state before the first input set: ``GATE_ALLOW`` or ``GATE_DISALLOW``. By default the first input set does
        not count as a change.

    Example::

        node {
          calculator: "GateCalculator"
          input_stream: "image"
          input_stream: "ALLOW:is_safe"
          output_stream: "safe_image"
          output_stream: "STATE_CHANGE:became_safe"
          options { [graphframe.GateCalculatorOptions.ext] { initial_gate_state: GATE_ALLOW } }
        }
    """

    given = gf.Input("", multiple=True, optional=True)
    allow = gf.Input("ALLOW", bool, optional=True)
    disallow = gf.Input("DISALLOW", bool, optional=True)
    always_allow = gf.SideInput("ALLOW", bool, optional=True)
    always_disallow = gf.SideInput("DISALLOW", bool, optional=True)
    passed = gf.Output("", multiple=True, optional=True, same_as=given)
    state_change = gf.Output("STATE_CHANGE", bool, optional=True)
    options = gf.Options(GateCalculatorOptions)

    @classmethod
    def check(cls, node: gf.NodeInfo) -> Iterable[str]:
        if node.connected(cls.given) != node.connected(cls.passed):
            yield f"{cls.__name__} needs an output stream without a tag for each input stream without one"
        if not node.inputs:
            yield f"{cls.__name__} needs an input stream: one without a tag, ALLOW or DISALLOW"
        controls = (cls.allow, cls.disallow, cls.always_allow, cls.always_disallow)
        if sum(node.connected(port) for port in controls) > 1:
            yield f"{cls.__name__} takes only one of ALLOW and DISALLOW, as a stream or as a side packet"

    def open(self, cc: gf.Context) -> None:
        options = cc[self.options]
        initial = options.initial_gate_state
        known = (GateCalculatorOptions.GATE_ALLOW, GateCalculatorOptions.GATE_DISALLOW)
        self.is_open = initial == GateCalculatorOptions.GATE_ALLOW if initial in known else None
        self.constant: bool | None = None
        if cc.has(self.always_allow):
            self.constant = cc[self.always_allow]
        elif cc.has(self.always_disallow):
            self.constant = not cc[self.always_disallow]
        elif not cc.connected(self.allow) and not cc.connected(self.disallow):
            self.constant = options.allow
        if self.constant is False:
            for index in range(cc.connected(self.passed)):
                cc.close(self.passed, index=index)

    def process(self, cc: gf.Context) -> None:
        is_open = self._allows(cc)
        if self.is_open not in (None, is_open):
            cc.send(self.state_change, is_open)
        self.is_open = is_open
        if is_open:
            cc.forward(self.given, self.passed)

    def _allows(self, cc: gf.Context) -> bool:
        if self.constant is not None:
            return self.constant
        if cc.has(self.allow):
            return cc[self.allow]
        if cc.has(self.disallow):
            return not cc[self.disallow]
        return cc[self.options].empty_packets_as_allow
