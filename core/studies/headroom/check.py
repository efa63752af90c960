"""Before a run, for a few cents: is there anything to gain? Some rows are labelled in six ways, and one
sentence says what that means.

    the most frequent label          no model: what any prompt must beat
    the starting prompt              lightweight model: where a run begins
    the same, repaired               its unreadable replies read as what they most plausibly meant (core/prompts/repair.py)
    the nearest rows                 no model: what the labels alone say of similar texts (core/similarity/neighbours.py)
    neighbour examples in the prompt lightweight model, shown those rows
    the heavyweight model            with the starting prompt: the likely ceiling

Rows are of the validation part, training rows after them where it has too few; the test part stays sealed. Where the
starting prompt knows the training rows (its definitions were drafted from them), validation rows alone count.
Validation first, since a run reads these rows with the starting prompt anyway: it finds the replies in the
cache. The draw is plain stratified, every label with its share, not balanced: so the figures are estimates of
what the run will see, and the most frequent label is a fair line to beat.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from math import comb

from core.data.splits import split
from core.metrics.comparison import compare
from core.metrics.metrics import evaluation, is_mistake
from core.metrics.objective_choice import objective_for
from core.prompts.starting_prompt import starting_prompt
from core.similarity.duplicates import comparables
from core.similarity.examples import without_examples
from core.similarity.neighbours import most_frequent, nearby
from core.studies.headroom.advice import Advice, HeadroomFindings, Kind, Line, advise
from core.studies.headroom.capped_answers import TO_REPAIR, CappedAnswers, Predictions
from core.tuning.few_shot import with_shortlist
from core.tuning.plan import stratified_sample
from core.tuning.session import OnProgress, Session
from core.types import (
    Dataset,
    Example,
    LabelSet,
    Objective,
    Outcome,
    Prediction,
    Progress,
    Prompt,
    Settings,
    Spend,
)
from core.types.objectives import COSTS

EDITOR = "offline:editor"
NO_CEILING = "The offline editor only counts words and labels nothing: choose another heavyweight model to see the ceiling."
SURELY = 0.01  # p below which the prompt is better on training rows
NOT_WANTED = "It is not asked, as you chose."


@dataclass(frozen=True, slots=True)
class Check:
    """What to check: how many rows (fewer where there are not so many), and whether the heavyweight model,
    which costs most, is asked."""

    rows: int = 60
    ceiling: bool = True


@dataclass(frozen=True, slots=True)
class Headroom:
    """`lines` in the order above. `rows` are ids of the rows drawn, `repaired` counts replies that were
    reread as a label, `contradicted` are ids of rows whose labels contradict. `stopped` says which cap ended
    it early, if one did; `spend` is by role."""

    lines: tuple[Line, ...]
    advice: Advice
    rows: tuple[str, ...]
    majority: str
    repaired: int
    contradicted: tuple[str, ...]
    stopped: str
    spend: Mapping[str, Spend]


def run(
    session: Session,
    dataset: Dataset,
    settings: Settings,
    check: Check = Check(),
    on_progress: OnProgress = lambda progress: None,
) -> Headroom:
    """Reads the rows in all six ways, as far as the caps of the session's account allow: where one is reached,
    the lines hold what was read until then. Neighbour examples and the heavyweight model are tried on the
    rows that the starting prompt answered: others compare with nothing.

    Raises DataError for rows that cannot be split, ModelRefused where the lightweight model cannot be called
    at all, and whatever `on_progress` raises.
    """
    on_progress(Progress("Drawing rows"))
    parted = usable(split(dataset.examples, settings.seed))
    prompt = settings.start or starting_prompt(dataset.labels)
    rows = rows_to_check(without_examples(parted, prompt.few_shot), check.rows, settings.seed)
    prompt = with_own_shortlist(prompt, settings, parted, rows)
    near = nearby(
        rows, [row for row in parted if row.split == "train"], random.Random(f"headroom/{settings.seed}")
    )
    no_ceiling = why_no_ceiling(session.heavyweight.name, check)
    answers = CappedAnswers(session, dataset.labels.names, on_progress, len(rows) * (2 if no_ceiling else 3))
    usual = most_frequent(parted)

    read = {Kind.MAJORITY: ({row.id: _label(row, usual) for row in rows}, "")}
    start = answers.ask(session.lightweight, rows, answers.requests(prompt, rows), "The starting prompt")
    read[Kind.STARTING] = start, answers.stopped
    read[Kind.REPAIRED] = answers.repair(rows, start, answers.requests(prompt, rows)), answers.stopped
    read[Kind.NEAREST] = (
        {row.id: _label(row, label) for row, label in zip(rows, near.votes(), strict=True)},
        "",
    )
    shots = dict(zip((row.id for row in rows), near.shots(), strict=True))
    answered = [row for row in rows if row.id in start and start[row.id].outcome is not Outcome.FAILED]
    known = _by_heart(answered, start)
    if known:
        rows = tuple(row for row in rows if row.split == "validation")
        answered = [row for row in answered if row.split == "validation"]
        ids = {row.id for row in rows}
        read = {
            kind: ({row: each for row, each in predictions.items() if row in ids}, why)
            for kind, (predictions, why) in read.items()
        }
    requests = answers.requests(prompt, answered, [shots[row.id] for row in answered])
    read[Kind.EXAMPLES] = answers.ask_or_reason(
        session.lightweight, answered, requests, "Neighbour examples in the prompt"
    )
    if not no_ceiling:
        read[Kind.CEILING] = answers.ask_or_reason(
            session.heavyweight, answered, answers.requests(prompt, answered), "The heavyweight model"
        )
    else:
        read[Kind.CEILING] = {}, no_ceiling
    found = _concluded(dataset, rows, parted, read, answers, _objective(settings, parted))
    return replace(
        found, advice=replace(found.advice, sentence=" ".join(filter(None, (found.advice.sentence, known))))
    )


def usable(rows: Sequence[Example]) -> list[Example]:
    """Those of the training and validation parts that are not excluded: nobody else's business here, the test
    part's least of all."""
    return [row for row in rows if row.split in ("train", "validation") and not row.excluded]


