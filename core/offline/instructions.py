"""A prompt's instructions, read once into a Guide."""

from __future__ import annotations

import re

from core.offline.guide import Guide, KeywordRule, Sign
from core.offline.labels import LabelFinder, label_list
from core.offline.sentences import listed_signs, sentence_rules
from core.offline.words import Term, words

NAME_WEIGHT = 0.4  # what a label's own name says of a text that holds it: a little
_BULLET = re.compile(r"^\s*(?:[-*•]|\d+[.)])?\s*")
_SENTENCE_END = re.compile(r"(?<=[.!?])[\"”]?\s+(?=\S)")
_ABOUT = re.compile(
    r"^(?:typical (?:words )?(?:of|for)|(?:words|signs) (?:of|for|that (?:point to|suggest|mean))|the label|label)\s+",
    re.I,
)


def read_guide(instructions: str, choices: tuple[str, ...] = ()) -> Guide:
    labels = choices or label_list(instructions)
    finder = LabelFinder(labels)
    signs = [sign for label in labels for sign in _name_signs(label)]
    rules: list[KeywordRule] = []
    for line in instructions.splitlines():
        keyed = _keyed(line, labels)
        if keyed:
            signs += listed_signs(*keyed)
        elif len(finder.mentions(line)) < max(
            3, len(labels)
        ):  # the label list itself says nothing about texts
            for sentence in _SENTENCE_END.split(_BULLET.sub("", line, count=1)):
                rules += sentence_rules(sentence.strip(), finder)
    otherwise = next((rule.label for rule in reversed(rules) if not rule.conditions), "")
    return Guide(
        labels,
        tuple(_rarer_counts_more(signs, len(labels))),
        tuple(rule for rule in rules if rule.conditions),
        otherwise,
    )


def _keyed(line: str, labels: tuple[str, ...]) -> tuple[str, str] | None:
    """(label, what is said of it) of a line "- label: …" or "- Typical of label: …"."""
    rest = _ABOUT.sub("", _BULLET.sub("", line, count=1), count=1)
    for label in sorted(labels, key=len, reverse=True):
        for name in (label, f'"{label}"', f"`{label}`", f"**{label}**"):
            after = rest[len(name) :].lstrip()
            if (
                rest[: len(name)].casefold() == name.casefold()
                and after[:1] in (":", "=", "–", "—")
                and after[1:].strip()
            ):
                return label, after[1:].strip()
    return None


def _name_signs(label: str) -> list[Sign]:
    stemmed = words(label)
    return [Sign((stem,), label, NAME_WEIGHT / len(stemmed.content())) for stem in sorted(stemmed.content())]


def _rarer_counts_more(signs: list[Sign], labels: int) -> list[Sign]:
    """A term that the prompt gives to several labels says less of each."""
    owners: dict[Term, set[str]] = {}
    for sign in signs:
        if sign.weight > 0:
            owners.setdefault(sign.term, set()).add(sign.label)

    def shared(term: Term) -> float:
        return (len(owners.get(term, ())) - 1) / max(labels - 1, 1)

    return [
        Sign(sign.term, sign.label, sign.weight * (1 - shared(sign.term)) ** 0.5) if sign.weight > 0 else sign
        for sign in signs
    ]
