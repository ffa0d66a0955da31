"""The calculators that ship with graphframe."""
