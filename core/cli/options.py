"""Options that several commands share, one decorator a kind. What was typed reaches the command as one record."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

from core.cli.console import Console
from core.cli.output import Output, complain, print_output
from core.cli.parameters import DOLLARS, FILE, MODEL, POSITIVE, PROMPT, REPLY_LENGTH, WHOLE, Choice
from core.cli.shell import option
from core.errors import UsageError
from core.types import Settings
from core.types.runs import REPLY_TOKENS

if TYPE_CHECKING:
    from core.data.formats.format import ReadOptions
    from core.workspace import Workspace

Function = Callable[..., Any]
Decorator = Callable[[Function], Function]
OBJECTIVES = "accuracy, balanced, macro-f1, f1:LABEL, recall:LABEL@PRECISION, costs:FILE or auto"


def record_of(name: str, kind: type, *options: Decorator) -> Decorator:
    """The values of these options as one `kind`, a dataclass with a field for each, under `name`."""

    def decorate(function: Function) -> Function:
        @functools.wraps(function)
        def with_record(**values: Any) -> Any:
            own = {field.name: values.pop(field.name) for field in fields(kind)}
            return function(**values, **{name: kind(**own)})

        wrapped: Function = with_record
        for add in reversed(options):
            wrapped = add(wrapped)
        return wrapped

    return decorate


# ---- every command


@dataclass(frozen=True, slots=True)
class Invocation:
    """What every command is given: the workspace's folder, where to say what happens, and whether standard output
    is to hold one JSON object."""

    folder: Path | None
    console: Console
    as_json: bool = False

    def check_out(self, out: Path | None) -> None:
        """Whether a file may be written there, before anything is spent. UsageError, StoreError."""
        from core.store.files import check_target

        if out is None:
            return
        if self.as_json and str(out) == "-":
            raise UsageError("--json and - both write to standard output: name a file, or leave --json out.")
        check_target(out)

    @contextmanager
    def workspace(self) -> Iterator[Workspace]:
        from core.workspace import Workspace

        with closing(Workspace.open(self.folder)) as opened:
            yield opened
            if opened.cache_problem:
                complain(opened.cache_problem)


workspace_option = option(
    "--workspace",
    metavar="DIR",
    type=FILE,
    help="folder that holds everything",
    show_default="data/local, or WHETSTONE_WORKSPACE",
)


def common_options(function: Callable[..., Output]) -> Function:
    """Gives the command an `invocation`, and prints its output."""

    @workspace_option
    @option("--json", "as_json", is_flag=True, help="print exactly one JSON object on stdout")
    @option("-q", "--quiet", is_flag=True, help="say nothing on stderr but what went wrong")
    @functools.wraps(function)
    def run(workspace: Path | None, as_json: bool, quiet: bool, **values: Any) -> int:
        with Console(quiet) as console:
            output = function(**values, invocation=Invocation(workspace, console, as_json))
        return print_output(output, as_json)

    return run


# ---- how a file is read


@dataclass(frozen=True, slots=True)
class Reading:
    """How a file is to be read, as far as that was typed: which column is what, and what is done with odd rows."""

    text: tuple[str, ...] = ()
    template: str = ""
    label: tuple[str, ...] = ()
    id: str = ""
    note: str = ""
    encoding: str = ""
    sheet: str = ""
    delimiter: str = ""
    no_header: bool = False
    several: str = "leave-out"
    keep_unlabelled: bool = False
    merge_labels: bool = False
    bins: str = ""

    def check_one_label(self) -> None:
        """UsageError for several columns of labels, where one is wanted."""
        if len(self.label) > 1:
            raise UsageError(
                f"--label names the one column that holds the labels, and {len(self.label)} are given: the labels that a prompt "
                f"may answer are named by classify --labels {','.join(self.label)}; import makes a dataset of each column."
            )

    @property
    def options(self) -> ReadOptions:
        from core.data.formats.format import ReadOptions

        header = False if self.no_header else None
        return ReadOptions(self.encoding, self.sheet, self.delimiter, header)

    @property
    def typed(self) -> str:
        """The first option that was typed, by its name; "" for none."""
        names = (each.name for each in fields(self) if getattr(self, each.name) != each.default)
        return next(("--" + name.replace("_", "-") for name in names), "")


reading_options = record_of(
    "reading",
    Reading,
    option(
        "--text",
        metavar="COLUMN",
        multiple=True,
        show_default="found by its name or content",
        help="column of a file that holds the text; several are joined",
    ),
    option(
        "--template",
        metavar="TEXT",
        default="",
        show_default="a line for each column",
        help="how columns become one text: 'Q: {question}\\nA: {answer}'",
    ),
    option(
        "--label",
        metavar="COLUMN",
        multiple=True,
        show_default="found by its name or content",
        help="column that holds the label; import makes a dataset of each, if there are several",
    ),
    option("--id", metavar="COLUMN", default="", show_default="found by its name", help="column of ids"),
    option(
        "--note",
        metavar="COLUMN",
        default="",
        show_default="found by its name",
        help="column that says why a label is right",
    ),
    option("--encoding", metavar="E", default="", show_default="found out", help="of a text file: shift_jis"),
    option("--sheet", metavar="NAME", default="", show_default="the first with rows", help="of a workbook"),
    option(
        "--delimiter", metavar="D", default="", show_default="found out", help="between cells: ';' or tab"
    ),
    option("--no-header", is_flag=True, help="the first line is a row and names no columns"),
    option(
        "--several",
        type=Choice(("leave-out", "first", "split", "keep")),
        default="leave-out",
        help="what becomes of a row with several labels; keep: it has them all",
    ),
    option("--keep-unlabelled", is_flag=True, help="keep rows without a label, to be labelled on Review"),
    option("--merge-labels", is_flag=True, help="make one label of those that differ in spelling alone"),
    option(
        "--bins",
        metavar="N|EDGES",
        default="",
        show_default="numbers that are no label set are refused",
        help="labels that are numbers on a scale become N bins with as many rows each, or bins at EDGES (50,80); "
        "none: they stay as they are",
    ),
)


# ---- models and caps


@dataclass(frozen=True, slots=True)
class ModelOptions:
    """The fields of Settings that were typed; None for those left out."""

    lightweight: str | None
    max_calls: int | None
    budget_usd: float | None
    concurrency: int | None
    reply_tokens: int | None
    structured_output: bool | None


model_options = record_of(
    "models",
    ModelOptions,
    option(
        "--lightweight",
        metavar="M",
        type=MODEL,
        show_default="the prompt's, or offline:reader",
        help="model that classifies, provider:model",
    ),
    option(
        "--max-calls",
        metavar="N",
        type=WHOLE,
        show_default="no cap",
        help="lightweight calls that may reach the provider",
    ),
    option(
        "--budget-usd", metavar="X", type=DOLLARS, show_default="no cap", help="dollars that may be spent"
    ),
    option(
        "--concurrency",
        metavar="N",
        type=POSITIVE,
        show_default=str(Settings().concurrency),
        help="calls at a time",
    ),
    option(
        "--reply-tokens",
        metavar="N",
        type=REPLY_LENGTH,
        show_default=str(REPLY_TOKENS),
        help="how long a reply of the lightweight model may be",
    ),
    option(
        "--structured-output",
        is_flag=True,
        flag_value=True,
        default=None,
        help="hold replies to the labels, where the model can",
    ),
)


def settings_typed(*records: object) -> dict[str, Any]:
    """The settings that were typed, by their name in Settings; what was left out is left out."""
    known = {field.name for field in fields(Settings)}
    typed = {field.name: getattr(record, field.name) for record in records for field in fields(record)}  # type: ignore[arg-type]
    return {name: value for name, value in typed.items() if name in known and value is not None}


# ---- a few options of several commands

prompt_option = option(
    "--prompt",
    metavar="FILE",
    type=PROMPT,
    required=True,
    help="prompt file (that of a run: export latest --format json --out prompt.json), or a prompt as text or chat with "
    "{{text}} where the text goes",
)
objective_option = option(
    "--objective",
    metavar="WHAT",
    show_default="auto: balanced where labels are uneven, else accuracy",
    help=f"what counts: {OBJECTIVES}",
)
scorer_option = option(
    "--scorer",
    metavar="NAME",
    show_default="none: the label column holds labels",
    help="what free answers are worth: exact, normalised, number:0.01, json:FIELDS, token-f1, regex, judge:PROMPT.json or "
    "FILE.py:FUNCTION",
)


def out_option(about: str, default: str = "nothing is written") -> Decorator:
    return option("-o", "--out", metavar="FILE", type=FILE, show_default=default, help=about)


estimate_option = option(
    "--estimate", is_flag=True, help="say what it would take, in calls, dollars and time, and ask nothing"
)
