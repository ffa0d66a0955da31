"""Calculators that work on images."""
