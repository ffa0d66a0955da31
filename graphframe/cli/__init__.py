"""The ``graphframe`` command, one module a subcommand."""
