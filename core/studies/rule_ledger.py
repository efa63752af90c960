"""The prompt as a ledger: its rules one by one, where each came from, what it did when it was tried, what it
costs in every call.

A rule is a line of the system prompt. Of the other fields, which frame the text, only lines that the run or a
person added are rules; the examples shown with the prompt are one more. What was measured as a whole says so.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from core.costs.call_price import BYTES_PER_TOKEN, request_size
from core.prompts.render import render
from core.similarity.shortlist import shows_examples, with_few_shot
from core.tuning.hypotheses import proposed_edits
from core.tuning.outcomes import shown_for
from core.types import (
    PROMPT_FIELDS,
    Decision,
    Edit,
    EditResult,
    Example,
    FewShot,
    LabelSet,
    Prompt,
    Request,
    Step,
    Verdict,
)

SYSTEM, FEW_SHOT = "system_prompt", "few_shot"
START, BY_HAND = "starting prompt", "by hand"


@dataclass(frozen=True, slots=True)
class PromptRule:
    """`index` is the line's number in its field. `step` brought it (0: it was there at the start; None: no
    step of this run). `rows` are ids of the mistakes it was written for; `tried` says what it did in its
    trial, None where it was never tried. `together`: so many lines were tried as one, and `tried` is of all
    of them. `tokens` are about what it adds to every call. `locked`: the run may not touch it."""

    text: str
    field: str
    place: int
    step: int | None
    origin: str
    tokens: int
    rows: tuple[str, ...] = ()
    tried: Verdict | None = None
    together: int = 1
    locked: bool = False

    @property
    def fixed(self) -> tuple[str, ...]:
        """Ids of the rows that came right when it was tried."""
        return self.tried.comparison.fixed if self.tried and self.tried.comparison else ()

    @property
    def broke(self) -> tuple[str, ...]:
        return self.tried.comparison.broke if self.tried and self.tried.comparison else ()


@dataclass(frozen=True, slots=True)
class _Source:
    """Where a line came from."""

    step: int
    origin: str
    rows: tuple[str, ...] = ()
    tried: Verdict | None = None
    together: int = 1


_Line = tuple[str, str]  # field and text, white space at its ends aside


def ledger(
    steps: Sequence[Step],
    prompt: Prompt,
    labels: LabelSet,
    examples: Sequence[Example] = (),
    locked: Sequence[str] = (),
) -> tuple[PromptRule, ...]:
    """The rules of the prompt in its order. `steps` are those that led to it, from the baseline on; without
    `examples` (the run's rows) nothing is said of the rows that rules were written for."""
    start = steps[0].prompt if steps else prompt
    sources = {line: _Source(0, START) for line, _ in _lines(start)}
    if shows_examples(start):
        sources[FEW_SHOT, ""] = _Source(0, START)
    before = start
    for step in steps[1:]:
        for after in dict.fromkeys((step.candidate or step.prompt, step.prompt)):
            sources |= _brought(step, before, after, sources, labels, examples)
        before = step.prompt
    frame = {line for line, _ in _lines(start) if line[0] != SYSTEM}
    rules = [
        replace(_rule(line, index, sources.get(line)), locked=line[1] in locked)
        for line, index in _lines(prompt)
        if line not in frame
    ]
    return (
        tuple(rules)
        if not shows_examples(prompt)
        else (*rules, _examples_rule(prompt, sources.get((FEW_SHOT, ""))))
    )


def without(prompt: Prompt, rules: Sequence[PromptRule]) -> Prompt:
    """The prompt without these of its rules."""
    for field in PROMPT_FIELDS:
        gone = {rule.place for rule in rules if rule.field == field}
        if gone:
            rest = [
                line for index, line in enumerate(getattr(prompt, field).split("\n")) if index not in gone
            ]
            change: dict[str, Any] = {field: "\n".join(rest)}
            prompt = replace(prompt, **change)
    return with_few_shot(prompt, FewShot()) if any(rule.field == FEW_SHOT for rule in rules) else prompt


def tokens_of(prompt: Prompt) -> int:
    """About what a call with the prompt takes in, besides the text."""
    similar = round(_similar(prompt) / BYTES_PER_TOKEN) if prompt.few_shot.strategy == "similar" else 0
    return round(request_size(Request(render(prompt, ""))) / BYTES_PER_TOKEN) + similar


# ---- where lines come from


def _brought(
    step: Step,
    before: Prompt,
    after: Prompt,
    known: dict[_Line, _Source],
    labels: LabelSet,
    examples: Sequence[Example],
) -> dict[_Line, _Source]:
    """What is in the prompt after the step and was not before."""
    old = {line for line, _ in _lines(before)}
    new = [line for line, _ in _lines(after) if line not in old]
    label_of = {example.id: example.label for example in examples}
    sources = {line: _source(step, before, line, new, known, labels.names) for line in new}
    for line, source in sources.items():
        rows = shown_for(step, Edit(line[0], "", line[1]), labels.names, label_of)
        sources[line] = replace(source, rows=rows)
    if after.few_shot != before.few_shot and shows_examples(after):
        sources[FEW_SHOT, ""] = _Source(step.number, f"step {step.number}", tried=step.verdict)
    return sources


def _source(
    step: Step,
    before: Prompt,
    line: _Line,
    new: Sequence[_Line],
    known: dict[_Line, _Source],
    labels: Sequence[str],
) -> _Source:
    trial = _trial_of(step, line)
    if trial is None:
        return _Source(step.number, f"step {step.number}", tried=step.verdict, together=len(new))
    beside = [text for text in map(str.strip, trial.edit.replace.split("\n")) if (line[0], text) in new]
    origin = f"step {step.number}"
    alone = trial.edit.replace.strip() == line[1]
    replaced = known.get((line[0], trial.edit.find.strip())) if alone else None
    if step.reflection and trial.edit not in (
        *step.reflection.edits,
        *proposed_edits(step.reflection, before, labels),
    ):
        origin += ", " + BY_HAND
    elif replaced is not None:
        origin += ", rewording " + ("the starting prompt" if replaced.step == 0 else f"step {replaced.step}")
    return _Source(step.number, origin, tried=trial.verdict, together=max(len(beside), 1))


def _trial_of(step: Step, line: _Line) -> EditResult | None:
    """The trial that brought the line; one that was kept before others."""
    own = [
        trial
        for trial in step.trials
        if trial.edit.field == line[0] and line[1] in map(str.strip, trial.edit.replace.split("\n"))
    ]
    return max(own, key=lambda trial: trial.verdict.decision is Decision.ACCEPTED, default=None)


# ---- rules


def _lines(prompt: Prompt) -> Iterator[tuple[_Line, int]]:
    """Every line that says something, with its place in its field."""
    for field in PROMPT_FIELDS:
        for index, line in enumerate(getattr(prompt, field).split("\n")):
            if line.strip():
                yield (field, line.strip()), index


def _rule(line: _Line, index: int, source: _Source | None) -> PromptRule:
    field, text = line
    tokens = max(1, round((len(text.encode("utf-8", "surrogatepass")) + 1) / BYTES_PER_TOKEN))
    if source is None:
        return PromptRule(text, field, index, None, BY_HAND, tokens)
    return PromptRule(
        text, field, index, source.step, source.origin, tokens, source.rows, source.tried, source.together
    )


def _examples_rule(prompt: Prompt, source: _Source | None) -> PromptRule:
    """The examples as one rule."""
    few = prompt.few_shot
    text = (
        f"{len(few.examples)} examples, always shown"
        if few.strategy == "fixed"
        else f"the {few.k} training rows most like the text"
    )
    rule = _rule((FEW_SHOT, text), 0, source)
    return replace(rule, tokens=tokens_of(prompt) - tokens_of(replace(prompt, few_shot=FewShot())))


def _similar(prompt: Prompt) -> float:
    """Bytes of neighbours shown with a text: as long as the examples are on the average."""
    alone = replace(
        prompt, few_shot=FewShot("fixed", len(prompt.few_shot.examples), prompt.few_shot.examples)
    )
    none = replace(prompt, few_shot=FewShot())
    every = request_size(Request(render(alone, ""))) - request_size(Request(render(none, "")))
    return prompt.few_shot.k * every / max(len(prompt.few_shot.examples), 1)
