"""Protobuf's text format: reading a graph with the line of each field, and writing it."""
