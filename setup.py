"""The long description; setup.cfg holds everything else."""

import re
from configparser import ConfigParser
from pathlib import Path

from setuptools import setup

ROOT = Path(__file__).parent


def long_description() -> str:
    """Return README.md with absolute links, since an index has none of the files that it links to."""
    config = ConfigParser()
    config.read(ROOT / "setup.cfg", encoding="utf-8")
    url = config["metadata"]["url"]

    def absolute(link: re.Match[str]) -> str:
        kind = "raw" if link[1].endswith(".png") else "blob"
        return f"]({url}/{kind}/HEAD/{link[1]})"

    text = (ROOT / "README.md").read_text(encoding="utf-8")
    return re.sub(r"\]\((?!https?:|#)([^)]+)\)", absolute, text)


setup(long_description=long_description(), long_description_content_type="text/markdown")
