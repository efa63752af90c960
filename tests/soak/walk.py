"""Every page, the API and commands on one workspace, in a process of its own: what each says, and what is wrong with it.

python -m tests.soak.walk FOLDER FAULT      one of tests/soak/faults.py

Wrong is: an exception on a page, a traceback on the console, an answer of status 500, a command that ends in another way than
its exit codes, a workspace that cannot be read and no sentence about it. Prints one JSON object."""

from __future__ import annotations

import contextlib
import io
import json
import logging
import os
import sys
from pathlib import Path

from streamlit.testing.v1 import AppTest

from core.cli.main import main as command_line
from core.store.schema import sqlite
from pages.ui.navigation import PAGES
from tests.core.http.serving import api_alone
from tests.soak import faults

ROOT = Path(__file__).resolve().parents[2]
COMMANDS = (
    "runs",
    "runs latest",
    "datasets",
    "datasets five_topics",
    "export latest --format html --out {out}.html",
    "suspects five_topics",
    "evaluate five_topics --prompt {prompt}",
    "tune five_topics --iterations 1",
    "import {data} --as again",
    "adopt latest",
    "feedback five_topics",
    "predictions five_topics",
    "versions five_topics",
    "ledger latest",
    "cache",
)
PROMPT = {
    "system_prompt": "Choose.",
    "user_prompt_prefix": "",
    "user_prompt_suffix": "",
    "bot_reply_prefix": "",
    "labels": ["a", "b"],
}
CALLS = (
    ("GET", "/v1/health", None),
    ("GET", "/v1/champion", None),
    ("GET", "/v1/predictions/p1", None),
    ("POST", "/v1/classify", {"text": "a new text of football"}),
    ("POST", "/v1/feedback", {"prediction_id": "p1", "score": 1.0}),
)


class Walk:
    """`said`: by place, its sentences; `wrong`: places and what is wrong there."""

    def __init__(self, folder: Path):
        self.folder = folder
        self.said: dict[str, list[str]] = {}
        self.wrong: list[str] = []

    def pages(self, app: AppTest) -> None:
        for page in PAGES:
            with self._console(page.title):
                app.switch_page(page.script).run()
            self._look(page.title, app)

    def drawn(self, app: AppTest) -> AppTest:
        with self._console("first"):
            app.run()
        self._look("first", app)
        return app

    def _look(self, place: str, app: AppTest) -> None:
        self.wrong += [f"{place}: {each.message} ({each.value})"[:600] for each in app.exception]
        self.said[place] = [each.value for each in (*app.error, *app.warning)]

    def calls(self) -> None:
        with self._console("http"), api_alone(self.folder) as api:
            client = api.client()
            for method, path, body in CALLS:
                raw = None if body is None else json.dumps(body).encode()
                answer = client.send(method, path, raw, {"Content-Type": "application/json"})
                self.said[path] = [f"{answer.status} {(answer.body or {}).get('error', '')}".strip()]
                if answer.status == 500:
                    self.wrong.append(f"{path}: {answer.body}")
            client.close()

    def commands(self, out: Path) -> None:
        out.mkdir(parents=True, exist_ok=True)
        prompt = out / "prompt.json"
        prompt.write_text(json.dumps(PROMPT))
        names = {
            "out": out / "out",
            "prompt": prompt,
            "data": ROOT / "data" / "samples" / "github_issues.csv",
        }
        for words in COMMANDS:
            with self._console(words) as text:
                code = command_line(
                    [*(each.format(**names) for each in words.split()), "--workspace", str(self.folder)]
                )
            self.said[words] = [f"{code} {text.getvalue().strip().splitlines()[-1:]}"]
            says_how_it_goes = words.startswith("tune")
            if code and not says_how_it_goes and len(text.getvalue().strip().splitlines()) > 3:
                self.wrong.append(f"{words}: more than a sentence: {text.getvalue()[:600]}")

    @contextlib.contextmanager
    def _console(self, place: str):
        """What goes to stderr meanwhile, log included."""
        text = io.StringIO()
        handler = logging.StreamHandler(text)
        handler.setLevel(logging.WARNING)
        logging.getLogger().addHandler(handler)
        try:
            with contextlib.redirect_stderr(text), contextlib.redirect_stdout(io.StringIO()):
                yield text
        except BaseException as problem:
            self.wrong.append(f"{place}: {problem!r}"[:300])
        finally:
            logging.getLogger().removeHandler(handler)
        if "Traceback" in text.getvalue():
            self.wrong.append(f"{place}: traceback: {text.getvalue()[:300]} … {text.getvalue()[-300:]}")


def main(folder: Path, name: str) -> None:
    os.environ["WHETSTONE_WORKSPACE"] = str(folder)
    sqlite.BUSY_SECONDS = 1  # not 30, for each of fifty places
    walk, fault = Walk(folder), faults.named(name)
    app = AppTest.from_file(str(ROOT / "pages" / "router.py"), default_timeout=120)
    if fault.while_open:
        walk.drawn(app)
    fault.strike(folder)
    walk.drawn(app)
    walk.pages(app)
    walk.calls()
    walk.commands(folder.parent / "out")
    print(json.dumps({"said": walk.said, "wrong": walk.wrong}))


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2])
