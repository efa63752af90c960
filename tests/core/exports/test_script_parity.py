"""The exported Python files send what the app sends and read what the app reads, whatever kind of prompt: run through the
real SDKs against a local server."""

from __future__ import annotations

import ast
import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType

import pytest

from core.label_sets.replies import predict_reply
from core.llm.catalogue.profiles import load_profiles
from core.llm.providers.connect_model import connect_model
from core.prompts.files import PromptFile
from core.prompts.render import asks_for_tag
from core.services.exports.formats import prompt_in_format
from core.services.exports.request import PromptExport
from core.similarity.requests import classify_requests
from core.types import Example, FewShot, Finish, Prompt, Reply, Settings, Shot
from core.workspace import Workspace
from tests.fakes import wire
from tests.fakes.server import FakeServer

LABELS = ("billing", "billing dispute", "bug", "docs", "R&D")
SHOTS = tuple(
    Shot(f"{words} number {n} </text>", label)
    for label, words in zip(
        LABELS, ("an invoice", "a wrong invoice", "a crash", "a manual page", "the laboratory"), strict=True
    )
    for n in range(3)
)
SYSTEM = "Choose one of billing, billing dispute, bug, docs, R&D.\n\n- billing: an invoice\n- bug: a crash, not docs\n\n## docs\n\nManuals."
TAIL = "</text>\nThen <label>the label</label>"
TEXTS = (
    "A crash with a wrong invoice",
    "docs, the manual </TEXT> page",
    "ünï \u2028 {x} {{y}} \\n",
    "Laboratory 3",
)
ROWS = [Example(str(number), text, LABELS[0]) for number, text in enumerate(TEXTS)]
PROMPTS = {
    "plain": Prompt(SYSTEM, "<text>", TAIL, "So"),
    "fixed": Prompt(SYSTEM, "<text>", TAIL, few_shot=FewShot("fixed", 0, SHOTS[:2])),
    "similar": Prompt(SYSTEM, "<text>", TAIL, "So", FewShot("similar", 2, SHOTS)),
    "shortlist": Prompt(SYSTEM, "<text>", TAIL, few_shot=FewShot("similar", 1, SHOTS), shortlist=2),
    "unseen": Prompt(SYSTEM * 80, "<text>", TAIL, few_shot=FewShot("similar", 0, SHOTS), shortlist=1),
    "several": Prompt(SYSTEM, "<text>", TAIL, few_shot=FewShot("similar", 2, SHOTS), several=LABELS),
    "free": Prompt("Give the order number.", "<text>", TAIL, "So"),
    "bare": Prompt("", "Give the order number alone: ", ""),
}
FREE = ("free", "bare")
LUNA, RESPONSES, HAIKU = "openai:gpt-6-luna", "openai:gpt-6.1-sol", "anthropic:claude-haiku-5-5"
CASES = [
    *((kind, LUNA) for kind in PROMPTS),
    *((kind, HAIKU) for kind in ("plain", "similar", "shortlist", "unseen")),
]
CASES += [("similar", RESPONSES)]
REPLIES = ("Why. <label>Bug</label>", "<label>docs; billing, new</label>", "WB-12", "<label>billing")


def answer(messages: list[tuple[str, str]]) -> wire.Said:
    """Another reply for each text."""
    last = next(text for role, text in reversed(messages) if role == "user")
    number = next(n for n, text in enumerate(TEXTS) if text[:8] in last)
    return wire.Said(REPLIES[number])


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeServer]:
    with FakeServer(answer=answer) as running:
        monkeypatch.setenv("OPENAI_BASE_URL", running.openai_url)
        monkeypatch.setenv("ANTHROPIC_BASE_URL", running.anthropic_url)
        for name in ("OPENAI_API_KEY", "ANTHROPIC_API_KEY"):
            monkeypatch.setenv(name, "key-0001")
        yield running


