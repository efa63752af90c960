"""`evaluate` and `classify`: a prompt file at work."""

from __future__ import annotations

import csv
import io
import json
import os
import threading
from pathlib import Path

import pytest

from core.data.formats.registry import open_file
from core.store.store import Store
from core.types import Dataset, Example, LabelSet
from core.types.calls import PROMPT_FIELDS
from tests.core.cli.conftest import Shell
from tests.core.cli.trade import LIGHT, answer, rows, write_csv, write_prompt
from tests.fakes import acts
from tests.fakes.server import FakeServer
from tests.fakes.wire import Said

OFFLINE = ("--lightweight", "offline:reader")


@pytest.fixture
def prompt(tmp_path: Path) -> Path:
    """A prompt that knows every rule of the trade."""
    return write_prompt(tmp_path / "p.json")


def read_csv(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_a_prompt_may_come_from_a_pipe_which_is_read_once(shell: Shell, prompt: Path, tmp_path: Path):
    data, out, pipe = write_csv(tmp_path / "a.csv", rows(12)), tmp_path / "out.csv", tmp_path / "pipe"
    os.mkfifo(pipe)
    for words in (("evaluate", data), ("classify", data, out), ("tune", data, "--iterations", 1)):
        writing = threading.Thread(target=pipe.write_bytes, args=(prompt.read_bytes(),), daemon=True)
        writing.start()
        assert shell(*words, "--prompt", pipe, *OFFLINE).code == 0
        writing.join(timeout=5)


# ---- how long a reply may be


def test_reply_tokens_reach_the_model_and_are_checked(
    shell: Shell, server: FakeServer, prompt: Path, tmp_path: Path
):
    data = write_csv(tmp_path / "a.csv", rows(6))
    assert shell("evaluate", data, "--prompt", prompt, "--reply-tokens", 77, "--json").code == 0
    out = tmp_path / "out.csv"
    assert shell("classify", data, out, "--prompt", prompt, "--reply-tokens", 78).code == 0
    assert {body["max_completion_tokens"] for body in server.bodies} == {77, 78}
    for wrong in ("0", "100001", "many"):
        refused = shell("evaluate", data, "--prompt", prompt, "--reply-tokens", wrong)
        assert refused.code == 2 and "from 1 to 100,000" in refused.complaint


# ---- evaluate


def test_evaluate_tells_the_figures_of_every_label(
    shell: Shell, server: FakeServer, prompt: Path, tmp_path: Path
):
    wrong = [(text, "docs" if "crash" in text else label) for text, label in rows(24)]
    done = shell("evaluate", write_csv(tmp_path / "a.csv", wrong), "--prompt", prompt, "--json")
    found = done.found
    assert (done.code, found["split"], found["n"], found["accuracy"]) == (0, "all", 24, 0.75)
    assert (found["unreadable"], found["unknown_label"], found["failed"]) == (0, 0, 0)
    assert found["interval"][0] < 0.75 < found["interval"][1] and 0 < found["macro_f1"] < 1
    assert found["per_label"]["docs"] == {
        "n": 12,
        "precision": 1.0,
        "recall": 0.5,
        "f1": pytest.approx(2 / 3),
    }
    assert found["confusion"]["docs"] == {
        "bug": 6,
        "docs": 6,
        "idea": 0,
        "(unknown label)": 0,
        "(unreadable)": 0,
    }
    assert (
        found["calls"]["lightweight"] == {"api": 24, "cached": 0, "failed": 0}
        and found["cost_usd"]["lightweight"] is None
    )
    assert server.counts["requests"] == 24
    words = shell("evaluate", tmp_path / "a.csv", "--prompt", prompt).out
    assert "accuracy 75.0 % ± 16.5 (55.1 to 88.0) on 24 rows, 0 failed calls" in words
    assert "docs 12 100.0 % 50.0 % 66.7 %" in " ".join(words.split())
    assert "6 of 12 docs predicted as bug, such as\n      “A crash at the " in words
    assert server.counts["requests"] == 24, "asked before"


def test_the_four_outcomes_are_counted_apart(shell: Shell, server: FakeServer, prompt: Path, tmp_path: Path):
    replies = {
        "crash": Said("<label>BUG </label>"),
        "guide": Said("<label>manual</label>"),
        "slow": Said("Hm."),
        "wish": Said("No.", "refusal"),
    }
    server.answer = lambda messages: next(said for word, said in replies.items() if word in messages[-1][1])
    found = shell("evaluate", write_csv(tmp_path / "a.csv", rows(24)), "--prompt", prompt, "--json").found
    assert (found["n"], found["unknown_label"], found["unreadable"], found["failed"]) == (18, 6, 6, 6)
    assert found["accuracy"] == pytest.approx(6 / 18), "a failed call is no wrong answer, the others are"


def test_replies_are_held_to_the_label_set_where_that_is_asked_for(
    shell: Shell, server: FakeServer, prompt: Path, tmp_path: Path
):
    server.answer = lambda messages: Said('{"reason": "It stops.", "label": "bug"}')
    data = write_csv(tmp_path / "a.csv", rows(4))
    found = shell(
        "evaluate",
        data,
        "--prompt",
        prompt,
        "--lightweight",
        "openai:gpt-6-luna",
        "--structured-output",
        "--json",
    ).found
    schemas = [
        body["response_format"]["json_schema"]["schema"]["properties"]["label"]["enum"]
        for body in server.bodies
    ]
    assert schemas == [["bug", "docs", "idea"]] * 4 and found["unreadable"] == 0
    shell("evaluate", data, "--prompt", prompt, "--lightweight", "openai:gpt-6-luna", "--json")
    assert len(server.bodies) == 8 and all("response_format" not in body for body in server.bodies[4:]), (
        "another request, another call"
    )


@pytest.mark.parametrize(("part", "n"), [("all", 24), ("train", 8), ("validation", 4), ("test", 12)])
def test_one_part_can_be_measured_alone(
    shell: Shell, server: FakeServer, prompt: Path, tmp_path: Path, part: str, n: int
):
    parts = ["train"] * 8 + ["validation"] * 4 + ["test"] * 12
    data = write_csv(
        tmp_path / "a.csv",
        [(*row, part) for row, part in zip(rows(24), parts, strict=True)],
        ("text", "label", "split"),
    )
    found = shell("evaluate", data, "--prompt", prompt, "--split", part, "--json").found
    assert (found["split"], found["n"], found["accuracy"]) == (part, n, 1.0)


def test_what_is_too_little_for_tuning_can_still_be_measured(
    shell: Shell, server: FakeServer, prompt: Path, tmp_path: Path
):
    one = write_csv(tmp_path / "one.csv", rows(1))
    assert shell("evaluate", one, "--prompt", prompt, "--json").found["n"] == 1
    exam = write_csv(tmp_path / "exam.csv", [(*row, "test") for row in rows(5)], ("text", "label", "split"))
    for part in ("all", "test"):
        assert shell("evaluate", exam, "--prompt", prompt, "--split", part, "--json").found["n"] == 5
    done = shell("evaluate", exam, "--prompt", prompt, "--split", "train")
    assert (done.code, done.out, done.err.count("\n")) == (
        1,
        "",
        1,
    ) and "no rows in the train part" in done.err


def test_excluded_rows_are_not_measured(shell: Shell, server: FakeServer, prompt: Path, tmp_path: Path):
    data = write_csv(
        tmp_path / "a.csv",
        [(*row, "x" if n < 4 else "") for n, row in enumerate(rows(24))],
        ("text", "label", "exclude"),
    )
    assert shell("evaluate", data, "--prompt", prompt, "--json").found["n"] == 20


def test_a_label_that_the_prompt_does_not_know_is_refused_before_anything_is_spent(
    shell: Shell, server: FakeServer, tmp_path: Path
):
    prompt = write_prompt(tmp_path / "p.json", labels=["bug", "idea"])
    done = shell("evaluate", write_csv(tmp_path / "a.csv", rows(24)), "--prompt", prompt)
    assert (done.code, done.out, done.err.count("\n")) == (1, "", 1) and "“docs”" in done.err
    assert server.counts["requests"] == 0


def test_the_model_typed_wins_over_the_prompt_files(
    shell: Shell, server: FakeServer, prompt: Path, tmp_path: Path
):
    data = write_csv(tmp_path / "a.csv", rows(4))
    shell("evaluate", data, "--prompt", prompt, "--lightweight", "openai:other")
    shell("evaluate", data, "--prompt", prompt, "--lightweight", "offline:reader")
    assert {body["model"] for body in server.bodies} == {"other"}


def test_a_figure_below_the_floor_ends_with_1_and_a_sentence_and_the_figures(
    shell: Shell, server: FakeServer, prompt: Path, tmp_path: Path
):
    wrong = [(text, "docs" if "crash" in text else label) for text, label in rows(24)]
    command = "evaluate", write_csv(tmp_path / "a.csv", wrong), "--prompt", prompt, "--json", "--fail-under"
    assert shell(*command, 0.75).code == 0
    done = shell(*command, 0.8)
    assert (done.code, done.found["accuracy"]) == (1, 0.75)
    assert done.complaint == "Accuracy is 75.0 %, below 80.0 % (--fail-under)."
    done = shell(*command, 0.7, "--objective", "f1:docs")
    assert (done.code, done.complaint) == (1, "F1 of “docs” is 66.7 %, below 70.0 % (--fail-under).")


def test_every_row_can_be_written_with_its_prediction(
    shell: Shell, server: FakeServer, prompt: Path, tmp_path: Path
):
    data, out = write_csv(tmp_path / "a.csv", [*rows(3), ("a wish", "bug")]), tmp_path / "out.csv"
    assert shell("evaluate", data, "--prompt", prompt, "-o", out).code == 0
    written = read_csv(out)
    assert list(written[0]) == ["id", "text", "label", "predicted", "correct", "outcome", "reason"]
    assert [(row["label"], row["predicted"], row["correct"]) for row in written][2:] == [
        ("bug", "bug", "yes"),
        ("bug", "idea", "no"),
    ]


# ---- classify


def test_classify_writes_text_label_outcome_reason_and_every_other_column(
    shell: Shell, server: FakeServer, prompt: Path, tmp_path: Path
):
    table = [
        (f"T-{number}", text, label, f"=SUM({number})", 'ü, "q"\r\n2')
        for number, (text, label) in enumerate(rows(12))
    ]
    data = write_csv(tmp_path / "in.csv", table, ("ticket", "text", "label", "sum", "text 2"))
    done = shell("classify", data, tmp_path / "new" / "out.csv", "--prompt", prompt, "--json")
    assert done.code == 0 and done.found["rows"] == 12
    assert done.found["outcomes"] == {"label": 12, "unknown_label": 0, "unreadable": 0, "failed": 0}
    written = read_csv(tmp_path / "new" / "out.csv")
    assert list(written[0]) == [
        "text",
        "label",
        "outcome",
        "reason",
        "ticket",
        "input_label",
        "sum",
        "text 2",
    ]
    for (ticket, text, label, total, more), row in zip(table, written, strict=True):
        assert list(row.values()) == [
            text,
            label,
            "label",
            "So the prompt has it.",
            ticket,
            label,
            "'" + total,
            more,
        ]


def test_neighbours_come_from_the_prompt_unless_a_datasets_rows_are_asked_for(
    shell: Shell, server: FakeServer, prompt: Path, tmp_path: Path
):
    (known, label), (own, other), *rest = rows(6)
    file = json.loads(prompt.read_text(encoding="utf-8"))
    file["few_shot"] = {"strategy": "similar", "k": 1, "examples": [{"text": own, "label": other}]}
    prompt.write_text(json.dumps(file), encoding="utf-8")
    data = write_csv(tmp_path / "in.csv", rest)
    store = Store.open(tmp_path / "workspace" / "whetstone.db")
    store.datasets.add(Dataset("p", LabelSet(tuple(file["labels"])), (Example("1", known, label),)), "test")
    store.close()

    def sent(*more: str) -> tuple[str, set[str]]:
        before = len(server.bodies)
        done = shell("classify", data, tmp_path / "out.csv", "--prompt", prompt, *more)
        assert done.code == 0, done.err
        bodies = [json.dumps(body, ensure_ascii=False) for body in server.bodies[before:]]
        return done.err, {text for text in (own, known) if all(text in body for body in bodies)}

    said, texts = sent()
    assert texts == {own} and "from the prompt's own" in said
    assert sent("--neighbours", "prompt")[1] == {own, known}, "no call: these were asked before"
    said, texts = sent("--neighbours", "dataset")
    assert known in texts and "from the dataset's rows" in said
    refused = shell(
        "classify", data, tmp_path / "o.csv", "--prompt", prompt, "--neighbours", "dataset", "--dataset", "x"
    )
    assert refused.code == 1 and "There is no dataset “x” in this workspace: it has “p”. " in refused.err
    assert shell("classify", data, tmp_path / "o.csv", "--prompt", prompt, "--dataset", "p").code == 2


def test_columns_called_as_ours_are_kept_under_a_free_name(
    shell: Shell, server: FakeServer, prompt: Path, tmp_path: Path
):
    header = ("text", "outcome", "reason", "input_reason", "label", "input_label")
    table = [(text, "old", "because", "two", "x", "y") for text, _ in rows(4)]
    shell("classify", write_csv(tmp_path / "in.csv", table, header), tmp_path / "out.csv", "--prompt", prompt)
    row = read_csv(tmp_path / "out.csv")[0]
    assert list(row)[4:] == [
        "input_outcome",
        "input_reason",
        "input_input_reason",
        "input_label",
        "input_input_label",
    ]
    assert list(row.values())[4:] == ["old", "because", "two", "x", "y"], (
        "nothing is lost and nothing mixed up"
    )


def test_what_classify_wrote_can_be_classified_again(
    shell: Shell, server: FakeServer, prompt: Path, tmp_path: Path
):
    shell("classify", write_csv(tmp_path / "in.csv", rows(6)), tmp_path / "a.csv", "--prompt", prompt)
    assert shell("classify", tmp_path / "a.csv", tmp_path / "a.csv", "--prompt", prompt).code == 0, (
        "even in place"
    )
    assert [row["label"] for row in read_csv(tmp_path / "a.csv")] == [label for _, label in rows(6)]


def test_several_text_columns_are_joined_and_kept(
    shell: Shell, server: FakeServer, prompt: Path, tmp_path: Path
):
    data = write_csv(
        tmp_path / "in.csv", [(text, "second") for text, _ in rows(4)], ("question1", "question2")
    )
    shell("classify", data, tmp_path / "out.csv", "--prompt", prompt)
    written = read_csv(tmp_path / "out.csv")
    assert [row["text"] for row in written] == [
        f"Question 1: {text}\nQuestion 2: second" for text, _ in rows(4)
    ]
    assert [(row["question1"], row["question2"]) for row in written] == [
        (text, "second") for text, _ in rows(4)
    ]


def test_empty_texts_cost_no_call_and_stay_in_their_place(
    shell: Shell, server: FakeServer, prompt: Path, tmp_path: Path
):
    texts = [("1", rows(1)[0][0]), ("2", ""), ("3", "   "), ("4", rows(2)[1][0])]
    done = shell(
        "classify",
        write_csv(tmp_path / "in.csv", texts, ("id", "text")),
        tmp_path / "out.csv",
        "--prompt",
        prompt,
        "--json",
    )
    assert done.code == 0 and server.counts["requests"] == 2
    written = read_csv(tmp_path / "out.csv")
    assert [(row["id"], row["label"], row["outcome"]) for row in written] == [
        ("1", "bug", "label"),
        ("2", "", "failed"),
        ("3", "", "failed"),
        ("4", "docs", "label"),
    ]
    assert written[1]["reason"] == "Not asked: the row has no text."


@pytest.mark.parametrize("ending", ["csv", "tsv", "xlsx", "jsonl"])
def test_nothing_that_classify_writes_begins_a_formula_and_all_of_it_is_read_back(
    shell: Shell, server: FakeServer, tmp_path: Path, ending: str
):
    """Texts, labels, a model's reasons and column names alike; and what was escaped is asked about as it was."""
    prompt = tmp_path / "prompt.json"
    prompt.write_text(json.dumps(dict.fromkeys(PROMPT_FIELDS, "") | {"labels": ["=bug", "-5"]}))
    server.always = acts.reply('=HYPERLINK("http://x") <label>=bug</label>')
    given = write_csv(tmp_path / "in.csv", [("=1+1", "-5"), ("'@x", "+z"), ("a\rb", "")], ("text", "=more"))
    out = tmp_path / f"out.{ending}"
    assert shell("classify", given, out, "--prompt", prompt, "--lightweight", LIGHT).code == 0
    asked = [json.dumps(request["messages"]) for request in server.bodies]
    assert sum("'@x" in each for each in asked) == 0 and sum("@x" in each for each in asked) == 1
    raw = out.read_bytes()
    if ending in ("csv", "tsv"):
        cells = [
            cell
            for row in csv.reader(io.StringIO(raw.decode(), newline=""), delimiter=",\t"[ending == "tsv"])
            for cell in row
        ]
        assert {cell for cell in cells if cell[:1] in "=+-@\t\r" and cell} == {"-5"}, "which is a number"
    table = open_file(raw, out.name)
    assert table.columns == ("text", "label", "outcome", "reason", "=more")
    assert [row[0] for row in table.rows] == ["=1+1", "@x", "a\rb"]
    assert [row[4] for row in table.rows] == ["-5", "+z", ""]
    assert {row[1] for row in table.rows} == {"=bug"} and all(
        row[3].startswith("=HYPER") for row in table.rows
    )


def test_a_place_that_cannot_be_written_is_refused_before_anything_is_spent(
    shell: Shell, server: FakeServer, prompt: Path, tmp_path: Path
):
    done = shell("classify", write_csv(tmp_path / "in.csv", rows(4)), tmp_path, "--prompt", prompt)
    assert (done.code, done.out, done.err.count("\n")) == (1, "", 1)
    assert server.counts["requests"] == 0


# ---- caps


@pytest.mark.parametrize("cap", [0, 7])
def test_evaluate_stops_at_its_cap_with_what_it_has(
    shell: Shell, server: FakeServer, prompt: Path, tmp_path: Path, cap: int
):
    data = write_csv(tmp_path / "a.csv", rows(24))
    done = shell("evaluate", data, "--prompt", prompt, "--max-calls", cap, "--json")
    assert (done.code, done.found["n"], server.counts["requests"]) == (3, cap, cap)
    assert (done.found["accuracy"], done.found["calls"]["lightweight"]["api"]) == (1.0 if cap else None, cap)
    assert f"The cap of {cap} lightweight calls is reached" in done.err
    assert shell("evaluate", data, "--prompt", prompt, "--max-calls", 24 - cap, "--json").code == 0
    assert server.counts["requests"] == 24, "what was asked before is not asked again"


def test_classify_stops_at_its_cap_and_writes_every_row(
    shell: Shell, server: FakeServer, prompt: Path, tmp_path: Path
):
    data = write_csv(tmp_path / "in.csv", rows(12))
    done = shell("classify", data, tmp_path / "out.csv", "--prompt", prompt, "--max-calls", 5, "--json")
    assert (done.code, server.counts["requests"]) == (3, 5)
    assert done.found["outcomes"] == {"label": 5, "unknown_label": 0, "unreadable": 0, "failed": 7}
    written = read_csv(tmp_path / "out.csv")
    assert [row["text"] for row in written] == [text for text, _ in rows(12)]
    assert all(
        row["reason"].startswith("Not asked: The cap of 5 lightweight calls")
        for row in written
        if row["outcome"] == "failed"
    )


def test_a_cap_in_dollars_needs_a_price(
    shell: Shell, server: FakeServer, prompt: Path, tmp_path: Path, workspace: Path
):
    data = write_csv(tmp_path / "a.csv", rows(12))
    done = shell("evaluate", data, "--prompt", prompt, "--budget-usd", 1)
    assert (done.code, done.out, done.err.count("\n"), server.counts["requests"]) == (2, "", 1, 0)
    assert "models.toml" in done.err and LIGHT in done.err
    workspace.mkdir(exist_ok=True)
    (workspace / "models.toml").write_text(f'[prices."{LIGHT}"]\ninput = 10.0\noutput = 20.0\n')
    done = shell("evaluate", data, "--prompt", prompt, "--budget-usd", 0.02, "--json")
    spent = done.found["cost_usd"]["lightweight"]
    assert done.code == 3 and 0 < done.found["n"] < 12 and 0 < spent <= 0.02


# ---- prompts that are no prompt file of ours

TEXT = """Sort tickets into bug, docs or idea.
Texts about a crash are bug. Anything about a guide is docs. What is slow is bug.

Ticket: {{text}}
End with <label>the label</label>
"""


@pytest.mark.parametrize("form", ["text", "chat"])
def test_a_prompt_of_another_form_is_measured_with_the_labels_of_the_rows(
    shell: Shell, server: FakeServer, prompt: Path, tmp_path: Path, form: str
):
    data, own = write_csv(tmp_path / "a.csv", rows(24)), tmp_path / "own.txt"
    own.write_text(
        TEXT if form == "text" else json.dumps([{"role": "user", "content": TEXT}]), encoding="utf-8"
    )
    done = shell("evaluate", data, "--prompt", own, "--lightweight", LIGHT, "--json")
    assert (done.code, done.found["accuracy"]) == (0, 1.0)
    assert "placeholder" not in done.err and "does not name" not in done.err


def test_what_is_added_to_such_a_prompt_is_said(shell: Shell, server: FakeServer, tmp_path: Path):
    (tmp_path / "own.txt").write_text("Sort tickets into bug or docs.", encoding="utf-8")
    data = write_csv(tmp_path / "a.csv", rows(24))
    done = shell("evaluate", data, "--prompt", tmp_path / "own.txt", "--lightweight", LIGHT, "--json")
    assert done.code == 0
    assert "no placeholder such as {{text}}" in done.err and "does not name the label “idea”" in done.err
    (tmp_path / "own.txt").write_text("{{text}} {{more}}", encoding="utf-8")
    done = shell("evaluate", data, "--prompt", tmp_path / "own.txt")
    assert (done.code, done.out, done.err.count("\n")) == (1, "", 1) and "several placeholders" in done.err


def test_classify_is_given_the_labels_of_such_a_prompt(
    shell: Shell, server: FakeServer, prompt: Path, tmp_path: Path
):
    (tmp_path / "own.txt").write_text(TEXT, encoding="utf-8")
    data, out = write_csv(tmp_path / "in.csv", rows(6)), tmp_path / "out.csv"
    words = ("classify", data, out, "--prompt", tmp_path / "own.txt", "--lightweight", LIGHT)
    done = shell(*words)
    assert (done.code, done.out) == (2, "") and "--labels bug,question" in done.err
    done = shell(*words, "--labels", "bug, docs", "--labels", "idea", "--json")
    assert (done.code, done.found["outcomes"]["label"]) == (0, 6)
    done = shell("classify", data, out, "--prompt", prompt, "--labels", "bug,docs")
    assert done.code == 2 and "leave it out" in done.err
    for old in (("--label", "bug", "--label", "docs"), ("--label", "bug")):
        done = shell(*words, *old)
        assert done.code == 2 and "--labels bug," in done.err, "what it was called before"


@pytest.mark.parametrize("status", [401, 402])
def test_an_account_that_runs_dry_leaves_what_was_answered(
    shell: Shell, server: FakeServer, prompt: Path, tmp_path: Path, status: int
):
    data, target = write_csv(tmp_path / "a.csv", rows(6)), tmp_path / "out.csv"
    words = ("--prompt", prompt, "--lightweight", LIGHT, "--concurrency", 1)
    server.script.extend([acts.REPLY] * 4)
    server.always = acts.status(status, "Insufficient credits")
    done = shell("classify", data, target, *words)
    written = read_csv(target)
    assert done.code == 3 and "Insufficient credits" in done.err
    assert [row["outcome"] for row in written] == ["label"] * 4 + ["failed"] * 2
    assert "Not asked" in written[5]["reason"] and "Insufficient credits" in written[5]["reason"]
    again = shell("evaluate", data, *words, "--json")
    assert (again.code, again.found["n"]) == (3, 4)
    assert server.counts["answered"] == 4, "and what was paid is not asked again"


# ---- replies that are cut off


def rambling(messages: list[tuple[str, str]]) -> Said:
    """Never comes to its label where a text speaks of a crash."""
    if "crash" in messages[-1][1]:
        return Said("It could be that the login page", "length", output_tokens=40)
    return answer(messages)


def test_evaluate_counts_cut_off_replies_as_wrong_and_says_what_to_do(
    shell: Shell, server: FakeServer, prompt: Path, tmp_path: Path
):
    server.answer = rambling
    command = "evaluate", write_csv(tmp_path / "a.csv", rows(12)), "--prompt", prompt, "--reply-tokens", 40
    found = shell(*command, "--json").found
    assert (found["n"], found["accuracy"], found["unreadable"], found["cut_off"], found["failed"]) == (
        12,
        0.75,
        3,
        3,
        0,
    )
    words = "3 of 12 replies were cut off at 40 tokens: allow longer replies with --reply-tokens, or ask for a shorter reason"
    assert words in shell(*command).out
    assert server.counts["requests"] == 12, "and what was cut off is not paid for again"


def test_classify_writes_a_cut_off_row_as_one_to_ask_again(
    shell: Shell, server: FakeServer, prompt: Path, tmp_path: Path
):
    server.answer, out = rambling, tmp_path / "out.csv"
    found = shell(
        "classify", write_csv(tmp_path / "a.csv", rows(12)), out, "--prompt", prompt, "--json"
    ).found
    assert found["cut_off"] == found["outcomes"]["failed"] == 3 and found["outcomes"]["unreadable"] == 0
    cut = [row for row in read_csv(out) if "crash" in row["text"]]
    assert {(row["outcome"], row["label"]) for row in cut} == {("failed", "")}
    assert all("cut off at 40 tokens" in row["reason"] for row in cut)


# ---- examples of the prompt among the rows


def with_examples(path: Path, table: list[tuple[str, str]]) -> Path:
    shots = [{"text": text, "label": label} for text, label in table]
    return write_prompt(path, few_shot={"strategy": "fixed", "k": len(shots), "examples": shots})


def test_rows_that_the_prompt_shows_as_examples_are_left_out_of_the_figures(
    shell: Shell, server: FakeServer, tmp_path: Path
):
    table = rows(12)
    shown = [(text.upper() + " !", label) for text, label in table[:3]]
    data, prompt = write_csv(tmp_path / "a.csv", table), with_examples(tmp_path / "p.json", shown)
    found = shell("evaluate", data, "--prompt", prompt, "--json").found
    assert (found["n"], found["examples_left_out"], server.counts["requests"]) == (9, 3, 9)
    assert (
        "3 of 12 rows are examples of the prompt and are left out"
        in shell("evaluate", data, "--prompt", prompt).out
    )
    prompt = with_examples(tmp_path / "all.json", table)
    refused = shell("evaluate", data, "--prompt", prompt)
    assert refused.code == 1 and "All 12 rows are examples of the prompt" in refused.complaint


def test_what_failed_is_said_with_the_reason(shell: Shell, server: FakeServer, prompt: Path, tmp_path: Path):
    data = write_csv(tmp_path / "a.csv", rows(6))
    words = ("--prompt", prompt, "--lightweight", LIGHT, "--concurrency", 1)
    server.script.extend([acts.REPLY, acts.status(400, "This text is too long: 9,000 tokens."), acts.REPLY])
    server.script.append(acts.FILTERED_REQUEST)
    done = shell("classify", data, tmp_path / "out.csv", *words)
    assert "1 of 2 failed calls: " in done.out and "9,000 tokens" in done.out
    server.script.extend([acts.status(400, "This text is too long: 9,000 tokens."), acts.FILTERED_REQUEST])
    done = shell("evaluate", data, *words)
    assert "\n1 of 2 failed calls: " in done.out and "9,000 tokens" in done.out
