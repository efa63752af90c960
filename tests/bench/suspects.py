"""Planted wrong labels: how many are found, ours beside plain cleanlab. Not a test:

    PYTHONPATH=. .venv/bin/python tests/bench/suspects.py [--seeds N] [--rows N …] [--flips SHARE]
    [--skip-samples] [--held-back]

Plain cleanlab is what its tutorial does: TF-IDF, logistic regression, five folds, self confidence. Precision
is that of the list cut where as many rows are listed as were planted; area is average precision, the area
under the precision-recall curve.

--held-back prints instead what a run would not believe, by label, and how many of these rows are right: with the
doubts of now, and with those of before (logistic regression without weights by label, three times as likely).
"""

from __future__ import annotations

import os

from core.data.importing.mapping import import_dataset

os.environ.setdefault(
    "OMP_NUM_THREADS", "1"
)  # before numpy is loaded: cores are shared, and both sides shall have one

import argparse
import csv
import random
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from core.label_errors.in_doubt import labels_in_doubt
from core.label_errors.suspects import find_suspects
from core.samples import FOLDER
from core.similarity.tfidf import Similarity
from core.types import Example

SETS = ("github_issues.csv", "insincere_questions.csv", "question_pairs.csv")


@dataclass(frozen=True, slots=True)
class Case:
    """Rows, and the ids of those whose label was planted wrong."""

    name: str
    rows: tuple[Example, ...]
    planted: frozenset[str]


@dataclass(frozen=True, slots=True)
class Found:
    """Rates 0 to 1. `above_half` is how many rows have a doubt over 0.5, `right` the share of them that was
    planted."""

    precision: float
    area: float
    seconds: float
    above_half: int
    right: float


# ---- rows


def sample(name: str) -> Case:
    path = FOLDER / name
    dataset = import_dataset(path.read_bytes(), path.stem).dataset
    with path.with_suffix(".truth.csv").open(encoding="utf-8", newline="") as file:
        planted = frozenset(row["id"] for row in csv.DictReader(file))
    return Case(path.stem, tuple(row for row in dataset.examples if not row.excluded), planted)


def generated(count: int, flips: float, seed: int) -> Case:
    """Sentences of invented words about six themes. Every theme has half of the next one's words as well, one
    word in six is of the theme, and one sentence in fifteen drifts to another theme. Then the share `flips`
    of the rows gets another label, drawn evenly."""
    rng = random.Random(seed)
    common, themes = [_word(rng) for _ in range(400)], [[_word(rng) for _ in range(60)] for _ in range(6)]
    rows = []
    for number in range(count):
        theme = rng.randrange(6)
        about = themes[theme] + themes[(theme + 1) % 6][:30]
        stray = themes[rng.randrange(6)] if rng.random() < 1 / 15 else about
        words = [
            _draw(rng, (about if rng.random() < 0.7 else stray) if rng.random() < 1 / 6 else common)
            for _ in range(rng.randint(6, 18))
        ]
        rows.append(
            Example(f"row-{number}", " ".join(words).capitalize() + rng.choice(".?!"), f"theme_{theme}")
        )
    chosen = rng.sample(range(count), round(flips * count))
    for at in chosen:
        rows[at] = replace(
            rows[at],
            label=rng.choice([f"theme_{theme}" for theme in range(6) if f"theme_{theme}" != rows[at].label]),
        )
    return Case(
        f"{count:,} generated, {flips:.0%} flipped", tuple(rows), frozenset(rows[at].id for at in chosen)
    )


def _word(rng: random.Random) -> str:
    return "".join(rng.choice("bcdfgklmnprstvz") + rng.choice("aeiou") for _ in range(rng.randint(2, 4)))


def _draw(rng: random.Random, words: Sequence[str]) -> str:
    """Early words are drawn more often, as in any language."""
    return words[int(len(words) * rng.random() ** 2)]


# ---- two ways to rank


def ours(case: Case, seed: int) -> list[tuple[str, float]]:
    return [(suspect.example_id, suspect.doubt) for suspect in find_suspects(case.rows, seed)]


def plain(case: Case, seed: int) -> list[tuple[str, float]]:
    from cleanlab.rank import get_label_quality_scores
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import StratifiedKFold, cross_val_predict
    from sklearn.preprocessing import LabelEncoder

    labels = LabelEncoder().fit_transform([row.label for row in case.rows])
    vectors = TfidfVectorizer().fit_transform([row.text for row in case.rows])
    folds = StratifiedKFold(5, shuffle=True, random_state=seed)
    chances = cross_val_predict(
        LogisticRegression(max_iter=1_000), vectors, labels, cv=folds, method="predict_proba"
    )
    quality = get_label_quality_scores(labels, chances, method="self_confidence")
    return sorted(
        ((row.id, 1.0 - float(score)) for row, score in zip(case.rows, quality, strict=True)),
        key=lambda pair: -pair[1],
    )


# ---- figures


def measured(rank: Callable[[Case, int], list[tuple[str, float]]], case: Case, seed: int) -> Found:
    started = time.perf_counter()
    ranked = rank(case, seed)
    seconds = time.perf_counter() - started
    hits = [name in case.planted for name, _ in ranked]
    high = [hit for hit, (_, doubt) in zip(hits, ranked, strict=True) if doubt > 0.5]
    right = sum(high) / len(high) if high else float("nan")
    return Found(
        sum(hits[: len(case.planted)]) / len(case.planted),
        average_precision(hits, len(case.planted)),
        seconds,
        len(high),
        right,
    )


