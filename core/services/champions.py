"""The prompt that a dataset stands by: adopted once, whoever asks; which ones there were before, and the way back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from core.errors import NotFound, UsageError
from core.prompts.files import PromptFile, prompt_key
from core.prompts.starting_prompt import starting_prompt
from core.store.records import Champion, DatasetInfo, RunRecord
from core.store.store import Store
from core.types import Branch, Evaluation, Prompt, Settings
from core.wording import count, counted
from core.workspace import Workspace

SHOWN = 100  # adoptions that a history shows, the latest


@dataclass(frozen=True, slots=True)
class Adoption:
    """A time that a prompt was adopted. `number` counts them from 1: it replaced the one before."""

    number: int
    champion: Champion

    @property
    def replaced_number(self) -> int | None:
        """Of the champion until then; None for the first."""
        return self.number - 1 or None


def adopt_prompt(
    workspace: Workspace,
    dataset_id: str,
    prompt: Prompt,
    model: str,
    branch: Branch | None = None,
    why: str = "",
    cascade: str = "",
) -> Champion:
    """Makes the prompt, read by this lightweight model, the dataset's champion; `branch`: the step that it is of,
    if one has it; `why`: what whoever adopts it says; `cascade`: the key of the one that answers with it, else the prompt
    answers alone. Nothing is stored anew where it is that already. UsageError
    in a workspace that is only shown, NotFound for a dataset that is gone."""
    workspace.check_writable()
    champions = workspace.store.champions
    current = champions.current(dataset_id)
    if current is None or (current.prompt, current.model, current.cascade) != (prompt, model, cascade):
        run_id, step = (branch.run, branch.step) if branch else ("", 0)
        champions.adopt(dataset_id, prompt, model, run_id, step, why, cascade)
        current = champions.current(dataset_id)
    assert current is not None
    return current


def adoptions(workspace: Workspace, dataset_id: str) -> tuple[Adoption, ...]:
    """The latest first, which is in force; the latest hundred."""
    champions = workspace.store.champions
    newest, most = champions.history(dataset_id, SHOWN), champions.count(dataset_id)
    return tuple(Adoption(most - at, each) for at, each in enumerate(newest))


def prompt_names(workspace: Workspace, dataset_id: str) -> dict[str, str]:
    """By their keys, the prompts of a dataset that have a name: the champions, of which the latest hundred are known, and
    the starting prompt. NotFound."""
    store = workspace.store
    runs = {run.id: run.name for run in store.runs.all(dataset_id)}
    names = {prompt_key(starting_prompt(store.datasets.info(dataset_id).labels)): "Starting prompt"}
    newest = store.champions.history(dataset_id, SHOWN)
    for at, each in reversed(tuple(enumerate(newest))):
        step = f" ({runs[each.run_id]}, step {each.step})" if each.run_id in runs else ""
        names[prompt_key(each.prompt)] = ("Earlier champion" if at else "Champion") + step
    return names


def go_back(workspace: Workspace, dataset_id: str, number: int | None = None, why: str = "") -> Adoption:
    """Adopts an earlier champion again: that with the `number`, or without one the champion before. Returns the
    adoption that this is. UsageError where there is none, NotFound for a number that there is not."""
    workspace.check_writable()
    known = adoptions(workspace, dataset_id)
    if len(known) < 2:
        raise UsageError(
            f"There is nothing to go back to: {counted(len(known), 'prompt')} was adopted for this dataset so far."
        )
    wanted = next((each for each in known[1:] if number in (None, each.number)), None)
    if wanted is None:
        raise NotFound(f"There is no earlier champion with the number {number}: {_numbers(known)}.")
    earlier, why = wanted.champion, why or f"Back to number {wanted.number}"
    branch = branch_of(earlier)
    adopt_prompt(workspace, dataset_id, earlier.prompt, earlier.model, branch, why, earlier.cascade)
    return adoptions(workspace, dataset_id)[0]


def _numbers(known: tuple[Adoption, ...]) -> str:
    return f"it is one from {known[-1].number} to {known[1].number}"


def branch_of(champion: Champion) -> Branch | None:
    """The step that its prompt is of; None where it came from no run."""
    return Branch(champion.run_id, champion.step) if champion.run_id else None


def run_if_there(workspace: Workspace, run_id: str) -> RunRecord | None:
    """With its result; None for one that is gone, or none."""
    try:
        return workspace.store.runs.get(run_id) if run_id else None
    except NotFound:
        return None


def champion_evaluations(workspace: Workspace, champion: Champion) -> Mapping[str, Evaluation]:
    """What its run read with its prompt, by part; empty where it came from no run, or that is gone."""
    run = run_if_there(workspace, champion.run_id)
    return evaluations_with(workspace, champion, run) if run else {}


def evaluations_with(workspace: Workspace, champion: Champion, run: RunRecord) -> Mapping[str, Evaluation]:
    """The same, of its run."""
    for scored in (run.result.best, run.result.baseline) if run.result else ():
        if scored.prompt == champion.prompt:
            return scored.evaluations
    try:
        step = workspace.store.steps.get(run.id, champion.step)
    except NotFound:
        return {}
    same = step.validation is not None and step.candidate == champion.prompt
    return {"validation": step.validation} if same and step.validation else {}


def runs_by_id(workspace: Workspace, dataset_id: str) -> dict[str, RunRecord]:
    """The dataset's runs."""
    return {run.id: run for run in workspace.store.runs.all(dataset_id)}


def origin_in_words(champion: Champion, runs: Mapping[str, RunRecord]) -> str:
    """Such as "step 4 of Run 1", also where a migration measured that prompt, as it is, on another model. `runs` by id."""
    return _prompt_in_words(champion, runs) + (" with its cascade" if champion.cascade else "")


def _prompt_in_words(champion: Champion, runs: Mapping[str, RunRecord]) -> str:
    if not champion.run_id:
        return "a prompt that came from no run"
    run, step = runs.get(champion.run_id), champion.step
    while run and run.benchmark and not step and (branch := run.settings.branch):
        run, step = runs.get(branch.run), branch.step
    few = champion.prompt.few_shot
    more = f" with {count(few.k, 'neighbour')}" if few.strategy == "similar" and few.k else ""
    return f"step {step} of {run.name if run else 'a run that has been deleted'}{more}"


def champion_file(store: Store, champion: Champion, info: DatasetInfo) -> PromptFile:
    """The adopted prompt with the labels of today; without any where its run had a scorer, so that answers are free."""
    free = bool(champion_settings(store, champion).scorer)
    labels = () if free else info.labels.names
    return PromptFile(champion.prompt, labels, champion.model or None, info.template)


def champion_reply_tokens(store: Store, champion: Champion) -> int:
    """How long replies may be with an adopted prompt: as in its run, where that is still there."""
    return champion_settings(store, champion).reply_tokens


def champion_settings(store: Store, champion: Champion) -> Settings:
    """Those of the run that an adopted prompt came from; the usual ones where it is gone."""
    try:
        return store.runs.get(champion.run_id).settings
    except NotFound:
        return Settings()
