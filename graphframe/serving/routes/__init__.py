"""Falcon resources, one module a path: they read requests and write responses."""
