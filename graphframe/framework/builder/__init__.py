"""Build a graph in Python."""
