"""From a plan to packets: runs, and the scheduler that drives them."""
