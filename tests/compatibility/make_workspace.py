"""How workspace_of_0_1.tar.gz and expected.json.gz were made. This was run ONCE, on the code of commit 25d703e:

    git archive 25d703e | tar -x -C /tmp/old; cp -r tests/compatibility /tmp/old/tests/
    cd /tmp/old && python -m tests.compatibility.make_workspace

The fixture is frozen: it stands for what users have on their disks, so it is not to be made again with newer
code, and this script need not run on any. It stays as the record of what is in there. No network: the models
are the offline pair, and a server of this machine (tests/fakes) where a run has to cost, fail or be slow.
"""

from __future__ import annotations

import csv
import gzip
import json
import os
import shutil
import signal
import subprocess
import sys
import tarfile
import tempfile
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from sqlite3 import connect

from core.benchmark.carrying import carry_on, is_carried
from core.benchmark.making import create
from core.benchmark.spec import BenchmarkSpec
from core.classifier import Classifier
from core.data.mapping import guess_columns, to_dataset
from core.data.opening import open_file
from core.desks import curating, feedback, leaks, playing, rulebook, steering
from core.desks.comparing import side
from core.desks.reimport import plan_reimport
from core.desks.served import Service
from core.loop.oversight import Word
from core.models.limits_file import OTHERS
from core.samples import sample
from core.state.feedback_records import CORRECTION, INBOX, POSITIVE, Answer, Rule
from core.state.files import save_limit, save_models
from core.state.owners import new_owner
from core.state.records import Change, RowQuery, RunStatus
from core.state.runner import carry_out
from core.state.store import Store
from core.types import Edit, Outcome, Settings
from core.workspace import Workspace, read_dataset
from tests.compatibility import surface
from tests.core.command_line.trade import KEY, answer, write_csv
from tests.core.command_line.trade import rows as trade_rows
from tests.fakes.server import FakeServer

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
LIGHT, HEAVY = "openai:gpt-6-luna", "openai:gpt-6.1-sol"
ROWS = 120
RULES = """\
[models."openai:house-model"]
temperature = 0.0

[prices."openai:house-model"]
input = 0.5
output = 2.0
"""


