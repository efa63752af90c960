"""What the fake model says when a test gives no other answer: a label from the request's own list, or an edit
where edits are asked for."""

from __future__ import annotations

import hashlib
import re

from tests.fakes.wire import Said


def label_or_edit(messages: list[tuple[str, str]]) -> Said:
    """Depends on the request alone, so equal requests get equal answers. Token counts are a quarter of the
    characters."""
    everything = "\n".join(text for _, text in messages)
    asked = messages[-1][1] if messages else ""
    if "<edit>" in asked and "<find>" in asked:
        text = (
            "The mistakes share one cause.\n<edit><field>system_prompt</field><find></find>"
            "<replace>\nRead the whole text before you decide.</replace></edit>"
        )
    else:
        text = "The wording points there. <label>" + choose(everything, asked) + "</label>"
    return Said(text, input_tokens=max(1, len(everything) // 4), output_tokens=max(1, len(text) // 4))


def choose(everything: str, asked: str) -> str:
    listed = re.search(r"labels: (.+?)\.?\n", everything + "\n")
    labels = [name.strip() for name in listed.group(1).split(",")] if listed else ["bug"]
    return labels[hashlib.sha256(asked.encode("utf-8", "surrogatepass")).digest()[0] % len(labels)]
