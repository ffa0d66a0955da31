"""SVG elements, one call each."""

from __future__ import annotations

import re
from xml.etree.ElementTree import Element, SubElement, indent, tostring

_NOT_IN_XML = re.compile(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def add(parent: Element, kind: str, text: str = "", /, **attributes: str | float) -> Element:
    """Add an element. In the names of attributes ``_`` stands for ``-``, and ``class_`` is ``class``."""
    named = {name.rstrip("_").replace("_", "-"): written(value) for name, value in attributes.items()}
    element = SubElement(parent, kind, named)
    if text:
        element.text = written(text)
    return element


def written(value: str | float) -> str:
    """Return a text without characters that XML cannot hold, or a number in tenths."""
    if isinstance(value, str):
        return _NOT_IN_XML.sub("\ufffd", value)
    return f"{value:.1f}".removesuffix(".0")


def numbers(*values: float) -> str:
    """Return numbers with spaces between them."""
    return " ".join(map(written, values))


def classes(*names: str | bool) -> str:
    """Return the names of CSS classes, without those that are False or empty."""
    return " ".join(name for name in names if isinstance(name, str) and name)


def svg(label: str) -> Element:
    """Return an empty drawing. The label is for screen readers."""
    return Element("svg", {"role": "graphics-document document", "aria-label": written(label)})


def text_of(element: Element) -> str:
    """Return the XML of an element."""
    indent(element, " ")
    return tostring(element, encoding="unicode")
