"""The plans of the latest texts, which are kept for further graphs."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from graphframe.framework.config.registry import full_name, is_subgraph, load_option_types
from graphframe.framework.config.sourced import SourcedConfig
from graphframe.framework.config.text.reading import parse
from graphframe.framework.planning.plan import Plan
from graphframe.framework.planning.validation import validate


@lru_cache(maxsize=100)
def read_and_plan(text: str, source: str, base: str, _changes: int) -> tuple[SourcedConfig, Plan | None]:
    """Return the config of a text, and its plan unless it has subgraphs: their functions are called for each graph."""
    config = parse(text, source, load_option_types)._replace(base=Path(base))
    names = {full_name(node.calculator, config.proto.package) for node in config.proto.node[:]}
    return config, None if any(map(is_subgraph, names)) else validate(config)
