"""A prompt that is to be exported, and the requests that the app would send with it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from core.errors import UsageError
from core.exports.model_server import server_of
from core.exports.report.run import ReportRun, reading_of
from core.exports.request_template import (
    MARK,
    RequestTemplate,
    request_template,
    template_by_text,
    without_examples_by_text,
)
from core.exports.scripts.answers import ScriptAnswer
from core.llm.catalogue.profiles import DEFAULTS, load_profiles
from core.llm.providers.anthropic import cached_from
from core.llm.providers.connect_model import connect_model
from core.llm.providers.registry import is_local, key_owners
from core.metrics.metrics import by_score
from core.prompts.files import PromptFile
from core.prompts.rendering import asks_for_tag
from core.similarity.requests import classify_requests
from core.types import Example, Prompt, Request, Settings
from core.wording import SPLITS, with_interval
from core.workspace import Workspace

# Opening a model takes a key that looks like one, and an address; nothing is sent, and neither is part of a body.
ANY_ADDRESS = {"OPENAI_COMPATIBLE_BASE_URL": "http://127.0.0.1/v1"}
Body = dict[str, object]


@dataclass(frozen=True, slots=True)
class PromptExport:
    """`rows` go with the prompt where a format has any; `settings` are those of its run; `about` are lines on where it
    comes from; `run` is None for a prompt of no run. Formats add to `notices`; `advice` ends those on another model."""

    file: PromptFile
    model: str
    workspace: Workspace
    title: str
    about: Sequence[str] = ()
    rows: Sequence[Example] = ()
    settings: Settings = field(default_factory=Settings)
    run: ReportRun | None = None
    notices: list[str] = field(default_factory=list)
    advice: str = "; choose another with --lightweight"

    @property
    def form(self) -> ScriptAnswer:
        """What its replies are read as."""
        prompt = self.file.prompt
        return ScriptAnswer(prompt.several or self.file.labels, bool(prompt.several), asks_for_tag(prompt))


def export_of_step(
    run: ReportRun, step: int, file: PromptFile, rows: Sequence[Example], workspace: Workspace
) -> PromptExport:
    """Of a step of a run, for the run's model."""
    title = f"{run.dataset.name}: prompt of step {step}"
    model = file.model or run.settings.lightweight
    return PromptExport(file, model, workspace, title, _about(run, step), rows, run.settings, run)


def _about(run: ReportRun, step: int) -> list[str]:
    lines = [
        f"From run {run.run_id} ({run.name}), step {step}, of {run.created}, by Whetstone {run.version}.",
        f"Tuned for {run.settings.lightweight} by {run.settings.heavyweight}.",
    ]
    for split in ("test", "validation"):
        read = reading_of(run, step, split)
        if read is not None and read.metrics.n:
            counted = by_score(read.metrics)
            figure = with_interval(counted.accuracy, counted.interval)
            name = "Mean score" if read.metrics.graded else "Accuracy"
            return [*lines, f"{name} {figure} on {read.metrics.n:,} {SPLITS[split]} rows."]
    return lines


# ---- how models are asked


def callable_model(wanted: PromptExport, reader: str) -> str:
    """The model where others than Whetstone can ask it, else the first that we suggest, which is said."""
    if not is_local(wanted.model):
        return wanted.model
    model = DEFAULTS["lightweight"][0]
    wanted.notices.append(f"{reader} does not have {wanted.model}: the file names {model}{wanted.advice}.")
    return model


def fixed_template(wanted: PromptExport, model: str) -> RequestTemplate:
    """PromptError for a prompt whose requests differ in more than their text."""
    prompt = wanted.file.prompt
    [exact] = _exacts(wanted, model, _requests(wanted, without_examples_by_text(prompt), [MARK]))
    return _asked_at(wanted, request_template(model, exact, prompt))


def script_template(wanted: PromptExport, model: str) -> RequestTemplate:
    """Also of a prompt that shows each text its nearest examples, or the likeliest labels."""
    prompt = wanted.file.prompt
    [exact] = _exacts(wanted, model, _requests(wanted, without_examples_by_text(prompt), [MARK]))
    cached = cached_from(load_profiles(wanted.workspace.folder).of(model))
    return _asked_at(wanted, template_by_text(model, exact, prompt, cached))


def _asked_at(wanted: PromptExport, template: RequestTemplate) -> RequestTemplate:
    provider = load_profiles(wanted.workspace.folder).provider_of(template.model)
    server = server_of(provider) if provider else None
    return replace(template, server=server, made_of=wanted.file.template)


def bodies(wanted: PromptExport, model: str) -> list[Body]:
    """A request per row, as the app would send it, with `base_url`, `endpoint` and `headers`. UsageError without rows."""
    if not wanted.rows:
        raise UsageError(
            "There are no rows to write: choose another part with --split, or a file with --rows."
        )
    requests = _requests(wanted, wanted.file.prompt, [row.text for row in wanted.rows])
    return _exacts(wanted, model, requests)


def batch_bodies(wanted: PromptExport, provider: str) -> list[Body]:
    """For the batch service of the provider, whose the model must be, within its limit."""
    if not wanted.model.startswith(provider + ":"):
        raise UsageError(
            f"{wanted.model} has no {provider} batch service: name one of its models with --lightweight {provider}:..."
        )
    most = load_profiles(wanted.workspace.folder).of(wanted.model).batch_requests
    if most and len(wanted.rows) > most:
        raise UsageError(
            f"{provider} takes {most:,} rows in a batch, and these are {len(wanted.rows):,}: write them in parts."
        )
    return bodies(wanted, wanted.model)


def _exacts(wanted: PromptExport, model: str, requests: Sequence[Request]) -> list[Body]:
    profiles = load_profiles(wanted.workspace.folder)
    unused = dict.fromkeys(key_owners(profiles.endpoints), "unused") | ANY_ADDRESS
    connected = connect_model(model, unused, profiles)
    return [connected.exact(request) for request in requests]


def _requests(wanted: PromptExport, prompt: Prompt, texts: Sequence[str]) -> list[Request]:
    """As the run asks them."""
    held = wanted.settings.structured_output and not prompt.several
    choices = wanted.file.labels if held else ()
    return classify_requests(prompt, texts, choices, reply_tokens=wanted.settings.reply_tokens)
