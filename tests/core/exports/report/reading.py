"""A report read back as a program would: its elements, and its text as a person sees it."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from html.parser import HTMLParser
from xml.etree.ElementTree import fromstring

VOID = {"meta", "link", "input", "br"}


@dataclass
class Seen(HTMLParser):
    """`elements` are (tag, attributes) in order; `texts` by section id, in order, styles and hints left
    out."""

    elements: list[tuple[str, dict[str, str | None]]] = field(default_factory=list)
    texts: dict[str, list[str]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self._open: list[str] = []
        self._section = "head"

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag in ("section", "header"):
            self._section = dict(attrs).get("id") or tag
        if tag not in VOID:
            self._open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self._open and self._open[-1] == tag, (tag, self._open[-5:])
        self._open.pop()
        if tag in ("td", "th", "p", "h3", "dd"):
            self.texts.setdefault(self._section, []).append(" ")

    def handle_data(self, data: str) -> None:
        if "style" not in self._open and not self._is_hint():
            self.texts.setdefault(self._section, []).append(data)

    def _is_hint(self) -> bool:
        """What shows when the mouse rests on a shape."""
        return "svg" in self._open and self._open[-1] == "title"

    def text(self, section: str) -> str:
        """With spaces as a person would type them."""
        return " ".join("".join(self.texts.get(section, [])).replace("\N{NO-BREAK SPACE}", " ").split())

    def kinds(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.elements if name == tag]


def seen(html: str) -> Seen:
    parser = Seen()
    parser.feed(html)
    parser.close()
    assert parser._open == [], parser._open
    return parser


def matrices(html: str) -> list[list[str]]:
    """The numbers in each confusion matrix, in the order of the page."""
    drawings = re.findall(r'<svg class="matrix".*?</svg>', html, re.DOTALL)
    return [
        [each.text or "" for each in fromstring(drawing).iter("text") if each.get("class") == "number"]
        for drawing in drawings
    ]
