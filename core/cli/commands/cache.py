"""`cache`: the model replies that are kept, so that no call is paid twice."""

from __future__ import annotations

from core.cli.options import Invocation, common_options
from core.cli.output import Output
from core.cli.shell import described, option


@described("cache", "cache --clear")
@option("--clear", is_flag=True, help="forget every kept reply")
@common_options
def command(invocation: Invocation, clear: bool) -> Output:
    """Show how many model replies are kept, and what they saved; or clear them."""
    with invocation.workspace() as workspace:
        replies = workspace.replies
        if clear:
            workspace.check_writable()
            replies.clear()
        stats = replies.stats()
    data = {
        "entries": stats.entries,
        "bytes": stats.bytes,
        "hits": stats.hits,
        "saved_usd": stats.saved_usd,
        "cleared": clear,
    }
    words = f"{stats.entries:,} replies, {stats.bytes / 1e6:.1f} MB; {stats.hits:,} calls and ${stats.saved_usd:.4f} saved"
    return Output(data, words)
