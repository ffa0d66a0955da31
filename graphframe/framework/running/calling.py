"""How the methods of calculators are called, with a tracer or without."""

from __future__ import annotations

from collections.abc import Sequence

from graphframe.framework.calculator import Calculator
from graphframe.framework.errors import Cancelled, GraphError, describe
from graphframe.framework.running.cancellation import Cancellation
from graphframe.framework.running.invocation import OPEN, PROCESS, Invocation
from graphframe.framework.running.scheduling.run_state import RunState
from graphframe.framework.running.scheduling.state import NodeTask
from graphframe.framework.running.tracers import Tracer


class CalculatorCaller:
    """Calls the calculators of one run. An exception that one raises only ends the run.

    Parameters
    ----------
    calculators : sequence of Calculator
        In execution order.
    cancellation : Cancellation
    tracer : Tracer or None
        Observes the calls; if it raises, the run fails.
    state : RunState
    """

    def __init__(
        self, calculators: Sequence[Calculator], cancellation: Cancellation, tracer: Tracer | None, state: RunState
    ) -> None:
        self.calculators = calculators
        self.tracer = tracer
        self._cancellation = cancellation
        self._state = state
        if tracer is not None:
            state.on_schedule = self._ready

    def call(self, task: NodeTask) -> GraphError | None:
        """Call the method of the calculator that a task names, and return its error."""
        cc = task.context
        task.working = True
        calculator = self.calculators[task.node.index]
        try:
            if task.phase is PROCESS:
                if calculator.process(cc) is not None:  # type: ignore[func-returns-value]
                    raise TypeError("process returned a value, which nothing receives: use cc.send")
            elif task.phase is OPEN:
                calculator.open(cc)
                task.state.opened = True  # whatever is interrupted from now on, it has to close
            else:
                task.state.closing = True
                calculator.close(cc)
        except BaseException as cause:
            if isinstance(cause, Cancelled) and self._cancellation.cancelled:
                return cause.with_traceback(None)
            return task.failure(cause)
        finally:
            task.working = False
        return None

    def call_traced(self, task: NodeTask) -> GraphError | None:
        """Do the same as `call` in a run with a tracer."""
        assert self.tracer is not None
        try:
            self.tracer.begin(task)
        except Exception as cause:
            return _tracer_failed(cause)
        error = self.call(task)
        try:
            self.tracer.end(task)
        except Exception as cause:
            return error or _tracer_failed(cause)
        return error

    def _ready(self, call: Invocation) -> None:
        assert self.tracer is not None
        try:
            self.tracer.ready(call)
        except Exception as cause:
            self._state.fault = _tracer_failed(cause)


def _tracer_failed(cause: Exception) -> GraphError:
    error = GraphError(f"the tracer of the run failed: {describe(cause)}")
    error.__cause__ = cause
    return error
