"""The offline classifier: a reply to a classification request, by the words of its prompt."""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from dataclasses import dataclass, replace
from threading import Lock

from core.label_sets.sets import set_label
from core.offline.answer import format_answer, reason_for
from core.offline.guide import Guide
from core.offline.instructions import read_guide
from core.offline.judgement import alike, evidence, judgement_of
from core.offline.labels import AnswerForm, LabelFinder, answer_form
from core.offline.pieces import asks_for_piece, chosen_piece, piece_rules
from core.offline.request import ParsedRequest, parse_request
from core.offline.several import asks_for_several, chosen_labels, reason_for_several
from core.offline.shape import shape
from core.offline.words import StemmedText, words
from core.types import Request

OVERLOOKED = 4  # a sample misses one word in so many
_REMEMBERED = 64  # prompts whose reading is kept


@dataclass(frozen=True, slots=True)
class _ParsedPrompt:
    guide: Guide
    form: AnswerForm
    shots: tuple[tuple[StemmedText, str], ...]
    several: bool = False


class PromptReader:
    """A classifier that follows a prompt word by word. It is no language model and knows nothing but the
    request it is given.

    It reads the label list, the words and rules that the prompt gives for each label (`sentences.py` lists
    the forms it understands) and the example turns; it looks for those words in the text, after taking off
    word endings; and it answers the label with the most evidence, naming what decided. Where the prompt says
    nothing about a text, it guesses (by a hash of the text) and says that it guesses. So it gets better
    exactly when the prompt does. `last`: of a longer text only so many words at its end are read.
    """

    def __init__(self, last: int | None = None) -> None:
        self._last = last
        self._prompts: OrderedDict[tuple[object, ...], _ParsedPrompt] = (
            OrderedDict()
        )  # parsed prompts by their whole text: speed only
        self._lock = Lock()

    def classify(self, request: Request) -> str:
        parsed = parse_request(request.messages)
        if self._last is not None:
            parsed = replace(parsed, text=" ".join(parsed.text.split()[-self._last :]))
        prompt = self._read(parsed, request.choices)
        stemmed = words(_overlooking(parsed.text, request.repeat))
        return format_answer(
            parsed, prompt.form, self._reason_and_label(parsed, prompt, stemmed), bool(request.choices)
        )

    def _reason_and_label(
        self, parsed: ParsedRequest, prompt: _ParsedPrompt, stemmed: StemmedText
    ) -> tuple[str, str] | None:
        if not prompt.guide.labels:
            return self._piece(parsed) if asks_for_piece(parsed.instructions) else None
        speaking = [
            *evidence(prompt.guide, stemmed, shape(parsed.text, stemmed)),
            *alike(stemmed, prompt.shots),
        ]
        judgement = judgement_of(prompt.guide, parsed.text, speaking)
        labels = chosen_labels(speaking) if prompt.several else ()
        if len(labels) > 1:
            return reason_for_several(labels), set_label(labels)
        return reason_for(judgement, stemmed), judgement.label

    @staticmethod
    def _piece(parsed: ParsedRequest) -> tuple[str, str]:
        """A prompt that lists no labels and asks for an answer wants a piece of the text."""
        answer, reason = chosen_piece(parsed.text, piece_rules(parsed.instructions))
        return reason, answer

    def _read(self, parsed: ParsedRequest, choices: tuple[str, ...]) -> _ParsedPrompt:
        key = (parsed.instructions, parsed.shots, choices)
        with self._lock:
            if key not in self._prompts:
                self._prompts[key] = _parse_prompt(parsed, choices)
                if len(self._prompts) > _REMEMBERED:
                    self._prompts.popitem(last=False)
            return self._prompts[key]


def _overlooking(text: str, repeat: int) -> str:
    """The text as a repeated sample of the question sees it: one word in OVERLOOKED is missed, another one each time,
    as a model at a temperature weighs words anew. The first answer (repeat 0) sees all."""
    if not repeat:
        return text
    kept = [
        word
        for at, word in enumerate(text.split())
        if hashlib.sha256(f"{repeat}/{at}/{word}".encode("utf-8", "replace")).digest()[0] % OVERLOOKED
    ]
    return " ".join(kept) or text


def _parse_prompt(parsed: ParsedRequest, choices: tuple[str, ...]) -> _ParsedPrompt:
    guide = read_guide(parsed.instructions, choices)
    form = answer_form(parsed.instructions)
    finder = LabelFinder(guide.labels)
    answered = ((words(text), finder.mentions(reply)) for text, reply in parsed.shots)
    several = asks_for_several(parsed.instructions)
    first = 0 if several else -1
    shots = tuple((text, mention.label) for text, mentions in answered for mention in mentions[first:])
    return _ParsedPrompt(guide, form, shots, several)
