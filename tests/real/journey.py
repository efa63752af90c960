"""`make real`: the journey of a user whose lightweight model is a real small one on a real llama.cpp server.

Says what it does and what came of it, asserts what must hold whatever such a model answers, and leaves
nothing behind. `python -m tests.real.journey [NAME …]` takes some of the stages only."""

from __future__ import annotations

import csv
import json
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from core.prompts.files import from_json
from tests.real.playground import classified_in_browser
from tests.real.serving import MODEL, ROOT, CommandLine, LlamaServer, llama_server

LABELS = ("sincere", "insincere")
RULES = f"""
[models."{MODEL}"]
prefill = true                      # it goes on from the start of a reply
structured = "response_format"      # it keeps to a JSON schema
temperature_allowed = "always"      # else the server samples at 0.8: another answer every time
temperature = 0.0

[models."{MODEL}".extra]
stop = ["<|im_end|>"]               # this model has no template of its own, and writes the mark as text
"""
LIMITS = f"""
["{MODEL}"]
concurrency = 4     # as many as the server has slots: what waits in its queue uses up the time limit of a try
timeout = 900.0     # two cores that others use, too, are slow
deadline = 3600.0
"""
SHOTS = (
    ("How do I keep basil alive in winter?", "sincere"),
    ("Why do cyclists think the whole road belongs to them?", "insincere"),
    ("Which museums in Vienna are free on Sundays?", "sincere"),
    ("When will gamers finally grow up and get a job?", "insincere"),
)


def say(*words: object) -> None:
    print(*words, flush=True)


