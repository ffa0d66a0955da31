"""Write graph.pbtxt files from command-line options."""
