"""A prompt in the forms that other tools take. Needs no key and changes nothing."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from core.errors import UsageError
from core.exports.batch import anthropic_batch, custom_ids, openai_batch
from core.exports.curl import to_curl
from core.exports.llm_rubric import to_llm_rubric, with_verdict_form
from core.exports.markdown import to_markdown
from core.exports.model_server import ModelServer, server_of
from core.exports.plain_text import to_plain_text
from core.exports.promptfoo import templated_rows, to_promptfoo, with_form
from core.exports.request_template import RequestTemplate
from core.exports.scripts.script import to_script
from core.llm.catalogue.profiles import DEFAULTS, load_profiles
from core.prompts.files import to_json
from core.services.exports.request import (
    PromptExport,
    batch_bodies,
    bodies,
    callable_model,
    fixed_template,
    script_template,
)
from core.services.judges.report import good_verdict, judge_dataset
from core.similarity.examples import left_out_in_words, without_examples
from core.types import Example
from core.wording import count


@dataclass(frozen=True, slots=True)
class PromptFormat:
    """`title` is its name on screen, `ending` that of its file; `write` gives the file's text, and adds notices."""

    title: str
    ending: str
    write: Callable[[PromptExport], str]


def _json(wanted: PromptExport) -> str:
    return to_json(wanted.file)


def _markdown(wanted: PromptExport) -> str:
    return to_markdown(wanted.file, wanted.title, wanted.about)


def _text(wanted: PromptExport) -> str:
    return to_plain_text(wanted.file.prompt, wanted.file.template)


# ---- promptfoo


def _check_labels(wanted: PromptExport) -> None:
    """UsageError for a prompt whose answers are free, where a form reads labels out of replies."""
    if wanted.file.prompt.several:
        raise UsageError(
            "This form reads one label, and this prompt may name several: export json, md, a Python file or a batch."
        )
    if not wanted.file.labels:
        raise UsageError(
            "This form reads labels, and the answers of this prompt are free: export json, md, a Python file or a batch."
        )


def _promptfoo(wanted: PromptExport) -> str:
    template, rows = _tests(wanted)
    if template.made_of:
        with_fields = with_form(rows, template.made_of)
        if other := len(rows) - len(with_fields):
            wanted.notices.append(
                f"{count(other, 'row')} left out: no text of the form that the template makes."
            )
        rows = with_fields
    return to_promptfoo(template, rows, wanted.title, wanted.file.labels)


def _llm_rubric(wanted: PromptExport) -> str:
    """The verdict that says an answer is good is the one marked in the dataset, now or when the run began."""
    if wanted.run is None:
        raise UsageError("A judge as llm-rubric is exported from its run: export RUN --format llm-rubric.")
    good = good_verdict(judge_dataset(wanted.workspace, wanted.run))
    if good not in wanted.file.labels:
        raise UsageError("The verdicts were renamed since this run: tune a judge on them as they are now.")
    asked = replace(wanted.file, prompt=with_verdict_form(wanted.file.prompt, good))
    template, rows = _tests(replace(wanted, file=asked))
    return to_llm_rubric(template, rows, wanted.title, good)


def _tests(wanted: PromptExport) -> tuple[RequestTemplate, Sequence[Example]]:
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
    template = fixed_template(wanted, callable_model(wanted, "promptfoo"))
    if template.server and template.server.query:
        wanted.notices.append(
            f"promptfoo sends no query, which {template.server.name} needs: "
            f"add {template.server.query_text()} to the address by hand."
        )
    return template, rows


# ---- programs


def _python(wanted: PromptExport) -> str:
    """For both SDKs: the model's own, and the first model that we suggest of the other."""
    own = script_template(wanted, callable_model(wanted, "A file of its own"))
    other = script_template(wanted, _suggested("anthropic" if own.wire == "openai" else "openai"))
    openai, anthropic = (own, other) if own.wire == "openai" else (other, own)
    return to_script(wanted.about, wanted.form, [openai, anthropic])


def _python_openai(wanted: PromptExport) -> str:
    return to_script(wanted.about, wanted.form, [_template_of(wanted, "openai")])


def _python_anthropic(wanted: PromptExport) -> str:
    return to_script(wanted.about, wanted.form, [_template_of(wanted, "anthropic")])


def _template_of(wanted: PromptExport, wire: str) -> RequestTemplate:
    """For the model where that SDK speaks with it, else for the first that we suggest of it, which is said."""
    model = callable_model(wanted, "A file of its own")
    made = script_template(wanted, model)
    if made.wire == wire:
        return made
    suggested = _suggested(wire)
    wanted.notices[:] = [
        f"The {wire} SDK does not ask {wanted.model}: the file names {suggested}; choose another with --lightweight."
    ]
    return script_template(wanted, suggested)


def _suggested(wire: str) -> str:
    return next(name for name in DEFAULTS["lightweight"] if name.startswith(wire))


def _curl(wanted: PromptExport) -> str:
    model = callable_model(wanted, "curl")
    provider = load_profiles(wanted.workspace.folder).provider_of(model)
    server: ModelServer | None = server_of(provider) if provider else None
    return to_curl(bodies(wanted, model), [row.id for row in wanted.rows], server)


def _openai_batch(wanted: PromptExport) -> str:
    return openai_batch(custom_ids([row.id for row in wanted.rows]), batch_bodies(wanted, "openai"))


def _anthropic_batch(wanted: PromptExport) -> str:
    return anthropic_batch(custom_ids([row.id for row in wanted.rows]), batch_bodies(wanted, "anthropic"))


PROMPT_FORMATS: Mapping[str, PromptFormat] = {
    "json": PromptFormat("Prompt file", "json", _json),
    "md": PromptFormat("Markdown", "md", _markdown),
    "text": PromptFormat("Plain text", "txt", _text),
    "python-openai": PromptFormat("Python, OpenAI SDK", "py", _python_openai),
    "python-anthropic": PromptFormat("Python, Anthropic SDK", "py", _python_anthropic),
    "python": PromptFormat("Python, both SDKs", "py", _python),
    "curl": PromptFormat("curl", "sh", _curl),
    "promptfoo": PromptFormat("promptfoo", "yaml", _promptfoo),
    "llm-rubric": PromptFormat("promptfoo, as llm-rubric", "yaml", _llm_rubric),
    "openai-batch": PromptFormat("OpenAI batch file", "jsonl", _openai_batch),
    "anthropic-batch": PromptFormat("Anthropic batch file", "jsonl", _anthropic_batch),
}
ALIASES = {"prompt": "json", "markdown": "md"}


def prompt_in_format(wanted: PromptExport, format: str) -> str:
    """KeyError for a format that is none of PROMPT_FORMATS or ALIASES; UsageError, PromptError for what it cannot hold."""
    return PROMPT_FORMATS[ALIASES.get(format, format)].write(wanted)
