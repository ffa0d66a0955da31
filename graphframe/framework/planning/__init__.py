"""From a config to a plan: validation and wiring."""
