"""What every candidate must keep to, checked before any money is spent on it."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass

from core.errors import EditRefused
from core.prompts.delimiters import closing_at_start, still_open
from core.prompts.label_match import fold
from core.types import PROMPT_FIELDS, LabelSet, Prompt
from core.wording import quoted

SIZE_LIMIT, SIZE_PER_LABEL = 12_000, 200  # characters over all fields of a prompt; the second for many labels
QUOTE_LENGTH = 20  # characters after folding; a shorter text can be in a prompt by chance
REPLY_PREFIX_LENGTH = 500  # characters
QUOTED = 200  # characters of a line in a message

_ANSWER_TAG = re.compile(r"<\s*label\s*>", re.IGNORECASE)
_WHOLE_ANSWER = re.compile(
    r"<\s*label\s*>(?:(?!<\s*label\s*>).)*?<\s*/\s*label\s*>", re.IGNORECASE | re.DOTALL
)
_PLACEHOLDER = re.compile(r"\{\s*(?:text|input|user_input|input_text)\s*\}", re.IGNORECASE)
_OUR_TAGS = re.compile(r"</?\s*(?:edit|find|replace|" + "|".join(PROMPT_FIELDS) + r")\s*>", re.IGNORECASE)
_OUR_WORDS = ("exact old text", "or empty to append")  # nowhere
_OUR_LINES = (
    "new text",
    "the new system prompt",
    "the new prefix",
    "the new suffix",
    "the new reply prefix",
    "the new reply prefix, usually empty",
    "- the label, exactly as in the list: what it means",
)
_ELLIPSIS = "..."  # what folding makes of "…": "as before", not as a whole field
_GLUED = 0x0E00  # scripts before this one write spaces between words; from Thai on, words may touch


@dataclass(frozen=True, slots=True)
class PromptTerms:
    """What a run's own start adds to the rules. `locked`: lines that every candidate must hold, each as a line of
    its own in one of the fields. `start`: the prompt that was given, if one was: a rule that it breaks itself
    is not held against a candidate, or none could ever pass."""

    locked: tuple[str, ...] = ()
    start: Prompt | None = None


def check_candidate(
    candidate: Prompt,
    labels: LabelSet,
    held_out: Collection[str],
    size_limit: int,
    terms: PromptTerms = PromptTerms(),
) -> None:
    """Raises EditRefused with the first rule broken. `held_out` are validation and test texts, `size_limit`
    is in characters."""
    start = terms.start
    _check_locked(candidate, terms.locked)
    checks: tuple[Callable[[Prompt], None], ...] = (
        lambda prompt: _check_size(prompt, size_limit_from(start, size_limit)),
        lambda prompt: _check_labels(prompt, labels, start),
        _check_answer_form,
        lambda prompt: _check_delimiter(prompt, labels),
        lambda prompt: _check_artefacts(prompt, labels, start),
        lambda prompt: _check_quotes(prompt, held_out, start),
    )
    for check in checks:
        problem = _problem(check, candidate)
        if problem and not (start and _problem(check, start) == problem):
            raise EditRefused(problem)


def size_limit_from(start: Prompt | None, usual: int) -> int:
    """Characters that a candidate may have: a third of the usual limit more than a start that is over it."""
    return max(usual, _size(start) + usual // 3) if start and _size(start) > usual else usual


def usual_size(labels: Sequence[str]) -> int:
    """Characters over all fields that a prompt for these labels may have: with many labels, what it takes to define
    each."""
    return max(SIZE_LIMIT, SIZE_PER_LABEL * len(labels))


def field_lines(prompt: Prompt) -> tuple[str, ...]:
    """The lines of all fields that say something, each once, without the white space at their ends."""
    lines = (line.strip() for name in PROMPT_FIELDS for line in getattr(prompt, name).split("\n"))
    return tuple(dict.fromkeys(line for line in lines if line))


def unnamed_labels(prompt: Prompt, labels: Sequence[str]) -> list[str]:
    """The labels that no field names; the reply prefix and the examples do not count."""
    return _unnamed(_instructions(prompt), labels)


def has_answer_form(prompt: Prompt) -> bool:
    """Whether the answer is asked for as <label>…</label>, or begun so."""
    return bool(_ANSWER_TAG.search(_instructions(prompt) + "\n" + prompt.bot_reply_prefix))


def _problem(check: Callable[[Prompt], None], prompt: Prompt) -> str:
    try:
        check(prompt)
    except EditRefused as refused:
        return str(refused)
    return ""


def _check_locked(candidate: Prompt, locked: Sequence[str]) -> None:
    lines = field_lines(candidate) if locked else ()
    gone = next((line for line in locked if line.strip() and line.strip() not in lines), "")
    if gone:
        raise EditRefused(
            f"The prompt no longer holds the locked line {quoted(gone.strip(), QUOTED)}: leave it as it stands."
        )


def quotes_of(prompt: Prompt, texts: Collection[str]) -> tuple[str, ...]:
    """Those of the texts, of 20 characters or more, that stand word for word in a field or a shot; case and
    white space aside."""
    haystack = "\0".join(fold(field) for field in _all_texts(prompt))
    folded = ((text, fold(text)) for text in texts if len(text) >= QUOTE_LENGTH)
    return tuple(text for text, words in folded if len(words) >= QUOTE_LENGTH and words in haystack)


def _check_quotes(candidate: Prompt, held_out: Collection[str], start: Prompt | None) -> None:
    quoted = quotes_of(candidate, held_out)
    if quoted and not (start and set(quoted) <= set(quotes_of(start, quoted))):
        # not quoted in the message: the heavyweight model is told why it was refused
        raise EditRefused(
            "The prompt quotes a held-out row word for word, which would spoil the measurement: state the rule instead."
        )


def _size(prompt: Prompt) -> int:
    return sum(len(getattr(prompt, name)) for name in PROMPT_FIELDS)


def _check_size(candidate: Prompt, size_limit: int) -> None:
    size = _size(candidate)
    if size > size_limit:
        raise EditRefused(
            f"The prompt would have {size:,} characters and the limit is {size_limit:,}: say it shorter."
        )
    prefix = len(candidate.bot_reply_prefix)
    if prefix > REPLY_PREFIX_LENGTH:
        raise EditRefused(
            f"The reply prefix would have {prefix:,} characters and the limit is {REPLY_PREFIX_LENGTH}: only begin the reply there."
        )


def _check_labels(candidate: Prompt, labels: LabelSet, start: Prompt | None) -> None:
    missing = unnamed_labels(candidate, labels.names)
    if missing and start:
        never = unnamed_labels(start, labels.names)
        missing = [name for name in missing if name not in never]
    if missing:
        raise EditRefused(
            f"The prompt no longer names every label; it leaves out {', '.join(missing)}: keep the whole list."
        )


def _unnamed(text: str, names: Sequence[str]) -> list[str]:
    rest, named = fold(text), set()
    alike: dict[str, list[str]] = {}
    for name in names:
        alike.setdefault(fold(name), []).append(name)
    for word in sorted(
        alike, key=len, reverse=True
    ):  # longest first: "bug" inside "not a bug" does not count
        for start, end in list(_spans(rest, word)):
            named.update(alike[word])
            rest = rest[:start] + "\0" * (end - start) + rest[end:]
    # labels that differ only by case or the like: each in its own spelling
    named -= {name for same in alike.values() if len(same) > 1 for name in same if name.strip() not in text}
    return [name for name in names if name not in named]


def _spans(text: str, word: str) -> Iterator[tuple[int, int]]:
    """Where the word stands on its own, not as a part of a longer one."""
    start = text.find(word) if word else -1
    while start >= 0:
        end = start + len(word)
        if not _touch(text[start - 1 : start], word[0]) and not _touch(word[-1], text[end : end + 1]):
            yield start, end
        start = text.find(word, start + 1)


def _touch(left: str, right: str) -> bool:
    return all(side and (side.isalnum() or side == "_") and ord(side) < _GLUED for side in (left, right))


def _check_answer_form(candidate: Prompt) -> None:
    if not has_answer_form(candidate):
        raise EditRefused(
            "The prompt no longer asks for the answer in the form <label>…</label>: keep that sentence."
        )
    if _WHOLE_ANSWER.search(candidate.bot_reply_prefix):
        raise EditRefused(
            "The reply prefix already holds a whole <label>…</label>, so every reply would be the same: leave the answer to the model."
        )


def _check_delimiter(candidate: Prompt, labels: LabelSet) -> None:
    """The tag that opens at the end of a line of the prefix must close in the suffix, or there is no such tag
    at all."""
    prefix, suffix = candidate.user_prompt_prefix, candidate.user_prompt_suffix
    known = fold(" ".join(labels.names))
    opened = [
        (name, start)
        for name, start in still_open(prefix)
        if name.casefold() != "label" and "<" + fold(name) + ">" not in known
    ]
    if opened:
        name, start = opened[-1]
        rest_of_line = prefix[prefix.index(">", start) + 1 :].split("\n", 1)[0]
        if not rest_of_line.strip() and not re.search(
            r"<\s*/\s*" + re.escape(name) + r"\s*>", suffix, re.IGNORECASE
        ):
            raise EditRefused(
                f"The prefix opens <{name}> around the text and the suffix no longer closes it: keep both."
            )
    closes = closing_at_start(suffix)
    if closes and all(name.casefold() != closes.casefold() for name, _ in still_open(prefix)):
        raise EditRefused(f"The suffix closes </{closes}> and the prefix no longer opens it: keep both.")


def _check_artefacts(candidate: Prompt, labels: LabelSet, start: Prompt | None) -> None:
    ours = fold(" ".join((*labels.names, *labels.definitions.values())))
    known = {fold(mark) for _, mark in _artefacts(start)} if start else set()
    for name, mark in _artefacts(candidate):
        if fold(mark) not in ours and fold(mark) not in known:
            raise EditRefused(
                f"The {name} holds {mark}, which belongs to the answer form and not to a prompt: leave it out."
            )


def _artefacts(prompt: Prompt) -> Iterator[tuple[str, str]]:
    """What looks like a part of our answer form, with the field that holds it."""
    for name in PROMPT_FIELDS:
        value = getattr(prompt, name)
        marks = [match.group() for pattern in (_PLACEHOLDER, _OUR_TAGS) for match in pattern.finditer(value)]
        marks += [words for words in _OUR_WORDS if words in fold(value)]
        marks += [line for line in map(str.strip, value.split("\n")) if fold(line) in _OUR_LINES]
        marks += [value] if fold(value) == _ELLIPSIS else []
        yield from ((name, mark) for mark in marks)


def _instructions(prompt: Prompt) -> str:
    return "\n".join((prompt.system_prompt, prompt.user_prompt_prefix, prompt.user_prompt_suffix))


def _all_texts(prompt: Prompt) -> Iterator[str]:
    yield from (getattr(prompt, name) for name in PROMPT_FIELDS)
    yield from (shot.text for shot in prompt.few_shot.examples)
