"""One table of replies, read by the app, by the exported Python file and by promptfoo's transform: replies.json holds
[reply, the label it names, or else what it answers instead of a label] by group."""

from __future__ import annotations

import json
import random
import shutil
import subprocess
from pathlib import Path

import pytest

from core.exports.promptfoo import ReplyForm, folded, transform
from core.exports.request_template import RequestTemplate
from core.exports.scripts.answers import ScriptAnswer
from core.exports.scripts.script import to_script
from core.label_sets.answers import read_names
from core.prompts.answers import read_free_answer
from core.prompts.replies import predict
from core.types import Finish, Outcome, Reply

TABLE = json.loads(Path(__file__).with_name("replies.json").read_text(encoding="utf-8"))
CASES = [(group, *case) for group in TABLE for case in group["replies"]]
NODE = shutil.which("node")
needs_node = pytest.mark.skipif(NODE is None, reason="the transform is JavaScript, and there is no node here")


def app(reply: str, labels: list[str], cut_off: bool = False):
    return predict("x", Reply(reply, Finish.LENGTH if cut_off else Finish.STOP), labels)


@pytest.fixture(scope="module")
def program() -> dict:
    """The exported Python file, without a prompt."""
    nothing = RequestTemplate("openai:m", "/chat/completions", "messages", {}, (), "", "", (), "")
    space: dict = {}
    exec(to_script([], ScriptAnswer(("bug",)), [nothing]), space)
    return space


def in_python(program: dict, reply: str, labels: list[str], cut_off: bool = False) -> str:
    program["LABELS"] = labels
    return program["read_label"](program["Reply"](reply, cut_off)) or ""


def in_promptfoo(replies: list[str], labels: list[str], prefix: str = "", known: list[str] | None = None):
    """What the transform makes of each. `known`: the labels it is written for."""
    return transformed(replies, ReplyForm(tuple(labels if known is None else known)), prefix)


def transformed(replies: list[str], form: ReplyForm, prefix: str = "") -> list[str]:
    """Evaluated as promptfoo does."""
    expression = transform(form, prefix)
    assert "\n" not in expression and not any(mark in expression for mark in ("{{", "{%", "{#"))
    script = (
        f"const read = new Function('output', 'context', {json.dumps('return ' + expression)});"
        "const replies = JSON.parse(require('fs').readFileSync(0, 'utf8'));"
        "console.log(JSON.stringify(replies.map((reply) => read(reply, {}))))"
    )
    done = subprocess.run(
        [str(NODE), "-e", script], input=json.dumps(replies), capture_output=True, text=True, check=True
    )
    return json.loads(done.stdout)


def test_the_table_is_long_enough_to_mean_something():
    assert len(CASES) > 150 and len({(json.dumps(group["labels"]), case) for group, case, *_ in CASES}) > 150


@pytest.mark.parametrize(("group", "reply", "label", "answer"), CASES, ids=[repr(case[1]) for case in CASES])
def test_the_app_reads_the_table(group: dict, reply: str, label: str, answer: str):
    read = app(reply, group["labels"], group["cut_off"])
    assert (read.label, read.said if not label else "") == (label, answer)
    if label or answer:
        assert read.outcome is (Outcome.LABEL if label else Outcome.UNKNOWN_LABEL)
    elif reply.strip() or group["cut_off"]:
        assert (read.outcome, read.cut_off) == (Outcome.UNREADABLE, group["cut_off"])


def test_the_python_file_reads_the_table(program: dict):
    read = [in_python(program, reply, group["labels"], group["cut_off"]) for group, reply, *_ in CASES]
    assert read == [label for _, _, label, _ in CASES]


@needs_node
@pytest.mark.parametrize(
    "group", [group for group in TABLE if not group["cut_off"]], ids=lambda g: g["about"]
)
def test_the_transform_reads_the_table(group: dict):
    """promptfoo does not say that a reply was cut off."""
    replies, labels = group["replies"], group["labels"]
    read = in_promptfoo([reply for reply, *_ in replies], labels)
    assert differing(replies, read, labels) == []


def differing(replies, read, labels) -> list:
    names = set(map(folded, labels))
    return [
        (reply, label, text)
        for (reply, label, *_), text in zip(replies, read, strict=True)
        if (text != folded(label) if label else text in names)
    ]


@needs_node
def test_what_names_no_label_that_the_transform_knows_is_given_as_it_was_read():
    replies = ["<label>R&amp;D</label>", '{"label": 1}', "**Café** ", "<label>e‑mail</label>", "Neither."]
    assert in_promptfoo(replies, [], known=["bug"]) == ["r&d", "1", "café", "e-mail", "neither"]
    assert in_promptfoo([{"reason": "x", "label": "Bug"}], ["bug"]) == ["bug"], "JSON that promptfoo has read"


PIECES = [
    *("<label>", "</label>", "<label", "</", "< / label >", "<think>", "</think>", "[THINK]", "[/think]", "```", "```json\n"),
    *("<|channel|>analysis<|message|>", "<|channel|>final<|message|>", "<|return|>", "bug", "Bug", "billing", "billing dispute"),
    *("R&D", "R&amp;D", "&#82;&D", "caf&eacute;", "café", "İstanbul", "ıI",
      "ẞ", "Σίσυφος", "ΣΊΣΥΦΟΣ", "e‑mail", "e-mail", "it's", "it’s", "\\_"),
    *('{"label": ', '"bug"', "1", "1.0", "null", "true", "}", '{"reason": "x", "label": "bug"}', "{", '"', ",", "**", "_", "`", "“", "”"),
    *("\n", " ", "\u00a0", "\u200b", "\ufeff", "\x1c", "\x85", ".", "。", "or ", "I cannot."),
]  # fmt: skip
MIXED = [
    "bug",
    "billing",
    "billing dispute",
    "R&D",
    "café",
    "İstanbul",
    "ıi",
    "ß",
    "σίσυφος",
    "e-mail",
    "1",
    "true",
    "it’s",
]


@needs_node
def test_the_three_read_any_mixture_alike(program: dict):
    chance = random.Random(13)
    replies = ["".join(chance.choices(PIECES, k=chance.randint(1, 9))) for _ in range(4_000)]
    labels = [app(reply, MIXED).label for reply in replies]
    assert len(set(labels)) == len(MIXED) + 1, "each label is named, and none"
    for reply, label in zip(replies, labels, strict=True):
        assert in_python(program, reply, MIXED) == label, reply
    read = in_promptfoo(replies, MIXED)
    assert (
        differing([(reply, label) for reply, label in zip(replies, labels, strict=True)], read, MIXED) == []
    )


@needs_node
@pytest.mark.parametrize("tagged", [True, False])
def test_promptfoo_reads_several_labels_and_free_answers_as_the_app(tagged: bool):
    chance = random.Random(14)
    glued = [
        *PIECES,
        "; ",
        ", ",
        " and ",
        "\n- ",
        "<label>",
        "</label>",
        '["bug", "R&D"]',
        "<label>bug; docs</label>",
    ]
    replies = [reply for group, reply, *_ in CASES if not group["cut_off"]]
    replies += ["".join(chance.choices(glued, k=chance.randint(1, 9))) for _ in range(3_000)]
    sets = transformed(replies, ReplyForm(tuple(MIXED), "labels", tagged))
    free = transformed(replies, ReplyForm((), "answer", tagged))
    for reply, names, answer in zip(replies, sets, free, strict=True):
        known, unknown, _ = read_names(reply, MIXED, tagged)
        assert names == "; ".join(map(folded, (*sorted(known), *unknown))), reply
        assert answer == (read_free_answer(reply, tagged).text or ""), reply
