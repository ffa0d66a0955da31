"""How much noise there is at each step: what the schedulers have in common."""
