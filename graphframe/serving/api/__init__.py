"""The wire format: the fields of requests and responses, and the reading of bodies."""
