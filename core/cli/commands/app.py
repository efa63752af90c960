"""`app`: the dashboard, from wherever Whetstone is installed."""

from __future__ import annotations

import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import click

from core.cli.options import workspace_option
from core.cli.parameters import WholeNumber
from core.cli.shell import described, option
from core.errors import UsageError

SCRIPT = Path(__file__).resolve().parents[3] / "streamlit_app.py"


@described("app", "app --port 8501")
@option(
    "--port",
    metavar="N",
    type=WholeNumber(1, 65535),
    show_default="8501, or the next that is free",
    help="where it listens",
)
@option("--address", metavar="A", show_default="127.0.0.1", help="of which network (docs/deploying.md)")
@workspace_option
@click.argument("streamlit", nargs=-1, type=click.UNPROCESSED)
def command(port: int | None, address: str | None, workspace: Path | None, streamlit: tuple[str, ...]) -> int:
    """Start the dashboard, and print its address. What stands behind -- goes to streamlit run."""
    if find_spec("streamlit") is None:
        raise UsageError('The dashboard needs Streamlit, which is an extra: pip install "whetstone[app]".')
    options = {"--server.port": port, "--server.address": address}
    typed = [word for name, value in options.items() if value for word in (name, str(value))]
    words = [sys.executable, "-m", "streamlit", "run", str(SCRIPT), *typed, *streamlit]
    if workspace is not None:
        os.environ["WHETSTONE_WORKSPACE"] = str(workspace)
    return run(words)


def run(words: list[str]) -> int:
    """In the place of this process, where the system knows that, so that signals reach it."""
    if os.name == "posix":
        os.execv(words[0], words)
    return subprocess.run(words, check=False).returncode
