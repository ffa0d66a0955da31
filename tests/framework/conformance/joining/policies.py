"""Graphs of one node with an input policy."""

from __future__ import annotations

import graphframe as gf
from tests.framework.toys import Call

POLICY = 'input_stream_handler { input_stream_handler: "%sInputStreamHandler" %s }'


def graph(calculator: str, policy: str, options: str = "", inputs: str = "a b", more: str = "") -> str:
    """A node with an input policy."""
    streams = "".join(f'input_stream: "{name}" ' for name in inputs.split())
    handler = POLICY % (policy, f"options {{ {options} }}" if options else "")
    return f"""
        {streams} output_stream: "out"
        node {{ calculator: "{calculator}" {streams} output_stream: "out" {handler} {more} }}
    """


SYNC_SETS = "[graphframe.SyncSetInputStreamHandlerOptions.ext] { %s }"

FIXED_SIZE = "[graphframe.FixedSizeInputStreamHandlerOptions.ext] { %s }"

ALIGN = '[graphframe.TimestampAlignInputStreamHandlerOptions.ext] { timestamp_base_tag_index: "%s" }'


def joined(cc: gf.Context) -> str:
    """The values of an input set; "-" where there is none."""
    return "".join("-" if value is None else value for value in cc.values(Call.inputs))