class Journey:
    """One folder, one server; a stage a method."""

    def __init__(self, folder: Path, server: LlamaServer):
        self.folder, self.server = folder, server
        self.rows, self.count = self._rows(30), 60
        self.shots = self._prompt("shots.json", "<label>")
        self.bare = self._prompt("bare.json", "", shots=())

    def line(self, workspace: str = "workspace", limited: bool = True) -> CommandLine:
        path = self.folder / workspace
        path.mkdir(exist_ok=True)
        (path / "models.toml").write_text(RULES)
        if limited:
            (path / "limits.toml").write_text(LIMITS)
        return CommandLine(self.server, path)

    # ---- stages, in this order

    def evaluate(self) -> None:
        """Asked while the server is still loading; then answered by the cache. With shots that are always the
        same, then with those most like the text."""
        say("at first the server answers", *self.server.post("/chat/completions", {"messages": []}))
        for prompt in (self.shots, self._prompt("similar.json", "<label>", self._others(30), k=4)):
            command = ("evaluate", self.rows, "--prompt", prompt, "--lightweight", MODEL, "--split", "all")
            figures = self.line().run(*command, "--json")
            low, high = figures["interval"]
            say(
                f"{prompt.stem}: accuracy {figures['accuracy']:.0%} ({low:.0%} to {high:.0%}) on {figures['n']} rows "
                f"of two labels, unreadable {figures['unreadable']}, {figures['calls']['lightweight']}"
            )
            assert (figures["n"], figures["failed"]) == (self.count, 0), figures
            sent = self.server.requests()
            again = self.line().run(*command, "--json")
            assert again["calls"]["lightweight"]["cached"] == self.count, again
            assert self.server.requests() == sent, "the second time was not free"

    def crowd(self) -> None:
        """Many more at once than the server has slots: it queues them and says nothing."""
        figures = self.line("crowd", limited=False).run(
            "evaluate", self._rows(8), "--prompt", self.shots, "--lightweight", MODEL, "--split", "all",
            "--concurrency", 64, "--json",
        )  # fmt: skip
        say(
            f"16 rows at 64 at once on 4 slots: {figures['calls']['lightweight']}, failed {figures['failed']}"
        )
        assert (figures["n"], figures["failed"]) == (16, 0), figures

    def rambling(self) -> None:
        """Without shots it rambles to the limit: that is an answer of the model, paid once."""
        command = (
            "evaluate", self._rows(4), "--prompt", self.bare, "--lightweight", MODEL, "--split", "all",
            "--reply-tokens", 24, "--json",
        )  # fmt: skip
        figures = self.line().run(*command)
        calls = figures["calls"]["lightweight"]
        say(f"no shots, 24 tokens: unreadable {figures['unreadable']} of {figures['n']}, {calls}")
        assert (figures["n"], figures["failed"], calls["api"]) == (8, 0, 8), figures
        assert self.line().run(*command)["calls"]["lightweight"]["api"] == 0, "paid again"

    def structured(self) -> None:
        """A JSON schema leaves it no way to ramble past the label."""
        figures = self.line().run(
            "evaluate", self._rows(2), "--prompt", self.bare, "--lightweight", MODEL, "--split", "all",
            "--structured-output", "--reply-tokens", 120, "--concurrency", 1, "--json",
        )  # fmt: skip
        say(f"held to the labels: unreadable {figures['unreadable']} of {figures['n']}")
        assert figures["failed"] == 0 and figures["unknown_label"] == 0, figures

    def too_long(self) -> None:
        """One text longer than the context is that row's trouble only."""
        path = self._write("long.csv", [*self._chosen(2), {"text": "word " * 4_000, "label": LABELS[0]}])
        target = self.folder / "labelled.csv"
        self.line().run("classify", path, target, "--prompt", self.shots, "--lightweight", MODEL)
        rows = list(csv.DictReader(target.open(newline="")))
        say(f"a text of 4,000 tokens where 2,048 fit: {rows[-1]['outcome']}: {rows[-1]['reason'][:200]}")
        assert [row["outcome"] for row in rows] == ["label"] * 4 + ["failed"], rows
        assert "context" in rows[-1]["reason"], rows[-1]

    def tune(self) -> None:
        """The offline editor, then the small model as its own editor: it cannot edit, and the run says so."""
        for heavyweight, calls in (("offline:editor", 100), (MODEL, 40)):
            started = time.monotonic()
            result = self.line().run(*self._tune(heavyweight, calls), exits=(0, 3))
            steps = [f"{step['reason']}" for step in result["steps"]]
            say(
                f"tuned by {heavyweight}: {result['status']} ({result['stop_reason']}), "
                f"test {result['baseline']['test']['accuracy']} -> {result['best']['test']['accuracy']}, "
                f"p {result['verdict']['p']}, calls {result['calls']}, {time.monotonic() - started:.0f} s"
            )
            for step in steps:
                say("  step:", step)
            assert result["best"]["test"]["failed"] == 0, result["best"]

    def kill_and_resume(self) -> None:
        """Killed in the middle and resumed. A run from the start over the same replies is the one that nobody
        interrupted: it must end the same, and send nothing."""
        line, before = self.line("killed"), self.server.requests()
        process = line.start(*self._tune("offline:editor", 60))
        first = process.stderr.readline()  # run RUN_ID: should it be interrupted, …
        run_id = first.split()[1].rstrip(":")
        while self.server.requests() < before + 25:
            assert process.poll() is None, "it ended before it could be killed"
            time.sleep(0.05)
        process.kill()
        process.communicate()
        killed_after = self.server.requests() - before
        resumed = line.run("tune", "--resume", run_id, "--json", exits=(0, 3))
        sent = self.server.requests() - before
        calls = resumed["calls"]["lightweight"]
        say(
            f"killed after {killed_after} calls, resumed: {sent} sent in all, counted {calls}, {resumed['stop_reason']}"
        )
        # what was under way when it died is lost (4 at once), and a reply is on disk a moment after it came
        assert sent <= calls["api"] + 16, (sent, calls)
        uninterrupted = line.run(*self._tune("offline:editor", 60), exits=(0, 3))
        assert self.server.requests() - before == sent, "a call was paid twice"
        for key in ("best", "baseline", "verdict", "steps"):
            assert uninterrupted[key] == resumed[key], (key, uninterrupted[key], resumed[key])

    def playground(self) -> None:
        """In the dashboard, by a real browser."""
        line = self.line("dashboard")
        say(
            "the playground shows:",
            classified_in_browser(line, from_json(self.shots.read_text()), MODEL, SHOTS[1][0]),
        )

    def embeddings(self) -> None:
        """The same weights as an embedding model, on a server of its own; the neighbours are rows of the dataset."""
        prompt = self._prompt("neighbours.json", "<label>", shots=(), k=4)
        with llama_server(self.folder, "--embeddings", "--context", "2048") as server:
            server.wait()
            line = CommandLine(server, self.line("embeddings").workspace)
            line.run("import", self.rows, "--as", "Questions")
            target = self.folder / "neighbours.csv"
            line.run(
                "classify", self._rows(3), target, "--prompt", prompt, "--lightweight", MODEL,
                "--neighbours", "dataset", "--dataset", "Questions", WHETSTONE_EMBEDDINGS=MODEL,
            )  # fmt: skip
            rows = list(csv.DictReader(target.open(newline="")))
            say(f"embedded 60 rows; with four neighbours each: {[row['label'] for row in rows]}")
            assert len(rows) == 6 and all(row["outcome"] != "failed" for row in rows), rows

    # ---- what they are done with

    def _tune(self, heavyweight: str, calls: int) -> tuple[object, ...]:
        return (
            "tune", self.rows, "--prompt", self.shots, "--lightweight", MODEL, "--heavyweight", heavyweight,
            "--iterations", 2, "--max-calls", calls, "--max-heavy-calls", 2, "--concurrency", 4, "--seed", 7,
            "--reply-tokens", 60, "--json",
        )  # fmt: skip

    def _chosen(self, per_label: int) -> list[dict[str, str]]:
        with (ROOT / "data/samples/insincere_questions.csv").open(newline="", encoding="utf-8") as file:
            rows = [row for row in csv.DictReader(file) if not row["exclude"]]
        return [
            {"text": row["text"], "label": row["label"]}
            for label in LABELS
            for row in [row for row in rows if row["label"] == label][:per_label]
        ]

    def _others(self, per_label: int) -> tuple[tuple[str, str], ...]:
        """Rows that are not measured, to be shown."""
        rows = self._chosen(30 + per_label)
        measured = {row["text"] for row in self._chosen(30)}
        return tuple((row["text"], row["label"]) for row in rows if row["text"] not in measured)

    def _rows(self, per_label: int) -> Path:
        return self._write(f"rows-{per_label}.csv", self._chosen(per_label))

    def _write(self, name: str, rows: list[dict[str, str]]) -> Path:
        path = self.folder / name
        with path.open("w", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, ["text", "label"])
            writer.writeheader()
            writer.writerows(rows)
        return path

    def _prompt(self, name: str, prefix: str, shots: tuple[tuple[str, str], ...] = SHOTS, k: int = 0) -> Path:
        strategy = "similar" if k else "fixed" if shots else "none"
        content = {
            "system_prompt": "Is the question sincere, or insincere (a statement, a sneer, a prejudice)?",
            "user_prompt_prefix": "Question: ",
            "user_prompt_suffix": "",
            "bot_reply_prefix": prefix,
            "labels": list(LABELS),
            "few_shot": {
                "strategy": strategy,
                "k": k,
                "examples": [{"text": text, "label": label} for text, label in shots],
            },
        }
        path = self.folder / name
        path.write_text(json.dumps(content))
        return path


STAGES: tuple[Callable[[Journey], None], ...] = (
    Journey.evaluate,
    Journey.crowd,
    Journey.rambling,
    Journey.structured,
    Journey.too_long,
    Journey.tune,
    Journey.kill_and_resume,
    Journey.playground,
    Journey.embeddings,
)


def main(names: list[str]) -> int:
    """How many stages failed; each is tried, whatever became of the others."""
    failed, started = [], time.monotonic()
    with tempfile.TemporaryDirectory() as folder, llama_server(Path(folder)) as server:
        journey = Journey(Path(folder), server)
        for stage in STAGES:
            if names and stage.__name__ not in names:
                continue
            say(f"\n== {stage.__name__}: {' '.join((stage.__doc__ or '').split())}")
            began = time.monotonic()
            try:
                stage(journey)
            except Exception as why:  # the other stages are to be seen, too
                failed.append(stage.__name__)
                say("FAILED:", type(why).__name__, str(why)[:2000])
            say(f"   {time.monotonic() - began:.0f} s, {server.requests()} calls so far")
    say(
        f"\n{'Failed: ' + ', '.join(failed) if failed else 'The journey went well'}: {time.monotonic() - started:.0f} s"
    )
    return len(failed)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
