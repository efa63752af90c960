"""The report: one HTML file that holds everything, without script, without network.

The template is filled by Jinja with every text escaped; drawings are written by the XML library, which
escapes by itself. So what stands in texts, labels and replies can only ever be read. Nothing here knows the
clock: what a report says follows from the run alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from core.exports.html_templates import html_templates
from core.exports.report.accuracy import accuracy_chart
from core.exports.report.bars import count_bars, label_bars
from core.exports.report.confusion import (
    Matrix,
    confusion_chart,
    extras_of,
    matrix_of,
    most_confused,
    worst_of,
)
from core.exports.report.costs import costs_of, settings_in_words, time_of, total_of
from core.exports.report.detail import FULL, LARGEST, LEAST, LESS, Detail
from core.exports.report.headline import headline_of, headline_split
from core.exports.report.mistakes import wrong_of
from core.exports.report.noise import Noise, noise_of
from core.exports.report.palette import label_colors
from core.exports.report.run import (
    ReportRun,
    accepted_steps,
    best_number,
    first_prompt,
    is_graded_run,
    prompt_of_step,
    reading_of,
    rows_of,
)
from core.exports.report.story import attempts_of, chapters_of
from core.exports.story import __name__ as STORY
from core.exports.story.markup import chapter_matrices
from core.exports.story.score import score_of
from core.prompts.diffs import narrowed, prompt_lines
from core.types import SPLITS as PARTS
from core.types import Metrics
from core.wording import FIELDS, SPLITS, percent, with_interval


@dataclass(frozen=True, slots=True)
class Pane:
    """A confusion matrix with the words beside it."""

    number: int
    name: str
    accuracy: str
    rows: int
    labels: int
    columns: int
    drawing: str
    worst: list[tuple[str, str, int]]


def report(run: ReportRun) -> str:
    """The HTML file as text, under LARGEST bytes: a run too long for that is shown with less detail, and the
    report says so. Half a character that no file could hold becomes a replacement character."""
    template = html_templates(__package__, STORY).get_template("report.html")
    rows = [row for row in run.dataset.examples if not row.excluded and run.dataset.labels.names]
    noise = noise_of(rows)  # free answers are no labels that could be doubted
    for detail in (FULL, LESS, LEAST):
        page = template.render(_content(run, noise, detail))
        page = page.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
        if len(page.encode()) < LARGEST:
            break
    return page


def _content(run: ReportRun, noise: Noise, detail: Detail) -> Mapping[str, object]:
    """What the template is given. Drawings are the only values that it takes as markup (`|safe`)."""
    labels, good, best = run.dataset.labels.names, run.dataset.labels.good, best_number(run)
    usable = [row for row in run.dataset.examples if not row.excluded]
    axis, plot = accuracy_chart(run)
    split = headline_split(run)
    before, after = reading_of(run, 0, split), reading_of(run, best, split)
    chapters, attempts = chapters_of(run, detail), attempts_of(run)
    prompt = prompt_of_step(run, best)
    return {
        "run": run,
        "labels": labels,
        "scorer": run.settings.scorer,
        "colors": label_colors(labels, good),
        "definitions": run.dataset.labels.definitions,
        "rows": len(usable),
        "excluded": len(run.dataset.examples) - len(usable),
        "noted": sum(bool(row.note) for row in usable),
        "canonical": sum(row.canonical for row in usable),
        "parts": [(SPLITS[part], len(rows_of(run, part))) for part in PARTS],
        "count_bars": count_bars(usable, labels, good),
        "noise": noise,
        "ceiling": percent(1 - noise.wrong / noise.rows, 0)
        if noise.wrong is not None and noise.suspects
        else "",
        "headline": headline_of(run),
        "counted": "Mean score" if is_graded_run(run) else "Accuracy",
        "split": SPLITS[split],
        "axis": axis,
        "plot": plot,
        "capped": run.settings.max_calls is not None,
        "panes": _panes(run, detail),
        "best": best,
        "label_bars": label_bars(before.metrics if before and best > 0 else None, after.metrics, labels, good)
        if after
        else [],
        "score": score_of(run),
        "chapters": [(chapter, comment, *chapter_matrices(chapter, labels)) for chapter, comment in chapters],
        "more_chapters": max(0, len(accepted_steps(run)) - 1 - len(chapters)),
        "attempts": attempts[: detail.attempts],
        "more_attempts": max(0, len(attempts) - detail.attempts),
        "fields": [
            (FIELDS[name], narrowed(lines[: detail.prompt], detail.wide), max(0, len(lines) - detail.prompt))
            for name, lines in prompt_lines(prompt, first_prompt(run))
        ],
        "prompt": prompt,
        "shots": [
            (shot.text[: detail.wide], shot.label) for shot in prompt.few_shot.examples[: detail.shots]
        ],
        "more_shots": max(0, len(prompt.few_shot.examples) - detail.shots),
        "wrong": wrong_of(run, noise.suspects, detail),
        "costs": costs_of(run),
        "total": total_of(run),
        "time": time_of(run),
        "settings": settings_in_words(run.settings),
        "failed": _failed(run),
        "shortened": detail is not FULL,
    }


def _panes(run: ReportRun, detail: Detail) -> list[Pane]:
    """The matrices of the start and of kept steps, the best among them, evenly chosen where there are too
    many."""
    labels, best = run.dataset.labels.names, best_number(run)
    if not labels:
        return []
    numbers = [step.number for step in accepted_steps(run)]
    read = {
        number: reading.metrics
        for number in numbers
        if (reading := reading_of(run, number, "validation")) is not None
    }
    numbers = _some([number for number in numbers if number in read], best, detail.steps)
    readings = [read[number] for number in numbers]
    indexes, extras = most_confused(readings, labels, detail.labels), extras_of(readings)
    return [
        _pane(number, read[number], matrix_of(read[number], labels, indexes, extras)) for number in numbers
    ]


def _pane(number: int, read: Metrics, matrix: Matrix) -> Pane:
    name = "Starting prompt" if number == 0 else f"Step {number}"
    drawing = confusion_chart(
        matrix, f"Confusion matrix, {name.lower()}: correct labels down, predicted labels across"
    )
    accuracy, sizes = with_interval(read.accuracy, read.interval), (len(matrix.rows), len(matrix.columns))
    return Pane(number, name, accuracy, read.n, *sizes, drawing, worst_of(matrix))


def _some(numbers: list[int], best: int, most: int) -> list[int]:
    """Up to about `most` of the numbers: the first, the last and the best are among them."""
    if len(numbers) <= most:
        return numbers
    chosen = {numbers[round(index * (len(numbers) - 1) / (most - 1))] for index in range(most)} | {best}
    return [number for number in numbers if number in chosen]


def _failed(run: ReportRun) -> int:
    return sum(spend.failed for spend in run.spend.values())
