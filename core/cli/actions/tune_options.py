"""The options of `tune` alone."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from core.cli.options import estimate_option, objective_option, out_option, record_of, scorer_option
from core.cli.parameters import ANY_WHOLE, FILE, MODEL, POSITIVE, PROMPT, RUN, WHOLE, Choice, PromptSource
from core.cli.shell import option
from core.types import Settings


@dataclass(frozen=True, slots=True)
class TuneOptions:
    """What was typed for a run besides its data, models and caps; None and () for what was left out."""

    heavyweight: str | None
    iterations: int | None
    max_heavy_calls: int | None
    strategy: str | None
    seed: int | None
    purpose: str | None
    rows_per_label: int | None
    mistakes_per_label: int | None
    correct_per_label: int | None
    definitions_first: bool | None
    allow_canonical_breaks: bool | None
    objective: str | None
    scorer: str | None
    shortlist: int | None
    recall_floor: tuple[str, ...]
    prompt: PromptSource | None
    from_run: str | None
    from_step: int | None
    lock: tuple[str, ...]
    lock_file: Path | None
    resume: str | None
    out: Path | None
    show_requests: Path | None
    estimate: bool


_settings = (
    option(
        "--heavyweight",
        metavar="M",
        type=MODEL,
        show_default=Settings().heavyweight,
        help="model that reads mistakes and edits, provider:model",
    ),
    option(
        "--iterations",
        metavar="N",
        type=WHOLE,
        show_default="as many as the caps allow",
        help="steps; 0 only measures the prompt",
    ),
    option("--max-heavy-calls", metavar="N", type=WHOLE, show_default="no cap", help="heavyweight calls"),
    option(
        "--strategy",
        type=Choice(("edit", "rewrite")),
        show_default=Settings().strategy,
        help="whether the heavyweight model edits the prompt or writes it again",
    ),
    option(
        "--seed",
        metavar="N",
        type=ANY_WHOLE,
        show_default=str(Settings().seed),
        help="how rows without a split are split, and which are shown",
    ),
    option(
        "--purpose",
        metavar="TEXT",
        show_default="none",
        help="what the texts are and what the labels are for, for the heavyweight model",
    ),
    option(
        "--rows-per-label",
        metavar="N",
        type=POSITIVE,
        show_default="chosen by the plan",
        help="training rows of each label read in a step",
    ),
    option(
        "--mistakes-per-label",
        metavar="N",
        type=POSITIVE,
        show_default="chosen by the plan",
        help="mistakes of each label in a request",
    ),
    option(
        "--correct-per-label",
        metavar="N",
        type=WHOLE,
        show_default="chosen by the plan",
        help="correct rows of each label in a request",
    ),
    option(
        "--no-definitions",
        "definitions_first",
        is_flag=True,
        flag_value=False,
        default=None,
        help="do not begin by writing what the labels mean, where they have no definitions",
    ),
    option(
        "--allow-canonical-breaks",
        is_flag=True,
        flag_value=True,
        default=None,
        help="go on with a prompt that gets a canonical row wrong which was right before",
    ),
    objective_option,
    scorer_option,
    option(
        "--shortlist",
        metavar="N",
        type=POSITIVE,
        show_default="all labels in every request",
        help="with many labels: name only the N of the training rows most like the text",
    ),
    option(
        "--recall-floor",
        metavar="LABEL=0.6",
        multiple=True,
        show_default="none",
        help="refuse what lets this label's recall fall below so much (may be repeated)",
    ),
)
_start = (
    option(
        "--prompt",
        metavar="FILE",
        type=PROMPT,
        show_default="made from the labels",
        help="start from this prompt file, text or chat",
    ),
    option(
        "--from-run", metavar="RUN", type=RUN, show_default="none", help="start from the prompt of this run"
    ),
    option("--from-step", metavar="N", type=WHOLE, show_default="its best prompt", help="of this step of it"),
    option(
        "--lock",
        metavar="LINE",
        multiple=True,
        show_default="none",
        help="a line of the starting prompt that no edit may touch (may be repeated)",
    ),
    option(
        "--lock-file",
        metavar="FILE",
        type=FILE,
        show_default="none",
        help="lock every line of this file, too: UTF-8 text",
    ),
    option(
        "--resume",
        metavar="RUN",
        type=RUN,
        show_default="a new run",
        help="go on with a run that was interrupted or stopped",
    ),
)
_results = (
    out_option("write the best prompt there"),
    option(
        "--show-requests",
        metavar="[FILE]",
        is_flag=False,
        flag_value="-",
        type=FILE,
        show_default="nowhere; without FILE on stderr",
        help="write every request to the heavyweight model as it is sent, a JSON object a line",
    ),
)

tune_options = record_of("tuning", TuneOptions, *_settings, *_start, *_results, estimate_option)
