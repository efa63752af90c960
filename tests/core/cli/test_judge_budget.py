"""A judge that costs money: its calls count against the cap in dollars, are told, and none is made beyond it."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from tests.core.cli.conftest import Shell
from tests.fakes.server import FakeServer
from tests.fakes.wire import Said

ORDERS = Path(__file__).resolve().parents[3] / "data" / "samples" / "orders.csv"
SMALL, CHEAP = "openai:gpt-6-luna", "openai:gpt-4o-mini"  # of prices that differ
JUDGE = {
    "system_prompt": "Judge.",
    "user_prompt_prefix": "<text>\n",
    "user_prompt_suffix": "\n</text>\n<label>the label</label>",
    "labels": ["good", "bad"],
    "model": CHEAP,
    "template": {"fields": ["answer", "reference"], "text": "ANSWER {answer} REFERENCE {reference}"},
}


def small_model(messages: list[tuple[str, str]]) -> Said:
    """Answers with the first number, and judges by comparing both."""
    asked = messages[-1][1]
    if found := re.search(r"ANSWER (.*?) REFERENCE (.*)", asked):
        text = f"<label>{'good' if found[1].strip() == found[2].strip() else 'bad'}</label>"
    else:
        text = f"<label>{(re.findall('WB-[0-9]+', asked) or ['none'])[0]}</label>"
    return Said(text, input_tokens=len(asked) // 4 + 100, output_tokens=40)


@pytest.mark.parametrize("budget", [0.004, 0.02])
def test_its_calls_count_against_the_cap_in_dollars(
    shell: Shell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, budget: float
):
    file = tmp_path / "judge.json"
    file.write_text(json.dumps(JUDGE), encoding="utf-8")
    monkeypatch.setenv("OPENAI_API_KEY", "key")
    with FakeServer(answer=small_model) as server:
        monkeypatch.setenv("OPENAI_BASE_URL", server.openai_url)
        found = shell(
            "tune", ORDERS, "--scorer", f"judge:{file}:good", "--lightweight", SMALL, "--heavyweight", "offline:editor",
            "--iterations", 2, "--budget-usd", budget, "--json",
        ).found  # fmt: skip
        calls, cost = found["calls"], found["cost_usd"]
        sent = [body["model"] for body in server.bodies]
    assert calls["judge"]["api"] == sent.count("gpt-4o-mini") > 0
    assert calls["lightweight"]["api"] == sent.count("gpt-6-luna") > 0
    assert cost["judge"] > 0 and cost["judge"] + cost["lightweight"] <= budget
    assert found["stop_reason"] == "cap"
