"""A difference on screen: signs beside the colours, and text that stays text."""

from __future__ import annotations

from core.prompts.diffs import changed_lines
from pages.ui.diff_view import diff_html


def test_a_changed_word_is_marked_between_signs():
    html = diff_html(changed_lines("Label it bug.", "Label it question."))
    assert "<i>−</i><del>Label it <mark>bug</mark>.</del>" in html
    assert "<i>+</i><ins>Label it <mark>question</mark>.</ins>" in html


def test_text_of_a_prompt_is_never_markup():
    html = diff_html(changed_lines("", "<img src=x onerror=alert(1)> & <b>bold</b>"))
    assert "<img" not in html and "<b>" not in html and "&lt;b&gt;bold" in html
