"""Numbers in answers, and whether two are close enough."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

from core.errors import UsageError
from core.wording import counted, quoted

_NUMBER = re.compile(
    r"(?<![\w.,])[-+\N{MINUS SIGN}]?(?:\d{1,3}(?:[ '\u00a0\u202f]\d{3})+(?!\d)|\d+)(?:[.,]\d+)*(?:[eE][-+]?\d{1,3})?"
)
_MARKS = str.maketrans({"\N{MINUS SIGN}": "-", "'": "", " ": "", "\u00a0": "", "\u202f": ""})


def number_in(text: str) -> Decimal | None:
    """The number that a text holds; None where it holds none, or several that differ."""
    found = {value for match in _NUMBER.finditer(text) if (value := _read(match.group())) is not None}
    return found.pop() if len(found) == 1 else None


def _read(written: str) -> Decimal | None:
    """Of comma and point the last one is the decimal mark; a lone comma before three digits, and one that stands
    twice, marks thousands."""
    plain = written.translate(_MARKS)
    comma, point = plain.rfind(","), plain.rfind(".")
    if comma >= 0 and point >= 0:
        thousands, decimal = (",", ".") if point > comma else (".", ",")
        plain = plain.replace(thousands, "").replace(decimal, ".")
    elif comma >= 0:
        groups = plain.count(",") > 1 or re.search(r",\d{3}(?!\d)", plain)
        plain = plain.replace(",", "" if groups else ".")
    elif plain.count(".") > 1:
        plain = plain.replace(".", "")
    try:
        return Decimal(plain)
    except InvalidOperation:
        return None


@dataclass(frozen=True, slots=True)
class Tolerance:
    """How far a number may be off: `amount` of it, or a share of the reference where it is `relative`."""

    amount: Decimal = Decimal(0)
    relative: bool = False

    def score(self, answer: str, reference: str) -> float:
        """1 where the one number of the answer is close enough to that of the reference."""
        given, wanted = number_in(answer), number_in(reference)
        if given is None or wanted is None:
            return 0.0
        return float(abs(given - wanted) <= (self.amount * abs(wanted) if self.relative else self.amount))


def tolerance(typed: str) -> Tolerance:
    """Of "0.01", "1%" or nothing. UsageError."""
    share = typed.strip().endswith("%")
    try:
        amount = Decimal(typed.strip().removesuffix("%").strip() or "0")
        if not amount.is_finite() or amount < 0:
            raise InvalidOperation
    except InvalidOperation:
        raise UsageError(
            f"The tolerance {typed!r} is no number from 0 on: write number:0.01, or number:1% for a share of the reference."
        ) from None
    return Tolerance(amount / 100 if share else amount, share)


def number_remark(references: Sequence[str]) -> str:
    """Of reference answers that hold letters as well: of a code, too, only the number would be compared."""
    lettered = [each for each in references if any(map(str.isalpha, _NUMBER.sub("", each)))]
    read = [(each, number) for each in lettered if (number := number_in(each)) is not None]
    if not read:
        return ""
    answer, number = read[0]
    return (
        f"{len(read):,} of {counted(len(references), 'answer')} {'holds' if len(read) == 1 else 'hold'} letters as well as a number "
        f"(such as {quoted(answer)}): only the number is compared, here {number}. That is right for amounts; for codes "
        "and names choose a scorer that compares texts."
    )


def number_problem(reference: str) -> str:
    return "" if number_in(reference) is not None else "which holds no number, or several"