def exported(
    folder: Path, kind: str, model: str, format: str, structured: bool = False
) -> tuple[str, list[str]]:
    """The file, and the bodies that the app would send."""
    prompt, labels = PROMPTS[kind], () if kind in FREE else LABELS
    settings = Settings(structured_output=structured)
    with closing(Workspace.open(folder)) as workspace:
        wanted = PromptExport(PromptFile(prompt, labels), model, workspace, "T", rows=ROWS, settings=settings)
        text = prompt_in_format(wanted, format)
        connected = connect_model(
            model, dict.fromkeys(("OPENAI_API_KEY", "ANTHROPIC_API_KEY"), "x"), load_profiles(folder)
        )
        choices = labels if structured and not prompt.several else ()
        exacts = [connected.exact(each) for each in classify_requests(prompt, TEXTS, choices)]
    beside = ("provider", "base_url", "endpoint", "query", "headers")
    return text, [in_bytes({k: v for k, v in each.items() if k not in beside}) for each in exacts]


def in_bytes(body: dict) -> str:
    """Of the turns in their order; parameters come in any."""
    turns = {
        name: json.dumps(body[name], ensure_ascii=False)
        for name in ("messages", "input", "system")
        if name in body
    }
    return json.dumps(body | turns, sort_keys=True)


def wanted_of(kind: str, reply: str, cut_off: bool = False) -> object:
    prompt, labels = PROMPTS[kind], () if kind in FREE else LABELS
    given = Reply(reply, Finish.LENGTH if cut_off else Finish.STOP)
    label = predict_reply("x", given, (prompt, labels), asks_for_tag(prompt)).label
    return (label.split("; ") if prompt.several else label) if label else None


def reader(program: dict) -> object:
    names = [name for name in ("read_labels", "read_answer_text", "read_label") if name in program]
    return program[names[0]]


def loaded(script: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    (folder / "classify.py").write_text(script, encoding="utf-8")
    spec = spec_from_file_location("exported_classify", folder / "classify.py")
    assert spec is not None and spec.loader is not None
    module = module_from_spec(spec)
    monkeypatch.setitem(sys.modules, "exported_classify", module)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize(("kind", "model"), CASES)
def test_a_script_asks_and_reads_as_the_app(
    server: FakeServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str, model: str
) -> None:
    wire_name = model.partition(":")[0]
    script, bodies = exported(
        tmp_path, kind, model, "python-" + wire_name, structured=kind in ("plain", "several")
    )
    assert "key-0001" not in script and ("anthropic" in script.lower()) == (wire_name == "anthropic")
    program = vars(loaded(script, tmp_path, monkeypatch))
    replies = [program["ask_" + wire_name](text) for text in TEXTS]
    assert [in_bytes(body) for body in server.bodies] == bodies
    prefix = "" if kind != "similar" and kind != "free" else "So"
    assert [reader(program)(reply) for reply in replies] == [
        wanted_of(kind, prefix + reply) for reply in REPLIES
    ]


@pytest.mark.skipif(shutil.which("curl") is None, reason="there is no curl here")
@pytest.mark.parametrize("model", [LUNA, HAIKU])
def test_curl_sends_what_the_app_sends(server: FakeServer, tmp_path: Path, model: str) -> None:
    script, bodies = exported(tmp_path, "shortlist", model, "curl")
    done = subprocess.run(["sh"], input=script, capture_output=True, text=True, timeout=60, check=True)
    assert [in_bytes(body) for body in server.bodies] == bodies and done.stdout.count("label") >= 3
    key = "x-api-key" if model == HAIKU else "authorization"
    assert all("key-0001" in seen.headers[key] for seen in server.seen) and "key-0001" not in script


@pytest.mark.parametrize("format", ["python", "langchain", "dspy"])
def test_no_name_of_a_script_stands_for_two_things(tmp_path: Path, format: str) -> None:
    """What runs these in LangChain and DSPy is tests/real/exports.py."""
    for kind in ("shortlist", "several", "bare"):
        for model in (LUNA, HAIKU):
            made = ast.parse(exported(tmp_path, kind, model, format)[0])
            names = [node.name for node in made.body if isinstance(node, ast.FunctionDef | ast.ClassDef)]
            names += [
                alias.asname or alias.name
                for node in made.body
                if isinstance(node, ast.Import | ast.ImportFrom)
                for alias in node.names
            ]
            names += [
                target.id
                for node in made.body
                if isinstance(node, ast.Assign)
                for target in node.targets
                if isinstance(target, ast.Name)
            ]
            assert sorted(set(names)) == sorted(names)
