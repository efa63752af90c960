"""Judges of the workspace that can score answers, chosen by their dataset: no page names a file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from core.errors import NotFound, UsageError
from core.prompts.files import JudgeRecord
from core.scoring.judge import ScoringJudge, judge_of_file, keep_judge_file
from core.services.champions import champion_file, run_if_there
from core.services.judges.record import judge_record
from core.store.records import Champion, DatasetInfo
from core.workspace import Workspace


def judges_here(workspace: Workspace) -> Mapping[str, tuple[DatasetInfo, ScoringJudge]]:
    """By the id of their dataset, the champions of datasets of verdicts. Kept until a dataset or a champion changes."""
    store = workspace.store
    infos = [info for info in store.datasets.all() if info.labels.good]
    champions = [(info, adopted) for info in infos if (adopted := store.champions.current(info.id))]

    def judges() -> dict[str, tuple[DatasetInfo, ScoringJudge]]:
        every = {info.id: (info, _judge(workspace, info, champion)) for info, champion in champions}
        return {name: (info, judge) for name, (info, judge) in every.items() if judge is not None}

    return workspace.cached("judges that score", champions, judges)


def keep_judge_here(workspace: Workspace, dataset_id: str) -> str:
    """The name of the scorer that the judge of this dataset is, its prompt copied into the workspace. UsageError."""
    workspace.check_writable()
    info, judge = judges_here(workspace)[dataset_id]
    words = "".join(letter if letter.isalnum() else " " for letter in info.name).lower().split()
    return keep_judge_file("-".join(words)[:40] or "judge", judge, workspace.scorers)


def _judge(workspace: Workspace, info: DatasetInfo, champion: Champion) -> ScoringJudge | None:
    """None for a prompt that cannot judge answers, such as one with a field that nothing fills."""
    record: JudgeRecord | None = JudgeRecord(info.labels.good)
    try:
        run = run_if_there(workspace, champion.run_id)
        if (
            run is not None and run.settings.lightweight == champion.model
        ):  # another one's errors are not known
            then = workspace.store.runs.snapshot(run.id)
            record = judge_record(workspace, run.id, then, champion.step) or record
        return judge_of_file(replace(champion_file(workspace.store, champion, info), judge=record))
    except (NotFound, UsageError):
        return None
