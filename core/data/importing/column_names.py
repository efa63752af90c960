"""Names of columns: compared whatever their case and separators, and what they say about who wrote what."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence

from core.data.fields import LABEL_NAMES, TEXT_NAMES

# What a model wrote, in order of how likely it is to be a label.
MODEL_OUTPUT_NAMES = (
    *("prediction", "predicted", "predictions", "pred", "preds", "y_pred", "y_hat", "predicted_label"),
    *(
        "model_output",
        "model_answer",
        "model_response",
        "actual_output",
        "completion",
        "completions",
        "response",
    ),
    *("responses", "generated", "generation", "generations", "llm_output", "output_text", "assistant"),
)
_MODEL_WORDS = frozenset(
    "prediction predictions predicted pred model llm gpt gpt4 claude gemini generated generation completion response "
    "suggested suggestion predict ai bot".split()
)
_REFERENCE_WORDS = frozenset(
    "expected reference gold golden truth true correct ideal human annotated annotation actual manual reviewed "
    "verified".split()
)
_SCALES = frozenset(
    "score scores rating ratings grade grades price prices amount percent percentage age probability "
    "similarity salary cost costs points toxicity".split()
)
_ANSWERS = ("output", "answer")  # of a person or of a model
# A heading is read together with what stands below it.
_HEADINGS, _BODIES = ("title", "headline", "subject"), ("body", "message", "description")
# Two texts of one row, to be judged together: question1 and question2, sentence_a and sentence_b.
_NUMBERED = re.compile(r"(.*[^\W\d_])_?([1-9]|(?<=_)[a-c])")


def plain(name: str) -> str:
    """A column name for comparison: "Question Text", "question-text" and "questionText" are question_text."""
    apart = re.sub(r"(?<=[a-z])(?=[A-Z][a-z])", "_", name.strip())
    return re.sub(r"[\s_.\-]+", "_", apart.casefold()).strip("_")


def is_named(column: str, names: Iterable[str]) -> bool:
    """Whether the name alone says what the column is."""
    name = plain(column)
    numbered = _NUMBERED.fullmatch(name)
    return any(
        word == part or word.endswith("_" + part)
        for part in names
        for word in (name, numbered[1] if numbered else name)
    )


def _first(free: Iterable[str], names: Iterable[str], matches: Callable[[str, str], bool]) -> str:
    return next((column for name in names for column in free if matches(plain(column), name)), "")


def take(free: list[str], names: Iterable[str]) -> str:
    """Remove and return the column with the first of `names`."""
    column = _first(free, names, str.__eq__)
    if column:
        free.remove(column)
    return column


def take_ending(free: list[str], names: Iterable[str]) -> str:
    """Remove and return the column whose last word is the first possible of `names`: issue_title,
    true_label."""
    column = _first(free, names, lambda column, name: column.endswith("_" + name))
    if column:
        free.remove(column)
    return column


def take_label(free: list[str]) -> str:
    """Remove and return the column of the label. What a model wrote is it only where nothing else can be; beside
    it a reference counts more than other columns do."""
    outputs = [column for column in free if is_model_output(column)]
    human = [column for column in free if column not in outputs]
    label = ""
    if outputs or any(plain(column) in _ANSWERS for column in human):
        referred = [column for column in human if is_reference(column)]
        label = take(list(human), ("label",)) or take(list(referred), LABEL_NAMES)
        label = label or take_ending(list(referred), LABEL_NAMES) or "".join(referred[:1])
    label = label or take(list(human), LABEL_NAMES) or take_ending(list(human), LABEL_NAMES)
    label = label or take(list(outputs), MODEL_OUTPUT_NAMES)
    if label:
        free.remove(label)
    return label


def take_texts(free: list[str]) -> tuple[str, ...]:
    exact = take(free, ("text",))
    if exact:
        return (exact,)
    series = numbered_texts(free)
    if len(series) > 1:
        for column in series:
            free.remove(column)
        return series
    one = take(free, TEXT_NAMES) or take_ending(free, TEXT_NAMES)
    is_heading = plain(one).rpartition("_")[2] in _HEADINGS
    body = (take(free, _BODIES) or take_ending(free, _BODIES)) if is_heading else ""
    return tuple(filter(None, (one, body)))


def numbered_texts(free: Sequence[str]) -> tuple[str, ...]:
    """Columns such as question1, question2, or premise and hypothesis."""
    by_base: dict[str, list[str]] = {}
    for column in free:
        match = _NUMBERED.fullmatch(plain(column))
        if match and match[1].rpartition("_")[2] in TEXT_NAMES:
            by_base.setdefault(match[1], []).append(column)
    pair = [column for name in ("premise", "hypothesis") for column in free if plain(column) == name]
    return tuple(
        next((columns for columns in by_base.values() if len(columns) > 1), pair if len(pair) == 2 else [])
    )


def is_model_output(column: str) -> bool:
    """Whether the name says that a model wrote it: prediction, model_output, gpt_label."""
    words = set(plain(column).split("_"))
    return plain(column) in MODEL_OUTPUT_NAMES or bool(words & _MODEL_WORDS and not words & _REFERENCE_WORDS)


def is_scale_name(column: str) -> bool:
    """Whether the name says that it holds scores or amounts."""
    return bool(set(plain(column).split("_")) & _SCALES)


def is_reference(column: str) -> bool:
    """Whether the name says that it is the right answer: expected, ground_truth, human_label."""
    return bool(set(plain(column).split("_")) & _REFERENCE_WORDS) and not is_model_output(column)
