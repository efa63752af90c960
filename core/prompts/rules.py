"""What every candidate must keep to, checked before any money is spent on it."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence

from core.errors import EditRefused
from core.prompts.delimiters import closing_at_start, still_open
from core.prompts.matching import fold
from core.types import PROMPT_FIELDS, LabelSet, Prompt

QUOTE_LENGTH = 20  # characters after folding; a shorter text can be in a prompt by chance
REPLY_PREFIX_LENGTH = 500  # characters

_ANSWER_TAG = re.compile(r"<\s*label\s*>", re.IGNORECASE)
_WHOLE_ANSWER = re.compile(r"<\s*label\s*>.*?<\s*/\s*label\s*>", re.IGNORECASE | re.DOTALL)
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
)
_ELLIPSIS = "..."  # what folding makes of "…": "as before", not as a whole field
_GLUED = 0x0E00  # scripts before this one write spaces between words; from Thai on, words may touch


def check_candidate(candidate: Prompt, labels: LabelSet, held_out: Collection[str], size_limit: int) -> None:
    """Raises EditRefused with the first rule broken. `held_out` are validation and test texts, `size_limit`
    is in characters."""
    _check_size(candidate, size_limit)
    _check_labels(candidate, labels)
    _check_answer_form(candidate)
    _check_delimiter(candidate, labels)
    _check_artefacts(candidate, labels)
    if quotes_of(
        candidate, held_out
    ):  # not quoted in the message: the heavyweight model is told why it was refused
        raise EditRefused(
            "The prompt quotes a held-out row word for word, which would spoil the measurement: state the rule instead."
        )


def quotes_of(prompt: Prompt, texts: Collection[str]) -> tuple[str, ...]:
    """Those of the texts, of 20 characters or more, that stand word for word in a field or a shot; case and
    white space aside."""
    haystack = "\0".join(fold(field) for field in _all_texts(prompt))
    folded = ((text, fold(text)) for text in texts if len(text) >= QUOTE_LENGTH)
    return tuple(text for text, words in folded if len(words) >= QUOTE_LENGTH and words in haystack)


def _check_size(candidate: Prompt, size_limit: int) -> None:
    size = sum(len(getattr(candidate, name)) for name in PROMPT_FIELDS)
    if size > size_limit:
        raise EditRefused(
            f"The prompt would have {size:,} characters and the limit is {size_limit:,}: say it shorter."
        )
    prefix = len(candidate.bot_reply_prefix)
    if prefix > REPLY_PREFIX_LENGTH:
        raise EditRefused(
            f"The reply prefix would have {prefix:,} characters and the limit is {REPLY_PREFIX_LENGTH}: only begin the reply there."
        )


def _check_labels(candidate: Prompt, labels: LabelSet) -> None:
    missing = _unnamed(_instructions(candidate), labels.names)
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
    if not _ANSWER_TAG.search(_instructions(candidate) + "\n" + candidate.bot_reply_prefix):
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


def _check_artefacts(candidate: Prompt, labels: LabelSet) -> None:
    ours = fold(" ".join((*labels.names, *labels.definitions.values())))
    for name in PROMPT_FIELDS:
        value = getattr(candidate, name)
        marks = [match.group() for pattern in (_PLACEHOLDER, _OUR_TAGS) for match in pattern.finditer(value)]
        marks += [words for words in _OUR_WORDS if words in fold(value)]
        marks += [line for line in map(str.strip, value.split("\n")) if fold(line) in _OUR_LINES]
        marks += [value] if fold(value) == _ELLIPSIS else []
        strange = next((mark for mark in marks if fold(mark) not in ours), "")
        if strange:
            raise EditRefused(
                f"The {name} holds {strange}, which belongs to the answer form and not to a prompt: leave it out."
            )


def _instructions(prompt: Prompt) -> str:
    return "\n".join((prompt.system_prompt, prompt.user_prompt_prefix, prompt.user_prompt_suffix))


def _all_texts(prompt: Prompt) -> Iterator[str]:
    yield from (getattr(prompt, name) for name in PROMPT_FIELDS)
    yield from (shot.text for shot in prompt.few_shot.examples)
