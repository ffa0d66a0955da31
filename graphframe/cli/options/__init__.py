"""The options that several commands share, in groups."""
