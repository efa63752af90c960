"""A run as something to hand over: the report of it, or its prompt in the forms that other tools take."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from core.errors import UsageError
from core.exports.batch import anthropic_batch, custom_ids, openai_batch
from core.exports.llm_rubric import to_llm_rubric, with_verdict_form
from core.exports.markdown import to_markdown
from core.exports.model_server import server_of
from core.exports.plain_text import to_plain_text
from core.exports.promptfoo import templated_rows, to_promptfoo, with_form
from core.exports.python_script import to_snippet
from core.exports.report.page import report
from core.exports.report.run import ReportRun, reading_of
from core.exports.request_template import MARK, RequestTemplate, request_template
from core.llm.catalogue.profiles import DEFAULTS, load_profiles
from core.llm.providers.connect_model import connect_model
from core.llm.providers.registry import is_local, key_owners
from core.prompts.files import PromptFile, to_json
from core.services.judges.report import good_verdict, judge_dataset
from core.similarity.examples import left_out_in_words, without_examples
from core.tuning.evaluate import classify_requests
from core.types import Example, Prompt, Request
from core.wording import SPLITS, count, with_interval
from core.workspace import Workspace

# Opening a model takes a key that looks like one, and an address; nothing is sent, and neither is part of a body.
ANY_ADDRESS = {"OPENAI_COMPATIBLE_BASE_URL": "http://127.0.0.1/v1"}


@dataclass(frozen=True, slots=True)
class ExportRequest:
    """What is exported: a run, one of its prompts, the rows to go with it, and the workspace whose model
    rules hold."""

    run: ReportRun
    step: int
    file: PromptFile
    rows: Sequence[Example]
    model: str
    workspace: Workspace
    notices: list[str]


def run_format(request: ExportRequest, format: str) -> str:
    """Needs no key and changes nothing. Notices are added to the request's."""
    return _FORMATS[format](request)


# ---- the formats


def _html(wanted: ExportRequest) -> str:
    return report(wanted.run)


def _json(wanted: ExportRequest) -> str:
    return to_json(wanted.file)


def _markdown(wanted: ExportRequest) -> str:
    return to_markdown(wanted.file, _title(wanted), _about(wanted))


def _check_labels(wanted: ExportRequest) -> None:
    """UsageError for a prompt whose answers are free, where a form reads labels out of replies."""
    if wanted.file.prompt.several:
        raise UsageError(
            "This form reads one label, and this prompt may name several: export json, md or a batch."
        )
    if not wanted.file.labels:
        raise UsageError(
            "This form reads labels, and the answers of this prompt are free: export json, md or a batch."
        )


def _promptfoo(wanted: ExportRequest) -> str:
    template, rows = _tests(wanted)
    if template.made_of:
        with_fields = with_form(rows, template.made_of)
        if other := len(rows) - len(with_fields):
            wanted.notices.append(
                f"{count(other, 'row')} left out: no text of the form that the template makes."
            )
        rows = with_fields
    return to_promptfoo(template, rows, _title(wanted), wanted.file.labels)


def _llm_rubric(wanted: ExportRequest) -> str:
    """The verdict that says an answer is good is the one marked in the dataset, now or when the run began."""
    good = good_verdict(judge_dataset(wanted.workspace, wanted.run))
    if good not in wanted.file.labels:
        raise UsageError("The verdicts were renamed since this run: tune a judge on them as they are now.")
    asked = replace(wanted.file, prompt=with_verdict_form(wanted.file.prompt, good))
    template, rows = _tests(replace(wanted, file=asked))
    return to_llm_rubric(template, rows, _title(wanted), good)


def _text(wanted: ExportRequest) -> str:
    return to_plain_text(wanted.file.prompt, wanted.file.template)


def _tests(wanted: ExportRequest) -> tuple[RequestTemplate, Sequence[Example]]:
    """What promptfoo asks, and the rows that are tests of it."""
    _check_labels(wanted)
    if not all(row.label for row in wanted.rows):
        raise UsageError(
            "Tests need rows with labels: leave --rows out and choose a part of the run with --split."
        )
    rows = without_examples(wanted.rows, wanted.file.prompt.few_shot)
    if left_out := left_out_in_words(len(wanted.rows) - len(rows), len(wanted.rows)):
        wanted.notices.append(left_out + ".")
    skipped = len(templated_rows(rows))
    if skipped:
        wanted.notices.append(
            f"{skipped:,} rows are left out: promptfoo would read what stands in {{{{ }}}} there as its own."
        )
    template = _template(wanted, _callable_model(wanted, "promptfoo"))
    if template.server and template.server.query:
        wanted.notices.append(
            f"promptfoo sends no query, which {template.server.name} needs: "
            f"add {template.server.query_text()} to the address by hand."
        )
    return template, rows


