"""``python -m tests.serving.toy_server serve ...``: the graphframe command, with the toy calculators."""

from graphframe.cli.main import main
from tests.serving import toys  # noqa: F401

if __name__ == "__main__":
    main()
