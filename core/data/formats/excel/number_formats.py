"""A number as Excel shows it: 42 under the format 0000 is 0042, 0.25 under 0% is 25%. Dates are not among them, nor
fractions: there the value itself is kept."""

from __future__ import annotations

import re
from collections.abc import Sequence
from decimal import ROUND_HALF_UP, Decimal

# By the numbers that Excel knows without a definition.
BUILT_IN = {
    1: "0",
    2: "0.00",
    3: "#,##0",
    4: "#,##0.00",
    9: "0%",
    10: "0.00%",
    11: "0.00E+00",
    37: "#,##0;(#,##0)",
    38: "#,##0;(#,##0)",
    39: "#,##0.00;(#,##0.00)",
    40: "#,##0.00;(#,##0.00)",
}
_PIECE = re.compile(
    r'"(?P<text>[^"]*)"|\\(?P<escaped>.)|\[\$(?P<currency>[^\]\-]*)[^\]]*\]|(?P<unread>\[[<>=][^\]]*\]|General|[ymdhsYMDHSeE@/])'
    r"|\[[^\]]*\]|_.|\*.|(?P<digit>[0#?])|(?P<point>\.)|(?P<comma>,)|(?P<percent>%)|(?P<other>.)"
)
_SECTION = re.compile(r'((?:"[^"]*"|\\.|\[[^\]]*\]|[^;])*)(?:;|$)')
_SCIENTIFIC = re.compile(r"0\.(0*)E\+(0+)")


def is_number_format(code: str) -> bool:
    """Whether numbers under it may look other than they are."""
    return shown(1.0, code) is not None


def shown(value: float, code: str) -> str | None:
    """None where the format says nothing about numbers, or is none of those that are known."""
    if not code.strip("0") and value >= 0 and value == int(value):  # codes, of which there may be very many
        return str(int(value)).zfill(len(code)) if code else None
    scientific = _SCIENTIFIC.fullmatch(code)
    if scientific:
        return _scientific(value, len(scientific[1]), len(scientific[2]))
    sections = [match[1] for match in _SECTION.finditer(code)][:4]
    sections = sections[: code.count(";") + 1]
    section = sections[0]
    if value < 0 and len(sections) > 1:
        section, value = sections[1], -value
    elif value == 0 and len(sections) > 2:
        section = sections[2]
    pieces = [(match.lastgroup or "", match[match.lastgroup or 0]) for match in _PIECE.finditer(section)]
    kinds = [kind for kind, _ in pieces]
    if "unread" in kinds or "digit" not in kinds:
        return None
    return ("-" if value < 0 else "") + _filled(Decimal(repr(abs(value))), pieces)


def _scientific(value: float, decimals: int, least: int) -> str:
    mantissa, _, power = f"{value:.{decimals}E}".partition("E")
    return f"{mantissa}E{power[0]}{power[1:].lstrip('0').zfill(least)}"


def _filled(number: Decimal, pieces: Sequence[tuple[str, str]]) -> str:
    kinds = [kind for kind, _ in pieces]
    end = kinds.index("point") if "point" in kinds else len(pieces)
    whole = [at for at in range(end) if kinds[at] == "digit"]
    decimals = [at for at in range(end, len(pieces)) if kinds[at] == "digit"]
    last = max([*whole, *decimals])
    thousands = sum(kind == "comma" for kind in kinds[last:])
    number = number * 100 ** kinds.count("percent") / 1000**thousands
    number = number.quantize(Decimal(1).scaleb(-len(decimals)), ROUND_HALF_UP)
    before, _, after = format(number, "f").partition(".")
    digits = dict(zip(decimals, after, strict=False))
    for at in reversed(decimals):  # under # a zero at the end is not shown
        if pieces[at][1] != "#" or digits[at] != "0":
            break
        digits[at] = ""
    grouped = any(kinds[at] == "comma" for at in range(whole[0], whole[-1])) if whole else False
    digits |= _spread(before, [pieces[at][1] for at in whole], whole, grouped)
    point = any(digits[at] for at in decimals)
    return "".join(
        _piece(kind, text, digits.get(at, ""), point) for at, (kind, text) in enumerate(pieces)
    ).strip()


def _spread(before: str, marks: Sequence[str], places: Sequence[int], grouped: bool) -> dict[int, str]:
    """The digits before the point, from the right on, a place each; the first place takes what is left."""
    before = "" if before == "0" and "0" not in marks else before.zfill(marks.count("0"))
    if grouped:
        before = f"{int(before or 0):0{max(1, len(before) + (len(before) - 1) // 3)},}" if before else ""
        return {place: before if place == places[0] else "" for place in places}
    digits = dict.fromkeys(places, "")
    for place in reversed(places):
        digits[place], before = before[-1:], before[:-1]
    if places:
        digits[places[0]] = before + digits[places[0]]
    return digits


def _piece(kind: str, text: str, digit: str, point: bool) -> str:
    if kind == "digit":
        return digit
    if kind == "point":
        return "." if point else ""
    return text if kind in ("text", "escaped", "currency", "percent", "other") else ""
