"""Turns a drawing into SVG elements, and explains them in a legend."""
