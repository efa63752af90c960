"""`batch`: texts at the providers' batch services, which a local server is as they are documented."""

from __future__ import annotations

import csv
import json
import sqlite3
from pathlib import Path

import pytest

from core.errors import Conflict
from core.llm.batches.anthropic_service import AnthropicBatches
from core.llm.batches.openai_service import OpenAIBatches
from core.store.batches.parts import BatchParts
from core.store.store import Store
from tests.core.cli.conftest import Shell
from tests.core.cli.trade import rows, write_csv, write_prompt
from tests.fakes import acts
from tests.fakes.server import FakeServer

PROVIDERS = ("openai:gpt-6-luna", "anthropic:claude-haiku-5-5")


@pytest.fixture(params=PROVIDERS)
def model(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """24 rows: one has no text, two have the same."""
    table = [(str(number), text, "web") for number, (text, _) in enumerate(rows(22))]
    return write_csv(
        tmp_path / "texts.csv",
        [*table, ("22", "", "mail"), ("23", table[3][1], "mail")],
        ("id", "text", "source"),
    )


@pytest.fixture
def prompt(tmp_path: Path, model: str) -> Path:
    return write_prompt(tmp_path / "prompt.json", model=model)


def read(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_a_batch_comes_back_as_the_file_that_classify_writes_and_is_paid_once_at_half_the_price(
    shell: Shell, server: FakeServer, data: Path, prompt: Path, tmp_path: Path
):
    server.batches.looks = 2
    sent = shell("batch", "submit", data, "--prompt", prompt, "--json")
    assert sent.code == 0, sent.err
    assert (
        sent.found["rows"] == 24 and sent.found["requests"]["sent"] == 22 and sent.found["state"] == "running"
    )
    early = shell("batch", "fetch", "latest", "--out", tmp_path / "b.csv", "--json")
    assert (
        early.code == 3
        and early.found["outcomes"]["failed"] == 24
        and "Not answered yet." in str(read(tmp_path / "b.csv"))
    )
    assert shell("batch", "status", "--json").found["batches"][0]["state"] == "running"
    done = shell("batch", "fetch", sent.found["batch"][:5], "--out", tmp_path / "b.csv", "--json")
    assert done.code == 0 and done.found["state"] == "done" and done.found["requests"]["done"] == 22
    assert len(server.batches.paid) == 22 and server.counts["requests"] == 0
    classified = shell("classify", data, tmp_path / "c.csv", "--prompt", prompt, "--json")
    assert classified.found["calls"]["lightweight"] == {"api": 0, "cached": 23, "failed": 0}
    assert (tmp_path / "b.csv").read_bytes() == (tmp_path / "c.csv").read_bytes()
    calls, usd = done.found["calls"]["lightweight"], done.found["cost_usd"]["lightweight"]
    assert calls == {"api": 22, "cached": 0, "failed": 0}
    shell("cache", "--clear")
    alone = shell("classify", data, tmp_path / "c.csv", "--prompt", prompt, "--json")
    assert alone.found["calls"]["lightweight"]["api"] == 22, "one of the two same texts came from the cache"
    assert usd == pytest.approx(alone.found["cost_usd"]["lightweight"] / 2)


def test_its_lines_are_what_the_app_sends_one_by_one(
    shell: Shell, server: FakeServer, data: Path, prompt: Path, tmp_path: Path
):
    shell("batch", "submit", data, "--prompt", prompt)
    (entries,) = server.batches.sent
    shell("classify", data, tmp_path / "c.csv", "--prompt", prompt)
    one_by_one = sorted(json.dumps(body, sort_keys=True) for body in server.bodies)
    in_batch = [entry.get("body") or entry["params"] for entry in entries]
    assert sorted(json.dumps(body, sort_keys=True) for body in in_batch) == one_by_one
    if "url" in entries[0]:
        assert {entry["url"] for entry in entries} == {seen.path for seen in server.seen}


def test_what_the_cache_has_is_not_sent(
    shell: Shell, server: FakeServer, data: Path, prompt: Path, tmp_path: Path
):
    shell("classify", data, tmp_path / "c.csv", "--prompt", prompt, "--max-calls", 5)
    estimated = shell("batch", "submit", data, "--prompt", prompt, "--estimate", "--json").found["estimate"]
    assert (estimated["calls"], estimated["cached"], estimated["batches"]) == (17, 5, 1)
    assert server.batches.made == {} and estimated["usd"][0] < estimated["usd"][1] < estimated["at_most_usd"]
    sent = shell("batch", "submit", data, "--prompt", prompt, "--json").found
    assert sent["requests"] == {"waiting": 0, "sent": 17, "done": 5, "failed": 0, "cached": 5}
    shell("batch", "fetch", "latest")
    nothing = shell("batch", "submit", data, "--prompt", prompt, "--estimate").out
    assert nothing.startswith("Nothing to send. 22 texts answered before, which cost nothing.\n")
    again = shell("batch", "submit", data, "--prompt", prompt, "--json").found
    assert again["state"] == "done" and again["requests"]["cached"] == 22 and len(server.batches.paid) == 17


def test_the_price_needs_no_key(shell: Shell, data: Path, prompt: Path):
    priced = shell("batch", "submit", data, "--prompt", prompt, "--estimate", "--json")
    assert (
        priced.code == 0
        and priced.found["estimate"]["calls"] == 22
        and priced.found["estimate"]["usd"][0] > 0
    )
    unsent = shell("batch", "submit", data, "--prompt", prompt)
    assert unsent.code == 2 and "needs a key: set" in unsent.complaint and "page" not in unsent.complaint


def test_failed_and_expired_ones_are_sent_again_and_given_up_after_three_tries(
    shell: Shell, server: FakeServer, data: Path, prompt: Path, tmp_path: Path
):
    fates: dict[str, list[str]] = {}

    def fate(custom_id: str, body: dict) -> str:
        text = json.dumps(body)
        if "crash" in text.rsplit("<text>", 1)[-1]:
            return fates.setdefault(text, ["", "500", "expired"]).pop()
        return "400" if "guide at" in text.rsplit("<text>", 1)[-1] else "" if "wish" in text else "500"

    server.batches.fate = fate
    shell("batch", "submit", data, "--prompt", prompt)
    codes = [shell("batch", "fetch", "latest", "--out", tmp_path / "b.csv").code for _ in range(4)]
    assert codes == [3, 3, 0, 0], "three tries, and then nothing is sent any more"
    assert len(server.batches.sent) == 3
    found = read(tmp_path / "b.csv")
    assert {row["outcome"] for row in found if "crash" in row["text"] or "wish" in row["text"]} == {"label"}
    guides = {row["reason"] for row in found if "guide at" in row["text"]}
    assert guides and all("(400)" in reason for reason in guides)
    assert all("Given up after 3 tries." in row["reason"] for row in found if "slow" in row["text"])
    server.batches.fate = lambda custom_id, body: ""
    left = shell("batch", "submit", data, "--prompt", prompt, "--json").found["requests"]
    assert left["sent"] == sum(row["outcome"] == "failed" for row in found if row["text"]), "only those again"


def test_a_cancelled_batch_keeps_what_was_answered_and_sends_nothing_more(
    shell: Shell, server: FakeServer, data: Path, prompt: Path, tmp_path: Path
):
    server.batches.looks, server.batches.answered_at_cancel = None, 7
    shell("batch", "submit", data, "--prompt", prompt)
    stopped = shell("batch", "cancel", "latest", "--json").found
    assert stopped["state"] == "cancelled" and stopped["answered"] == 7
    done = shell("batch", "fetch", "latest", "--out", tmp_path / "b.csv", "--json")
    assert done.code == 0 and done.found["state"] == "cancelled" and done.found["requests"]["done"] == 7
    assert done.found["requests"]["failed"] == 15 and len(server.batches.sent) == 1
    assert done.found["calls"]["lightweight"]["api"] == 7
    assert "only these are sent" in done.found["next"]
    assert shell("batch", "submit", data, "--prompt", prompt, "--json").found["requests"]["sent"] == 15


def test_it_is_split_at_the_limits_of_requests_and_of_bytes(
    shell: Shell, server: FakeServer, data: Path, prompt: Path, model: str, workspace: Path, monkeypatch
):
    workspace.mkdir()
    rules = f'[models."{model}"]\nbatch_requests = 8\n'
    (workspace / "models.toml").write_text(rules, encoding="utf-8")
    server.batches.most_requests = 8
    sent = shell("batch", "submit", data, "--prompt", prompt, "--json").found
    assert [part["requests"] for part in sent["parts"]] == [8, 8, 6] and sent["estimate"]["batches"] == 3
    assert shell("batch", "fetch", "latest").code == 0 and len(server.batches.paid) == 22
    shell("cache", "--clear")
    with Store.open(workspace / "whetstone.db") as store:
        store.batches.delete(sent["batch"])
    (workspace / "models.toml").unlink()
    service = OpenAIBatches if model.startswith("openai") else AnthropicBatches
    monkeypatch.setattr(service, "most_bytes", 4_000)
    server.batches.most_requests = 50_000
    sent = shell("batch", "submit", data, "--prompt", prompt, "--json").found
    lines = [len(json.dumps(entry)) + 1 for entries in server.batches.sent[3:] for entry in entries]
    assert len(lines) == 22 and len(sent["parts"]) > 2
    assert all(part["requests"] * min(lines) <= 4_000 for part in sent["parts"])


@pytest.mark.parametrize("caps", [("--max-calls", 6), ("--budget-usd", 0.0016)])
def test_caps_hold_before_anything_is_sent_and_the_rest_follows_as_far_as_they_allow(
    shell: Shell, server: FakeServer, data: Path, prompt: Path, caps: tuple
):
    sent = shell("batch", "submit", data, "--prompt", prompt, *caps, "--json")
    requests = sent.found["requests"]
    assert sent.code == 3 and 0 < requests["sent"] < 22 and requests["waiting"] == 22 - requests["sent"]
    assert f"{requests['waiting']} requests not sent yet: " in sent.complaint and caps[0] in sent.complaint
    usd, seen = [], [requests["sent"]]
    for _ in range(8):
        done = shell("batch", "fetch", "latest", "--json")
        usd.append(done.found["cost_usd"]["lightweight"])
        seen.append(done.found["calls"]["lightweight"]["api"])
    assert max(usd) <= 0.0016
    assert ("with a higher cap." in done.complaint) == (caps[0] == "--max-calls"), (
        "another fetch would not help"
    )
    assert max(seen) == len(server.batches.paid) and (caps[0] != "--max-calls" or max(seen) == 6)
    assert caps[0] == "--max-calls" or max(seen) > requests["sent"], "cheaper than feared, so more was sent"


def test_nothing_is_stored_where_nothing_can_be_sent(
    shell: Shell, server: FakeServer, data: Path, prompt: Path, monkeypatch
):
    nothing = shell("batch", "submit", data, "--prompt", prompt, "--max-calls", 0)
    assert (nothing.code, nothing.complaint) == (
        3,
        "Nothing was sent: the cap on calls allows no more (--max-calls).",
    )
    server.batches.refuse = 1
    busy = shell("batch", "submit", data, "--prompt", prompt)
    assert busy.code == 1 and "asks to slow down (429)" in busy.complaint
    for provider in ("OPENAI", "ANTHROPIC"):
        monkeypatch.setenv(f"{provider}_API_KEY", "sk-test-another-key-000000000")
    wrong = shell("batch", "submit", data, "--prompt", prompt)
    assert wrong.code == 1 and "refuses the key (401)" in wrong.complaint and "another" not in wrong.complaint
    assert shell("batch", "status", "--json").found == {"batches": []} and server.batches.sent == []


@pytest.mark.parametrize(
    "name", ["gemini:gemini-3.8-flash", "ollama:qwen", "offline:reader", "openai-compatible:m"]
)
def test_a_provider_without_a_batch_service_is_one_sentence(
    shell: Shell, server, data: Path, tmp_path: Path, name
):
    prompt = write_prompt(tmp_path / "prompt.json", model=name)
    done = shell("batch", "submit", data, "--prompt", prompt)
    assert done.code == 2 and done.complaint == (
        f"{name} has no batch service: batches are sent to models of OpenAI and Anthropic (openai:…, anthropic:…); "
        "classify asks any other."
    )


def test_the_same_file_twice_is_sent_once(
    shell: Shell, server: FakeServer, data: Path, prompt: Path, tmp_path: Path
):
    server.batches.looks = 1
    first = shell("batch", "submit", data, "--prompt", prompt, "--json").found["batch"]
    again = shell("batch", "submit", data, "--prompt", prompt)
    assert again.code == 1 and again.complaint == (
        f"All of this is under way already, in {first}: fetch or cancel that batch first."
    )
    more = write_csv(tmp_path / "more.csv", [[text] for text, _ in rows(25)], ["text"])
    part = shell("batch", "submit", more, "--prompt", prompt, "--json")
    assert part.code == 3 and part.found["requests"]["sent"] == 3 and part.found["requests"]["waiting"] == 22
    assert f"22 requests not sent yet, since another batch has the same under way: {first}." in part.complaint
    for name in (first, first, part.found["batch"], part.found["batch"]):
        shell("batch", "fetch", name)
    done = shell("batch", "fetch", part.found["batch"], "--out", tmp_path / "b.csv", "--json").found
    assert done["requests"] == {"waiting": 0, "sent": 0, "done": 25, "failed": 0, "cached": 22}
    assert len(server.batches.paid) == 25 and {row["outcome"] for row in read(tmp_path / "b.csv")} == {
        "label"
    }


def odd_lines(line: dict) -> list[dict]:
    """Results as no documentation has them, by their place in the file: 0 to 3 are answered all the same, 4 to 8 are not."""
    place = int(line["custom_id"].rpartition("-")[2])
    if "response" in line:  # OpenAI
        body = line["response"]["body"]
        failed = {**line, "response": {"status_code": 500, "body": {"error": {"message": "busy"}}}}
        odd: dict[int, list[dict]] = {
            0: [{**line, "response": {"body": body}}],
            1: [{**line, "response": {"status_code": "200", "body": body}}],
            4: [{**line, "response": None}],
            5: [{**line, "response": {"status_code": "none", "body": None}}],
            6: [{**line, "response": {"status_code": 200, "body": "an answer"}}],
            7: [{"response": line["response"]}],
            8: [{**line, "response": None, "error": {"code": ["batch_expired"]}}],
        }
    else:
        failed = {**line, "result": {"type": "errored", "error": None}}
        odd = {
            4: [{**line, "result": None}],
            5: [{**line, "result": {"type": "succeeded", "message": None}}],
            6: [{**line, "result": {"type": "of a new kind"}}],
            7: [{"result": line["result"]}],
            8: [{**line, "result": {"type": ["expired"], "error": {"type": {}}}}],
        }
    odd |= {2: [failed, line], 3: [line, failed, line, {**line, "custom_id": "of-nobody-3"}]}
    return odd.get(place, [line])


def test_odd_results_are_each_counted_once_and_no_answer_is_lost(
    shell: Shell, server: FakeServer, data: Path, prompt: Path, tmp_path: Path
):
    server.batches.odd = odd_lines
    shell("batch", "submit", data, "--prompt", prompt)
    server.batches.finish()
    server.batches.looks = None  # what is sent again waits
    half = shell("batch", "fetch", "latest", "--out", tmp_path / "b.csv", "--json")
    assert half.code == 3 and half.found["problem"] == "", half.err
    assert half.found["requests"] == {"waiting": 0, "sent": 5, "done": 17, "failed": 0, "cached": 0}
    assert [row["outcome"] for row in read(tmp_path / "b.csv")[:9]] == ["label"] * 4 + ["failed"] * 5
    server.batches.odd = lambda line: [line]
    server.batches.finish()
    done = shell("batch", "fetch", "latest", "--json")
    assert done.code == 0 and done.found["requests"]["done"] == 22


@pytest.mark.parametrize(
    "odd",
    [
        {"request_counts": {"succeeded": None}},
        {"created_at": "long ago"},
        {"processing_status": 3, "status": 3},
    ],
)
def test_an_answer_that_is_no_batch_is_one_sentence(
    shell: Shell, server: FakeServer, data: Path, prompt: Path, odd: dict
):
    shell("batch", "submit", data, "--prompt", prompt)
    server.batches.form = lambda form: form | odd
    said = shell("batch", "fetch", "latest")
    assert said.code == 3 and said.complaint.endswith("sent an answer that is no batch: check the address.")


GARBAGE = (
    b"<html>Bad gateway</html>",
    b'{"custom_id": "cut o',
    b"[]",
    b"\xff\xfe\0",
    b'"' + b"x" * 9_000_000,
)


def test_a_result_that_cannot_be_read_is_counted_and_keeps_no_other_one_from_being_taken_in(
    shell: Shell, server: FakeServer, data: Path, prompt: Path
):
    def odd(line: dict) -> list:
        place = int(line["custom_id"].rpartition("-")[2])
        return [GARBAGE[place]] if place < len(GARBAGE) else [line]

    server.batches.odd = odd
    shell("batch", "submit", data, "--prompt", prompt)
    server.batches.finish()
    server.batches.looks, server.batches.odd = None, lambda line: [line]
    half = shell("batch", "fetch", "latest", "--json")
    assert half.found["requests"] == {"waiting": 0, "sent": 5, "done": 17, "failed": 0, "cached": 0}
    assert [part["state"] for part in half.found["parts"]] == ["ended", "sent"]
    assert " sent 5 results that cannot be read or belong to no request." in half.found["parts"][0]["problem"]
    server.batches.finish()
    done = shell("batch", "fetch", "latest", "--json")
    assert done.code == 0 and done.found["requests"]["done"] == 22 and len(server.batches.paid) == 27
    calls = done.found["calls"]["lightweight"]
    assert calls == {"api": 27, "cached": 0, "failed": 0, "estimated": 5}


def test_a_text_that_the_filter_refuses_has_the_outcome_that_it_has_by_a_call_and_is_sent_again(
    shell: Shell, server: FakeServer, data: Path, prompt: Path, tmp_path: Path
):
    filtered = {
        "type": "error",
        "error": {"type": "invalid_request_error", "message": acts.FILTERED_REQUEST.message},
    }

    def refused(line: dict) -> list:
        if "result" in line:
            return [line | {"result": {"type": "errored", "error": filtered}}]
        return [line | {"response": {"status_code": 400, "request_id": "r", "body": filtered}}]

    server.batches.odd, server.always = refused, acts.FILTERED_REQUEST
    shell("batch", "submit", data, "--prompt", prompt)
    fetched = shell("batch", "fetch", "latest", "--out", tmp_path / "b.csv", "--json")
    assert fetched.code == 0 and fetched.found["outcomes"]["failed"] == 24
    shell("classify", data, tmp_path / "c.csv", "--prompt", prompt)
    assert (tmp_path / "b.csv").read_bytes() == (tmp_path / "c.csv").read_bytes()
    again = shell("batch", "submit", data, "--prompt", prompt, "--json").found["requests"]
    assert again["sent"] == 22 and again["cached"] == 0


def test_a_file_without_one_result_is_not_taken_for_results_and_nothing_is_paid_again(
    shell: Shell, server: FakeServer, data: Path, prompt: Path
):
    server.batches.odd = lambda line: [GARBAGE[0]]
    shell("batch", "submit", data, "--prompt", prompt)
    for _ in range(2):
        broken = shell("batch", "fetch", "latest", "--json")
        assert broken.code == 3 and "sent results of which none can be read" in broken.complaint
    assert broken.found["requests"]["sent"] == 22 and len(server.batches.sent) == 1
    given_up = shell("batch", "cancel", "latest", "--give-up", "--json").found
    assert given_up["state"] == "cancelled" and given_up["requests"]["failed"] == 22


def test_a_request_that_is_larger_than_a_batch_may_be_is_named_and_the_others_are_sent(
    shell: Shell, server: FakeServer, prompt: Path, tmp_path: Path, model: str, monkeypatch
):
    service = OpenAIBatches if model.startswith("openai") else AnthropicBatches
    monkeypatch.setattr(service, "most_bytes", 8_000)
    data = write_csv(tmp_path / "long.csv", [["a crash"], ["x" * 9_000], ["a wish"]], ["text"])
    words = ("batch", "submit", data, "--prompt", prompt, "--json")
    expected = shell(*words, "--estimate")
    assert expected.found["estimate"]["calls"] == 2
    sent = shell(*words)
    assert sent.code == 3 and sent.found["requests"]["sent"] == 2 and sent.found["requests"]["failed"] == 1
    assert "Row 2 is larger than" in sent.complaint and "1 text too long for a batch" in sent.err
    done = shell("batch", "fetch", "latest", "--out", tmp_path / "b.csv", "--json")
    assert done.code == 0 and [row["outcome"] for row in read(tmp_path / "b.csv")] == [
        "label",
        "failed",
        "label",
    ]
    assert "(8,000): shorten the text." in read(tmp_path / "b.csv")[1]["reason"]


def test_where_nothing_more_can_be_sent_the_file_is_written_all_the_same(
    shell: Shell, server: FakeServer, data: Path, prompt: Path, tmp_path: Path, monkeypatch
):
    server.batches.fate = lambda custom_id, body: "500"
    shell("batch", "submit", data, "--prompt", prompt, "--max-calls", 22)
    capped = shell("batch", "fetch", "latest", "--out", tmp_path / "b.csv")
    assert capped.code == 3 and "the cap on calls allows no more (--max-calls)" in capped.complaint
    assert len(read(tmp_path / "b.csv")) == 24
    (tmp_path / "b.csv").unlink()
    shell("batch", "cancel", "latest")
    server.batches.fate = lambda custom_id, body: "expired"
    shell("batch", "submit", data, "--prompt", prompt)
    begin = Conflict("Somebody else is at work on this batch: look at its status, then try again.")
    monkeypatch.setattr(BatchParts, "begin", lambda *given: (_ for _ in ()).throw(begin))
    taken = shell("batch", "fetch", "latest", "--out", tmp_path / "b.csv")
    assert taken.code == 3 and taken.complaint == str(begin) and len(read(tmp_path / "b.csv")) == 24


def test_a_prompt_is_scored_from_its_batch_without_a_call(
    shell: Shell, server: FakeServer, model: str, tmp_path: Path
):
    near = [
        {"text": f"A {word} again", "label": label} for word, label in (("crash", "bug"), ("wish", "idea"))
    ]
    few_shot = {"strategy": "similar", "k": 1, "examples": near}
    prompt = write_prompt(tmp_path / "prompt.json", model=model, few_shot=few_shot)
    table = [(f" {text}\n" if number % 2 else text, label) for number, (text, label) in enumerate(rows(30))]
    data = write_csv(tmp_path / "trade.csv", table)
    shell("batch", "submit", data, "--prompt", prompt)
    assert shell("batch", "fetch", "latest").code == 0
    shell("import", data)
    for source in (data, "trade"):
        scored = shell("evaluate", source, "--prompt", prompt, "--json").found
        assert scored["n"] == 30 and scored["calls"]["lightweight"]["api"] == 0
        assert scored["calls"]["lightweight"]["cached"] == 30
    assert server.counts["requests"] == 0


def test_a_champion_is_measured_on_another_model_from_its_batch_without_a_call(
    shell: Shell, server: FakeServer, model: str, tmp_path: Path
):
    shell("tune", write_csv(tmp_path / "trade.csv", rows(60)), "--iterations", 1, "-q")
    shell("adopt", "latest")
    champion = tmp_path / "champion.json"
    shell("export", "latest", "--format", "json", "--out", champion)
    shell("batch", "submit", "trade", "--prompt", champion, "--lightweight", model)
    fetched = shell("batch", "fetch", "latest", "--json").found
    moved = shell("migrate", "trade", "--to", model, "--json").found["migration"]["rows"][1]
    assert moved["test"]["n"] == 15 and moved["usd_per_1000"] > 0 and server.counts["requests"] == 0
    spent = shell("runs", moved["run_id"], "--json").found
    assert spent["calls"]["lightweight"]["api"] == 31 == spent["split_sizes"]["validation"] + 15
    assert spent["cost_usd"]["lightweight"] < fetched["cost_usd"]["lightweight"], "what it would have taken"
    again = shell(
        "tune", "trade", "--prompt", champion, "--lightweight", model, "--iterations", 1, "--json"
    ).found
    assert again["calls"]["lightweight"]["cached"] >= 60, "all rows with the starting prompt"


# ---- lost on the way


def test_a_batch_whose_answer_was_lost_is_found_again_and_not_sent_twice(
    shell: Shell, server: FakeServer, data: Path, prompt: Path, model: str, workspace: Path
):
    server.batches.lose, server.batches.looks = 1, None
    sent = shell("batch", "submit", data, "--prompt", prompt, "--json")
    assert sent.code == 3 and sent.found["parts"][0]["state"] == "sending"
    assert sent.found["calls"]["lightweight"]["may_have_been_paid"] == 22
    early = shell("batch", "fetch", "latest", "--json").found
    assert "looked up after 2 minutes" in early["parts"][0]["problem"]
    later(workspace, 600)
    found = shell("batch", "fetch", "latest", "--json").found["parts"][0]
    if model.startswith("anthropic"):  # which keeps no mark of ours
        assert found["state"] == "sending" and "batch_0: whether it is this one is known" in found["problem"]
    else:
        assert (found["state"], found["provider_id"]) == ("sent", "batch_0")
    server.batches.finish()
    done = shell("batch", "fetch", "latest", "--json")
    assert done.code == 0 and done.found["requests"]["done"] == 22
    assert len(server.batches.sent) == 1 and len(server.batches.paid) == 22


def test_killed_before_it_left_it_is_sent_when_that_is_known(
    shell: Shell, server: FakeServer, data: Path, prompt: Path, model: str, workspace: Path, monkeypatch
):
    service = OpenAIBatches if model.startswith("openai") else AnthropicBatches
    with monkeypatch.context() as killed:
        killed.setattr(service, "send", lambda self, lines, mark: (_ for _ in ()).throw(KeyboardInterrupt))
        assert shell("batch", "submit", data, "--prompt", prompt).code == 3
    mine = shell("batch", "fetch", "latest", "--json").found["parts"][0]
    assert (mine["state"], mine["problem"]) == ("sending", ""), "its process lives: it may be sending still"
    monkeypatch.setattr("core.services.batches.collector.has_died", lambda owner: True)
    shell("batch", "status")
    assert server.batches.sent == []
    later(workspace, 600)
    done = shell("batch", "fetch", "latest", "--json").found
    assert done["requests"]["sent"] == 22 and len(server.batches.sent) == 1
    assert shell("batch", "fetch", "latest").code == 0 and len(server.batches.paid) == 22


def test_killed_while_results_come_in_none_counts_twice_and_none_is_lost(
    shell: Shell, server: FakeServer, data: Path, prompt: Path, monkeypatch
):
    monkeypatch.setattr("core.services.batches.collector.AT_ONCE", 5)
    settle, left = BatchParts.settle, [3]

    def dying(self, part, ends):
        left[0] -= 1
        if not left[0]:
            raise KeyboardInterrupt
        settle(self, part, ends)

    shell("batch", "submit", data, "--prompt", prompt)
    with monkeypatch.context() as killed:
        killed.setattr(BatchParts, "settle", dying)
        assert shell("batch", "fetch", "latest").code == 3
    half = shell("batch", "status", "--json").found["batches"][0]
    assert half["requests"]["done"] == 10 and half["state"] == "ready"
    done = shell("batch", "fetch", "latest", "--json").found
    assert done["requests"]["done"] == 22 and done["calls"]["lightweight"]["api"] == 22
    assert len(server.batches.sent) == 1


# ---- what the provider will not have


def test_a_full_queue_takes_less_at_a_time_until_all_is_done(
    shell: Shell, server: FakeServer, data: Path, tmp_path: Path
):
    prompt = write_prompt(tmp_path / "prompt.json", model=PROVIDERS[0])
    server.batches.queue = 8
    shell("batch", "submit", data, "--prompt", prompt)
    codes, words = [], []
    for _ in range(12):
        done = shell("batch", "fetch", "latest", "--json")
        codes.append(done.code)
        words.append(done.found["problem"])
    assert codes[-1] == 0 and len(server.batches.paid) == 22
    assert any("OpenAI takes 5 of this model at a time" in each for each in words)


def test_answers_that_are_counted_and_in_no_file_are_not_paid_again(
    shell: Shell, server: FakeServer, data: Path, tmp_path: Path
):
    prompt = write_prompt(tmp_path / "prompt.json", model=PROVIDERS[0])
    server.batches.form = lambda form: form | {"output_file_id": None}
    shell("batch", "submit", data, "--prompt", prompt)
    early = shell("batch", "fetch", "latest", "--json")
    assert early.code == 3 and "no file of the 22 answers that it counts" in early.complaint
    server.batches.form = lambda form: form
    done = shell("batch", "fetch", "latest", "--json")
    assert done.code == 0 and done.found["requests"]["done"] == 22 and len(server.batches.paid) == 22
    assert shell("batch", "cancel", "latest", "--json").found["state"] == "done", "nothing is left to cancel"


def test_a_batch_that_is_refused_as_a_whole_says_why(
    shell: Shell, server: FakeServer, data: Path, tmp_path: Path
):
    prompt = write_prompt(tmp_path / "prompt.json", model=PROVIDERS[0])
    server.batches.most_requests = 3
    shell("batch", "submit", data, "--prompt", prompt)
    done = shell("batch", "fetch", "latest", "--out", tmp_path / "b.csv", "--json")
    assert done.found["requests"]["failed"] == 22 and len(server.batches.sent) == 1
    assert "OpenAI refused the batch: The batch has too many requests." in str(read(tmp_path / "b.csv"))


def test_one_that_the_provider_does_not_know_any_more_can_be_given_up(
    shell: Shell, server: FakeServer, data: Path, prompt: Path
):
    shell("batch", "submit", data, "--prompt", prompt)
    server.batches.made.clear()
    gone = shell("batch", "fetch", "latest")
    assert gone.code == 3 and "does not know batch_0" in gone.complaint
    assert gone.complaint.endswith(
        "Cancel this batch, which gives up what is missing, and submit the file again."
    )
    assert shell("batch", "status", "latest", "--json").found["requests"]["sent"] == 22
    given_up = shell("batch", "cancel", "latest", "--json").found
    assert given_up["state"] == "cancelled" and given_up["requests"]["failed"] == 22


def test_a_part_that_is_gone_keeps_no_other_one_from_being_taken_in(
    shell: Shell, server: FakeServer, data: Path, prompt: Path, model: str, workspace: Path
):
    workspace.mkdir()
    (workspace / "models.toml").write_text(f'[models."{model}"]\nbatch_requests = 8\n', encoding="utf-8")
    shell("batch", "submit", data, "--prompt", prompt)
    del server.batches.made["batch_0"]
    gone = shell("batch", "fetch", "latest", "--json")
    assert gone.code == 3 and "does not know batch_0" in gone.complaint
    assert gone.found["requests"]["done"] == 14 and gone.found["requests"]["sent"] == 8


def test_a_part_whose_results_cannot_be_read_keeps_no_other_one_from_being_taken_in(
    shell: Shell, server: FakeServer, data: Path, prompt: Path, model: str, workspace: Path
):
    workspace.mkdir()
    (workspace / "models.toml").write_text(f'[models."{model}"]\nbatch_requests = 8\n', encoding="utf-8")
    shell("batch", "submit", data, "--prompt", prompt)
    first = {entry["custom_id"] for entry in server.batches.sent[0]}
    server.batches.odd = lambda line: [GARBAGE[0]] if line["custom_id"] in first else [line]
    broken = shell("batch", "fetch", "latest", "--json")
    assert broken.code == 3 and "sent results of which none can be read" in broken.complaint
    assert broken.found["requests"]["done"] == 14 and broken.found["requests"]["sent"] == 8


def test_results_that_the_provider_has_deleted_can_be_given_up(
    shell: Shell, server: FakeServer, data: Path, prompt: Path
):
    shell("batch", "submit", data, "--prompt", prompt)
    shell("batch", "status")
    server.batches.archived = True
    gone = shell("batch", "fetch", "latest")
    assert gone.code == 3 and ("does not know" in gone.complaint or "no results" in gone.complaint)
    given_up = shell("batch", "cancel", "latest", "--json").found
    assert given_up["state"] == "cancelled" and given_up["requests"]["failed"] == 22


def test_what_was_lost_and_then_cancelled_is_stopped_when_it_is_found_and_given_up_when_it_is_not(
    shell: Shell, server: FakeServer, data: Path, tmp_path: Path, workspace: Path
):
    prompt = write_prompt(tmp_path / "prompt.json", model=PROVIDERS[0])
    server.batches.lose, server.batches.looks = 2, None
    for answered in (0, 22):
        shell("batch", "submit", data, "--prompt", prompt)
        assert shell("batch", "cancel", "latest", "--json").found["requests"]["sent"] == 22
        if answered:
            server.batches.made.popitem()
        later(workspace, 600)
        done = shell("batch", "fetch", "latest", "--json")
        assert (
            done.code == 0 and done.found["state"] == "cancelled" and done.found["requests"]["failed"] == 22
        )
    assert server.batches.paid == [] and all(each.cancelled for each in server.batches.made.values())


def test_a_cancelled_batch_can_be_given_up_where_its_provider_cannot_be_asked_any_more(
    shell: Shell, server: FakeServer, data: Path, prompt: Path, tmp_path: Path, monkeypatch
):
    server.batches.looks = None
    shell("batch", "submit", data, "--prompt", prompt)
    for provider in ("OPENAI", "ANTHROPIC"):
        monkeypatch.delenv(f"{provider}_API_KEY")
    lost = shell("batch", "cancel", "latest", "--json")
    assert lost.code == 3 and "needs a key" in lost.complaint and lost.found["state"] == "running"
    assert lost.found["next"].endswith(f"batch cancel {lost.found['batch']} --give-up.")
    given_up = shell("batch", "cancel", "latest", "--give-up", "--json")
    assert given_up.code == 0 and given_up.found["state"] == "cancelled"
    assert given_up.found["requests"]["failed"] == 22 and given_up.found["parts"][0]["state"] == "given up"
    assert given_up.found["calls"]["lightweight"] == {
        "api": 22, "cached": 0, "failed": 22, "may_have_been_paid": 22
    }  # fmt: skip
    done = shell("batch", "fetch", "latest", "--out", tmp_path / "b.csv")
    assert done.code == 0 and "they may have been paid" in done.out and "at the very most" in done.out
    assert {row["reason"] for row in read(tmp_path / "b.csv") if row["text"]} == {
        f"Given up while it was under way: it may have been paid. {lost.complaint}"
    }
    for provider in ("OPENAI", "ANTHROPIC"):
        monkeypatch.setenv(f"{provider}_API_KEY", str(server.key))
    assert shell("batch", "submit", data, "--prompt", prompt, "--json").found["requests"]["sent"] == 22


def test_texts_that_are_the_same_to_the_model_are_sent_once(
    shell: Shell, server: FakeServer, prompt: Path, tmp_path: Path
):
    data = write_csv(tmp_path / "twins.csv", [["A crash"], ["A crash "], ["A wish"]], ["text"])
    shell("batch", "submit", data, "--prompt", prompt)
    done = shell("batch", "fetch", "latest", "--out", tmp_path / "b.csv", "--json").found
    assert done["requests"]["done"] == len({row["text"] for row in read(tmp_path / "b.csv")})
    bodies = [json.dumps(body) for body in server.batches.paid]
    assert len(bodies) == len(set(bodies))


def test_half_a_character_is_refused_in_a_sentence(
    shell: Shell, server: FakeServer, prompt: Path, tmp_path: Path
):
    data = tmp_path / "odd.jsonl"
    data.write_text('{"text": "a crash \\ud800"}\n{"text": "b"}\n', encoding="utf-8")
    done = shell("batch", "submit", data, "--prompt", prompt)
    assert done.code == 1 and "half of a character" in done.complaint and server.batches.sent == []


def test_results_at_another_address_are_not_fetched_with_the_key(
    shell: Shell, server: FakeServer, data: Path, tmp_path: Path
):
    prompt = write_prompt(tmp_path / "prompt.json", model=PROVIDERS[1])
    shell("batch", "submit", data, "--prompt", prompt)
    with FakeServer() as other:
        server.batches.results_host = other.url
        done = shell("batch", "fetch", "latest")
        assert done.code == 3 and "another address" in done.complaint and other.counts == {}


def test_nothing_is_asked_or_sent_in_a_workspace_shown_read_only(
    shell: Shell, server: FakeServer, data: Path, prompt: Path, monkeypatch
):
    shell("batch", "submit", data, "--prompt", prompt)
    monkeypatch.setenv("WHETSTONE_READ_ONLY", "1")
    assert shell("batch", "status", "--json").found["batches"][0]["state"] == "running"
    for words in (("submit", data, "--prompt", prompt), ("fetch", "latest"), ("cancel", "latest")):
        assert "read-only" in shell("batch", *words).complaint
    assert server.batches.paid == [] and server.batches.made["batch_0"].looked == 0


def later(workspace: Path, seconds: float) -> None:
    """What was about to leave was so earlier."""
    with sqlite3.connect(workspace / "whetstone.db") as connection:
        connection.execute("UPDATE batch_parts SET at = at - ?", (seconds,))


def test_a_file_whose_name_is_no_text_is_sent_as_any_other(
    shell: Shell, server: FakeServer, data: Path, tmp_path: Path
):
    prompt = write_prompt(tmp_path / "prompt.json", model=PROVIDERS[0])
    odd = data.rename(data.with_name("caf\udce9.csv"))
    sent = shell("batch", "submit", odd, "--prompt", prompt, "--json")
    assert sent.code == 0 and sent.found["name"] == "caf\ufffd.csv", sent.err
