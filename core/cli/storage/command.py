"""`workspace`: what takes room, and what of it may go."""

from __future__ import annotations

from core.cli.options import Invocation, common_options
from core.cli.output import Output
from core.cli.parameters import FILE, POSITIVE, WHOLE, Choice
from core.cli.shell import described, option

KINDS = ("predictions", "history", "replies", "files", "copies")


@described("workspace", "workspace --clean history --older-than 365 --dry-run")
@option(
    "--clean",
    type=Choice(KINDS),
    multiple=True,
    show_default="nothing",
    help="take away what is older than --older-than: served predictions, the history of changes, kept replies, classified "
    "files, or copies made before migrations (repeatable)",
)
@option(
    "--older-than",
    metavar="DAYS",
    type=POSITIVE,
    show_default="as it is set, for predictions and history",
    help="with --clean: from this age on",
)
@option("--dry-run", is_flag=True, help="with --clean: only say how many it would be")
@option(
    "--out",
    metavar="DIR",
    type=FILE,
    show_default="the folder removed of the workspace",
    help="folder for the files that predictions, history and classified files are written to before they go",
)
@option("--no-file", is_flag=True, help="with --clean: write nothing to a file before it goes")
@option(
    "--keep-history",
    metavar="DAYS",
    type=WHOLE,
    show_default="as it is set",
    help="keep the history of changes for so many days from now on, 0 for ever; what is older is written to a file and goes",
)
@option("--compact", is_flag=True, help="give back to the disk what is free in database and caches")
@common_options
def command(invocation: Invocation, **wish: object) -> Output:
    """Say what takes room in the workspace, table by table, and make it smaller.

    What a run, a champion, a named version or an undo still needs stays, whatever its age. After --clean the files are
    made smaller, too, as with --compact."""
    from core.cli.storage.output import WorkspaceWish, workspace_output

    return workspace_output(invocation, WorkspaceWish(**wish))  # type: ignore[arg-type]
