"""Calculators that route packets, whatever their values are."""
