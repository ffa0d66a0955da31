"""Whole graphs as replicas of Ray Serve: ``serve run examples.deploy.ray_serve:app``, from the top of a checkout.

Each replica is a graphframe server without gunicorn. Its options are the ``GRAPHFRAME_`` variables of the hosts.
"""

# mypy: disable-error-code="import-not-found, attr-defined"

from ray import serve

from graphframe.serving.server import make_app_from_environment


@serve.deployment(num_replicas=2, max_ongoing_requests=16, graceful_shutdown_timeout_s=610)
@serve.ingress(make_app_from_environment)
class Graphframe:
    """The Falcon application, unchanged."""


app = Graphframe.bind()
