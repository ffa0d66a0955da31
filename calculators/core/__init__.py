"""Calculators that move packets about."""
