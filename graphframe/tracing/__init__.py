"""The time of loading and runs: recorded, drawn as a trace for Perfetto, and summed up for each node."""

from graphframe.tracing.chrome import chrome_trace
from graphframe.tracing.profile import NodeProfile, profile, profile_table
from graphframe.tracing.trace import Call, Load, Trace

__all__ = ["Call", "Load", "NodeProfile", "Trace", "chrome_trace", "profile", "profile_table"]
