"""A prompt as promptfoo asks it, with rows as tests of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from core.errors import UsageError
from core.exports.llm_rubric import to_llm_rubric, with_verdict_form
from core.exports.promptfoo import ReplyForm, Turns, plain_system, templated_rows, to_promptfoo, with_form
from core.exports.request_template import RequestTemplate
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


def promptfoo(export: PromptExport) -> str:
    """Also of a prompt that shows each text its nearest examples: its rows then bring their turns along."""
    form, rows = _reply_form(export), _tests(export)
    template = _with_query_notice(export, script_template(export, callable_model(export, "promptfoo")))
    if template.by_text is not None:
        return to_promptfoo(template, rows, export.title, form, _turns(replace(export, rows=rows), template))
    if template.made_of:
        with_fields = with_form(rows, template.made_of)
        if other := len(rows) - len(with_fields):
            export.notices.append(
                f"{count(other, 'row')} left out: no text of the form that the template makes."
            )
        rows = with_fields
    return to_promptfoo(template, rows, export.title, form)


def _reply_form(export: PromptExport) -> ReplyForm:
    """UsageError for a scorer whose verdict promptfoo cannot give."""
    read = export.form
    if read.labels:
        return ReplyForm(read.labels, "labels" if read.several else "label", read.tagged)
    scorer = export.settings.scorer
    if scorer not in _SCORERS:
        raise UsageError(
            f"promptfoo cannot score answers as {scorer} does: export a Python file or a batch, and score what they answer."
        )
    return ReplyForm((), _SCORERS[scorer], read.tagged)


def _turns(export: PromptExport, template: RequestTemplate) -> Mapping[str, Turns]:
    """The conversation of each row, a system text that stands elsewhere in the body first."""
    made: dict[str, Turns] = {}
    for row, body in zip(export.rows, bodies(export, template.model), strict=True):
        turns: Sequence[Mapping[str, str]] = body[template.turns_name]  # type: ignore[assignment]
        system = [{"role": "system", "content": plain_system(body["system"])}] if "system" in body else []
        made[row.id] = [*system, *turns]
    return made


def llm_rubric(export: PromptExport) -> str:
    """The verdict that says an answer is good is the one marked in the dataset, now or when the run began."""
    if export.run is None:
        raise UsageError("A judge as llm-rubric is exported from its run: export RUN --format llm-rubric.")
    if export.file.prompt.several or not export.file.labels:
        raise UsageError("A judge gives one verdict, and this prompt does not: export json, md or a batch.")
    good = good_verdict(judge_dataset(export.workspace, export.run))
    if good not in export.file.labels:
        raise UsageError("The verdicts were renamed since this run: tune a judge on them as they are now.")
    asked = replace(export, file=replace(export.file, prompt=with_verdict_form(export.file.prompt, good)))
    rows = _tests(asked)
    template = _with_query_notice(asked, fixed_template(asked, callable_model(asked, "promptfoo")))
    return to_llm_rubric(template, rows, export.title, good)


def _tests(export: PromptExport) -> Sequence[Example]:
    """The rows that are tests of it. UsageError where one has no label."""
    if not all(row.label for row in export.rows):
        raise UsageError(
            "Tests need rows with labels: leave --rows out and choose a part of the run with --split."
        )
    rows = without_examples(export.rows, export.file.prompt.few_shot)
    if left_out := left_out_in_words(len(export.rows) - len(rows), len(export.rows)):
        export.notices.append(left_out + ".")
    skipped = len(templated_rows(rows))
    if skipped:
        export.notices.append(
            f"{skipped:,} rows are left out: promptfoo would read what stands in {{{{ }}}} there as its own."
        )
    return rows


def _with_query_notice(export: PromptExport, template: RequestTemplate) -> RequestTemplate:
    if template.server and template.server.query:
        export.notices.append(
            f"promptfoo sends no query, which {template.server.name} needs: "
            f"add {template.server.query_text()} to the address by hand."
        )
    return template
