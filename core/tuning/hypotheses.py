"""A reply's edits taken apart into hypotheses that can be judged one by one, and put together again.

A reply may add three rules in one edit, or overwrite one rule with another. Judged whole, a good rule falls
with a bad one; torn into lines, a rule loses its second line and a list its order. So edits of the system
prompt are taken apart into blocks (core/prompts/blocks.py), and blocks that lean on each other form a group.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Collection, Sequence
from copy import copy
from dataclasses import dataclass, replace

from core.errors import EditRefused
from core.prompts.block_layout import appended
from core.prompts.blocks import Block, blocks
from core.prompts.edits import apply_edits
from core.prompts.named_labels import is_definition_of, labels_given, named_labels
from core.prompts.revisions import BlockChange, Revision
from core.types import Edit, Prompt, Reflection

NEAR_MISS = 0.75  # a text to find that is so close to what stands there means that
SAME_WORDS = 0.8  # share of words from which on a rule repeats another one
MANY_STEPS = 3  # items from which on a numbered list can be an order of decisions
_WORD = re.compile(r"\w+")
# A list whose items count only one after the other, and a text that speaks of its other parts.
_ORDER = re.compile(
    r"\botherwise\b|\b(?:any|every)thing else\b|\ball (?:the )?(?:rest|others?)\b|\bif (?:not|none)\b|\belse\b",
    re.I,
)
_LEANS = re.compile(
    r"\bin (?:this|that|the following|the given)? ?order\b(?! to\b| that\b)"
    r"|\b(?:the )?first (?:match|rule|question|step|one|label|that|which)\b"
    r"|\bstop at\b|\b(?:all|one|none|any|both|each) of (?:the|these|those|them)\b"
    r"|\b(?:all|the) (?:two|three|four|five|six)\b"
    r"|\b(?:the )?(?:above|below|following)\b",
    re.I,
)
_SWEEPING = re.compile(
    r"\b(?:always|whenever|every (?:text|row|question|message|title)|any (?:text|row|question|message|title)|in doubt|unsure|uncertain"
    r"|not sure|by default|defaults? to|as a fallback)\b",
    re.I,
)
_REFERENCE = re.compile(r"\b(?:step|rule|point|item|number|question)s? \d", re.I)


@dataclass(frozen=True, slots=True)
class Hypothesis:
    """One edit that can be tried alone. `names` are the labels that it moves rows to (a removal: from); empty:
    could be any. `left` are the labels of a block that it replaces, which rows may leave. `change`: the block
    of the system prompt that it is, None for an edit of another field and one made by hand. `group`: those of
    one number lean on each other; 0: it stands for itself."""

    edit: Edit
    names: frozenset[str]
    left: frozenset[str] = frozenset()
    change: BlockChange | None = None
    group: int = 0

    @property
    def text(self) -> str:
        """The block that it is about, without the headings above it: the new one, or the one that it removes."""
        if self.change is not None:
            return self.change.block.text
        return self.edit.find if self.removes else self.edit.replace

    @property
    def about(self) -> frozenset[str]:
        """The labels that rows may move to or from by it."""
        return self.names | self.left

    @property
    def removes(self) -> bool:
        return not self.edit.replace.strip()

    @property
    def is_specific(self) -> bool:
        """Whether it names labels and speaks of some rows only: not of all, and not of those in doubt."""
        return bool(self.names) and (self.removes or not _SWEEPING.search(self.text))

    def may_move_rows_of(self, other: Hypothesis) -> bool:
        """Whether both may move the same rows: they are about one label, or one of them about any."""
        return not self.names or not other.names or bool(self.about & other.about)


class EditPlan:
    """The edits of one reply, or by hand, for a prompt: which hypotheses they hold, and the prompt with some of
    these."""

    def __init__(self, prompt: Prompt, edits: Sequence[Edit], labels: Sequence[str], apart: bool = True):
        """`apart` False: every edit is one hypothesis."""
        self.prompt, self._labels = prompt, labels
        self._revision: Revision | None = None
        self.keeps_form = False  # whether a new form is left out, since rules would mean something else in it
        self._whole, self._system = tuple(dict.fromkeys(edits)), tuple[Edit, ...]()
        if apart:
            self._system = tuple(edit for edit in self._whole if edit.field == "system_prompt")
            self._whole = tuple(edit for edit in self._whole if edit.field != "system_prompt")
            self._revision = self._revised(_after(prompt, self._system))
            if self._revision.displaced:
                self._revision, self.keeps_form = self._revised(self._in_old_form()), True
        whole = [hypothesis_of(edit, labels) for edit in self._whole]
        self.hypotheses: tuple[Hypothesis, ...] = (*whole, *self._of_changes())

    @property
    def is_restructured(self) -> bool:
        """Whether what stays of the system prompt stands under other headings then."""
        return self._revision is not None and self._revision.is_restructured

    def only(self, hypotheses: Sequence[Hypothesis]) -> EditPlan:
        """The plan with these hypotheses, some of which may be by hand, and without the others."""
        other = copy(self)
        other.hypotheses = tuple(hypotheses)
        return other

    def prompt_with(self, hypotheses: Collection[Hypothesis]) -> Prompt:
        """The prompt with these of the hypotheses, each in the position that the reply gave it. Those made by
        hand are applied as far as they fit."""
        prompt = self.prompt
        if self._revision is not None:
            edits = {each.edit for each in hypotheses if each.change is not None}
            chosen = [change for change in self._revision.changes if self._edit_of(change) in edits]
            prompt = replace(prompt, system_prompt=self._revision.text_with(chosen))
        return applied(prompt, [each for each in hypotheses if each.change is None])

    # ---- taking apart

    def _revised(self, after: str) -> Revision:
        return Revision(self.prompt.system_prompt, after, self._names_every_label, self._labels_under)

    def _in_old_form(self) -> str:
        """The system prompt with what the edits bring and take away, without their new order of the rest."""
        assert self._revision is not None
        changes = [each for each in self._revision.changes if each not in self._revision.displaced]
        edits = [hypothesis_of(self._edit_of(change), self._labels) for change in changes]
        return applied(self.prompt, edits).system_prompt

    def _names_every_label(self, text: str) -> bool:
        return bool(self._labels) and named_labels(text, self._labels) == set(self._labels)

    def _of_changes(self) -> list[Hypothesis]:
        changes = self._revision.changes if self._revision is not None else ()
        groups = self._groups(changes)
        unique = {
            self._edit_of(change): (change, group) for change, group in zip(changes, groups, strict=True)
        }
        return [self._of_change(edit, *each) for edit, each in unique.items()]

    def _of_change(self, edit: Edit, change: BlockChange, group: int) -> Hypothesis:
        names = self._labels_under(change.block, change.headings)
        left = frozenset[str]()
        if change.old and change.new:
            left = named_labels(change.old.text, self._labels)
        return Hypothesis(edit, names, left, change, group)

    def _labels_under(self, block: Block, headings: Sequence[Block]) -> frozenset[str]:
        """The labels that the block gives to rows: its own, or those of the heading that it stands under."""
        if given := labels_given(block.text, self._labels):
            return given
        for heading in reversed(headings):
            if given := labels_given(heading.text, self._labels):
                return given
        return named_labels(block.text, self._labels)

    def _edit_of(self, change: BlockChange) -> Edit:
        """The change as an edit of its own: what is added comes with the headings that it stands under; in the
        old form of a restructured prompt only with those that say of which label it speaks."""
        if change.new is None:
            return Edit("system_prompt", change.block.text, "")
        if change.old is not None:
            return Edit("system_prompt", change.old.text, change.new.text)
        headings = [
            heading.text
            for heading in change.headings
            if not self.is_restructured or labels_given(heading.text, self._labels)
        ]
        return Edit("system_prompt", "", "\n".join([*headings, change.new.text]))

    # ---- what leans on each other

    def _groups(self, changes: Sequence[BlockChange]) -> list[int]:
        """A number for each change: those of a restructured prompt, of an edit that speaks of its own parts, of
        an order of decisions, and of definitions of all labels lean on each other."""
        if self.is_restructured:
            return [1] * len(changes)
        groups = [0] * len(changes)
        for number, members in enumerate(
            (*self._leaning(changes), *self._orders(changes), self._definitions(changes)), 1
        ):
            for index in members:
                groups[index] = groups[index] or (number if len(members) > 1 else 0)
        return groups

    def _leaning(self, changes: Sequence[BlockChange]) -> list[list[int]]:
        """Per edit that speaks of its own parts, those."""
        texts = [edit.replace for edit in self._system if len(blocks(edit.replace)) >= MANY_STEPS]
        return [
            [index for index, change in enumerate(changes) if change.new and change.new.text in text]
            for text in texts
            if _LEANS.search(text)
        ]

    @staticmethod
    def _orders(changes: Sequence[BlockChange]) -> list[list[int]]:
        """The numbered lists whose items count only one after the other."""
        lists: dict[tuple[str, ...], list[int]] = {}
        for index, change in enumerate(changes):
            if change.new and change.new.number is not None:
                lists.setdefault(tuple(heading.text for heading in change.headings), []).append(index)
        return [
            members
            for members in lists.values()
            if len(members) >= MANY_STEPS
            and any(
                _ORDER.search(changes[index].block.says) or _REFERENCE.search(changes[index].block.says)
                for index in members
            )
        ]

    def _definitions(self, changes: Sequence[BlockChange]) -> list[int]:
        """The definitions of all labels, if they are all there."""
        defined = {
            index: label
            for index, change in enumerate(changes)
            if change.new and (label := is_definition_of(change.new, change.headings, self._labels))
        }
        return list(defined) if set(defined.values()) == set(self._labels) else []


def proposed_edits(reflection: Reflection, prompt: Prompt, labels: Sequence[str]) -> tuple[Edit, ...]:
    """The edits of a reflection as they are tried: each block on its own."""
    return tuple(each.edit for each in EditPlan(prompt, reflection.edits, labels).hypotheses)


def _after(prompt: Prompt, edits: Sequence[Edit]) -> str:
    """The system prompt after the edits. One whose text to find is not there, even nearly, keeps what it adds."""
    for edit in edits:
        try:
            prompt = apply_edits(prompt, (edit,))
        except EditRefused:
            text = _nearly(prompt.system_prompt, edit)
            prompt = replace(prompt, system_prompt=text)
    return prompt.system_prompt


def _nearly(text: str, edit: Edit) -> str:
    """The text with the edit where what it means to find nearly stands."""
    wanted, parts = blocks(edit.find), blocks(text)
    size = max(len(wanted), 1)
    windows = [
        (parts[start], parts[start + size - 1]) for start in range(len(parts) - size + 1) if edit.find.strip()
    ]
    best, likeness = "", NEAR_MISS
    for first, last in windows:
        start = text.find(first.text)
        end = text.find(last.text, start) + len(last.text)
        matcher = difflib.SequenceMatcher(a=edit.find.strip(), b=text[start:end], autojunk=False)
        if start >= 0 and matcher.quick_ratio() >= likeness and matcher.ratio() >= likeness:
            best, likeness = text[start:end], matcher.ratio()
    if best:
        return text.replace(best, edit.replace, 1)
    return appended(text, edit.replace) if edit.replace.strip() and edit.replace.strip() not in text else text


def hypothesis_of(edit: Edit, labels: Sequence[str]) -> Hypothesis:
    """The edit, whole, with the labels that it is about."""
    names = named_labels(edit.replace if edit.replace.strip() else edit.find, labels)
    left = named_labels(edit.find, labels) if edit.find and edit.replace.strip() else frozenset()
    return Hypothesis(edit, names, left)


def repeats(text: str, texts: Collection[str]) -> bool:
    """Whether one of the texts says nearly the same in nearly the same words."""
    mine = _words(text)
    return any(mine and len(mine & other) / len(mine | other) >= SAME_WORDS for other in map(_words, texts))


def _words(text: str) -> frozenset[str]:
    return frozenset(word.casefold() for word in _WORD.findall(text))


def applied(prompt: Prompt, hypotheses: Sequence[Hypothesis]) -> Prompt:
    """The prompt with the edits of the hypotheses that still fit, in order: one whose text to find is gone
    already changes nothing."""
    for hypothesis in hypotheses:
        try:
            prompt = apply_edits(prompt, (hypothesis.edit,))
        except EditRefused:
            continue
    return prompt
