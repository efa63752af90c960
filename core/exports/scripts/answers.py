"""What a script makes of replies: our own modules that read them, and a function over these."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from types import ModuleType

from core.exports.scripts.literals import python_literal
from core.label_sets import answers as several_answers
from core.prompts import answers, label_match, thoughts


@dataclass(frozen=True, slots=True)
class ScriptAnswer:
    """What a prompt is answered by: one of `labels`, `several` of them, or, without labels, freely. `tagged`: the prompt
    asks for the <label> tag."""

    labels: tuple[str, ...]
    several: bool = False
    tagged: bool = True

    @property
    def reader(self) -> str:
        """The name of the script's function."""
        return "read_labels" if self.several else "read_label" if self.labels else "read_answer_text"

    def constants(self) -> list[str]:
        lines = ["LABELS = " + python_literal(list(self.labels))] if self.labels else []
        if self.several or not self.labels:
            lines.append(f"TAGGED = {self.tagged}  # whether the prompt asks for <label>...</label>")
        return lines

    def function(self) -> str:
        return _READ_LABELS if self.several else _READ_LABEL if self.labels else _READ_ANSWER

    def modules(self) -> Sequence[ModuleType]:
        return [label_match, thoughts, answers, *([several_answers] if self.several else [])]

    def printed(self) -> str:
        """The expression that is printed for what was `read`."""
        return '"; ".join(read) if read else read' if self.several else "read"


REPLY = '''\
class Reply(str):
    """The text of a reply. `cut_off`: it was stopped at its length limit; `refused`: by the model or a filter."""

    def __new__(cls, text, cut_off=False, refused=False):
        reply = super().__new__(cls, text)
        reply.cut_off, reply.refused = cut_off, refused
        return reply


def reply_of(text, prefix, finish):
    """`finish`: why it ended, in the provider's word."""
    cut_off = finish in ("length", "max_tokens", "max_output_tokens", "model_context_window_exceeded")
    refused = finish in ("refusal", "content_filter")
    return Reply(text if refused or not text.strip() else with_prefix(prefix, text), cut_off, refused)
'''

_READ_LABEL = '''\
def read_label(reply):
    """The label that the reply names, None if it names none of LABELS."""
    return read_answer(reply, LABELS, getattr(reply, "cut_off", False)).label or None
'''

_READ_LABELS = '''\
def read_labels(reply):
    """Those of LABELS that the reply names, in alphabetical order, None if it names none."""
    known, _, _ = read_names(reply, LABELS, TAGGED, getattr(reply, "cut_off", False))
    return None if getattr(reply, "refused", False) else sorted(known) or None
'''

_READ_ANSWER = '''\
def read_answer_text(reply):
    """The answer that the reply gives, None if it gives none."""
    answer = read_free_answer(reply, TAGGED, getattr(reply, "cut_off", False)).text
    return None if getattr(reply, "refused", False) else answer
'''
