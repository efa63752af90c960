"""The sample sets that come with Whetstone: where they stand and what they are, in a sentence."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

FOLDER = Path(__file__).resolve().parent.parent / "data" / "samples"


@dataclass(frozen=True, slots=True)
class Sample:
    """`text` and `note` name its columns where they have names of their own, `good` the verdict that says an answer is
    good, where its labels are verdicts. `scorer`: what its answers are scored by, where they are no labels; `several`: a
    row may have several labels."""

    name: str
    title: str
    story: str
    text: tuple[str, ...] = ()
    note: str = ""
    good: str = ""
    scorer: str = ""
    several: bool = False

    @property
    def path(self) -> Path:
        return FOLDER / f"{self.name}.csv"

    @property
    def definitions(self) -> Path:
        """What its labels mean, a JSON object; not every sample has it."""
        return FOLDER / f"{self.name}.labels.json"


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
    Sample(
        "help_desk_answers",
        "Help desk answers",
        "Is an answer good by the house rules? 200 that people have judged, to tune a judge, and 60 that nobody has.",
        ("question", "answer"),
        "critique",
        "good",
    ),
    Sample(
        "orders",
        "Order numbers",
        "Which order is a message about? An answer to extract, not a label: it is right where it is the same but for case and spaces.",
        scorer="normalised",
    ),
    Sample(
        "help_desk_labels",
        "Help desk topics",
        "Six labels for messages to a vegetable box. Half of the messages have more than one.",
        several=True,
    ),
)


def sample(name: str) -> Sample:
    """Raises KeyError for a name that is none of SAMPLES."""
    return {each.name: each for each in SAMPLES}[name]
