"""The sample sets that come with Whetstone: where they stand and what they are, in a sentence."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

FOLDER = Path(__file__).resolve().parent.parent / "data" / "samples"


@dataclass(frozen=True, slots=True)
class Sample:
    name: str
    title: str
    story: str

    @property
    def path(self) -> Path:
        return FOLDER / f"{self.name}.csv"


SAMPLES = (
    Sample(
        "github_issues",
        "GitHub issues",
        "Titles into five topics. Anything about docs is documentation, even a bug in them.",
    ),
    Sample(
        "insincere_questions",
        "Insincere questions",
        "Is the question asked to get an answer? One in five is not.",
    ),
    Sample("question_pairs", "Question pairs", "Do two questions ask for the same thing?"),
    Sample(
        "five_topics",
        "Five topics, a handful of rows",
        "Two dozen issue titles typed by hand: the smallest set that can be tuned.",
    ),
)


def sample(name: str) -> Sample:
    """Raises KeyError for a name that is none of SAMPLES."""
    return {each.name: each for each in SAMPLES}[name]