def _python(wanted: ExportRequest) -> str:
    _check_labels(wanted)
    own = _template(wanted, _callable_model(wanted, "A file of its own"))
    other = "anthropic" if own.wire == "openai" else "openai"
    second = _template(wanted, next(name for name in DEFAULTS["lightweight"] if name.startswith(other)))
    openai, anthropic = (own, second) if own.wire == "openai" else (second, own)
    return to_snippet(_about(wanted), wanted.file.labels, openai, anthropic)


def _openai_batch(wanted: ExportRequest) -> str:
    return openai_batch(custom_ids([row.id for row in wanted.rows]), _bodies(wanted, "openai"))


def _anthropic_batch(wanted: ExportRequest) -> str:
    return anthropic_batch(custom_ids([row.id for row in wanted.rows]), _bodies(wanted, "anthropic"))


_FORMATS: Mapping[str, Callable[[ExportRequest], str]] = {
    "html": _html,
    "json": _json,
    "md": _markdown,
    "text": _text,
    "promptfoo": _promptfoo,
    "llm-rubric": _llm_rubric,
    "python": _python,
    "openai-batch": _openai_batch,
    "anthropic-batch": _anthropic_batch,
}


# ---- how models are asked


def _callable_model(wanted: ExportRequest, reader: str) -> str:
    """The model where others than Whetstone can ask it, else the first that we suggest, which is said."""
    if not is_local(wanted.model):
        return wanted.model
    model = DEFAULTS["lightweight"][0]
    wanted.notices.append(
        f"{reader} does not have {wanted.model}: the file names {model}; choose another with --lightweight."
    )
    return model


def _template(wanted: ExportRequest, model: str) -> RequestTemplate:
    without_text = (
        replace(wanted.file.prompt.few_shot, strategy="none")
        if wanted.file.prompt.few_shot.strategy == "similar"
        else None
    )
    prompt = (
        wanted.file.prompt if without_text is None else replace(wanted.file.prompt, few_shot=without_text)
    )
    [exact] = _exacts(wanted, model, _requests(wanted, prompt, [MARK]))
    provider = load_profiles(wanted.workspace.folder).provider_of(model)
    server = server_of(provider) if provider else None
    made = request_template(model, exact, wanted.file.prompt)
    return replace(made, server=server, made_of=wanted.file.template)


def _bodies(wanted: ExportRequest, provider: str) -> list[dict[str, object]]:
    """A body per row, as the app would send it to the run's model or the one typed, which must be the
    provider's."""
    if not wanted.model.startswith(provider + ":"):
        raise UsageError(
            f"{wanted.model} has no {provider} batch service: name one of its models with --lightweight {provider}:..."
        )
    if not wanted.rows:
        raise UsageError(
            "There are no rows to write: choose another part with --split, or a file with --rows."
        )
    most = load_profiles(wanted.workspace.folder).of(wanted.model).batch_requests
    if most and len(wanted.rows) > most:
        raise UsageError(
            f"{provider} takes {most:,} rows in a batch, and these are {len(wanted.rows):,}: write them in parts."
        )
    requests = _requests(wanted, wanted.file.prompt, [row.text for row in wanted.rows])
    return _exacts(wanted, wanted.model, requests)


def _exacts(wanted: ExportRequest, model: str, requests: Sequence[Request]) -> list[dict[str, object]]:
    profiles = load_profiles(wanted.workspace.folder)
    unused = dict.fromkeys(key_owners(profiles.endpoints), "unused") | ANY_ADDRESS
    connected = connect_model(model, unused, profiles)
    return [connected.exact(request) for request in requests]


def _requests(wanted: ExportRequest, prompt: Prompt, texts: Sequence[str]) -> list[Request]:
    """As the run asks them."""
    settings = wanted.run.settings
    choices = wanted.file.labels if settings.structured_output else ()
    return classify_requests(prompt, texts, choices, reply_tokens=settings.reply_tokens)


# ---- words


def _title(wanted: ExportRequest) -> str:
    return f"{wanted.run.dataset.name}: prompt of step {wanted.step}"


def _about(wanted: ExportRequest) -> list[str]:
    run = wanted.run
    lines = [
        f"From run {run.run_id} ({run.name}), step {wanted.step}, of {run.created}, by Whetstone {run.version}.",
        f"Tuned for {run.settings.lightweight} by {run.settings.heavyweight}.",
    ]
    for split in ("test", "validation"):
        read = reading_of(run, wanted.step, split)
        if read is not None and read.metrics.n:
            figure = with_interval(read.metrics.accuracy, read.metrics.interval)
            return [*lines, f"Accuracy {figure} on {read.metrics.n:,} {SPLITS[split]} rows."]
    return lines
