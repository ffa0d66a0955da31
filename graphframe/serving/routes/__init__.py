"""Falcon resources: one module a path."""
