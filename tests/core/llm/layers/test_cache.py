from __future__ import annotations

import asyncio
import os
import pickle
import sqlite3
import stat
import subprocess
import sys
import threading
from contextlib import closing
from pathlib import Path

import pytest

from core.llm.account import Account
from core.llm.budget import Budget, Caps
from core.llm.layers.budgeted import Budgeted, CallCost
from core.llm.layers.cached import Cached
from core.llm.layers.reply_cache import ReplyCache, cache_key
from core.types import Finish, Reply, Usage
from tests.core.llm.scripted import Flat, Scripted, ask, in_no_time
from tests.work import steps

KEY = "a" * 64
REPLY = Reply("<label>bug</label>", usage=Usage(100, 20, 10, 5), cost_usd=0.25, seconds=1.5, paid_by="run 1")


@pytest.fixture
def cache(tmp_path):
    cache = ReplyCache(tmp_path / "cache")
    yield cache
    cache.close()


def rows(cache: ReplyCache) -> sqlite3.Connection:
    return sqlite3.connect(cache.folder / "cache.db", isolation_level=None)


# ---- what is kept


def test_a_reply_comes_back_as_it_was(cache):
    cache.set(KEY, REPLY)
    assert cache.get(KEY) == REPLY and cache.get("b" * 64) is None


def test_a_reply_is_there_for_the_next_process(cache):
    cache.set(KEY, REPLY)
    cache.close()
    again = ReplyCache(cache.folder)
    assert again.get(KEY) == REPLY and not again.problem
    again.close()


@pytest.mark.parametrize(
    "text",
    ["Ünïcödé 日本 🎉", "lone \ud800 surrogate", "nul \x00 in it", '"quotes" \\ and \n lines', "x" * 100_000],
)
def test_any_text_survives(cache, text):
    cache.set(KEY, Reply(text))
    assert cache.get(KEY).text == text


def test_the_folder_is_for_its_owner_only_and_holds_no_value_files(cache):
    cache.set(KEY, Reply("x" * 200_000))
    assert stat.S_IMODE(os.stat(cache.folder).st_mode) == 0o700
    assert {path.name.split("-")[0] for path in cache.folder.iterdir()} == {"cache.db"}


def test_nothing_is_ever_evicted(cache):
    import diskcache

    cache.set(KEY, REPLY)
    assert cache._disk.eviction_policy == "none" and cache._disk.cull_limit == 0
    assert cache._disk.disk_min_file_size > 10**9 and isinstance(cache._disk, diskcache.Cache)
    assert rows(cache).execute("select value from Settings where key = 'sqlite_mmap_size'").fetchone() == (0,)


# ---- the key


@pytest.mark.parametrize(
    "change",
    [
        {"model": "other"},
        {"base_url": "http://other"},
        {"max_tokens": 9},
        {"temperature": 0.0},
        {"response_format": {"enum": ["a"]}},
        {"messages": [{"role": "user", "content": "other"}]},
        {"messages": [{"role": "system", "content": "text"}]},
    ],
)
def test_whatever_is_sent_changes_the_key(change):
    messages = [{"role": "user", "content": "text"}]
    exact = {
        "provider": "openai",
        "base_url": "http://here",
        "model": "m",
        "max_tokens": 8,
        "messages": messages,
    }
    assert cache_key(exact, 0) != cache_key(exact | change, 0)


def test_the_repeat_changes_the_key_and_the_order_of_parameters_does_not():
    assert cache_key({"a": 1, "b": 2}, 0) == cache_key({"b": 2, "a": 1}, 0) != cache_key({"a": 1, "b": 2}, 1)
    assert cache_key({"a": "\ud800"}, 0) != cache_key({"a": "\ud801"}, 0)


