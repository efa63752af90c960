"""`headroom`: the price, the check, and what it says."""

from __future__ import annotations

from dataclasses import dataclass, replace

from core.cli import json_output
from core.cli.inputs.data_source import Wanted, labelled_data
from core.cli.options import Invocation, ModelOptions, Reading, settings_typed
from core.cli.output import DONE, STOPPED, Output
from core.cli.paid import carried_out, ends
from core.cli.shell import program
from core.data.importing.checks import check_enough
from core.data.splits import split
from core.services import headroom as checking
from core.studies.headroom import price as headroom_price
from core.studies.headroom.advice import KIND_NAMES, Line, Worth
from core.studies.headroom.check import Check, Headroom
from core.studies.headroom.price import HeadroomPrice
from core.types import Settings
from core.wording import count, percent, with_interval

NEXT = {
    Worth.LABELS_FIRST: "suspects {data}",
    Worth.DEFINE_FIRST: "import {data} --as NAME, then definitions NAME",
}


@dataclass(frozen=True, slots=True)
class HeadroomWish:
    """What was typed."""

    models: ModelOptions
    reading: Reading
    estimate: bool
    rows: int
    heavyweight: str | None
    no_ceiling: bool
    seed: int

    @property
    def settings(self) -> Settings:
        typed = settings_typed(self.models) | {"seed": self.seed}
        return Settings(**typed | ({"heavyweight": self.heavyweight} if self.heavyweight else {}))


def check_headroom(invocation: Invocation, typed: str, wish: HeadroomWish) -> Output:
    settings, check = wish.settings, Check(wish.rows, not wish.no_ceiling)
    with invocation.workspace() as workspace:
        source = labelled_data(invocation, workspace, typed, wish.reading, Wanted(to_tune=True))
        for notice in source.notices:
            invocation.console.say(notice)
        dataset = source.dataset
        checking.check_single_labels(dataset, source.scorer)
        check_enough(dataset.examples, to_tune=True)
        rows = split(dataset.examples, settings.seed)
        price = headroom_price.price(settings, rows, dataset.labels, workspace.model_context(), check)
        data: dict[str, object] = {"dataset": dataset.name, "estimate": _price_fields(price)}
        if wish.estimate:
            return Output(data, f"{price.in_words}\nNext: the same without --estimate")
        workspace.check_spendable()
        invocation.console.say(price.in_words)
        found = carried_out(
            invocation.console,
            lambda on_progress: checking.headroom(
                workspace, dataset, _capped(settings, price), check, on_progress=on_progress
            ),
        )
    words = "\n".join(_lines(found, typed))
    return Output(data | _fields(found), words, STOPPED if found.stopped else DONE)


def _capped(settings: Settings, price: HeadroomPrice) -> Settings:
    """Without a cap typed, no more calls than were announced."""
    most = price.lightweight[1] if settings.max_calls is None else settings.max_calls
    return replace(settings, max_calls=most, max_heavy_calls=price.heavyweight or None)


# ---- as JSON


def _price_fields(price: HeadroomPrice) -> dict[str, object]:
    return {
        "rows": price.rows,
        "lightweight_calls": list(price.lightweight),
        "heavyweight_calls": price.heavyweight,
        "usd": ends(price.usd),
        "unpriced": list(price.unpriced),
        "seconds": price.seconds,
    }


def _fields(found: Headroom) -> dict[str, object]:
    advice = found.advice
    return {
        "rows": len(found.rows),
        "worth": str(advice.worth),
        "advice": advice.sentence,
        "room": advice.room,
        "room_interval": list(advice.interval) if advice.interval else None,
        "lines": [_line_fields(line) for line in found.lines],
        "majority_label": found.majority,
        "repaired": found.repaired,
        "contradicted": list(found.contradicted),
        "stopped": found.stopped,
        **json_output.spent(found.spend),
    }


def _line_fields(line: Line) -> dict[str, object]:
    metrics = line.evaluation.metrics if line.evaluation else None
    return {
        "kind": str(line.kind),
        "n": metrics.n if metrics else None,
        "accuracy": metrics.accuracy if metrics else None,
        "interval": list(metrics.interval) if metrics and metrics.interval else None,
        "more_right": len(line.against.fixed) if line.against else None,
        "more_wrong": len(line.against.broke) if line.against else None,
        "left_out": line.left_out,
    }


# ---- in words


def _lines(found: Headroom, typed: str) -> list[str]:
    width = max(map(len, KIND_NAMES.values()))
    lines = [found.advice.sentence, ""]
    for line in found.lines:
        lines.append(f"  {KIND_NAMES[line.kind]:<{width}}  {_figure(line)}")
    lines += ["", f"{count(len(found.rows), 'row')}, each label with its share."]
    if found.contradicted:
        lines.append(f"{count(len(found.contradicted), 'row')} with a label that others contradict.")
    lines += [found.stopped] if found.stopped else []
    return [
        *lines,
        f"Next: {program()} " + NEXT.get(found.advice.worth, "tune {data}").format(data=_quoted(typed)),
    ]


def _figure(line: Line) -> str:
    if line.evaluation is None or not line.evaluation.metrics.n:
        return f"not measured. {line.left_out}".strip()
    metrics = line.evaluation.metrics
    against = line.against
    moved = (
        f", {len(against.fixed):,} more right and {len(against.broke):,} more wrong than the starting prompt"
        if against and against.n
        else ""
    )
    failed = f", {count(metrics.failed, 'call')} failed" if metrics.failed else ""
    share = (
        with_interval(metrics.accuracy, metrics.interval) if metrics.accuracy is not None else percent(None)
    )
    return share + moved + failed


def _quoted(typed: str) -> str:
    return f'"{typed}"' if " " in typed else typed
