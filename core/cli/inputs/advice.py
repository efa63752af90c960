"""What refusals and notices of files advise, as options of the command line."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from core.data.importing.label_shape import SCORER_WAY
from core.data.importing.usable_rows import NO_LABEL, SEVERAL
from core.errors import DataError

ADVICE = (  # words of a refusal, what it is about, and the option that does it here
    ("choose its encoding", "", "--encoding"),
    ("choose one of them", "sheet", "--sheet"),
    ("choose one of them", "the text", "--text"),
    ("choose one of them", "the label", "--label"),
    ("choose another column", "", "--label"),
    ("put them into bins", "", "--bins, such as 3 or 50,80"),
    (SCORER_WAY, "", "--scorer"),
    ("they can be kept", "several labels", "--several"),
)
OPTIONS_THAT_KEEP = {
    SEVERAL: "--several keep keeps the rows with several labels and all their labels, --several first or split one of them a row.",
    NO_LABEL: "--keep-unlabelled keeps the rows without a label, to be labelled on Review.",
}


@contextmanager
def advice_to_follow() -> Iterator[None]:
    """Refusals of files speak of choices, which are options here."""
    try:
        yield
    except DataError as refused:
        raise DataError(with_options(str(refused))) from None


def with_options(words: str) -> str:
    for phrase, subject, name in ADVICE:
        if subject in words and name not in words:
            words = words.replace(phrase, f"{phrase} with {name}")
    return words


def options_that_keep(left_out: Mapping[str, int]) -> list[str]:
    """How rows that were left out could be kept."""
    return [option for reason, option in OPTIONS_THAT_KEEP.items() if left_out.get(reason)]
