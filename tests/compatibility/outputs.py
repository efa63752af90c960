"""What commands print and write, word by word: golden/ holds it as the code of 25d703e had it, apart from ids.

Where a change of an algorithm or of a text is meant, `python -m tests.compatibility.outputs` writes golden/ anew; its
diff then belongs to that change. A restructuring changes none of it."""

from __future__ import annotations

import io
import json
import re
import sys
import tempfile
from collections.abc import Iterator
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path

from core.cli.main import main
from core.version import __version__
from tests.compatibility import surface

ROOT = Path(__file__).resolve().parents[2]
GOLDEN = surface.HERE / "golden"
SAMPLES = ROOT / "data" / "samples"
PROMPT = GOLDEN / "tune_github_issues.out.json"  # what that case writes is what others read
OUT = "OUT"  # stands for a file that the command writes
DIGITS = 9  # of doubts, which come from sums of floats: the last digits are the machine's


@dataclass(frozen=True, slots=True)
class Case:
    """A command; `writes` is the ending of the file at OUT, `reads` names the run of the frozen workspace
    that it is about."""

    name: str
    words: tuple[str, ...]
    writes: str = ""
    reads: str = ""
    code: int = 0


@dataclass(frozen=True, slots=True)
class Output:
    code: int
    printed: str
    written: str


def sample(name: str) -> str:
    return str(SAMPLES / f"{name}.csv")


CASES = (
    Case("tune_five_topics", ("tune", sample("five_topics"), "--json")),
    Case("tune_github_issues", ("tune", sample("github_issues"), "--out", OUT, "--json"), ".json"),
    Case("tune_insincere_questions", ("tune", sample("insincere_questions"), "--iterations", "3", "--json")),
    Case("tune_question_pairs", ("tune", sample("question_pairs"), "--iterations", "3", "--json")),
    Case(
        "tune_rewrite",
        (
            "tune",
            sample("five_topics"),
            "--strategy",
            "rewrite",
            "--iterations",
            "2",
            "--seed",
            "3",
            "--json",
        ),
    ),
    Case("tune_capped", ("tune", sample("github_issues"), "--max-calls", "400", "--json"), code=3),
    Case("tune_in_words", ("tune", sample("five_topics"), "--iterations", "1")),
    Case("evaluate", ("evaluate", sample("github_issues"), "--prompt", str(PROMPT), "--json")),
    Case(
        "evaluate_test",
        ("evaluate", sample("github_issues"), "--prompt", str(PROMPT), "--split", "test", "--json"),
    ),
    Case("classify", ("classify", sample("five_topics"), OUT, "--prompt", str(PROMPT), "--json"), ".csv"),
    Case("suspects", ("suspects", sample("github_issues"), "--limit", "40", "--json")),
    Case("suspects_in_words", ("suspects", sample("question_pairs"), "--limit", "5")),
    *(
        Case(f"export_{form}", ("export", "RUN", "--format", form, "--out", OUT), "." + ending, "undisturbed")
        for form, ending in (
            ("html", "html"),
            ("json", "json"),
            ("md", "md"),
            ("promptfoo", "yaml"),
            ("python", "py.txt"),
        )
    ),
    *(
        Case(
            f"export_{provider}_batch",
            ("export", "RUN", "--format", f"{provider}-batch", "--lightweight", model, "--out", OUT),
            ".jsonl",
            "undisturbed",
        )
        for provider, model in (("openai", "openai:gpt-6-luna"), ("anthropic", "anthropic:claude-haiku-5-5"))
    ),
    Case("export_in_json", ("export", "RUN", "--format", "md", "--step", "1", "--json"), reads="undisturbed"),
    Case("export_neighbours", ("export", "RUN", "--format", "html", "--out", OUT), ".html", "neighbours"),
    Case("import", ("import", sample("question_pairs"), "--as", "Pairs", "--json")),
    Case("import_in_words", ("import", sample("question_pairs"), "--as", "Pairs")),
    Case("runs", ("runs", "--json"), reads="undisturbed"),
    Case("runs_in_words", ("runs",), reads="undisturbed"),
    Case("cache", ("cache", "--clear", "--json")),
)


def output(case: Case, scratch: Path) -> Output:
    """Of the command in this process, on a workspace of its own or a copy of the frozen one."""
    workspace = surface.unpack(scratch) if case.reads else scratch / "workspace"
    target = scratch / f"written{case.writes}"
    names = {OUT: str(target)} | ({"RUN": surface.expected()["ids"][case.reads]} if case.reads else {})
    printed = io.StringIO()
    with redirect_stdout(printed), redirect_stderr(io.StringIO()):
        code = main([*(names.get(word, word) for word in case.words), "--workspace", str(workspace)])
    written = target.read_bytes().decode("utf-8") if case.writes else ""
    return Output(code, normal(case, printed.getvalue(), str(target)), normal(case, written, str(target)))


def normal(case: Case, text: str, target: str) -> str:
    """Without what differs between two runs of the same code, or two machines: ids, the folder, the release."""
    text = text.replace(target, OUT).replace(f"Whetstone {__version__}", "Whetstone VERSION")
    if not case.reads:
        text = re.sub(r'("run_id": "|^run )[2-9a-hjkmnp-z]{10}\b', r"\1RUN", text, flags=re.MULTILINE)
        text = re.sub(r"(?<=^run RUN: finished after )[^.]+", "A WHILE", text, flags=re.MULTILINE)
        text = re.sub(r"(?<= export )[2-9a-hjkmnp-z]{10}(?= )", "RUN", text)
        text = re.sub(r'("dataset_id": ")[2-9a-hjkmnp-z]{10}\b', r"\1DATASET", text)
        text = re.sub(r'("bytes": )\d+(?=, "hits")', r"\g<1>0", text)  # of an empty cache: SQLite's own
    return re.sub(r'(?<="doubt": )[0-9.e-]+', lambda doubt: repr(round(float(doubt[0]), DIGITS)), text)


def files(case: Case, output: Output) -> Iterator[tuple[Path, str]]:
    """Where it stands in golden/. A JSON object is one line when printed, and many there, to be read."""
    as_json = "--json" in case.words
    if as_json:
        assert output.printed.endswith("}\n") and output.printed.count("\n") == 1, output.printed[:500]
    printed = json.dumps(json.loads(output.printed), ensure_ascii=False, indent=1) + "\n" if as_json else ""
    yield GOLDEN / f"{case.name}.{'json' if as_json else 'txt'}", printed or output.printed
    if case.writes:
        yield GOLDEN / f"{case.name}.out{case.writes}", output.written


def write_all() -> None:
    for case in CASES:
        with tempfile.TemporaryDirectory() as scratch:
            came = output(case, Path(scratch))
        if came.code != case.code:
            sys.exit(f"{case.name}: ended with {came.code}")
        for path, text in files(case, came):
            path.write_bytes(text.encode("utf-8"))


if __name__ == "__main__":
    write_all()
