"""Calculators that turn prompts into embeddings."""
