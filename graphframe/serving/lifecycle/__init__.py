"""Served models: loading, reloading, unloading."""
