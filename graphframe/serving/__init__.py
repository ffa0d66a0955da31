"""The HTTP side: a Falcon application with OpenAI's Images API, and how gunicorn runs it.

Clients name a *model*, as in OpenAI's API and OpenVINO Model Server. A `ServedModel` is such a name with its state;
its `ServedGraph` is the graph that runs, until a newer one replaces it. OpenVINO Model Server's servables and
versions are only in its formats: here a model has one version, 1.

- `app` wires all rooms together, `server` runs the application in gunicorn, `options` holds what operators set.
- `routes` answer: one Falcon resource a module. `middleware` is what every request passes. `api` has the wire types.
- `lifecycle` loads, reloads and unloads models; `generation` runs requests; `observation` logs and counts them.
- `page` is a playground.

Calculators are reached only through a graph, by their registered names.
"""
