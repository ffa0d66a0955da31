"""The error of pulling a model."""


class PullError(Exception):
    """A model or LoRA adapter that cannot be pulled; the message says why, and what to do."""
