"""Each HTTP request and its answer, reported once when it ends: to the log, and to Prometheus."""
