"""Gives items that edges connect a place each, in layers from top to bottom; it knows nothing of graphs or pictures."""
