"""Settings for gunicorn's own command; what is served comes from the environment (see README.md)."""

from graphframe.serving.options import ServerOptions
from graphframe.serving.server import gunicorn_settings

wsgi_app = "graphframe.serving.server:make_app_from_environment()"
globals().update(gunicorn_settings(ServerOptions.from_environment()))

# Change single settings below, for example:
# accesslog = "-"
