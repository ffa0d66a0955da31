"""From the text of a graph to a config: reading, subgraphs, options, and the registry of calculators."""
