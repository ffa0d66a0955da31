"""From the files of a model to a graph that serves requests, and back.

`Loader` does all steps: prepare (download), open (read and validate), make room, load, warm up, replace. `Watcher`
decides when. `ServedModel` holds the result, and `ServedModel.use` lends its graph to runs.
"""
