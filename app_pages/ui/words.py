"""Figures and data as people read them: rounded to what they are worth, and never markup."""

from __future__ import annotations

import re

_MARKDOWN = re.compile(r"([\\`*_{}\[\]()<>#+\-.!|~$:&])")


def escape_md(text: str) -> str:
    """Data for a place that renders Markdown (headings, captions, button and pill labels): shown as it is written."""
    return _MARKDOWN.sub(r"\\\1", " ".join(text.split()))


def percent(share: float | None, digits: int = 1) -> str:
    return "–" if share is None else f"{100 * share:.{digits}f} %"


def half_width(interval: tuple[float, float] | None) -> float:
    """Half of an interval's width, in points; 0 without one."""
    return 50 * (interval[1] - interval[0]) if interval else 0.0


def with_interval(share: float | None, interval: tuple[float, float] | None) -> str:
    """81.2 % ± 4.1"""
    return percent(share) if share is None or interval is None else f"{percent(share)} ± {half_width(interval):.1f}"


def points(before: float | None, after: float | None) -> str | None:
    """+14.3 points; None where one of both is missing."""
    return None if before is None or after is None else f"{100 * (after - before):+.1f} points"  # st.metric reads the sign: keep it ASCII


def count(number: int, thing: str = "") -> str:
    """1,234 rows; 1 row"""
    plural = thing if number == 1 or not thing else f"{thing[:-1]}ies" if re.search(r"[^aeiou]y$", thing) else f"{thing}s"
    return f"{number:,} {plural}".strip()


def money(usd: float | None) -> str:
    if usd is None:
        return "price unknown"
    if usd < 0.00005:
        return "free" if usd == 0 else "under $0.0001"
    return f"${usd:,.2f}" if usd >= 1 else f"${usd:.4f}"


def duration(seconds: float) -> str:
    """8 s, 2 min 5 s, 1 h 3 min"""
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    minutes, rest = divmod(whole, 60)
    return f"{minutes} min {rest} s" if minutes < 60 else f"{minutes // 60} h {minutes % 60} min"


def shortened(text: str, length: int = 80) -> str:
    """One line, at most `length` characters."""
    line = " ".join(text.split())
    return line if len(line) <= length else line[: length - 1].rstrip() + "…"


def rate(usd: float) -> str:
    """$0.10, $15, $0.075: a price per million tokens."""
    return f"${usd:,.0f}" if usd == round(usd) else f"${usd:.2f}" if round(usd, 2) == round(usd, 6) else f"${usd:.4g}"


def money_range(low: float, high: float) -> str:
    """$0.19 to $0.84; free; under $0.01"""
    if high == 0:
        return "free"
    digits = 2 if high >= 0.02 else 4
    first, last = f"${low:,.{digits}f}", f"${high:,.{digits}f}"
    return f"about {last}" if first == last else f"{first} to {last}"


def size(bytes_: int) -> str:
    """512 kB, 1.2 MB"""
    return f"{bytes_ / 1e6:,.1f} MB" if bytes_ >= 1e6 else f"{bytes_ / 1e3:,.0f} kB"
