"""`adopt`: a run's prompt, or an earlier champion, and the list of all of them."""

from __future__ import annotations

from datetime import UTC, datetime

from core.cli import json_output
from core.cli.actions.requests import AdoptionWish
from core.cli.inputs.names import dataset_named, quoted_name, run_named
from core.cli.options import Invocation
from core.cli.output import Output
from core.cli.shell import program
from core.errors import UsageError
from core.services.branches import adopt_step
from core.services.cascade.adoption import adopt_cascade
from core.services.champions import Adoption, adoptions, go_back, origin_in_words, runs_by_id
from core.services.run_report import compared_run
from core.store.records import Champion, DatasetInfo, RunRecord
from core.wording import quoted
from core.workspace import Workspace


def adoption(invocation: Invocation, run: str | None, wish: AdoptionWish) -> Output:
    if sum(each is not None for each in (run, wish.history, wish.back)) != 1:
        raise UsageError(
            "Name the run to adopt, or --history DATASET to see its champions, or --back DATASET to adopt the one before."
        )
    if wish.cascade and run is None:
        raise UsageError("--cascade goes with a run: its cascade is adopted together with its prompt.")
    if wish.to is not None and wish.back is None:
        raise UsageError("--to goes with --back DATASET: it is the number of an earlier champion.")
    with invocation.workspace() as workspace:
        if wish.history is not None:
            return _history(workspace, dataset_named(workspace, wish.history))
        if wish.back is not None:
            return _back(workspace, dataset_named(workspace, wish.back), wish)
        return _adopt(workspace, str(run), wish)


def _adopt(workspace: Workspace, typed: str, wish: AdoptionWish) -> Output:
    record = run_named(workspace, typed)
    before = workspace.store.champions.current(record.dataset_id)
    if wish.cascade:
        champion = adopt_cascade(
            workspace, compared_run(workspace, record.id, record.name, wish.step), wish.why
        )
    else:
        champion = adopt_step(workspace, record.id, wish.step, wish.why)
    data = {"dataset": record.dataset_name, "dataset_id": record.dataset_id} | _fields(champion)
    did = "is now" if champion != before else "was already"
    which = f"The prompt of run {record.id}, step {champion.step}{_cascade(champion)},"
    words = f"{which} {did} the champion of {record.dataset_name!r} ({champion.model})."
    along = (
        f"adopt --history {quoted_name(workspace.store.datasets.info(record.dataset_id))}"
        if champion.cascade
        else f"export {record.id} --format python --out classify.py"
    )
    following = f"{words}\nNext: {program()} {along}"
    return Output(data | {"changed": champion != before}, following)


def _back(workspace: Workspace, info: DatasetInfo, wish: AdoptionWish) -> Output:
    made, runs = go_back(workspace, info.id, wish.to, wish.why), runs_by_id(workspace, info.id)
    data = {"dataset": info.name, "dataset_id": info.id} | _fields(made.champion)
    origin = origin_in_words(made.champion, runs)
    words = (
        f"{origin[0].upper() + origin[1:]} is the champion of {info.name!r} again ({made.champion.model})."
    )
    return Output(data | {"changed": True}, f"{words}\nNext: {program()} adopt --history {quoted_name(info)}")


def _history(workspace: Workspace, info: DatasetInfo) -> Output:
    known, runs = adoptions(workspace, info.id), runs_by_id(workspace, info.id)
    data = {
        "dataset": info.name,
        "dataset_id": info.id,
        "champions": [_adoption_fields(each) for each in known],
    }
    if not known:
        return Output(data, f"No prompt has been adopted for {info.name!r} yet.\nNext: {program()} adopt RUN")
    lines = [line for each in known for line in _lines(each, runs)]
    following = (
        f"Next: {program()} adopt --back {quoted_name(info)} goes back to the one before, --to NUMBER to any"
    )
    return Output(data, "\n".join([*lines, following]))


# ---- as JSON


def _fields(champion: Champion) -> dict[str, object]:
    return {
        "run_id": champion.run_id,
        "step": champion.step,
        "model": champion.model,
        "prompt": json_output.prompt_fields(champion.prompt),
        "cascade": bool(champion.cascade),
    }


def _adoption_fields(each: Adoption) -> dict[str, object]:
    champion = each.champion
    return {
        "number": each.number,
        "adopted": datetime.fromtimestamp(champion.adopted, UTC).isoformat(timespec="seconds"),
        "who": champion.who,
        "why": champion.why,
        "replaced": each.replaced_number,
    } | _fields(champion)


# ---- in words


def _cascade(champion: Champion) -> str:
    return ", with its cascade" if champion.cascade else ""


def _lines(each: Adoption, runs: dict[str, RunRecord]) -> list[str]:
    champion = each.champion
    when = datetime.fromtimestamp(champion.adopted, UTC)
    who = f" by {champion.who}" if champion.who else ""
    replaced = f", in place of number {each.replaced_number}" if each.replaced_number else ""
    lines = [
        f"{each.number:>3}  {when:%Y-%m-%d %H:%M} UTC{who}: {origin_in_words(champion, runs)} ({champion.model}){replaced}"
    ]
    return lines + ([f"     {quoted(champion.why, 200)}"] if champion.why else [])
