"""What stands around a call that leaves: a mark before it, its answer on the disk before anybody sees it, one call for
all processes. Two caches of one folder stand for two processes; one that is dropped without a close for a killed one."""

from __future__ import annotations

import asyncio
import shutil
import sqlite3
from collections import namedtuple
from pathlib import Path

import pytest

from core.errors import CallFailed, ModelRefused
from core.llm.account import Account
from core.llm.budget import Budget, Caps
from core.llm.journal.call_journal import SentCall
from core.llm.layers.budgeted import Budgeted, CallCost
from core.llm.layers.cached import Cached
from core.llm.layers.reply_cache import ReplyCache, cache_key
from core.llm.layers.sent_calls import SentCalls
from core.types import Message, Reply, Request
from tests.core.llm.scripted import Flat

ASK = Request((Message("user", "what is this?"),))
OTHER = Request((Message("user", "and this?"),))


class Provider:
    """Answers when it is let; counts what arrived."""

    name = "openai:x"

    def __init__(self, *failures: Exception):
        self.arrived: list[Request] = []
        self.open = asyncio.Event()
        self.open.set()
        self.failures = list(failures)

    def exact(self, request: Request) -> dict[str, object]:
        return {"messages": [message.content for message in request.messages]}

    async def reply(self, request: Request) -> Reply:
        self.arrived.append(request)
        await self.open.wait()
        if self.failures:
            raise self.failures.pop(0)
        return Reply("<label>bug</label>")


def process(provider: Provider, cache: ReplyCache, account: Account) -> Cached:
    """The layers that count, of one process."""
    cost = CallCost(provider.name, Flat(0.001, 0.01))
    paid = Budgeted(provider, account, "lightweight", cost, SentCalls(cache))
    return Cached(paid, cache, account, "lightweight")


def account(run: str, calls: int | None = None) -> Account:
    return Account(run, Budget(Caps({"lightweight": calls})))


def dies(cache: ReplyCache) -> None:
    """As a kill does: its locks go, and nothing else happens."""
    sender = cache.journal._sender
    assert sender is not None
    sender._file.close()


def lost(cache: ReplyCache, run: str) -> int:
    return sum(each.calls for each in SentCalls(cache).lost(run))


async def let_turn(times: int = 5) -> None:
    for _ in range(times):
        await asyncio.sleep(0)


def test_two_processes_that_want_the_same_pay_once(tmp_path: Path):
    async def both() -> None:
        provider = Provider()
        provider.open.clear()
        here, there = account("a"), account("b")
        asked = [
            asyncio.create_task(process(provider, ReplyCache(tmp_path), each).reply(ASK))
            for each in (here, there)
        ]
        await asyncio.sleep(0.05)
        provider.open.set()
        first, second = await asyncio.gather(*asked)
        assert len(provider.arrived) == 1 and first.text == second.text
        assert [first.cached, second.cached] == [False, True] and first.paid_by == "a"
        assert there.budget.remaining_calls("lightweight") is None and not there.spends()

    asyncio.run(both())


def test_a_call_that_fails_is_the_other_processes_to_make(tmp_path: Path):
    async def both() -> None:
        provider = Provider(CallFailed("no"))
        provider.open.clear()
        asked = [
            asyncio.create_task(process(provider, ReplyCache(tmp_path), account(run)).reply(ASK))
            for run in "ab"
        ]
        await asyncio.sleep(0.05)
        provider.open.set()
        failed, answered = await asyncio.gather(*asked, return_exceptions=True)
        assert isinstance(failed, CallFailed) and isinstance(answered, Reply) and not answered.cached

    asyncio.run(both())


def test_an_answer_is_on_the_disk_when_it_is_seen(tmp_path: Path):
    async def ask() -> None:
        await process(Provider(), ReplyCache(tmp_path), account("a")).reply(ASK)
        rows = sqlite3.connect(tmp_path / "cache.db").execute("SELECT count(*) FROM Cache").fetchone()
        assert rows == (1,)

    asyncio.run(ask())


