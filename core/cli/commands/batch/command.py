"""`batch`: files classified by a provider's batch service, for half the price."""

from __future__ import annotations

from core.cli.shell import CommandGroup

_HERE = __name__.removesuffix("command")
SUBCOMMANDS = {
    "submit": (_HERE + "submit", "send the texts of a file, within a day and for half the price"),
    "status": (_HERE + "status", "say how far batches are"),
    "fetch": (_HERE + "fetch", "take in what has come back, send what is missing again, write the file"),
    "cancel": (_HERE + "cancel", "stop one; what was answered by then is paid, and fetched as usual"),
}
command = CommandGroup(
    SUBCOMMANDS,
    name="batch",
    no_args_is_help=True,
    help="Label texts by the batch service of OpenAI or Anthropic: within 24 hours, for half the price. "
    "Begin with: batch submit IN --prompt FILE",
)
