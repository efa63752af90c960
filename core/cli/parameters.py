"""What words on the command line may be: numbers in their range, choices, files, models, datasets and runs, each
with a sentence for what is none of them and with what a shell may complete."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Sequence
from functools import cached_property
from glob import glob
from pathlib import Path
from typing import Any

import click
from click.shell_completion import CompletionItem

from core.cli.suggestions import meant
from core.types.runs import MOST_REPLY_TOKENS

COMPLETE = "_WHETSTONE_COMPLETE"  # the variable that a shell asks in, see commands/completion.py


class WholeNumber(click.IntRange):
    def __init__(self, least: int | None = None, most: int | None = None, unit: str = ""):
        super().__init__(least, most)
        of = f" of {unit}" if unit else ""
        between = "" if least is None else f", {least:,} or more"
        self.words = f"a whole number{of}" + (f" from {least:,} to {most:,}" if most else between)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        try:
            return super().convert(value, param, ctx)
        except click.BadParameter:
            return self.fail(f"{value!r} is not {self.words}", param, ctx)


class Amount(click.FloatRange):
    """Neither NaN nor infinity."""

    def __init__(self, words: str, most: float | None = None):
        super().__init__(0, most)
        self.words = words

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        try:
            number = super().convert(value, param, ctx)
        except click.BadParameter:
            number = float("nan")
        if not number < float("inf"):  # nor is NaN
            self.fail(f"{value!r} is not {self.words}", param, ctx)
        return number


class PromptSource:
    """Where a prompt is read from: once, as a pipe gives what it holds only once, and when it is first wanted."""

    def __init__(self, path: Path):
        self.path = path

    @cached_property
    def content(self) -> bytes:
        """OSError."""
        return self.path.read_bytes()

    def __str__(self) -> str:
        return str(self.path)


class PromptPath(click.Path):
    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        return PromptSource(Path(os.fsdecode(super().convert(value, param, ctx))))


class Choice(click.Choice[str]):
    def get_invalid_choice_message(self, value: Any, ctx: click.Context | None) -> str:
        close = meant(str(value), self.choices)
        question = f": did you mean {close}?" if close else "."
        return f"{value!r} is no choice{question} Choose {listed_choices(self.choices)}"


def listed_choices(choices: Sequence[str]) -> str:
    return ", ".join(choices[:-1]) + f" or {choices[-1]}"


class Named(click.ParamType[str]):
    """A name whose thing is looked up later; `names` gives what a shell may complete it to, each with a word on
    what it is, and asks nothing before a shell does. Where files may stand as well, `files` says so."""

    def __init__(self, name: str, names: Callable[[], Iterable[tuple[str, str]]], files: bool = False):
        self.name, self._names, self._files = name, names, files

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        if not str(value).strip():
            self.fail("it is empty", param, ctx)
        return str(value)

    def shell_complete(
        self, ctx: click.Context, param: click.Parameter, incomplete: str
    ) -> list[CompletionItem]:
        names = [(name, about) for name, about in self._names() if name.startswith(incomplete)]
        if self._files and not names:
            return [CompletionItem(incomplete, type="file")]
        if self._files:  # a shell that is given names looks for no files itself
            names += [(path, "file") for path in sorted(glob(incomplete + "*"))]
        return [CompletionItem(_typed(name), help=about) for name, about in names]


def _typed(name: str) -> str:
    """As it has to be typed: bash takes what is offered as it stands."""
    return name.replace(" ", "\\ ") if os.environ.get(COMPLETE, "").startswith("bash") else name


def _models() -> Iterable[tuple[str, str]]:
    from core.llm.catalogue.profiles import DEFAULTS

    names = [name for role in DEFAULTS.values() for name in role]
    return [(name, "") for name in dict.fromkeys(("offline:reader", "offline:editor", *names))]


def _datasets() -> Iterable[tuple[str, str]]:
    from core.cli.inputs.names import dataset_names

    return dataset_names()


def _runs() -> Iterable[tuple[str, str]]:
    from core.cli.inputs.names import run_names

    return [("latest", "the newest run"), *run_names()]


def _batches() -> Iterable[tuple[str, str]]:
    from core.cli.inputs.names import batch_names

    return [("latest", "the newest batch"), *batch_names()]


WHOLE, POSITIVE, ANY_WHOLE = WholeNumber(0), WholeNumber(1), WholeNumber()
REPLY_LENGTH = WholeNumber(1, MOST_REPLY_TOKENS, "tokens")
DOLLARS = Amount("an amount of dollars, such as 0.50")
SHARE = Amount("a share from 0 to 1, such as 0.8", 1)
TEMPERATURE = Amount("a temperature from 0 to 2, such as 1", 2)
FILE = click.Path(path_type=Path)
PROMPT = PromptPath(path_type=Path)
MODEL = Named("model", _models)
DATASET = Named("dataset", _datasets)
DATA = Named("data", _datasets, files=True)
RUN = Named("run", _runs)
BATCH = Named("batch", _batches)
RUN_OR_DATASET = Named("run or dataset", lambda: [*_runs(), *_datasets()])