def test_the_key_is_the_same_in_every_process():
    """A key that changes makes every user pay for every call again: raise FORMAT only if you mean that."""
    exact = {
        "provider": "openai",
        "base_url": "https://api.openai.com/v1",
        "model": "m",
        "messages": [{"role": "user", "content": "é"}],
    }
    assert cache_key(exact, 0) == "6b89c257c50c073e02d023aaf6c61ef4f686c4f854165641c9d48736a19d96c0"


# ---- what a hostile folder can do: nothing


class _Bomb:
    def __reduce__(self):
        return os.mkdir, (self.path,)


def _plant(cache: ReplyCache, **columns) -> None:
    cache.set(KEY, REPLY)
    with rows(cache) as con:
        con.execute(
            "update Cache set " + ", ".join(name + " = ?" for name in columns), tuple(columns.values())
        )


@pytest.mark.parametrize("mode", [4, 1, 0, 2, 3, 99])
def test_a_planted_pickle_is_a_miss_and_does_not_run(cache, tmp_path, mode):
    bomb = _Bomb()
    bomb.path = str(tmp_path / "ran")
    _plant(cache, mode=mode, value=pickle.dumps(bomb))
    assert cache.get(KEY) is None and not (tmp_path / "ran").exists()


@pytest.mark.parametrize("mode", [1, 2, 3, 4])
def test_a_planted_file_name_is_neither_read_nor_removed(cache, tmp_path, mode):
    (tmp_path / "secret").write_text('{"text": "secret"}')
    _plant(cache, mode=mode, filename="../secret", value=None)
    assert cache.get(KEY) is None
    cache.set(KEY, REPLY)
    assert cache.get(KEY) == REPLY
    cache.clear()
    assert (tmp_path / "secret").exists()


def test_a_planted_key_does_not_run(cache, tmp_path):
    bomb = _Bomb()
    bomb.path = str(tmp_path / "ran")
    _plant(cache, key=pickle.dumps(bomb), raw=0)
    assert cache.get(KEY) is None
    with pytest.raises(ValueError):
        list(cache._disk)
    cache.stats()
    cache.clear()
    assert not (tmp_path / "ran").exists()


@pytest.mark.parametrize(
    "value",
    [
        "",
        "garbage",
        "null",
        "[]",
        "{}",
        '{"text": 1}',
        '{"text": ""}',
        '{"text": "x", "finish": "nonsense"}',
        '{"text": "x", "usage": 3}',
        '{"text": "x", "cost_usd": "free"}',
        17,
        1.5,
        None,
        b"\x80\x04.",
    ],
)
def test_garbage_in_a_row_is_a_miss(cache, value):
    _plant(cache, value=value)
    assert cache.get(KEY) is None
    cache.set(KEY, REPLY)
    assert cache.get(KEY) == REPLY


# ---- bad disks


def _smash(path: Path, how: str) -> None:
    data = path.read_bytes()
    holes = data[:4096] + b"\xff" * (len(data) - 4096)
    path.write_bytes(
        {"garbage": b"not a database at all" * 500, "truncated": data[:5_000], "holes": holes}[how]
    )
    for ending in ("-wal", "-shm"):
        Path(str(path) + ending).unlink(missing_ok=True)


@pytest.mark.parametrize("how", ["garbage", "truncated", "holes"])
def test_a_damaged_database_is_set_aside_and_a_new_one_started(cache, how):
    for number in range(200):
        cache.set(f"{number:064}", REPLY)
    cache.close()
    _smash(cache.folder / "cache.db", how)
    again = ReplyCache(cache.folder)
    for number in range(200):
        again.get(f"{number:064}")
    again.set(KEY, REPLY)
    assert again.get(KEY) == REPLY
    assert "damaged" in again.problem and (cache.folder / "broken-1.db").exists()
    again.close()


def test_a_database_that_breaks_while_it_is_open_does_not_stop_the_run(cache):
    for number in range(200):
        cache.set(f"{number:064}", REPLY)
    cache._disk.close()
    _smash(cache.folder / "cache.db", "garbage")
    assert cache.get(f"{0:064}") is None
    cache.set(KEY, REPLY)
    assert cache.get(KEY) == REPLY and "broken-1.db" in cache.problem