def test_calls_under_way_at_a_kill_count_when_the_run_goes_on_and_those_that_were_kept_do_not(tmp_path: Path):
    async def killed() -> None:
        provider, cache = Provider(), ReplyCache(tmp_path)
        asked = process(provider, cache, account("run"))
        await asked.reply(OTHER)
        provider.open.clear()
        under_way = asyncio.create_task(asked.reply(ASK))
        await asyncio.sleep(0.05)
        dies(cache)
        under_way.cancel()
        cache.journal._closed = True  # it writes nothing any more

    asyncio.run(killed())

    async def resumed() -> None:
        provider, cache, books = Provider(), ReplyCache(tmp_path), account("run", calls=3)
        assert lost(cache, "run") == 1 and lost(cache, "another run") == 0
        for each in SentCalls(cache).lost("run"):
            books.lost(each.role, each.calls, each.tokens, each.usd)
        spent = books.spends()["lightweight"]
        assert (spent.api, spent.uncertain) == (1, 1) and books.budget.remaining_calls("lightweight") == 2
        asked = process(provider, cache, books)
        for request in (OTHER, ASK):
            await asked.reply(request)
        assert len(provider.arrived) == 1, "what was kept is not asked again"
        assert books.budget.remaining_calls("lightweight") == 0 and lost(cache, "run") == 1

    asyncio.run(resumed())


def test_a_call_that_a_dead_process_had_sent_is_taken_over(tmp_path: Path):
    async def ask() -> None:
        cache = ReplyCache(tmp_path)
        key = "k" * 64
        assert (await cache.journal.claim(SentCall(key, "", "lightweight"))).ours
        dies(cache)
        claim = await ReplyCache(tmp_path).journal.claim(SentCall(key, "", "lightweight"))
        assert claim.ours and claim.before is not None

    asyncio.run(ask())


@pytest.mark.parametrize("lost_on_the_way", [True, False])
def test_what_was_lost_on_the_way_stays_in_the_books_of_the_run(tmp_path: Path, lost_on_the_way: bool):
    async def ask() -> None:
        cache, books = ReplyCache(tmp_path), account("run")
        failure = CallFailed("gone", transient=True, lost=lost_on_the_way)
        with pytest.raises(CallFailed):
            await process(Provider(failure), cache, books).reply(ASK)
        await let_turn()
        assert books.spends()["lightweight"].uncertain == lost(cache, "run") == int(lost_on_the_way)

    asyncio.run(ask())


def test_on_a_full_disk_nothing_is_sent(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr(shutil, "disk_usage", lambda path: usage(10**9, 10**9, 1000))

    async def ask() -> None:
        provider, books = Provider(), account("run", calls=5)
        with pytest.raises(ModelRefused, match=r"Nothing more was sent: .* Make room"):
            await process(provider, ReplyCache(tmp_path), books).reply(ASK)
        assert not provider.arrived and books.budget.remaining_calls("lightweight") == 5

    asyncio.run(ask())


def test_an_answer_that_the_disk_does_not_take_is_not_asked_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    def full(disk: object, replies: object) -> bool:
        raise sqlite3.OperationalError("database or disk is full")

    async def ask() -> None:
        provider, cache = Provider(), ReplyCache(tmp_path)
        asked = process(provider, cache, account("run"))
        with monkeypatch.context() as patch:
            patch.setattr("core.llm.layers.reply_cache._set_all", full)
            assert (await asked.reply(ASK)).text
            assert (await asked.reply(ASK)).text and len(provider.arrived) == 1
            with pytest.raises(ModelRefused, match="Nothing more was sent"):
                await asked.reply(OTHER)
            assert len(provider.arrived) == 1
        await asked.reply(OTHER)
        assert ReplyCache(tmp_path).stats().entries == 2, "written as soon as there is room"

    asyncio.run(ask())


@pytest.mark.parametrize("opened_before", [False, True])
def test_a_damaged_journal_is_set_aside_and_begun_anew(tmp_path: Path, opened_before: bool):
    async def ask() -> None:
        asked = process(Provider(), ReplyCache(tmp_path), account("run"))
        if opened_before:
            await asked.reply(OTHER)
            with sqlite3.connect(tmp_path / "sent.db") as other:
                other.execute("drop table sent")
        else:
            (tmp_path / "sent.db").write_bytes(b"no database at all" * 100)
        assert (await asked.reply(ASK)).text and (tmp_path / "broken-1.db").exists()

    asyncio.run(ask())


def test_who_asks_again_while_an_answer_is_being_kept_has_not_paid_as_well(tmp_path: Path):
    async def ask() -> None:
        provider, cache, books = Provider(), ReplyCache(tmp_path), account("run")
        asked = process(provider, cache, books)
        first = asyncio.create_task(asked.reply(ASK))
        while cache.get(_key(provider)) is None:
            await asyncio.sleep(0)
        again = await asked.reply(ASK)
        assert again.cached and not (await first).cached and len(provider.arrived) == 1

    asyncio.run(ask())


def _key(provider: Provider) -> str:
    return cache_key(provider.exact(ASK), ASK.repeat)
