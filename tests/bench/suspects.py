"""Planted wrong labels: how many are found, ours beside plain cleanlab. Not a test:

    PYTHONPATH=. .venv/bin/python tests/bench/suspects.py [--seeds N] [--rows N …] [--flips SHARE]
    [--skip-samples]

Plain cleanlab is what its tutorial does: TF-IDF, logistic regression, five folds, self confidence. Precision
is that of the list cut where as many rows are listed as were planted; area is average precision, the area
under the precision-recall curve.
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

from core.label_errors.suspects import find_suspects
from core.samples import FOLDER
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
    dataset, _ = import_dataset(path.read_bytes(), path.stem)
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


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--rows", type=int, nargs="*", default=[500, 20_000], help="sizes of generated sets")
    parser.add_argument("--flips", type=float, default=0.05)
    parser.add_argument("--skip-samples", action="store_true")
    given = parser.parse_args()
    samples = [] if given.skip_samples else [[sample(name)] * given.seeds for name in SETS]
    made = [
        [generated(rows, given.flips, seed) for seed in range(given.seeds if rows <= 5_000 else 1)]
        for rows in given.rows
    ]
    table([*samples, *made])


if __name__ == "__main__":
    main()
