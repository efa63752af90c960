"""Several annotators of one text: kept apart, counted, and noted."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from core.wording import counted, quoted


@dataclass(frozen=True, slots=True)
class Vote:
    """Who answered what. `final`: somebody settled it (Label Studio's ground truth), whatever the others
    say."""

    who: str
    label: str
    final: bool = False


@dataclass(slots=True)
class Tally:
    """Counts over all rows, for the notices."""

    several: int = 0
    conflicting: int = 0
    tied: int = 0
    example: str = ""

    def decide(self, votes: Sequence[Vote], text: str) -> tuple[str, str]:
        """The label of a row, and a note that keeps the votes where there are several. The label is what was
        settled, else what most say, of equals the first; "" without votes. Who chose several labels at once (a JSON
        list) counts where nobody chose one."""
        if not votes:
            return "", ""
        if len(votes) == 1:
            return votes[0].label, ""
        single = [vote for vote in votes if not vote.label.startswith('["')]
        counts = Counter(vote.label for vote in single or votes)
        (winner, most), *others = counts.most_common()
        settled = next((vote.label for vote in votes if vote.final), None)
        self.several += 1
        if others:
            self.conflicting += 1
            self.example = self.example or text
            self.tied += settled is None and others[0][1] == most
        votes_note = "; ".join(
            f"{vote.who or 'somebody'}: {vote.label}" + " (settled)" * vote.final for vote in votes
        )
        return settled if settled is not None else winner, "Annotators: " + votes_note

    def notices(self) -> list[str]:
        if not self.several:
            return []
        notices = [
            f"{counted(self.several, 'row')} had several annotators: the label is what most chose, the note says who chose what."
        ]
        if self.conflicting:
            ties = f", {self.tied:,} of them evenly, where the first answer counts" if self.tied else ""
            notices.append(
                f"On {counted(self.conflicting, 'row')} annotators disagree{ties} (such as {quoted(self.example)}): look at these first."
            )
        return notices
