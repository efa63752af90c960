"""The offline editor where answers are free: it looks where the correct answers stand in their texts and what they
look like, and says so in the lines of pieces.py. An answer that is no piece of its text teaches it nothing."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence

from core.offline.casebook import REFUSED, ROW, between
from core.offline.pieces import (
    BEGINS,
    BEHIND,
    FORM,
    LAST,
    Piece,
    behind_line,
    piece_rules,
    pieces_in,
    runs_of,
)

ANSWERS_AHEAD = "There is no list of labels:"  # how a request begins that is answered here
LEAST_ROWS, LEAST_SHARE = 3, 0.6  # of the rows, that speak for a line
SURE = 0.8  # of the pieces behind a word that are answers
MOST_WORDS = 6
_BEGINNING = re.compile(r"[^\W\d_]+[-_/#:]*")

Row = tuple[list[Piece], int]  # the pieces of a text and which of them is the answer


def asks_for_answers(message: str) -> bool:
    return message.startswith(ANSWERS_AHEAD)


def answer_edits(message: str) -> str:
    """A sentence of what was seen, then the edits."""
    rows = [row for _, body in ROW.findall(message) if (row := _row(body))]
    prompt = between("system_prompt", message)
    refused = "\n".join(REFUSED.findall(message))
    lines = [line for line in _lines(rows, prompt) if line[1] not in prompt and line[1] not in refused]
    seen = f"I am no language model: I compared {len(rows)} answers with the pieces of their texts."
    if not lines:
        return seen + " They share nothing that the prompt does not say."
    edits = (
        f"<edit><field>system_prompt</field><find>{old}</find><replace>{new}</replace></edit>"
        for old, new in lines
    )
    return seen + "\n\n" + "\n".join(edits)


def _lines(rows: Sequence[Row], prompt: str) -> Iterator[tuple[str, str]]:
    """What stands there and what is to stand in its place; "" for a new line."""
    if len(rows) < LEAST_ROWS:
        return
    answers = [pieces[at] for pieces, at in rows]
    shapes = Counter(runs_of(answer.shape) for answer in answers)
    if shape := _usual(shapes, len(rows)):
        usual = Counter(answer.shape for answer in answers if runs_of(answer.shape) == shape)
        yield _in_place_of(FORM[0], FORM[0] + usual.most_common(1)[0][0] + FORM[1], prompt)
    beginnings = Counter(match.group() for each in answers if (match := _BEGINNING.match(each.text)))
    if beginning := _usual(beginnings, len(rows)):
        yield _in_place_of(BEGINS[0], BEGINS[0] + beginning + BEGINS[1], prompt)
    if words := _words_before(rows):
        known = piece_rules(prompt).words
        yield _in_place_of(BEHIND[0], behind_line(list(dict.fromkeys((*known, *words)))[:MOST_WORDS]), prompt)
    several = [(at, alike) for pieces, at in rows if len(alike := _alike(pieces, pieces[at])) > 1]
    if len(several) >= LEAST_ROWS and sum(at == alike[-1] for at, alike in several) > LEAST_SHARE * len(
        several
    ):
        yield "", LAST


def _usual(counts: Counter[str], rows: int) -> str:
    [(what, number)] = counts.most_common(1) or [("", 0)]
    return what if number >= max(LEAST_ROWS, LEAST_SHARE * rows) else ""


def _words_before(rows: Sequence[Row]) -> list[str]:
    """Words behind which an answer stands nearly always, of all pieces with a digit there."""
    right = Counter(pieces[at].before for pieces, at in rows if pieces[at].before)
    every = Counter(
        piece.before for pieces, _ in rows for piece in pieces if any(map(str.isdigit, piece.text))
    )
    return [
        word
        for word, number in right.most_common(MOST_WORDS)
        if number >= LEAST_ROWS and number >= SURE * max(every[word], number) and '"' not in word
    ]


def _alike(pieces: Sequence[Piece], answer: Piece) -> list[int]:
    """Where pieces stand that look like the answer and begin like it."""
    begins = _BEGINNING.match(answer.text)
    head = begins.group() if begins else ""
    return [
        at
        for at, piece in enumerate(pieces)
        if runs_of(piece.shape) == runs_of(answer.shape) and piece.text.startswith(head)
    ]


def _in_place_of(start: str, line: str, prompt: str) -> tuple[str, str]:
    old = [each for each in prompt.splitlines() if each.startswith(start)]
    return (old[0] if len(old) == 1 else ""), line


def _row(body: str) -> Row | None:
    answer, pieces = between("correct_answer", body), pieces_in(between("text", body))
    places = [at for at, piece in enumerate(pieces) if piece.text == answer]
    return (pieces, places[-1]) if places else None
