"""The offline pair where a text may have several labels: every label that the prompt speaks for is an answer, and each
label of a shown row is a case of its own."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from core.label_sets.sets import label_names
from core.offline.casebook import ROW, Casebook, RequestRow, between, read_casebook
from core.offline.judgement import LabelEvidence

LABELS_AHEAD = "Each text has one or more of these labels: "  # how a request begins that is answered here
_FORM = re.compile(r"<label>[^<>\n]*;[^<>\n]*</label>", re.I)
LEAST = 0.5  # of the evidence for the best label, that another one needs


def asks_for_several(instructions: str) -> bool:
    return _FORM.search(instructions) is not None


def chosen_labels(speaking: Sequence[LabelEvidence]) -> tuple[str, ...]:
    """The label that most speaks for, and those that nearly as much does; none where nothing does."""
    scores: dict[str, float] = {}
    for item in speaking:
        scores[item.label] = scores.get(item.label, 0.0) + item.weight
    least = LEAST * max(scores.values(), default=0.0)
    return tuple(sorted(label for label, score in scores.items() if score >= least)) if least > 0 else ()


def reason_for_several(labels: Sequence[str]) -> str:
    return f"The prompt speaks for {' and for '.join(labels)}."


def asks_about_sets(message: str) -> bool:
    return message.startswith(LABELS_AHEAD)


def set_casebook(message: str) -> Casebook:
    """The request as one of single labels: a row stands there once for each label it has, as a mistake where that one
    was missing or another was given in vain."""
    labels = label_names(message.partition("\n")[0].removeprefix(LABELS_AHEAD).removesuffix("."))
    cases = [case for kind, body in ROW.findall(message) for case in _cases(kind, body)]
    return replace(read_casebook(message), labels=labels, cases=tuple(cases))


def _cases(kind: str, body: str) -> list[RequestRow]:
    wanted, given = label_names(between("correct_answer", body)), label_names(between("given_answer", body))
    extra = [label for label in given if label not in wanted]
    text, note = between("text", body), between("note", body)
    cases = []
    for label in wanted:
        wrong = kind == "mistake" and (label not in given or extra)
        cases.append(RequestRow(text, label, (extra[0] if extra else "(none)") if wrong else "", note))
    return cases
