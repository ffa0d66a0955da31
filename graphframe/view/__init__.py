"""Drawings of graphs: from a text to SVG or to an HTML page, without running or validating the graph.

`drawable` reads a graph, `diagram` turns it into boxes and streams, `layout` and `drawing` place these, and `paint`,
`svg` and `html` write them.
"""
