"""A difference on screen: signs beside the colours, and text that stays text."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

from core.prompts.diffs import changed_lines
from pages.ui.diff_view import STYLE, diff_html

Color = tuple[float, ...]  # red, green, blue, 0 to 255
THEMES = tomllib.loads((Path(__file__).parents[2] / ".streamlit" / "config.toml").read_text())["theme"]


def test_a_changed_word_is_marked_between_signs():
    html = diff_html(changed_lines("Label it bug.", "Label it question."))
    assert "<i>−</i><del>Label it <mark>bug</mark>.</del>" in html
    assert "<i>+</i><ins>Label it <mark>question</mark>.</ins>" in html


def test_text_of_a_prompt_is_never_markup():
    html = diff_html(changed_lines("", "<img src=x onerror=alert(1)> & <b>bold</b>"))
    assert "<img" not in html and "<b>" not in html and "&lt;b&gt;bold" in html


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_what_went_and_came_can_be_read(scheme: str):
    """Fault: a contrast below 4.5 : 1."""
    words, page = (hex_color(THEMES[scheme][name]) for name in ("textColor", "backgroundColor"))
    for kind in ("plus", "minus"):
        line = over(page, ground(f".{kind} "))
        for background in (line, over(line, ground(f".{kind} mark "))):
            assert contrast(words, background) >= 4.5


def ground(selector: str) -> Color:
    """Its background: a colour and how much of it."""
    [found] = re.findall(re.escape(selector) + r"\{background:rgba\(([^)]*)\)", STYLE)
    return tuple(float(number) for number in found.split(","))


def over(below: Color, above: Color) -> Color:
    *color, share = above
    return tuple(share * one + (1 - share) * other for one, other in zip(color, below, strict=True))


def hex_color(text: str) -> Color:
    return tuple(bytes.fromhex(text.lstrip("#")))


def contrast(one: Color, other: Color) -> float:
    """As WCAG 2 defines it."""

    def luminance(color: Color) -> float:
        shares = [part / 255 for part in color]
        red, green, blue = (
            each / 12.92 if each <= 0.04045 else ((each + 0.055) / 1.055) ** 2.4 for each in shares
        )
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue

    dark, bright = sorted((luminance(one), luminance(other)))
    return (bright + 0.05) / (dark + 0.05)
