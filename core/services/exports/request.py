"""A prompt that is to be exported, and the requests that the app would send with it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from core.errors import UsageError
from core.exports.model_server import ModelServer, server_of
from core.exports.report.run import ReportRun, reading_of
from core.exports.request_template import (
    MARK,
    RequestTemplate,
    check_fixed,
    template_by_text,
    without_examples_by_text,
)
from core.exports.scripts.answers import ScriptAnswer
from core.llm.catalogue.profiles import DEFAULTS, load_profiles
from core.llm.providers.anthropic import cached_from
from core.llm.providers.connect_model import connect_model
from core.llm.providers.provider import Provider
from core.llm.providers.registry import is_local, key_owners
from core.metrics.metrics import by_score
from core.prompts.files import PromptFile
from core.prompts.render import asks_for_tag
from core.similarity.requests import classify_requests
from core.types import Example, Prompt, Request, Settings
from core.wording import SPLITS, with_interval
from core.workspace import Workspace

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


def callable_model(export: PromptExport, reader: str) -> str:
    """The model where others than Whetstone can ask it, else the first that we suggest, which is said."""
    if not is_local(export.model):
        return export.model
    model = DEFAULTS["lightweight"][0]
    export.notices.append(f"{reader} does not have {export.model}: the file names {model}{export.advice}.")
    return model


def fixed_template(export: PromptExport, model: str) -> RequestTemplate:
    """PromptError for a prompt whose requests differ in more than their text."""
    check_fixed(export.file.prompt)
    return script_template(export, model)


def script_template(export: PromptExport, model: str) -> RequestTemplate:
    """Also of a prompt that shows each text its nearest examples, or the likeliest labels."""
    prompt = export.file.prompt
    [exact] = _exacts(export, model, _requests(export, without_examples_by_text(prompt), [MARK]))
    cached = cached_from(load_profiles(export.workspace.folder).of(model))
    template = template_by_text(model, exact, prompt, cached)
    return replace(template, server=server_for(export, model), made_of=export.file.template)


def server_for(export: PromptExport, model: str) -> ModelServer | None:
    """Where the model is asked; None for a vendor's own."""
    provider = load_profiles(export.workspace.folder).provider_of(model)
    return server_of(provider) if provider else None


def bodies(export: PromptExport, model: str) -> list[Body]:
    """A request per row, as the app would send it, with `base_url`, `endpoint` and `headers`. UsageError without rows."""
    if not export.rows:
        raise UsageError(
            "There are no rows to write: choose another part with --split, or a file with --rows."
        )
    requests = _requests(export, export.file.prompt, [row.text for row in export.rows])
    return _exacts(export, model, requests)


def batch_bodies(export: PromptExport, provider: str) -> list[Body]:
    """For the batch service of the provider, whose the model must be, within its limit."""
    if not export.model.startswith(provider + ":"):
        raise UsageError(
            f"{export.model} has no {provider} batch service: name one of its models with --lightweight {provider}:..."
        )
    most = load_profiles(export.workspace.folder).of(export.model).batch_requests
    if most and len(export.rows) > most:
        raise UsageError(
            f"{provider} takes {most:,} rows in a batch, and these are {len(export.rows):,}: write them in parts."
        )
    return bodies(export, export.model)


def unused_keys(endpoints: Sequence[Provider]) -> dict[str, str]:
    """To open any model for the bodies of its requests: that takes keys that look like one, and an address. Nothing is
    sent, and neither is part of a body."""
    return dict.fromkeys(key_owners(endpoints), "unused") | ANY_ADDRESS


def _exacts(export: PromptExport, model: str, requests: Sequence[Request]) -> list[Body]:
    profiles = load_profiles(export.workspace.folder)
    connected = connect_model(model, unused_keys(profiles.endpoints), profiles)
    return [connected.exact(request) for request in requests]


def _requests(export: PromptExport, prompt: Prompt, texts: Sequence[str]) -> list[Request]:
    """As the run asks them."""
    held = export.settings.structured_output and not prompt.several
    choices = export.file.labels if held else ()
    return classify_requests(prompt, texts, choices, reply_tokens=export.settings.reply_tokens)
