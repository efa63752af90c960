"""A prompt as promptfoo asks it, with rows as tests of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from core.errors import UsageError
from core.exports.llm_rubric import to_llm_rubric, with_verdict_form
from core.exports.promptfoo import ReplyForm, Turns, plain_system, templated_rows, to_promptfoo, with_form
from core.exports.request_template import TURNS, RequestTemplate
from core.services.exports.request import (
    PromptExport,
    bodies,
    callable_model,
    fixed_template,
    script_template,
)
from core.services.judges.report import good_verdict, judge_dataset
from core.similarity.examples import left_out_in_words, without_examples
from core.types import Example
from core.wording import count

_SCORERS = {"": "answer", "exact": "answer", "normalised": "normalised"}  # whose verdict promptfoo can give


def promptfoo(wanted: PromptExport) -> str:
    """Also of a prompt that shows each text its nearest examples: its rows then bring their turns along."""
    form, rows = _reply_form(wanted), _tests(wanted)
    template = _said_of_query(wanted, script_template(wanted, callable_model(wanted, "promptfoo")))
    if template.by_text is not None:
        return to_promptfoo(template, rows, wanted.title, form, _turns(replace(wanted, rows=rows), template))
    if template.made_of:
        with_fields = with_form(rows, template.made_of)
        if other := len(rows) - len(with_fields):
            wanted.notices.append(
                f"{count(other, 'row')} left out: no text of the form that the template makes."
            )
        rows = with_fields
    return to_promptfoo(template, rows, wanted.title, form)


def _reply_form(wanted: PromptExport) -> ReplyForm:
    """UsageError for a scorer whose verdict promptfoo cannot give."""
    read = wanted.form
    if read.labels:
        return ReplyForm(read.labels, "labels" if read.several else "label", read.tagged)
    scorer = wanted.settings.scorer
    if scorer not in _SCORERS:
        raise UsageError(
            f"promptfoo cannot score answers as {scorer} does: export a Python file or a batch, and score what they answer."
        )
    return ReplyForm((), _SCORERS[scorer], read.tagged)


def _turns(wanted: PromptExport, template: RequestTemplate) -> Mapping[str, Turns]:
    """The conversation of each row, a system text that stands elsewhere in the body first."""
    made: dict[str, Turns] = {}
    for row, body in zip(wanted.rows, bodies(wanted, template.model), strict=True):
        turns: Sequence[Mapping[str, str]] = body[next(name for name in TURNS if name in body)]  # type: ignore[assignment]
        system = [{"role": "system", "content": plain_system(body["system"])}] if "system" in body else []
        made[row.id] = [*system, *turns]
    return made


def llm_rubric(wanted: PromptExport) -> str:
    """The verdict that says an answer is good is the one marked in the dataset, now or when the run began."""
    if wanted.run is None:
        raise UsageError("A judge as llm-rubric is exported from its run: export RUN --format llm-rubric.")
    if wanted.file.prompt.several or not wanted.file.labels:
        raise UsageError("A judge gives one verdict, and this prompt does not: export json, md or a batch.")
    good = good_verdict(judge_dataset(wanted.workspace, wanted.run))
    if good not in wanted.file.labels:
        raise UsageError("The verdicts were renamed since this run: tune a judge on them as they are now.")
    asked = replace(wanted, file=replace(wanted.file, prompt=with_verdict_form(wanted.file.prompt, good)))
    rows = _tests(asked)
    template = _said_of_query(asked, fixed_template(asked, callable_model(asked, "promptfoo")))
    return to_llm_rubric(template, rows, wanted.title, good)


def _tests(wanted: PromptExport) -> Sequence[Example]:
    """The rows that are tests of it. UsageError where one has no label."""
    if not all(row.label for row in wanted.rows):
        raise UsageError(
            "Tests need rows with labels: leave --rows out and choose a part of the run with --split."
        )
    rows = without_examples(wanted.rows, wanted.file.prompt.few_shot)
    if left_out := left_out_in_words(len(wanted.rows) - len(rows), len(wanted.rows)):
        wanted.notices.append(left_out + ".")
    skipped = len(templated_rows(rows))
    if skipped:
        wanted.notices.append(
            f"{skipped:,} rows are left out: promptfoo would read what stands in {{{{ }}}} there as its own."
        )
    return rows


def _said_of_query(wanted: PromptExport, template: RequestTemplate) -> RequestTemplate:
    if template.server and template.server.query:
        wanted.notices.append(
            f"promptfoo sends no query, which {template.server.name} needs: "
            f"add {template.server.query_text()} to the address by hand."
        )
    return template
