"""The errors of pulling a model."""


class PullError(Exception):
    """A model or LoRA adapter that cannot be pulled; the message says why, and what to do."""


class ReadOnlyError(PullError):
    """A folder that a model cannot be written to."""
