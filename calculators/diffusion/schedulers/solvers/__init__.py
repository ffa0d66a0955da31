"""The solvers: one scheduler class a module."""
