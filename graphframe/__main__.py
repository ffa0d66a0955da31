"""``python -m graphframe``: the ``graphframe`` command."""

from graphframe.cli.main import main

main(prog_name="graphframe")
