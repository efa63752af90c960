"""The few shapes that the charts are made of. Built as a tree and written out by the library, so that no text
can become markup.

Widths are percentages of the chart and heights are pixels: a chart fills its place on any screen while its
letters keep their size.
"""

from __future__ import annotations

from xml.etree.ElementTree import Element, SubElement, tostring


def canvas(height: float, label: str, kind: str = "chart") -> Element:
    """An empty drawing as wide as its place; `label` tells those who cannot see it what it shows."""
    return Element(
        "svg", {"class": kind, "width": "100%", "height": number(height), "role": "img", "aria-label": label}
    )


def fixed(width: float, height: float, label: str, kind: str = "chart") -> Element:
    """An empty drawing that is scaled as a whole."""
    return Element(
        "svg",
        {
            "class": kind,
            "viewBox": f"0 0 {number(width)} {number(height)}",
            "style": f"min-width:{number(width)}px",
            "role": "img",
            "aria-label": label,
        },
    )


def draw(parent: Element, tag: str, hint: str = "", text: str = "", **attributes: str | float) -> Element:
    """Adds a shape: `hint` shows when the mouse rests on it. Attributes are written as they are, `_` for `-`
    and `kind` for class."""
    names = {"kind": "class"}
    given = {names.get(name, name.replace("_", "-")): number(value) for name, value in attributes.items()}
    shape = SubElement(parent, tag, given)
    if text:
        shape.text = text
    if hint:
        SubElement(shape, "title").text = hint
    return shape


def share(part: float) -> str:
    """0.125 as 12.5%"""
    return number(100 * part) + "%"


def number(value: str | float) -> str:
    return value if isinstance(value, str) else f"{value:.2f}".rstrip("0").rstrip(".")


def written(drawing: Element) -> str:
    """The drawing as it stands in a page."""
    return tostring(drawing, encoding="unicode")
