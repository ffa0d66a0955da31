"""What goes over the wire: the fields of requests and responses, and how bodies are read."""
