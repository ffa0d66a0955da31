"""Noise schedules: the timesteps and the amount of noise before each step."""
