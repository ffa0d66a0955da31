"""Calculators that turn embeddings into images."""
