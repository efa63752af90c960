"""A reply's edits taken apart into hypotheses that can be judged one by one.

A reply may add three rules in one edit, or overwrite one rule with another. Judged whole, a good rule falls
with a bad one. So each edit of the system prompt is taken apart into lines; here is also which labels a line
names, and what makes two lines one rule.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import partial

from core.errors import EditRefused
from core.prompts.edits import apply_edits
from core.types import Edit, Prompt, Reflection

SAME_LINE = 0.6  # two lines that share so much are two versions of one rule
NEAR_MISS = 0.75  # a text to find that is so close to a line means that line
SAME_WORDS = 0.8  # share of words from which on a rule repeats another one
_WORD = re.compile(r"\w+")
# What stands before a label that a sentence does not mean: "bug, not question"; "question, even if it sounds
# like a bug".
_SET_ASIDE = re.compile(
    r"(?:\bnot|n't|\bnever|\brather than|\binstead of|\beven (?:if|when|though)|\balthough|\bdespite|\bunlike|\bregardless of)\b"
    r"[^.;:!?]{0,60}$",
    re.I,
)


@dataclass(frozen=True, slots=True)
class Hypothesis:
    """One edit of one line. `names` are the labels that it moves rows to (a removal: from); empty: could be
    any. `left` are the labels of a line that it replaces, which rows may leave."""

    edit: Edit
    names: frozenset[str]
    left: frozenset[str] = frozenset()

    @property
    def text(self) -> str:
        """The line that it is about: the new one, or the one that it removes."""
        return self.edit.find if self.removes else self.edit.replace

    @property
    def about(self) -> frozenset[str]:
        """The labels that rows may move to or from by it."""
        return self.names | self.left

    @property
    def removes(self) -> bool:
        return not self.edit.replace.strip()

    def may_move_rows_of(self, other: Hypothesis) -> bool:
        """Whether both may move the same rows: they are about one label, or one of them about any."""
        return not self.names or not other.names or bool(self.about & other.about)


def split_edits(edits: Sequence[Edit], prompt: Prompt) -> list[Edit]:
    """Edits that each change one line of the system prompt; edits of other fields stay whole. An edit whose
    text to find is not there, not even nearly, keeps what it adds."""
    apart: list[Edit] = []
    for edit in edits:
        if edit.field != "system_prompt":
            apart.append(edit)
            continue
        before = prompt.system_prompt
        apart += _line_edits(before, _edited(before, edit, prompt))
    return list(dict.fromkeys(apart))


def proposed_edits(reflection: Reflection, prompt: Prompt, apart: bool = True) -> tuple[Edit, ...]:
    """The edits of a reflection as they are tried: each line on its own, if they are taken apart."""
    return tuple(split_edits(reflection.edits, prompt)) if apart else reflection.edits


def _edited(before: str, edit: Edit, prompt: Prompt) -> str:
    try:
        return apply_edits(prompt, (edit,)).system_prompt
    except EditRefused:
        lines = before.split("\n")
        near = difflib.get_close_matches(
            edit.find.strip(), [line.strip() for line in lines if line.strip()], 1, NEAR_MISS
        )
        if near:
            return "\n".join(edit.replace if line.strip() == near[0] else line for line in lines)
        return before.rstrip("\n") + "\n" + edit.replace  # what it adds may still be worth measuring


def _line_edits(before: str, after: str) -> list[Edit]:
    old, new = before.split("\n"), after.split("\n")
    apart: list[Edit] = []
    for kind, i, j, k, m in difflib.SequenceMatcher(a=old, b=new, autojunk=False).get_opcodes():
        if kind == "equal":
            continue
        gone = [line for line in old[i:j] if line.strip()]
        come = [line for line in new[k:m] if line.strip()]
        for line in list(come):
            twin = max(gone, key=partial(_alike, line), default=None)
            if twin is not None and _alike(line, twin) >= SAME_LINE:
                gone.remove(twin)
                come.remove(line)
                if line != twin:
                    apart.append(Edit("system_prompt", twin, line))
        apart += [Edit("system_prompt", "", line) for line in come]
        apart += [Edit("system_prompt", line, "") for line in gone]
    return apart


def _alike(one: str, other: str) -> float:
    return difflib.SequenceMatcher(a=one, b=other, autojunk=False).ratio()


def hypothesis_of(edit: Edit, labels: Sequence[str]) -> Hypothesis:
    """The edit with the labels that it is about."""
    names = named_labels(edit.replace if edit.replace.strip() else edit.find, labels)
    left = named_labels(edit.find, labels) if edit.find and edit.replace.strip() else frozenset()
    return Hypothesis(edit, names, left)


def named_labels(line: str, labels: Sequence[str]) -> frozenset[str]:
    """The labels that a line gives to rows: those it names and does not set aside ("bug, not question" is
    bug)."""
    meant, mentioned = set(), set()
    taken: list[range] = []
    for label in sorted(
        labels, key=len, reverse=True
    ):  # longest first: "request" inside "feature request" is not named
        spelled = r"[\s_-]+".join(map(re.escape, re.split(r"[\s_-]+", label)))
        for match in re.finditer(rf"(?<!\w){spelled}(?!\w)", line, re.I):
            if any(match.start() in span for span in taken):
                continue
            taken.append(range(*match.span()))
            mentioned.add(label)
            if not _SET_ASIDE.search(line[max(0, match.start() - 80) : match.start()]):
                meant.add(label)
    return frozenset(meant or mentioned)


def repeats(line: str, lines: Collection[str]) -> bool:
    """Whether one of the lines says nearly the same in nearly the same words."""
    mine = _words(line)
    return any(mine and len(mine & other) / len(mine | other) >= SAME_WORDS for other in map(_words, lines))


def _words(line: str) -> frozenset[str]:
    return frozenset(word.casefold() for word in _WORD.findall(line))


def applied(prompt: Prompt, hypotheses: Sequence[Hypothesis]) -> Prompt:
    """The prompt with the hypotheses that still fit, in order: one whose line is gone already changes
    nothing."""
    for hypothesis in hypotheses:
        try:
            prompt = apply_edits(prompt, (hypothesis.edit,))
        except EditRefused:
            continue
    return prompt
