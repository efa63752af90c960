"""Figures, rows, labels and names as people read them, on screen, in reports, notices and errors."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from core.types import Decision, Metrics, Outcome, Prediction, Spend

SPLITS = {"train": "training", "validation": "validation", "test": "test"}
ENDED = {
    "iterations": "All iterations are done.",
    "cap": "A cap was reached.",
    "no_mistakes": "No mistakes are left on the training rows.",
    "held_back": "Every mistake left on the training rows has a label in doubt: decide those rows.",
    "stopped": "Stopped on request.",
    "finish": "Finished early on request.",
    "interrupted": "Whetstone was closed before the run ended.",
    "error": "An error ended it.",
}
FIELDS = {
    "system_prompt": "System prompt",
    "user_prompt_prefix": "Before the text",
    "user_prompt_suffix": "After the text",
    "bot_reply_prefix": "Start of the reply",
}


DECIDED = {Decision.ACCEPTED: "kept", Decision.REJECTED: "refused", Decision.UNDECIDED: "no decision"}


def percent(share: float | None, digits: int = 1) -> str:
    return "–" if share is None else f"{100 * share:.{digits}f} %"


def half_width(interval: tuple[float, float] | None) -> float:
    """Half of an interval's width, in points; 0 without one."""
    return 50 * (interval[1] - interval[0]) if interval else 0.0


def with_interval(share: float | None, interval: tuple[float, float] | None) -> str:
    """81.2 % ± 4.1"""
    return (
        percent(share)
        if share is None or interval is None
        else f"{percent(share)} ± {half_width(interval):.1f}"
    )


def right_in_words(before: Metrics | None, after: Metrics | None = None) -> str:
    """58 → 84 of 100 right; in percent where the rows are not as many; 58 of 100 right where one was measured.
    Of answers that are graded "mean score 18.3 → 61.8 %". Empty where none was."""
    measured = [each for each in (before, after) if each is not None and each.n]
    if not measured:
        return ""
    first, last = measured[0], measured[-1]
    if any(each.graded for each in measured):
        return "mean score " + " → ".join(percent(each.score).removesuffix(" %") for each in measured) + " %"
    if len(measured) == 1:
        return f"{first.correct:,} of {first.n:,} right"
    if first.n != last.n:
        return f"{percent(first.accuracy, 0)} → {percent(last.accuracy, 0)} right"
    return f"{first.correct:,} → {last.correct:,} of {last.n:,} right"


def points(before: float | None, after: float | None) -> str | None:
    """+14.3 points; None where one of both is missing."""
    return (
        None if before is None or after is None else f"{100 * (after - before):+.1f} points"
    )  # st.metric reads the sign: keep it ASCII


def count(number: int, thing: str = "") -> str:
    """1,234 rows; 1 row"""
    plural = (
        thing
        if number == 1 or not thing
        else f"{thing[:-1]}ies"
        if re.search(r"[^aeiou]y$", thing)
        else f"{thing}s"
    )
    return f"{number:,} {plural}".strip()


def money(usd: float | None) -> str:
    if usd is None:
        return "price unknown"
    if usd < 0.00005:
        return "free" if usd == 0 else "under $0.0001"
    return f"${usd:,.2f}" if usd >= 1 else f"${usd:.4f}"


def money_range(low: float, high: float) -> str:
    """$0.19 to $0.84; free; under $0.01"""
    if high == 0:
        return "free"
    digits = 2 if high >= 0.02 else 4
    first, last = f"${low:,.{digits}f}", f"${high:,.{digits}f}"
    return f"about {last}" if first == last else f"{first} to {last}"


def slowed_in_words(per_second: float, wait: float) -> str:
    """What a provider's rate limit does to calls, with what it lets through and the seconds until the next."""
    rate = (
        f"{per_second:,.0f} requests a second"
        if per_second >= 1.5
        else count(round(60 * per_second), "request") + " a minute"
    )
    parts = [rate] if per_second else []
    parts += [f"the next in {duration(wait)}"] if wait >= 1 else []
    return "slowed by the provider's rate limit" + (": " + ", ".join(parts) if parts else "")


def spend_money(spend: Spend) -> str:
    """What the calls of a role cost, and whether that is a guess: not every server says what it used."""
    if not spend.api:
        return "–"
    return money(spend.cost_usd) + (" (estimated)" if spend.estimated else "")


def estimates_in_words(spends: Iterable[Spend]) -> str:
    """What is not known for sure of the calls, in a sentence or two; "" where all is."""
    given = tuple(spends)
    estimated, uncertain = sum(each.estimated for each in given), sum(each.uncertain for each in given)
    named = "1 call is" if estimated == 1 else f"{estimated:,} calls are"
    parts = (
        [f"Tokens and money of {named} estimated: the server does not say what was used."]
        if estimated
        else []
    )
    return " ".join([*parts, *([uncertain_in_words(uncertain)] if uncertain else [])])


