"""The parts of the story as HTML, for the page and the report: filled by Jinja with every text escaped, drawings
written by the XML library."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from core.exports.html_templates import html_templates
from core.exports.report.confusion import Matrix, extras_of, matrix_of, most_confused
from core.exports.report.palette import label_colors
from core.exports.story.chapters import Chapter
from core.exports.story.score import Score
from core.prompts.diffs import DiffLine, prompt_lines
from core.types import LabelSet, Prompt
from core.wording import FIELDS

MOST_LABELS = 6  # of a chapter's matrices
MOST_LINES = 400  # of a field of the prompt


class StoryMarkup:
    """Holds the compiled templates: make one and keep it."""

    def __init__(self) -> None:
        templates = html_templates(__package__)
        self.stylesheet = templates.get_template("story.css").render()
        self._parts: Any = templates.get_template("story_parts.html").module

    def score(self, score: Score, tone: str, why: str = "", cost: str = "") -> str:
        """`tone` as a headline has it; where the gain came from and the `cost` of use, in words."""
        return str(self._parts.score(score, tone, why, cost))

    def chapter(self, chapter: Chapter, labels: LabelSet) -> str:
        colors = label_colors(labels.names, labels.good)
        return str(self._parts.chapter(chapter, colors, *chapter_matrices(chapter, labels.names)))

    def prompt(self, prompt: Prompt, start: Prompt) -> str:
        """Its fields that are not empty, those that changed first, with the lines marked that are new."""
        fields: dict[bool, list[tuple[str, Sequence[DiffLine], int]]] = {True: [], False: []}
        for name, lines in prompt_lines(prompt, start):
            is_new = any(line.sign == "+" for line in lines)
            fields[is_new].append((FIELDS[name], lines[:MOST_LINES], max(0, len(lines) - MOST_LINES)))
        return str(self._parts.prompt(fields[True], fields[False]))

    def answers(self, answers: Sequence[tuple[str, object]], labels: LabelSet, correct: str = "") -> str:
        """Names of prompts, each with its classification of a text, and the `correct` label where it is known."""
        return str(self._parts.answers(answers, label_colors(labels.names, labels.good), correct))


def chapter_matrices(chapter: Chapter, labels: Sequence[str]) -> list[Matrix | None]:
    """Before and after, of the most confused labels; None for what was not measured."""
    both = [each if each is not None and each.n else None for each in (chapter.before, chapter.after)]
    readings = [each for each in both if each is not None]
    indexes, extras = most_confused(readings, labels, MOST_LABELS), extras_of(readings)
    return [matrix_of(each, labels, indexes, extras) if each is not None else None for each in both]
