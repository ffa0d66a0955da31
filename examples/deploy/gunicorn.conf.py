"""Settings for gunicorn's own command; the environment has the options of graphframe serve (see README.md)."""

from graphframe.serving.server import gunicorn_settings_from_environment

wsgi_app = "graphframe.serving.server:make_app_from_environment()"
globals().update(gunicorn_settings_from_environment())

# Change single settings below, for example:
# accesslog = "-"  # replaces the line that graphframe logs for each request
# certfile = "/etc/graphframe/tls.crt"
# keyfile = "/etc/graphframe/tls.key"