def rows_to_check(rows: Sequence[Example], count: int, seed: int) -> tuple[Example, ...]:
    """`count` of the `usable` rows (all where there are fewer), validation before training, each label with
    its share. Canonical rows, which a run always takes first, stand here for no more than themselves."""
    rng, plain = (
        random.Random(f"headroom/{seed}"),
        [replace(row, canonical=False) if row.canonical else row for row in rows],
    )
    first = stratified_sample([row for row in plain if row.split == "validation"], count, rng)
    return (
        *first,
        *stratified_sample([row for row in plain if row.split == "train"], count - len(first), rng),
    )


def with_own_shortlist(
    prompt: Prompt, settings: Settings, parted: Sequence[Example], drawn: Sequence[Example]
) -> Prompt:
    """As the run would begin with; no row that is drawn chooses labels. UsageError for a prompt with fixed examples."""
    size, read = settings.shortlist or prompt.shortlist, {row.id for row in drawn}
    if not size:
        return prompt
    train, held_out = (
        [row for row in parted if (row.split == "train" and row.id not in read) == wanted]
        for wanted in (True, False)
    )
    return with_shortlist(prompt, size, train, held_out, settings.seed)


def why_no_ceiling(heavyweight: str, check: Check) -> str:
    """Why the heavyweight model is not asked, in a sentence; empty where it is."""
    return NOT_WANTED if not check.ceiling else NO_CEILING if heavyweight == EDITOR else ""


# ---- private


def _objective(settings: Settings, parted: Sequence[Example]) -> Objective:
    """The run's, as far as it is a share: of costs there are no points of room, so rows are counted."""
    objective = objective_for(settings.objective or Objective(), parted)
    return Objective() if objective.kind == COSTS else objective


