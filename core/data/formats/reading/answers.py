"""What stands beside a text in a log or an evaluation: a right answer, what a model said, how a person rated
that. A right answer is the label wherever there is one; a model's word is it only where nobody said more."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from core.data.fields import LABEL_NAMES
from core.data.formats.reading.messages import conversation, last_answer, message, opened
from core.data.formats.reading.values import label_cell
from core.data.importing.column_names import is_model_output, is_reference, plain
from core.wording import counted

# Names of a right answer, the surest first; then those of a label in any file.
REFERENCES = (
    "reference_answer",
    "reference_label",
    "ground_truth",
    "ground_truth_label",
    "groundtruth",
    "correct_label",
    "correct_answer",
    "correct",
    "ideal",
    "reference",
    "reference_output",
    "expected_response",
    "expected_output",
    "expected_answer",
    "expected_label",
    "expected",
    "gold_label",
    "gold",
    "golden",
    "true_label",
    "truth",
    "label",
    "labels",
    "category",
    "class",
    "target",
    "targets",
)
# Names of what a model said.
OUTPUTS = tuple(
    "output output_text model_output outputs response model_response completion prediction predictions "
    "predicted predicted_label generation generated_output model_answer sample generated".split()
)
# With these, a right answer is meant even beside another answer; category or target may be anything.
SURE = REFERENCES[: REFERENCES.index("labels") + 1]
ANSWERS = (*REFERENCES, *(name for name in LABEL_NAMES if name not in OUTPUTS))
NOTES = ("output_feedback", "feedback", "critique", "rationale", "human_feedback", "annotator_comment")
RATINGS = (
    "rating",
    "output_rating",
    "human_rating",
    "ratings",
    "thumbs",
    "annotation",
    "human_annotation",
    "grade",
)
_GOOD = frozenset("good up thumbs_up thumbsup positive correct yes true pass passed 1 👍 +1 like".split())
_BAD = frozenset(
    "bad down thumbs_down thumbsdown negative incorrect wrong no false fail failed 0 👎 -1 dislike".split()
)
_MODEL_WORDS = frozenset(("sample", "sampled", "output", "outputs", "response"))
_FENCE = re.compile(r"\A```\w*\s*\n(.*?)\n?```\s*\Z", re.DOTALL)


def answer_label(value: object) -> str:
    """The label in an answer, as a label cell: the text itself; of JSON the one value, or the one that names
    an answer; of messages what the assistant said. "" where there is none: an object is never a label."""
    if isinstance(value, str):
        fenced = _FENCE.match(value.strip())
        inner = opened(fenced[1] if fenced else value)
        return answer_label(inner) if isinstance(inner, Mapping | list) else label_cell(inner)
    one = message(value)
    if one and one.role != "other":
        return answer_label(one.content)
    if isinstance(value, Mapping):
        return _of_object(value)
    turns = conversation(value)
    if turns:
        return answer_label(last_answer(turns))
    if isinstance(value, list):
        return label_cell([opened(answer_label(each)) for each in value])
    return label_cell(value)


def _of_object(value: Mapping[str, object]) -> str:
    if len(value) == 1:
        return answer_label(next(iter(value.values())))
    name = named(value, ANSWERS)
    if name:
        return answer_label(value[name])
    label = label_cell(value)
    return "" if label.startswith("{") else label


def named(names: Iterable[str], wanted: Sequence[str]) -> str:
    """The name that is the first possible of `wanted`, or else ends with it: item.correct_label, true_label."""
    words = {plain(name): name for name in reversed(list(names))}
    exact = next((words[each] for each in wanted if each in words), "")
    return exact or next(
        (name for each in wanted for word, name in words.items() if word.endswith("_" + each)), ""
    )


def rating(value: object) -> str:
    """good, bad, or "" where it says neither."""
    word = plain(str(value)) if value is not None else ""
    raw = str(value).strip()
    return "good" if {word, raw} & _GOOD else "bad" if {word, raw} & _BAD else ""


def reference_name(names: Iterable[str], wanted: Sequence[str] = REFERENCES) -> str:
    """As `named`, of a right answer: what a model wrote (predicted_label, sample.label) is passed over."""
    return named([name for name in names if not is_models(name)], wanted)


def is_models(name: str) -> bool:
    """Whether a name says that a model wrote it."""
    words = set(plain(name).split("_"))
    return is_model_output(name) or bool(words & _MODEL_WORDS and not is_reference(name))


@dataclass(frozen=True, slots=True)
class Answered:
    """Of one row, as label cells: the right answer, what a model said; and whether a person rated that good
    or bad."""

    reference: str = ""
    output: str = ""
    rated: str = ""


def settled_labels(rows: Sequence[Answered], source: str) -> tuple[list[str], list[str]]:
    """The label of every row, "" for none, and notices. `source` says in words whose answers the outputs are:
    "stored completions"."""
    known = any(row.reference or row.rated for row in rows)
    labels = [
        row.reference or (row.output if row.rated == "good" or (not known and not row.rated) else "")
        for row in rows
    ]
    return labels, _notices(rows, labels, known, source)


def _notices(rows: Sequence[Answered], labels: Sequence[str], known: bool, source: str) -> list[str]:
    open_rows = [row for row in rows if not row.reference]
    good = sum(row.rated == "good" and bool(row.output) for row in open_rows)
    bad = sum(row.rated == "bad" for row in open_rows)
    unrated = sum(bool(row.output) and not row.rated for row in open_rows)
    beside = sum(bool(row.reference and row.output) for row in rows)
    differs = sum(bool(row.reference and row.output) and row.reference != row.output for row in rows)
    notices = []
    if beside:
        notices.append(
            f"The labels are the right answers that the file gives, not what a model answered beside them "
            f"({counted(beside, 'row')}, {differs:,} of them different)."
        )
    if good:
        notices.append(
            f"The labels of {counted(good, 'row')} are the model's answers, which a person rated good."
        )
    if bad:
        notices.append(
            f"{counted(bad, 'row')} rated bad {'has' if bad == 1 else 'have'} no right answer in the file, so no label: "
            "what the model answered was wrong."
        )
    if unrated and known:
        notices.append(
            f"{counted(unrated, 'row')} {'has' if unrated == 1 else 'have'} only the model's answer, which nobody rated, so no label."
        )
    if unrated and not known and any(labels):
        notices.append(
            f"The labels are what a model answered ({source}), checked by nobody, as the file gives no right answers: "
            "correct them before you trust a figure."
        )
    return notices
