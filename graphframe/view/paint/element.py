"""SVG elements, one call each."""

from __future__ import annotations

import re
from xml.etree.ElementTree import Element, SubElement, indent, tostring

_NOT_IN_XML = re.compile(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def add(parent: Element, kind: str, text: str = "", /, **attributes: str | float) -> Element:
    """Add an element; in the names of attributes ``_`` stands for ``-``, and ``class_`` is ``class``."""
    named = {name.rstrip("_").replace("_", "-"): written(value) for name, value in attributes.items()}
    element = SubElement(parent, kind, named)
    if text:
        element.text = written(text)
    return element


def written(value: str | float) -> str:
    """A text without what XML cannot hold, or a number in tenths."""
    if isinstance(value, str):
        return _NOT_IN_XML.sub("\ufffd", value)
    return f"{value:.1f}".removesuffix(".0")


def numbers(*values: float) -> str:
    """Numbers with spaces between them."""
    return " ".join(map(written, values))


def classes(*names: str | bool) -> str:
    """The names of classes, but those that are False or empty."""
    return " ".join(name for name in names if isinstance(name, str) and name)


def svg(label: str) -> Element:
    """An empty picture, and what it is called for those who cannot see it."""
    return Element("svg", {"role": "graphics-document document", "aria-label": written(label)})


def text_of(element: Element) -> str:
    """The XML of an element."""
    indent(element, " ")
    return tostring(element, encoding="unicode")
