"""The options of nodes: messages, dataclasses that stand for them, and copies of the options of a graph."""
