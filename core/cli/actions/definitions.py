"""`definitions`: shown, drafted by a model, stored from a file."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from core.cli.inputs.definition_files import read_definition_file
from core.cli.inputs.names import dataset_named
from core.cli.options import Invocation
from core.cli.output import DONE, REFUSED, Output
from core.cli.paid import carried_out, price_fields
from core.cli.shell import program
from core.costs.price_words import price_in_words
from core.errors import UsageError
from core.prompts.label_match import match_label
from core.services.datasets import draft_definitions, store_definitions
from core.store.files import write_text
from core.store.records import DatasetInfo
from core.studies import label_definitions
from core.types import Progress, Settings
from core.wording import count, listed
from core.workspace import Workspace


@dataclass(frozen=True, slots=True)
class DefinitionsWish:
    """What was typed."""

    from_model: str | None
    budget_usd: float | None
    source: Path | None
    out: Path | None
    estimate: bool


def definitions(invocation: Invocation, typed: str, wish: DefinitionsWish) -> Output:
    if wish.from_model and wish.source:
        raise UsageError(
            "--from-model drafts and --set stores: write a draft with --out, correct it, then --set it."
        )
    if wish.estimate and not wish.from_model:
        raise UsageError("--estimate is for --from-model, which costs money: name a model.")
    invocation.check_out(wish.out)
    with invocation.workspace() as workspace:
        info = dataset_named(workspace, typed)
        if wish.from_model:
            return _drafted(invocation, workspace, info, wish)
        if wish.source:
            return _stored(workspace, info, wish.source)
        return _output(info, info.labels.definitions, wish.out, _undefined(info, info.labels.definitions))


def _drafted(
    invocation: Invocation, workspace: Workspace, info: DatasetInfo, wish: DefinitionsWish
) -> Output:
    settings = Settings(heavyweight=str(wish.from_model), budget_usd=wish.budget_usd, max_heavy_calls=1)
    dataset = workspace.store.datasets.get(info.id)
    price = label_definitions.price(settings, dataset, workspace.model_context())
    if wish.estimate:
        data = {"dataset": info.name, "dataset_id": info.id, "estimate": price_fields(price)}
        return Output(data, price_in_words(price))
    workspace.check_spendable()
    invocation.console.say(price_in_words(price))

    def work(on_progress):  # type: ignore[no-untyped-def]
        on_progress(Progress("Drafting what the labels mean"))
        return draft_definitions(workspace, dataset, settings)

    draft = carried_out(invocation.console, work)
    notices = [draft.problem] if draft.problem else []
    made = _output(info, draft.definitions, wish.out, "", notices)
    stored = f"Nothing is stored: write it with --out labels.json, correct it, then {program()} definitions {info.id} --set labels.json"
    code = DONE if draft.definitions else REFUSED
    return Output(
        {**made.data, "estimate": price_fields(price)},
        "\n".join(filter(None, [*notices, made.words, stored if not wish.out else ""])),
        code,
        silent=made.silent,
    )


def _stored(workspace: Workspace, info: DatasetInfo, source: Path) -> Output:
    given = read_definition_file(source)
    names = {name: match_label(name, info.labels.names) for name in given}
    unknown = [name for name, label in names.items() if not label]
    if unknown:
        raise UsageError(
            f"{source} defines {listed(unknown)}, which {info.name!r} does not have: its labels are {listed(info.labels.names)}."
        )
    changed = store_definitions(workspace, info, {str(names[name]): text for name, text in given.items()})
    now = workspace.store.datasets.info(info.id)
    made = _output(now, now.labels.definitions, None, _undefined(now, now.labels.definitions))
    return Output(
        {**made.data, "changed": changed}, f"{count(len(changed), 'definition')} changed.\n{made.words}"
    )


def _undefined(info: DatasetInfo, given: Mapping[str, str]) -> str:
    if all(given.get(name) for name in info.labels.names):
        return f"Next: {program()} tune {info.id}"
    return f"Next: {program()} definitions {info.id} --from-model provider:model --out labels.json"


def _output(
    info: DatasetInfo,
    given: Mapping[str, str],
    out: Path | None,
    following: str,
    notices: list[str] | None = None,
) -> Output:
    by_label = {name: given.get(name, "") for name in info.labels.names}
    data: dict[str, object] = {
        "dataset": info.name,
        "dataset_id": info.id,
        "definitions": by_label,
        "out": str(out) if out else None,
        "notices": notices or [],
    }
    if out:
        write_text(out, json.dumps(by_label, ensure_ascii=False, indent=2) + "\n")
        words = f"{count(len(by_label), 'label')} of {info.name!r} written to {out}. Next: {program()} definitions {info.id} --set {out}"
        return Output(data, words, silent=str(out) == "-")
    lines = [f"{name}: {text or '(not defined)'}" for name, text in by_label.items()]
    return Output(data, "\n".join([*lines, *([following] if following else [])]))
