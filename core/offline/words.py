"""Words of a text as the offline models see them: stems in order, so that words and phrases can be looked
for."""

from __future__ import annotations

import re
from dataclasses import dataclass

STOP_WORDS = frozenset(
    """a about after again all also am an and any anything are as at be because been before being both but by can could did do does doing
    don't done down during each either else etc every few for from further had has have having he her here hers him his how i i'm if in
    into is isn't it it's its itself just let like may me might more most much must my myself no nor not now of off on once one only or
    other our out over own per same she should so some something such than that that's the their them then there these they thing things
    this those through to too under until up us very was we were what when where which while who whom whose why will with within without
    would yes yet you you're your yours""".split()
)
_WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)*")
_HUMP = re.compile(r"(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_PASSAGE_END = re.compile(r"[.,;:!?]+(?=\s|$)|[()\n]")
_SUFFIXES = (
    "ations",
    "ation",
    "ating",
    "ated",
    "ates",
    "ate",
    "ingly",
    "ings",
    "ing",
    "edly",
    "ed",
    "ies",
    "ied",
    "es",
    "ly",
    "s",
    "e",
    "y",
)
_MENT = re.compile(r"(?<=.{5})ments?$")
_VOWELS = frozenset("aeiouyàáâäåæèéêëìíîïòóôöøùúûü")
_LETTERS_LEFT = {"ations": 4, "ation": 4, "ating": 4, "ated": 4, "ates": 4, "ate": 4}  # 3 for the others
_REPLACED = {"ies": "i", "ied": "i", "y": "i"}
Term = tuple[str, ...]  # the stems of a word or phrase, in order


@dataclass(frozen=True, slots=True)
class StemmedText:
    """`stems` and `surfaces` are parallel; `terms` holds each stem and each run of two or three stems."""

    stems: Term
    surfaces: tuple[str, ...]
    terms: frozenset[Term]

    def holds(self, term: Term) -> bool:
        if len(term) <= 3:
            return term in self.terms
        return any(self.stems[i : i + len(term)] == term for i in range(len(self.stems) - len(term) + 1))

    def phrase(self, term: Term) -> str:
        """The term as the text writes it, in lower case."""
        starts = (i for i in range(len(self.stems)) if self.stems[i : i + len(term)] == term)
        start = next(starts, None)
        return " ".join(term if start is None else self.surfaces[start : start + len(term)])

    def content(self) -> frozenset[str]:
        """The stems of words that carry meaning of their own."""
        return frozenset(
            stem for stem, surface in zip(self.stems, self.surfaces, strict=True) if surface not in STOP_WORDS
        )


def stem(word: str) -> str:
    """A lower-case word without its ending, so that "crashes", "crashed" and "crashing" are one."""
    word = _MENT.sub("", word)
    for suffix in _SUFFIXES:
        rest = word[: -len(suffix)]
        if not word.endswith(suffix) or len(rest) < _LETTERS_LEFT.get(suffix, 3) or _VOWELS.isdisjoint(rest):
            continue
        if suffix == "s" and rest[-1] in "su":
            return word
        if (
            suffix in ("ing", "ings", "ed", "edly")
            and len(rest) > 3
            and rest[-1] == rest[-2]
            and rest[-1] not in "lsz"
        ):
            rest = rest[:-1]
        return rest + _REPLACED.get(suffix, "")
    return word


def words(text: str) -> StemmedText:
    """Names written in one word are split as well: "readTimeout" and "read_timeout" hold "read" and
    "timeout". Phrases do not reach across punctuation or line ends."""
    surfaces: list[str] = []
    runs: set[Term] = set()
    for passage in _PASSAGE_END.split(text):
        parts = [
            part.lower().replace("’", "'").removesuffix("'s")
            for match in _WORD.finditer(passage)
            for part in _HUMP.split(match.group())
        ]
        stems = tuple(stem(surface) for surface in parts)
        runs |= {stems[i : i + size] for size in (1, 2, 3) for i in range(len(stems) - size + 1)}
        surfaces += parts
    return StemmedText(tuple(stem(surface) for surface in surfaces), tuple(surfaces), frozenset(runs))
