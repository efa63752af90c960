"""The pieces of a text that can be an answer, and the lines in a prompt that say which of them is: plain English that
the offline reader follows and the offline editor writes.

- The answer looks like "AAA-11111", with other letters and digits.
- The answer begins with the characters "WB-", whatever follows.
- The answer stands right behind a word such as "order" or "reference".
- Where a text has several such pieces, the answer is the last of them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

_PIECE = re.compile(r"[^\s,;!?()<>\[\]\"“”„]+")
_MARKS = ".:'`*#…"
_ENDS = ("!", "?", ")")
_RUN = re.compile(r"[A-Z]+|[a-z]+|\d+")
_QUOTED = re.compile(r'"([^"\n]+)"')
_ANSWER = re.compile(r"<label>[^<>\n]*\banswer\b[^<>\n]*</label>", re.I)
FORM = ('- The answer looks like "', '", with other letters and digits.')
BEGINS = ('- The answer begins with the characters "', '", whatever follows.')
BEHIND = ("- The answer stands right behind a word such as ", ".")
LAST = "- Where a text has several such pieces, the answer is the last of them."


@dataclass(frozen=True, slots=True)
class Piece:
    """`before` is the word in front of it, in lower case; "" at the beginning of a sentence."""

    text: str
    before: str = ""

    @property
    def shape(self) -> str:
        return shape_of(self.text)


def pieces_in(text: str) -> list[Piece]:
    """Words, numbers and codes without the marks at their ends, in order."""
    pieces, before = list[Piece](), ""
    for match in _PIECE.finditer(text):
        if word := match.group().strip(_MARKS):
            pieces.append(Piece(word, before))
            before = (
                ""
                if match.group().endswith((".", "…")) or text[match.end() : match.end() + 1] in _ENDS
                else word.lower()
            )
    return pieces


def shape_of(text: str) -> str:
    """AA-111 for WB-482: letters and digits stand for others, the rest for itself."""
    return re.sub(r"[0-9]", "1", re.sub(r"[a-z]", "a", re.sub(r"[A-Z]", "A", text)))


def runs_of(shape: str) -> str:
    """Shapes whose runs differ in length alone are the same."""
    return _RUN.sub(lambda run: run.group()[0], shape)


@dataclass(frozen=True, slots=True)
class PieceRules:
    """What the lines of a prompt say of the answer; empty where they say nothing."""

    shapes: tuple[str, ...] = ()
    beginnings: tuple[str, ...] = ()
    words: tuple[str, ...] = ()
    last: bool = False

    @property
    def empty(self) -> bool:
        return not (self.shapes or self.beginnings or self.words)


def asks_for_piece(instructions: str) -> bool:
    """Whether what is to stand in the tag is called an answer and no label."""
    return _ANSWER.search(instructions) is not None


def piece_rules(instructions: str) -> PieceRules:
    lines = [line.strip() for line in instructions.splitlines()]
    words = tuple(word.lower() for line in lines if _is(line, BEHIND) for word in _QUOTED.findall(line))
    return PieceRules(_inside(lines, FORM), _inside(lines, BEGINS), words, LAST in lines)


def behind_line(words: Sequence[str]) -> str:
    quoted = [f'"{word}"' for word in words]
    listed = quoted[0] if len(quoted) == 1 else ", ".join(quoted[:-1]) + " or " + quoted[-1]
    return BEHIND[0] + listed + BEHIND[1]


def chosen_piece(text: str, rules: PieceRules) -> tuple[str, str]:
    """The answer, and a sentence on why it is this one. A rule that no piece of the text meets is passed over."""
    pieces = pieces_in(text)
    fitting = [piece for piece in pieces if any(letter.isdigit() for letter in piece.text)] or pieces
    why: list[str] = []
    for name, meets in _tests(rules):
        narrower = [piece for piece in fitting if meets(piece)]
        if narrower:
            fitting, why = narrower, [*why, name]
    if not fitting:
        return "", "The text is empty."
    answer = fitting[-1 if rules.last else 0].text
    place = "last" if rules.last else "first"
    if why:
        return answer, f"It is the {place} piece that {' and '.join(why)}."
    if any(map(str.isdigit, answer)):
        return answer, f"It is the {place} piece with a digit."
    return answer, f"No piece of the text is as asked for, or has a digit: the {place} one is a guess."


def _tests(rules: PieceRules) -> Iterator[tuple[str, Callable[[Piece], bool]]]:
    if rules.shapes:
        shapes = {runs_of(shape) for shape in rules.shapes}
        yield "has the form asked for", lambda piece: runs_of(piece.shape) in shapes
    if rules.beginnings:
        yield "begins as asked", lambda piece: piece.text.startswith(rules.beginnings)
    if rules.words:
        yield "stands behind a word named", lambda piece: piece.before in rules.words


def _is(line: str, form: tuple[str, str]) -> bool:
    return line.startswith(form[0]) and line.endswith(form[1])


def _inside(lines: Sequence[str], form: tuple[str, str]) -> tuple[str, ...]:
    return tuple(line[len(form[0]) : -len(form[1])] for line in lines if _is(line, form))
