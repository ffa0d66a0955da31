"""Pictures of graphs: of a text to SVG or to an HTML page, without running or validating anything.

`drawable` reads, `diagram` says what there is to draw, `layout` and `drawing` give it places, `paint`, `svg` and
`html` write it.
"""
