"""`skill`: what an agent needs to know to use this command line, as the file that agents look for."""

from __future__ import annotations

from pathlib import Path

from core.cli.options import Invocation, common_options, out_option
from core.cli.output import Output
from core.cli.shell import described
from core.store.files import check_target, write_text

SKILL = Path(__file__).resolve().parents[3] / ".agents" / "skills" / "whetstone" / "SKILL.md"


@described("skill", "skill --out .agents/skills/whetstone/SKILL.md")
@out_option("write it there instead of printing it")
@common_options
def command(invocation: Invocation, out: Path | None) -> Output:
    """Print the skill file: how an agent improves a prompt with these commands.

    Agents look for it in .agents/skills/whetstone/SKILL.md, some in .claude/skills/whetstone/SKILL.md."""
    text = SKILL.read_text(encoding="utf-8")
    if out is None:
        return Output({"skill": text}, text.rstrip("\n"))
    check_target(out)
    write_text(out, text)
    return Output({"skill": text, "out": str(out)}, f"written to {out}", silent=str(out) == "-")