def wait(until: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 120
    while not until():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def command(folder: Path, *words: object, ok: tuple[int, ...] = (0,)) -> dict:
    line = [
        sys.executable,
        "-m",
        "core",
        *(str(word) for word in words),
        "--workspace",
        str(folder),
        "--json",
    ]
    done = subprocess.run(line, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode in ok, done.stderr
    return json.loads(done.stdout)


def cut_off(folder: Path, how: int, after: str, *words: object) -> str:
    """The id of a run whose command got a signal once it had said `after` on stderr."""
    line = [sys.executable, "-m", "core", "tune", *(str(word) for word in words)]
    process = subprocess.Popen(
        [*line, "--workspace", str(folder), "--json"],
        cwd=ROOT,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    run_id = ""
    for said in process.stderr:
        run_id = said.split()[1].rstrip(":") if said.startswith("run ") else run_id
        if after in said:
            process.send_signal(how)
            break
    process.communicate()
    assert process.returncode == (-how if how == signal.SIGKILL else 3), process.returncode
    return run_id


def finished(workspace: Workspace, run_id: str) -> bool:
    return not workspace.store.runs.get(run_id).active


def main() -> None:
    scratch = Path(tempfile.mkdtemp())
    folder = scratch / "workspace"
    tickets = scratch / "tickets.csv"
    with sample("github_issues").path.open(encoding="utf-8", newline="") as file:
        head, *table = list(csv.reader(file))[: ROWS + 1]
    write_csv(tickets, table, head)

    files_of_rules(folder)
    ids = runs_by_command(folder, tickets)
    with FakeServer(answer=answer, key=KEY) as server:
        keys = {"OPENAI_BASE_URL": server.openai_url, "OPENAI_API_KEY": KEY}
        workspace = Workspace.open(folder, keys)
        try:
            ids |= other_runs(workspace, ids, scratch)
            serve_and_take_feedback(workspace, ids)
            curate(workspace, ids, table, head)
            classify_files(workspace, server, ids)
        finally:
            workspace.close()
    ids["queued"] = queue_one(folder, ids["dataset"])
    ids["running"] = cut_off(folder, signal.SIGKILL, "step 1:", tickets, "--iterations", 4, "--seed", 7)
    shutil.rmtree(folder / "cache")  # what it holds can be asked again, and the .npz (16 MB) learned again
    for learned in (folder / "vectors").glob("*.npz"):
        learned.unlink()
    with closing(connect(folder / "whetstone.db")) as file:
        file.execute("pragma wal_checkpoint(truncate)")
        file.execute("pragma journal_mode=delete")
        file.execute("vacuum")
    with closing(connect(folder / "vectors" / "vectors.db")) as file:
        file.execute("pragma wal_checkpoint(truncate)")
        file.execute("pragma journal_mode=delete")
    for side_file in [*folder.rglob("*-wal"), *folder.rglob("*-shm")]:
        side_file.unlink()
    write(folder, ids, scratch)


def files_of_rules(folder: Path) -> None:
    save_models(folder, RULES, "")
    save_limit(folder, OTHERS, {"concurrency": 48})
    save_limit(folder, LIGHT, {"requests_per_minute": 500_000.0})


def runs_by_command(folder: Path, tickets: Path) -> dict[str, str]:
    """Runs of the offline pair, on the same rows under the same settings: one that nothing disturbs, one that is
    killed and one that is stopped on the way; and one that a cap ends."""
    undisturbed = command(folder, "tune", tickets, "--iterations", 5)["run_id"]
    killed = cut_off(folder, signal.SIGKILL, "step 2:", tickets, "--iterations", 5)
    stopped = cut_off(folder, signal.SIGTERM, "step 1:", tickets, "--iterations", 5)
    capped = command(folder, "tune", tickets, "--max-calls", 300, ok=(0, 3))["run_id"]
    listed = {each["run_id"]: each for each in command(folder, "runs")["runs"]}
    states = [(listed[each]["status"], listed[each]["stop_reason"]) for each in (killed, stopped, capped)]
    print(states, [listed[each]["steps"] for each in (undisturbed, killed, stopped, capped)])
    assert [state for state, _ in states] == ["interrupted", "stopped", "finished"] and states[2][1] == "cap"
    with Store.open(folder / "whetstone.db") as store:
        dataset_id = store.runs.get(undisturbed).dataset_id
        assert {run.dataset_id for run in store.runs.all()} == {dataset_id}
        assert {run.dataset_version for run in store.runs.all()} == {store.datasets.version(dataset_id)}
    return {
        "dataset": dataset_id,
        "undisturbed": undisturbed,
        "interrupted": killed,
        "stopped": stopped,
        "capped": capped,
    }


def other_runs(workspace: Workspace, ids: dict[str, str], scratch: Path) -> dict[str, str]:
    store, dataset_id = workspace.store, ids["dataset"]
    store.runs.rename(ids["undisturbed"], "Nothing disturbs it")
    store.runs.describe(ids["undisturbed"], note="Good on docs.", starred=True)

    # paused at its second proposal, with words on the first
    paused = store.runs.create(dataset_id, Settings(iterations=4, seed=0), "Paused")
    store.runs.request_pause(paused)
    workspace.take_up(paused)
    wait(lambda: store.runs.get(paused).status is RunStatus.PAUSED)
    proposal, edits = steering.proposed(workspace, paused)
    noted = [row.id for row in store.runs.snapshot(paused).examples[:2]]
    said = Word(
        proposal.number,
        edits[:1],
        (Edit("system_prompt", "", "Anything about the docs is documentation."),),
        dict.fromkeys(noted, "Mind the first word."),
    )
    steering.go_on(
        workspace, paused, steering.Answer(said, {"max_heavy_calls": 30}, pause_again=True), who="ann"
    )
    wait(lambda: store.runs.get(paused).status is RunStatus.PAUSED)
    assert store.runs.proposal(paused) and store.runs.words(paused)

    # as rewrites, with neighbour examples, from a prompt
    start = store.runs.get(ids["undisturbed"]).result.best.prompt
    told = Settings(strategy="rewrite", iterations=2, neighbours=(2,), start=start, structured_output=True)
    neighbours = workspace.start_run(dataset_id, told, "With neighbours")
    wait(lambda: finished(workspace, neighbours))

    # of models that cost: one at its cap, gone on with under a higher one and stopped there; one that fails
    data = read_dataset(write_csv(scratch / "trade.csv", trade_rows(60)).read_bytes(), "Trade")[0]
    trade_id = store.datasets.add(data, "a small trade")
    paid = workspace.start_run(trade_id, Settings(LIGHT, HEAVY, iterations=4, max_calls=40), "Paid")
    wait(lambda: finished(workspace, paid))
    spent = store.runs.get(paid)
    assert spent.stop_reason == "cap", spent
    steering.go_on(workspace, paid, steering.Answer(None, {"max_calls": 200, "budget_usd": 5.0}))
    wait(lambda: finished(workspace, paid))
    assert store.runs.get(paid).settings.paid_before
    failed = workspace.start_run(
        trade_id, Settings(heavyweight=HEAVY, iterations=2), "Refused", {"OPENAI_API_KEY": "sk-wrong"}
    )
    wait(lambda: finished(workspace, failed))
    assert store.runs.get(failed).status is RunStatus.FAILED, store.runs.get(failed)

    # a benchmark that is through, but for a run that was deleted, and one that has not begun
    spec = BenchmarkSpec(
        trade_id, ("offline:reader", LIGHT), ("offline:editor", HEAVY), (0, 1), Settings(iterations=2)
    )
    through = create(workspace, "All pairs", spec)
    carry_on(workspace, through)
    wait(lambda: not is_carried(workspace, through))
    store.runs.delete(store.runs.all(benchmark=through)[0].id)
    waiting = create(workspace, "Later", replace(spec, lightweights=("offline:reader",), seeds=(0,)))

    # runs outlive their dataset
    gone_id = workspace.import_sample(sample("five_topics"))
    outlived = workspace.start_run(gone_id, Settings(iterations=1), "Outlived")
    wait(lambda: finished(workspace, outlived))
    store.datasets.delete(gone_id)
    store.champions.adopt(dataset_id, store.runs.step(ids["undisturbed"], 1).prompt, "offline:reader")
    best = store.runs.get(ids["undisturbed"]).result.best
    store.champions.adopt(dataset_id, best.prompt, "offline:reader", ids["undisturbed"], best.step)
    return {
        "trade": trade_id,
        "paused": paused,
        "neighbours": neighbours,
        "paid": paid,
        "failed": failed,
        "outlived": outlived,
        "benchmark": through,
        "benchmark waiting": waiting,
    }


def serve_and_take_feedback(workspace: Workspace, ids: dict[str, str]) -> None:
    store, dataset_id = workspace.store, ids["dataset"]
    labels = store.datasets.info(dataset_id).labels.names
    rules = [
        Rule("", dataset_id, POSITIVE, least=0.5),
        Rule("", dataset_id, CORRECTION, way=INBOX, labels=("brand_new", labels[1])),
        Rule("", dataset_id, CORRECTION, models=("offline:reader",), share=1.0),
        Rule("", dataset_id, CORRECTION, on=False, keys=("nightly",), prompts=("abc",)),
    ]
    usual = store.rules.all(dataset_id)
    last = [store.rules.save(rule) for rule in rules][-1]
    for rule in usual:
        store.rules.delete(rule.id)
    store.rules.advance(last)
    classifier = Classifier.of_champion(Service(workspace, dataset_id, "library"))
    texts = [
        "The guide does not name the option for proxies",
        "It crashes when the queue is empty",
        "Please add a dark theme",
        "How do I rotate the keys?",
        "Speed up the import of large files",
        "Typo in the readme",
    ]
    classifier.classify_many(texts, [f"served-{at}" for at in range(len(texts))])
    for at, outcome in enumerate(Outcome):
        label = labels[0] if outcome is Outcome.LABEL else ""
        store.answers.add(
            Answer(
                f"told-{at}",
                dataset_id,
                0.0,
                f"Text {at}",
                label,
                outcome,
                "said",
                "why",
                LIGHT,
                "key",
                "api",
                0.001,
            )
        )
    give = store.feedback.give
    give(dataset_id, "served-0", score=1.0, who="ann")
    give(dataset_id, "served-1", score=0.1, who="ann", note="not sure")
    give(
        dataset_id, "served-2", correction=labels[2], note="It asks for something new.", who="bob", key="k-1"
    )
    give(dataset_id, "served-3", correction=labels[1], who="bob")
    give(dataset_id, "served-4", correction="brand_new")
    give(dataset_id, "unknown-1", score=0.9)
    store.feedback.discard(give(dataset_id, "told-1", correction=labels[1], who="cy").id, "ann")
    store.feedback.apply(give(dataset_id, "served-5", correction=labels[1]).id, who="ann")
    undone = give(dataset_id, "served-5", correction=labels[0], who="dee")
    print("to be undone:", undone.state, undone.why)
    feedback.take_back(workspace, undone.id)
    store.rows.undo(dataset_id)
    store.rows.redo(dataset_id)
    print("feedback:", store.feedback.counts(dataset_id))


def curate(workspace: Workspace, ids: dict[str, str], table: list[list[str]], head: list[str]) -> None:
    store, dataset_id = workspace.store, ids["dataset"]
    change, page = store.rows.change, store.rows.page(dataset_id, RowQuery(size=200)).rows
    labels = store.datasets.info(dataset_id).labels.names
    first, second, third, fourth, fifth = [row.id for row in page[:5]]
    change(dataset_id, [Change(first, "label", labels[1])], "ann", "a guess")
    store.rows.undo(dataset_id)
    change(
        dataset_id,
        [Change(first, "label", labels[2]), Change(first, "note", "Looked at twice.")],
        "ann",
        "by hand",
    )
    change(dataset_id, [Change(second, "review", "kept"), Change(third, "review", "gap")], "bob")
    change(
        dataset_id, [Change(fourth, "excluded", True), Change(fifth, "canonical", True)], "bob", "a test row"
    )
    store.rows.change_all(dataset_id, RowQuery(search="typo"), "label", labels[0], "ann", "all typos")
    store.labels.define(
        dataset_id, {labels[0]: "What is about the docs.", labels[1]: "What is broken."}, "ann"
    )
    store.labels.rename(dataset_id, labels[2], labels[2] + "_wanted", "ann", "clearer")
    store.labels.merge(dataset_id, [labels[3]], labels[1], "bob")
    store.rows.undo(dataset_id)
    store.labels.delete(dataset_id, labels[4], None, "ann", "too rare")
    store.rows.undo(dataset_id)
    store.labels.delete(dataset_id, labels[4], labels[0], "ann", "too rare")
    store.rows.undo(dataset_id)
    store.rows.redo(dataset_id)

    again = [list(row) for row in table[5:40]]
    again[0][1] += " (reworded)"
    again.append(["gh-new-1", "A row that the file has more", labels[0], "", "", ""])
    raw = "\n".join(
        ",".join(f'"{cell.replace(chr(34), chr(34) * 2)}"' for cell in row) for row in [head, *again]
    )
    opened = open_file(raw.encode(), "again.csv")
    columns = guess_columns(opened)
    planned = plan_reimport(
        workspace,
        dataset_id,
        to_dataset(opened, columns, "again", "again.csv", False)[0].examples,
        columns,
        "id",
    )
    store.rows.update(dataset_id, planned.update, "ann", "again.csv")

    found = curating.find(workspace, dataset_id)
    votes = {each.example_id: each.suggested for each in found[:8]}  # the offline editor has no vote
    store.marks.replace(dataset_id, curating.VOTE, votes, "votes-1")
    curating.find(workspace, dataset_id)
    curating.refresh_wrong(workspace, dataset_id)
    book = rulebook.rules(workspace, ids["undisturbed"], store.runs.get(ids["undisturbed"]).result.best.step)
    rulebook.ablated(workspace, book, book.rules[:2])
    rulebook.simplified(workspace, book)
    champion = store.champions.current(dataset_id)
    draft = playing.Side(champion.prompt, store.datasets.info(dataset_id).labels.names, "offline:reader")
    playing.keep(workspace, dataset_id, draft)
    record = store.runs.get(ids["undisturbed"])
    step = store.runs.step(record.id, record.result.best.step)
    of = side("A", record, step, step.prompt, store.runs.snapshot(record.id))
    leak = leaks.meter(workspace, leaks.Asked(of, 2))
    print("leak:", type(leak).__name__)

    # two to undo, and one to redo
    change(dataset_id, [Change(first, "note", "A last word.")], "ann")
    change(dataset_id, [Change(second, "note", "Taken back.")], "ann")
    store.rows.undo(dataset_id)
    print("upcoming:", store.rows.upcoming(dataset_id))


def classify_files(workspace: Workspace, server: FakeServer, ids: dict[str, str]) -> None:
    files, champion = workspace.files, workspace.store.champions.current(ids["dataset"])
    labels = workspace.store.datasets.info(ids["dataset"]).labels.names
    lines = ["id,text", *(f"{at},Ticket {at} about the docs" for at in range(12)), "12,", "13,=1+1 crashes"]
    done = files.start(
        ids["dataset"],
        "\n".join(lines).encode(),
        "done.csv",
        playing.Side(champion.prompt, labels, "offline:reader"),
    )
    wait(lambda: files.standing(done).state == "done")
    trade = [text for text, _ in trade_rows(150, seed=5)]
    prompt = workspace.store.runs.get(ids["paid"]).result.best.prompt
    raw = "\n".join(["text", *trade]).encode()
    server.latency = 0.3
    stopped = files.start(
        ids["trade"], raw, "stopped.csv", playing.Side(prompt, ("bug", "docs", "idea"), LIGHT)
    )
    wait(lambda: len(files.lines(stopped)) > 0)
    files.stop(stopped)
    wait(lambda: files.standing(stopped).state != "running")
    print("file:", files.standing(stopped).state, files.standing(stopped).done)
    ids["file done"], ids["file stopped"] = done, stopped
    assert files.standing(stopped).state == "stopped" and 0 < files.standing(stopped).done < 150


def queue_one(folder: Path, dataset_id: str) -> str:
    with Store.open(folder / "whetstone.db") as store:
        return store.runs.create(dataset_id, Settings(iterations=2), "Waiting")


def write(folder: Path, ids: dict[str, str], scratch: Path) -> None:
    with tarfile.open(surface.ARCHIVE, "w:gz", compresslevel=9) as archive:
        archive.add(folder, "workspace", filter=nobody)
    there = surface.unpack(scratch / "copy")
    kinds, counts = surface.mark_kinds(there), surface.rows_by_table(there)
    with Store.open(there / "whetstone.db", now=lambda: surface.NOW) as store:
        held = surface.of_store(store, kinds)
        statuses = sorted({str(run.status) for run in store.runs.all()})
    workspace = Workspace.open(there, {})
    try:
        held |= surface.of_workspace(workspace)
    finally:
        workspace.close()
    found = {
        "ids": ids,
        "tables": counts,
        "statuses": statuses,
        "mark kinds": [list(each) for each in kinds],
        "vectors": surface.vectors(there),
        "held": surface.plain(held),
        "paused goes on": goes_on(scratch, ids["paused"]),
    }
    text = json.dumps(found, ensure_ascii=False, indent=0)
    surface.EXPECTED.write_bytes(gzip.compress(text.encode(), 9, mtime=0))
    print(counts, statuses, len(text), os.path.getsize(surface.ARCHIVE), os.path.getsize(surface.EXPECTED))


def nobody(entry: tarfile.TarInfo) -> tarfile.TarInfo:
    entry.uid = entry.gid = 0
    entry.uname = entry.gname = ""
    return entry


def goes_on(scratch: Path, run_id: str) -> object:
    """The result of the paused run, gone on with as it was proposed."""
    workspace = Workspace.open(surface.unpack(scratch / "paused"), {})
    try:
        store = workspace.store
        store.runs.answer(run_id, Word(store.runs.proposal(run_id).number))
        return surface.plain(carry_out(store, run_id, new_owner(), workspace.begin).result)
    finally:
        workspace.close()


if __name__ == "__main__":
    main()