def average_precision(hits: Sequence[bool], planted: int) -> float:
    """Of a ranked list: the mean, over all planted rows, of the precision where each is found; a row that is
    not listed counts 0."""
    found, total = 0, 0.0
    for place, hit in enumerate(hits, start=1):
        found += hit
        total += found / place * hit
    return total / planted


def table(cases: Sequence[Sequence[Case]]) -> None:
    """A line per case and method: the mean over its versions, one per seed."""
    print(
        f"{'':32}{'rows':>7}{'planted':>9}  {'':16}{'precision':>9}{'area':>7}{'seconds':>9}{'over 0.5':>10}{'right':>7}"
    )
    for versions in cases:
        for name, rank in (("plain cleanlab", plain), ("ours", ours)):
            found = [measured(rank, case, seed) for seed, case in enumerate(versions)]
            keys = ("precision", "area", "seconds", "above_half", "right")
            mean = {key: statistics.fmean(getattr(each, key) for each in found) for key in keys}
            case, over = (
                versions[0],
                f"{mean['above_half']:10.1f}{mean['right']:7.2f}" if rank is ours else "",
            )
            print(
                f"{case.name:32}{len(case.rows):7,}{len(case.planted):9,}  {name:16}{mean['precision']:9.3f}{mean['area']:7.3f}"
                f"{mean['seconds']:9.2f}{over}",
                flush=True,
            )


# ---- what a run holds back


def unweighted(rows: Sequence[Example], seed: int) -> set[str]:
    """Ids of the rows that were not believed before: every row counted the same, so frequent labels won."""
    from sklearn.linear_model import SGDClassifier
    from sklearn.model_selection import StratifiedKFold, cross_val_predict

    labels = [row.label for row in rows]
    model = SGDClassifier(loss="log_loss", alpha=3e-4, max_iter=30, tol=None, random_state=seed)
    folds = StratifiedKFold(5, shuffle=True, random_state=seed)
    odds = cross_val_predict(model, Similarity(rows).vectors, labels, cv=folds, method="predict_proba")
    names = sorted(set(labels))
    return {
        row.id
        for row, chances in zip(rows, odds, strict=True)
        if not (row.note or row.canonical) and max(chances) > 3 * chances[names.index(row.label)]
    }


def thinned(case: Case, rare: str, share: float) -> Case:
    """So few rows of one label that they are this share of all."""
    others = [row for row in case.rows if row.label != rare]
    some = [row for row in case.rows if row.label == rare]
    count = min(len(some), round(share * len(others) / (1 - share)))
    return replace(
        case,
        name=f"{case.name}, {rare} {share:.0%}",
        rows=(*others, *random.Random(0).sample(some, count)),
    )


def held_back_table(cases: Sequence[Case]) -> None:
    """A line per case and label: rows, those planted wrong, and rows not believed with how many are right."""
    print(
        f"{'':44}{'label':>15}{'rows':>7}{'planted':>9}{'before':>9}{'right':>7}{'now':>7}{'right':>7}{'seconds':>9}"
    )
    for case in cases:
        before = unweighted(case.rows, 0)
        started = time.perf_counter()
        now = labels_in_doubt(case.rows, 0).keys()
        seconds = time.perf_counter() - started
        for label in sorted({row.label for row in case.rows}):
            mine = {row.id for row in case.rows if row.label == label}
            cells = [len(mine), len(mine & case.planted)]
            for doubted in (before, now):
                cells += [len(mine & doubted), len(mine & doubted - case.planted)]
            widths = (7, 9, 9, 7, 7, 7)
            figures = "".join(f"{cell:{width},}" for cell, width in zip(cells, widths, strict=True))
            print(f"{case.name:44}{label:>15}{figures}{seconds:9.2f}", flush=True)


def held_back_cases(rows: Sequence[int], flips: float) -> list[Case]:
    """The samples, two of them with one label made rare, and generated rows."""
    rare = (("insincere_questions.csv", "insincere"), ("question_pairs.csv", "same"))
    return [
        *map(sample, SETS),
        *(thinned(sample(name), label, share) for name, label in rare for share in (0.05, 0.1, 0.2)),
        *(generated(count, flips, 0) for count in rows),
    ]


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--rows", type=int, nargs="*", default=[500, 20_000], help="sizes of generated sets")
    parser.add_argument("--flips", type=float, default=0.05)
    parser.add_argument("--skip-samples", action="store_true")
    parser.add_argument("--held-back", action="store_true", help="what a run would not believe")
    given = parser.parse_args()
    if given.held_back:
        held_back_table(held_back_cases(given.rows, given.flips))
        return
    samples = [] if given.skip_samples else [[sample(name)] * given.seeds for name in SETS]
    made = [
        [generated(rows, given.flips, seed) for seed in range(given.seeds if rows <= 5_000 else 1)]
        for rows in given.rows
    ]
    table([*samples, *made])


if __name__ == "__main__":
    main()
