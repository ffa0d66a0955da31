"""What goes wrong when a model is pulled."""


class PullError(Exception):
    """A model that cannot be brought here; the message says what to do about it."""
