"""What the engine makes of replies that a large language model wrote (../shared/replies, where it stands beside
the checkout): a table of each reply's hypotheses, and whether nothing is torn.

    PYTHONPATH=. .venv/bin/python tests/bench/replies.py [--text NAME …]

`--text` prints the prompts that a reply leads to: with everything, and with every second hypothesis.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from core.errors import EditRefused
from core.prompts.edits import apply_edits, read_edits, read_rewrite
from core.prompts.rules import check_candidate
from core.tuning.hypotheses import EditPlan
from core.tuning.reflect import edits_between
from core.tuning.reflection_request import SIZE_LIMIT
from core.types import PROMPT_FIELDS, Edit, LabelSet, Prompt

REPLIES = Path(__file__).resolve().parents[3] / "shared" / "replies"


def requests() -> Iterator[tuple[str, Prompt, tuple[str, ...], list[tuple[str, str]]]]:
    """Name, current prompt and labels of each request, and its replies by name."""
    for path in sorted(REPLIES.glob("*.request.json")):
        name = path.name.removesuffix(".request.json")
        text = json.loads(path.read_text())["messages"][-1]["content"]
        labels = re.search(r"^Labels: (.*)$", text, re.M)
        assert labels is not None
        fields = {
            field: match[1].replace("<\\/", "</")
            for field in PROMPT_FIELDS
            if (match := re.search(rf"<{field}>(.*?)</{field}>", text, re.S))
        }
        replies = [(each.name, each.read_text()) for each in sorted(REPLIES.glob(f"{name}.*.reply.txt"))]
        yield name, Prompt(**fields), tuple(labels[1].split(", ")), replies


def edits_of(name: str, reply: str, prompt: Prompt) -> tuple[Edit, ...]:
    if "rewrite" in name:
        return edits_between(prompt, read_rewrite(reply, prompt))
    return read_edits(reply)


def row(name: str, reply: str, prompt: Prompt, labels: Sequence[str]) -> list[str]:
    try:
        edits = edits_of(name, reply, prompt)
    except EditRefused as refused:
        return [name, "0", "0", "", "", f"refused: {refused}"]
    plan = EditPlan(prompt, edits, labels)
    groups = {each.group for each in plan.hypotheses if each.group}
    unnamed = sum(not each.names for each in plan.hypotheses)
    whole = plan.prompt_with(plan.hypotheses)
    try:
        same = "yes" if apply_edits(prompt, edits) == whole else "NO"
    except EditRefused as refused:
        same = f"({refused})"
    try:
        check_candidate(whole, LabelSet(tuple(labels)), (), SIZE_LIMIT)
        rules = "keeps the rules"
    except EditRefused as refused:
        rules = str(refused)
    return [
        name,
        str(len(edits)),
        str(len(plan.hypotheses)),
        f"{len(groups)} of {sum(1 for each in plan.hypotheses if each.group)}",
        str(unnamed),
        same,
        rules,
    ]


def main(argv: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--text", nargs="*", default=[])
    options = parser.parse_args(argv)
    if not REPLIES.is_dir():
        print(f"The replies are not there ({REPLIES}): nothing to measure.")
        return 0
    print("| reply | edits | hypotheses | groups | name no label | all equal the edits | rules |")
    print("|---|---|---|---|---|---|---|")
    for _, prompt, labels, replies in requests():
        for name, reply in replies:
            if not options.text:
                print("| " + " | ".join(row(name, reply, prompt, labels)) + " |")
            elif any(name.startswith(wanted) for wanted in options.text):
                plan = EditPlan(prompt, edits_of(name, reply, prompt), labels)
                for each in plan.hypotheses:
                    print(
                        f"--- {sorted(each.names)} group {each.group}\n{each.edit.find!r} ->\n{each.edit.replace}"
                    )
                print("=== all\n" + plan.prompt_with(plan.hypotheses).system_prompt)
                print("=== every second\n" + plan.prompt_with(plan.hypotheses[::2]).system_prompt)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
