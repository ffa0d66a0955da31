"""A layout of items that edges connect, in layers from top to bottom. It knows nothing of graphs or SVG."""
