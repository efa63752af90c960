"""The classes of click as this command line has them: commands that are imported when they are called, help with
an example, and one sentence for wrong usage."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping, Sequence
from importlib import import_module
from typing import Any

import click
from click.shell_completion import CompletionItem

from core.cli.suggestions import meant

PROGRAM = "python -m core"
_EXTRA = re.compile(r"Got unexpected extra arguments? \((.+)\)")
HELP = {"help_option_names": ["-h", "--help"], "show_default": True, "max_content_width": 110}


class Command(click.Command):
    """`example` is what could be typed after the name of the program."""

    def __init__(self, *args: Any, example: str = "", **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.example = example

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        if self.example:
            with formatter.section("Example"):
                formatter.write_text(f"{ctx.find_root().info_name} {self.example}")


class Option(click.Option):
    """Its help says default and range in words."""

    def get_help_extra(self, ctx: click.Context) -> Any:
        extra = super().get_help_extra(ctx)
        if isinstance(self.show_default, str):
            extra["default"] = self.show_default
        if words := getattr(self.type, "words", ""):
            extra["range"] = words
        return extra


def option(*names: str, **attributes: Any) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    return click.option(*names, cls=Option, **attributes)


def described(name: str, example: str = "") -> Callable[[Callable[..., Any]], click.Command]:
    """Makes a function a command. It returns an exit code (core.cli.options `common_options` sees to that)."""
    return click.command(name, cls=Command, context_settings=HELP, example=example)


class CommandGroup(click.Group):
    """`modules` has, by command, the module whose `command` it is, and what it does in a line: help and completion
    need no import. `groups`: the same in parts, by the heading that help gives them."""

    def __init__(
        self,
        modules: Mapping[str, tuple[str, str]],
        groups: Mapping[str, Mapping[str, tuple[str, str]]] | None = None,
        **kwargs: Any,
    ):
        super().__init__(context_settings=HELP, **kwargs)
        self._modules = modules
        self._groups = groups or {"Commands": modules}

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(self._modules)

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        if name not in self._modules:
            return None
        loaded: click.Command = import_module(self._modules[name][0]).command
        return loaded

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args[0] not in self._modules and not args[0].startswith("-"):
            close = meant(args[0], self._modules)
            question = f": did you mean {close}?" if close else "."
            if not close and os.path.exists(args[0]):
                question = f", but a file: {ctx.info_name} tune {args[0]}."
            raise click.UsageError(f"There is no command {args[0]!r}{question}", ctx)
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        widest = max(map(len, self._modules))
        for title, modules in self._groups.items():
            with formatter.section(title):
                formatter.write_dl([(name.ljust(widest), summary) for name, (_, summary) in modules.items()])

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        names = [
            CompletionItem(name, help=summary)
            for name, (_, summary) in self._modules.items()
            if name.startswith(incomplete)
        ]
        return names + click.Command.shell_complete(self, ctx, incomplete)


def wrong_usage(wrong: click.UsageError) -> str:
    """In one sentence, with what to type next."""
    return f"{_problem(wrong)} {_next(wrong)}".strip()


def _problem(wrong: click.UsageError) -> str:
    match wrong:
        case click.NoSuchOption() if _at_the_top(wrong):
            return f"{wrong.option_name} stands behind a command:"
        case click.NoSuchOption():
            close = meant(wrong.option_name, _option_names(wrong.ctx))
            question = f": did you mean {close}?" if close else "."
            return f"There is no option {wrong.option_name}{question}"
        case click.MissingParameter(param=click.Parameter() as param):
            about = f": {param.help}" if isinstance(param, click.Option) and param.help else ""
            return f"{_name(param)} is missing{about}."
        case click.BadParameter(param=click.Parameter() as param):
            return _ended(f"{_name(param)}: {wrong.message}")
        case click.BadOptionUsage():
            return f"{wrong.option_name} needs a value behind it."
    if extra := _EXTRA.match(wrong.message):
        return f"There is a word too many ({extra[1]}): a name with spaces stands in quotation marks."
    return _ended(wrong.format_message())


def _next(wrong: click.UsageError) -> str:
    ctx = wrong.ctx or click.get_current_context(silent=True)
    if ctx is None:
        return ""
    if isinstance(wrong, click.NoSuchOption) and _at_the_top(wrong):
        return f"{ctx.info_name} COMMAND {wrong.option_name}."
    if isinstance(wrong, click.MissingParameter) and isinstance(ctx.command, Command):
        return f"Such as: {ctx.find_root().info_name} {ctx.command.example}"
    return f"All that can be typed: {ctx.command_path} --help"


def _at_the_top(wrong: click.UsageError) -> bool:
    return wrong.ctx is not None and isinstance(wrong.ctx.command, click.Group)


def _option_names(ctx: click.Context | None) -> Sequence[str]:
    parameters = ctx.command.get_params(ctx) if ctx else ()
    return [name for each in parameters for name in each.opts if name.startswith("--")]


def _name(param: click.Parameter) -> str:
    return max(param.opts, key=len) if isinstance(param, click.Option) else param.human_readable_name


def _ended(sentence: str) -> str:
    return sentence if sentence.endswith((".", "?", "!")) else sentence + "."


def program() -> str:
    """What people type before a command."""
    context = click.get_current_context(silent=True)
    return (context and context.find_root().info_name) or PROGRAM
