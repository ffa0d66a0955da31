"""Falcon middleware: what every request passes, and the start and end of the server."""
