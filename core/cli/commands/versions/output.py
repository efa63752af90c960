"""What `versions` does and prints, in words and as JSON."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import datetime

from core.cli.inputs.names import dataset_named
from core.cli.options import Invocation
from core.cli.output import Output
from core.cli.shell import program
from core.errors import UsageError
from core.services.versions.changes import DatasetChanges, RowDifference, changes_in_words
from core.services.versions.scores import RunRescored, rescored_runs
from core.services.versions.versions import (
    compared_states,
    create_version,
    state_named,
    version_named,
)
from core.store.dataset_version import DatasetVersion
from core.store.records import DatasetInfo
from core.wording import count, percent, shortened
from core.workspace import Workspace

MOST_LISTED = 20  # rows of a comparison in words; JSON has all


@dataclass(frozen=True, slots=True)
class VersionsWish:
    """What was typed."""

    name: str | None
    why: str
    compare: tuple[str, str] | None
    rescore: str | None
    remove: str | None


def versions_output(invocation: Invocation, typed: str, wish: VersionsWish) -> Output:
    _check_one_thing(wish)
    with invocation.workspace() as workspace:
        info = dataset_named(workspace, typed)
        if wish.compare:
            return _compared(workspace, info, *wish.compare)
        if wish.rescore is not None:
            return _rescored(workspace, info, wish.rescore)
        if wish.name is not None:
            create_version(workspace, info.id, wish.name, wish.why)
        if wish.remove is not None:
            workspace.check_writable()
            workspace.store.versions.remove(version_named(workspace, info.id, wish.remove).id)
        return _listed(workspace, info)


def _check_one_thing(wish: VersionsWish) -> None:
    typed = [
        option
        for option, value in (
            ("--name", wish.name),
            ("--compare", wish.compare),
            ("--rescore", wish.rescore),
            ("--remove", wish.remove),
        )
        if value
    ]
    if len(typed) > 1:
        raise UsageError(f"{typed[0]} and {typed[1]} are two things to do: type one of them.")
    if wish.why and wish.name is None:
        raise UsageError("--why says what a version is for: give the version a name with --name.")


# ---- the list


def _listed(workspace: Workspace, info: DatasetInfo) -> Output:
    present = workspace.store.versions.all(info.id)
    lines = [_line(each) for each in present]
    lines += (
        [f'Next: {program()} versions "{info.name}" --compare "{present[0].name}" now'] if present else []
    )
    empty = f'No version of {info.name} has a name yet: {program()} versions "{info.name}" --name NAME gives it one.'
    data = {
        "dataset": info.name,
        "dataset_id": info.id,
        "versions": [version_fields(each) for each in present],
    }
    return Output(data, "\n".join(lines) or empty)


def version_fields(version: DatasetVersion) -> dict[str, object]:
    return {
        "name": version.name,
        "why": version.why,
        "who": version.who,
        "at": version.at,
        "version": version.version,
    }


def _line(version: DatasetVersion) -> str:
    when = datetime.fromtimestamp(version.at).strftime("%d %b %Y, %H:%M")
    return "  ".join(filter(None, (version.name, when, version.who, version.why)))


# ---- two of them


def _compared(workspace: Workspace, info: DatasetInfo, one: str, other: str) -> Output:
    changes = compared_states(workspace, info.id, one, other)
    data = {
        "dataset": info.name,
        "dataset_id": info.id,
        "from": one,
        "to": other,
        "counts": dict(changes.counts),
        "labels_added": list(changes.labels_added),
        "labels_removed": list(changes.labels_removed),
        "labels_renamed": dict(changes.renamed),
        "definitions_changed": list(changes.redefined),
        "rows": [asdict(row) for row in changes.rows],
    }
    head = f"{info.name} from {one} to {other}: {changes_in_words(changes)}."
    return Output(data, "\n".join((head, *_row_lines(changes))))


def _row_lines(changes: DatasetChanges) -> Iterator[str]:
    yield from (_row_line(row) for row in changes.rows[:MOST_LISTED])
    if len(changes.rows) > MOST_LISTED:
        yield f"  and {len(changes.rows) - MOST_LISTED:,} more: --json has them all"


def _row_line(row: RowDifference) -> str:
    both = f": {shortened(row.before, 40)} -> {shortened(row.after, 40)}" if row.before and row.after else ""
    one = "" if both or row.after in ("", "yes") else f": {shortened(row.after, 40)}"
    return f"  {row.kind:<10}  {row.example_id}  {shortened(row.text, 50)}{both or one}"


# ---- past runs


def _rescored(workspace: Workspace, info: DatasetInfo, name: str) -> Output:
    runs = rescored_runs(workspace, state_named(workspace, info.id, name))
    data = {
        "dataset": info.name,
        "dataset_id": info.id,
        "labels_of": name,
        "runs": [_run_fields(each) for each in runs],
    }
    lines = [f"{each.run.id}  {each.run.name}: {_score(each)}" for each in runs]
    return Output(data, "\n".join(lines) or f"No run of {info.name} has predicted labels yet.")


def _run_fields(rescored: RunRescored) -> dict[str, object]:
    champion = rescored.replay.champion
    return {
        "run_id": rescored.run.id,
        "part": rescored.replay.split,
        "then": asdict(champion.then) if champion else None,
        "by_version": asdict(champion.now) if champion else None,
        "winner_then": rescored.replay.winner_then,
        "winner_by_version": rescored.replay.winner_now,
    }


def _score(rescored: RunRescored) -> str:
    champion, part = rescored.replay.champion, rescored.replay.split
    if champion is None:
        return "no prompt was measured"
    then, now = champion.then, champion.now
    words = f"{then.correct:,} of {count(then.n, f'{part} row')} right ({percent(then.accuracy)}) in the run"
    words += f", {now.correct:,} of {now.n:,} ({percent(now.accuracy)}) by these labels"
    other = rescored.replay.winner_now
    if other is not None and other != rescored.replay.winner_then:
        words += f"; {f'step {other}' if other else 'the starting prompt'} would have won"
    return words
