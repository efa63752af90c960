"""The ideas of the engine, each of which can be left out: `tests/bench/tuning.py --off NAME` measures what it
is worth."""

from __future__ import annotations

from dataclasses import dataclass, fields

from core.errors import UsageError


@dataclass(frozen=True, slots=True)
class Switches:
    """All on by default. docs/tuning.md has the figures."""

    group_mistakes: bool = True  # show mistakes that look alike together, the densest groups first
    hold_back_doubtful: bool = True  # a mistake whose label the other rows contradict is not shown
    show_notes: bool = True  # the nearest noted rows go into every request
    take_apart: bool = True  # each line of a reply is a hypothesis of its own
    screen: bool = True  # lines that name no label, quote a row or repeat a rule cost no call
    judge_apart: bool = True  # a rule answers for the rows that moved to its label
    confirm: bool = True  # a disputed move counts when it happens again with that rule alone

    @classmethod
    def without(cls, names: tuple[str, ...]) -> Switches:
        """All ideas but these. Raises UsageError for a name that is none."""
        known = {each.name for each in fields(cls)}
        for name in names:
            if name not in known:
                raise UsageError(f"There is no idea {name!r}: choose from {', '.join(sorted(known))}.")
        return cls(**dict.fromkeys(names, False))