def test_a_folder_that_cannot_be_made_is_a_problem_in_words_and_not_an_error(tmp_path):
    (tmp_path / "file").write_text("")
    cache = ReplyCache(tmp_path / "file" / "cache")
    cache.set(KEY, REPLY)
    assert cache.get(KEY) is None and cache.stats().entries == 0
    assert "cannot be used" in cache.problem and "check its permissions" in cache.problem
    cache.clear()
    cache.close()


def test_a_full_disk_is_a_problem_in_words_and_not_an_error(cache):
    cache._disk._sql(f"pragma max_page_count = {cache._disk._sql('pragma page_count').fetchone()[0]}")
    for number in range(100):
        cache.set(f"{number:064}", REPLY)
    assert "full" in cache.problem
    assert cache.get(f"{99:064}") is None


# ---- many at once


def test_threads_lose_no_row(cache):
    def write(worker: int):
        for number in range(100):
            cache.set(f"{worker}-{number}", REPLY)

    threads = [threading.Thread(target=write, args=(worker,)) for worker in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (
        all(cache.get(f"{worker}-{number}") for worker in range(8) for number in range(100))
        and not cache.problem
    )


def test_processes_lose_no_row(cache):
    code = (
        "import sys\nfrom core.llm.layers.reply_cache import ReplyCache\nfrom core.types import Reply\n"
        "cache = ReplyCache(sys.argv[1])\nfor n in range(200): cache.set(sys.argv[2] + str(n), Reply('x'))\n"
        "sys.exit(bool(cache.problem))"
    )
    root = Path(__file__).parents[4]
    children = [
        subprocess.Popen([sys.executable, "-c", code, str(cache.folder), f"p{n}-"], cwd=root)
        for n in range(3)
    ]
    assert [child.wait(60) for child in children] == [0, 0, 0]
    assert all(cache.get(f"p{worker}-{number}") for worker in range(3) for number in range(200))


# ---- figures


async def hits(cache: ReplyCache, *saved: float | None, pause: float = 0.0) -> None:
    for usd in saved:
        cache.count_hit(usd)
        await asyncio.sleep(pause)


def test_figures_are_kept_over_restarts_and_cleared(cache):
    cache.set(KEY, REPLY)
    cache.set("b" * 64, REPLY)
    in_no_time(hits(cache, 0.25, 0.25, 0.25, None))
    cache.close()
    again = ReplyCache(cache.folder)
    in_no_time(hits(again, 0.25))
    stats = again.stats()
    assert (stats.entries, stats.hits, stats.saved_usd) == (2, 5, 1.0) and stats.bytes > 10_000
    again.clear()
    assert again.stats().entries == again.stats().hits == 0 and again.get(KEY) is None
    again.close()


def test_figures_outlive_a_kill(cache):
    """Fault: calls answered from the cache were counted on close alone, or every 5,000."""
    in_no_time(hits(cache, 0.25, 0.25, 0.25, pause=60.0))
    with closing(ReplyCache(cache.folder)) as after_the_kill:  # nobody has closed the other
        assert (after_the_kill.stats().hits, after_the_kill.stats().saved_usd) == (3, 0.75)


# ---- the layer


def cached(model, cache, run_id="run 2") -> Cached:
    account = Account(run_id)
    return Cached(
        Budgeted(model, account, "lightweight", CallCost("m", Flat(0.001, 0.01))),
        cache,
        account,
        "lightweight",
    )


def test_the_same_request_is_paid_once(cache):
    model = Scripted()
    first, second = cached(model, cache), cached(model, cache, "run 3")
    paid = in_no_time(first.reply(ask()))
    free = in_no_time(second.reply(ask()))
    assert len(model.seen) == 1
    assert (paid.cached, paid.paid_by, free.cached, free.paid_by, free.text) == (
        False,
        "run 2",
        True,
        "run 2",
        paid.text,
    )


def test_a_repeat_of_the_same_run_is_free(cache):
    layer = cached(Scripted(), cache)
    assert [in_no_time(layer.reply(ask())).cached for _ in range(3)] == [False, True, True]


def test_what_a_resumed_run_finds_of_its_own_is_a_call_saved(cache):
    """Fault: the figures of the cache left out all that a run was given again after a restart. In the books of the
    run it stays the call that was paid for."""
    paid = in_no_time(cached(Scripted(), cache).reply(ask()))
    found = in_no_time(cached(Scripted(), cache).reply(ask()))  # the same run in another process
    assert not found.cached and found.cost_usd == paid.cost_usd
    assert (cache.stats().hits, cache.stats().saved_usd) == (1, pytest.approx(paid.cost_usd))


@pytest.mark.parametrize(
    "reply",
    [
        Reply("half", Finish.LENGTH),
        Reply("", Finish.LENGTH),
        Reply("I cannot", Finish.REFUSAL),
        Reply("", Finish.FILTER, Usage(7, 0)),
        Reply("", Finish.FILTER, Usage(estimated=True)),
    ],
)
def test_every_answer_is_kept_and_paid_once(cache, reply):
    model = Scripted(always=reply)
    replies = [in_no_time(cached(model, cache, run).reply(ask())) for run in ("run 2", "run 3")]
    assert [(each.text, each.finish) for each in replies] == [(reply.text, reply.finish)] * 2
    assert len(model.seen) == 1 and cache.stats().entries == 1


@pytest.mark.parametrize("reply", [Reply(""), Reply("The text was filtered.", Finish.FILTER)])
def test_an_empty_reply_and_a_filter_that_billed_nothing_are_not_kept(cache, reply):
    model = Scripted(always=reply)
    for _ in range(2):
        in_no_time(cached(model, cache).reply(ask()))
    assert len(model.seen) == 2 and cache.stats().entries == 0


def test_a_resumed_run_sees_its_own_calls_as_it_saw_them_once(cache):
    model = Scripted(always=Reply("x", usage=Usage(7, 3)))
    before = in_no_time(cached(model, cache).reply(ask()))
    resumed = cached(model, cache)
    after, repeat = in_no_time(resumed.reply(ask())), in_no_time(resumed.reply(ask()))
    assert after == before and repeat.cached and len(model.seen) == 1


def test_the_budget_of_a_resumed_run_begins_with_what_was_paid(cache):
    in_no_time(cached(Scripted(), cache).reply(ask()))
    account = Account("run 2", Budget(Caps({"lightweight": 5})))
    resumed = Cached(Scripted(), cache, account, "lightweight")
    for _ in range(3):
        in_no_time(resumed.reply(ask()))
    assert account.budget.remaining_calls("lightweight") == 4


def test_without_a_cache_every_request_is_a_call():
    model = Scripted()
    layer = cached(model, None)
    in_no_time(layer.reply(ask()))
    in_no_time(layer.reply(ask()))
    assert len(model.seen) == 2


def test_replies_of_one_turn_are_readable_before_they_are_written(cache):
    layer = cached(Scripted(), cache)

    async def run():
        await layer.reply(ask())
        return await layer.reply(ask())

    assert in_no_time(run()).cached
    assert rows(cache).execute("select count(*) from Cache").fetchone() == (1,)


def test_a_hit_takes_little_work(cache):
    layer = cached(Scripted(), cache)
    requests = [ask(f"text {number} " + "x" * 1_500) for number in range(100)]

    async def run() -> None:
        for request in requests:
            await layer.reply(request)

    in_no_time(run())
    assert steps(lambda: in_no_time(run())) < 100 * 1_500, "a tenth of a second for two thousand"