def uncertain_in_words(calls: int) -> str:
    """Of calls whose answer was never kept, at least one."""
    named = (
        "1 call was sent and its answer never came"
        if calls == 1
        else f"{calls:,} calls were sent and their answers never came"
    )
    return f"{named}: {'it' if calls == 1 else 'they'} may have been paid, and {'counts' if calls == 1 else 'count'} as made."


def duration(seconds: float) -> str:
    """8 s, 2 min 5 s, 1 h 3 min"""
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    minutes, rest = divmod(whole, 60)
    return f"{minutes} min {rest} s" if minutes < 60 else f"{minutes // 60} h {minutes % 60} min"


def bytes_in_words(bytes_: int) -> str:
    """512 kB, 1.2 MB, under 1 kB"""
    if 0 < bytes_ < 1_000:
        return "under 1 kB"
    return f"{bytes_ / 1e6:,.1f} MB" if bytes_ >= 1e6 else f"{bytes_ / 1e3:,.0f} kB"


def shortened(text: str, length: int = 80) -> str:
    """One line, at most `length` characters."""
    line = " ".join(text.split())
    return line if len(line) <= length else line[: length - 1].rstrip() + "…"


def squeezed(text: str, length: int) -> str:
    """One line, at most `length` characters; the end stays, as names often differ there."""
    line = " ".join(text.split())
    return (
        line
        if len(line) <= length
        else line[: length - length // 2 + 1].rstrip() + "…" + line[2 - length // 2 :].lstrip()
    )


def sentence(words: str) -> str:
    """With a capital and a full stop."""
    return words and words[0].upper() + words[1:] + ("" if words.endswith((".", "!", "?", "…")) else ".")


def cut_off_in_words(metrics: Metrics, limit: int) -> str:
    """Such as "12 of 300 replies were cut off at 500 tokens"; empty where none was."""
    n = metrics.cut_off
    return (
        f"{n:,} of {metrics.n:,} replies {'was' if n == 1 else 'were'} cut off at {limit:,} tokens"
        if n
        else ""
    )


def read_as(prediction: Prediction) -> str:
    """What a reply was taken for: the label, or why there is none."""
    if prediction.outcome is Outcome.UNKNOWN_LABEL:
        return "not in the list: " + shortened(prediction.said, 40)
    return prediction.label or (
        "cut off" if prediction.cut_off else str(prediction.outcome).replace("_", " ")
    )


def tight(words: str) -> str:
    """With figures that no line break can part: 81.2 % ± 4.1 stays together."""
    for loose in (" %", " ± ", "p = ", "p < "):
        words = words.replace(loose, loose.replace(" ", "\N{NO-BREAK SPACE}"))
    return words


def constant_in_words(scorer: str) -> str:
    """What the answer is that costs no reading: with a `scorer` answers are no labels."""
    return "the best constant answer" if scorer else "the most frequent label"


def quoted(value: str, limit: int = 60) -> str:
    """`value` between quotation marks, on one line, cut to `limit` characters."""
    # Control characters could break the line, or drive a terminal; U+200D only joins emoji.
    line = "".join(c if c.isprintable() or c == "\u200d" else " " for c in value[: limit + 1])
    return "“" + (line if len(line) <= limit else line[: limit - 1] + "…") + "”"


def listed(values: Sequence[str], limit: int = 12) -> str:
    """“a”, “b”, “c”: at most `limit` of them, the rest counted."""
    text = ", ".join(quoted(value) for value in values[:limit])
    return text if len(values) <= limit else f"{text} and {len(values) - limit:,} more"


def and_listed(names: Sequence[str]) -> str:
    """One, one and two, or one, two and three."""
    return names[0] if len(names) == 1 else ", ".join(names[:-1]) + " and " + names[-1]


def counted(n: int, noun: str) -> str:
    """1 row, 2 rows, 12,345 rows."""
    return f"{n:,} {noun}" if n == 1 else f"{n:,} {noun}s"


def aligned(rows: Sequence[Sequence[str]]) -> list[str]:
    """Cells below each other, as a terminal shows a table."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return [
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows
    ]


def predicted_in_words(prediction: Prediction) -> str:
    """The predicted label, or in parentheses why there is none."""
    if prediction.outcome is Outcome.UNKNOWN_LABEL:
        return f"(not in the list: {prediction.said})"
    if prediction.cut_off:
        return "(cut off)"
    return prediction.label or f"({prediction.outcome})"
