"""The graph engine: packets, calculators, config, validation, scheduling, runs. It knows no OpenVINO, HTTP or NumPy."""