def _defined(labels: LabelSet) -> bool:
    return all(labels.definitions.get(name, "").strip() for name in labels.names)


def _label(row: Example, label: str) -> Prediction:
    return Prediction(row.id, Outcome.LABEL, label, label)


def _by_heart(rows: Sequence[Example], start: Predictions) -> str:
    """Why training rows tell nothing, in a sentence: the prompt knows them, as one whose definitions were drafted from them
    does. Empty where it is not surely better on them (Fisher's exact test, one-sided) than on validation rows."""
    right = {"train": 0, "validation": 0}
    of = Counter(row.split for row in rows)
    for row in rows:
        right[row.split] += not is_mistake(start[row.id], row.label)
    trained, held_out, hits = of["train"], of["validation"], sum(right.values())
    as_many = range(right["train"], min(trained, hits) + 1)
    ways = sum(comb(trained, k) * comb(held_out, hits - k) for k in as_many if hits - k <= held_out)
    if not held_out or ways >= SURELY * comb(trained + held_out, hits):
        return ""
    return (
        f"Training rows do not count here, since the prompt knows them: {right['train']} of {trained} are right, "
        f"and {right['validation']} of {held_out} validation rows."
    )


def _concluded(
    dataset: Dataset,
    rows: Sequence[Example],
    parted: Sequence[Example],
    read: Mapping[Kind, tuple[Predictions, str]],
    answers: CappedAnswers,
    objective: Objective,
) -> Headroom:
    read_as = {kind: predictions for kind, (predictions, _) in read.items()}
    start, usual = read_as[Kind.STARTING], most_frequent(parted)
    lines = {kind: _line(kind, rows, read, dataset.labels.names, objective) for kind in Kind}
    doubled = _two_labels(parted)
    clashes = tuple(
        row.id for row in rows if row.id in start and (row.id in doubled or _outvoted(row, read_as))
    )
    wrong = frozenset(row.id for row in rows if row.id in start and is_mistake(start[row.id], row.label))
    mended = [
        identity
        for identity, now in read_as[Kind.REPAIRED].items()
        if start[identity].outcome in TO_REPAIR and now.label
    ]
    return Headroom(
        lines=tuple(lines.values()),
        advice=advise(
            HeadroomFindings(lines, usual, frozenset(clashes), wrong, objective, _defined(dataset.labels))
        ),
        rows=tuple(row.id for row in rows),
        majority=usual,
        repaired=len(mended),
        contradicted=clashes,
        stopped=answers.stopped,
        spend=answers.session.account.spends(),
    )


def _line(
    kind: Kind,
    rows: Sequence[Example],
    read: Mapping[Kind, tuple[Predictions, str]],
    labels: Sequence[str],
    objective: Objective,
) -> Line:
    (read_as, why), (start, _) = read[kind], read[Kind.STARTING]
    if not read_as:
        return Line(kind, left_out=why)
    against = (
        compare(rows, list(start.values()), list(read_as.values()), objective)
        if kind is not Kind.STARTING
        else None
    )
    reached = [row for row in rows if row.id in read_as]
    return Line(kind, evaluation(reached, [read_as[row.id] for row in reached], labels), against)


def _two_labels(parted: Sequence[Example]) -> set[str]:
    """Ids of rows whose text, but for case, punctuation and spaces, stands elsewhere with another label."""
    texts = comparables(row.text for row in parted)
    labels: dict[str, set[str]] = {}
    for text, row in zip(texts, parted, strict=True):
        labels.setdefault(text, set()).add(row.label)
    return {row.id for text, row in zip(texts, parted, strict=True) if len(labels[text]) > 1}


def _outvoted(row: Example, predictions: Mapping[Kind, Predictions]) -> bool:
    """Whether both models and the nearest rows agree on another label."""
    voices = [predictions[kind].get(row.id) for kind in (Kind.STARTING, Kind.CEILING, Kind.NEAREST)]
    labels = {voice.label if voice else "" for voice in voices}
    return len(labels) == 1 and not labels & {row.label, ""}
