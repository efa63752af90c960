"""Embeddings: offline ones, those of a provider over the real SDK against a local server, and vectors kept on
disk."""

from __future__ import annotations

import sqlite3

import numpy as np
import pytest

from core.costs.call_price import price_of_vectors
from core.errors import CallFailed, CapReached, ModelRefused, UsageError
from core.llm.account import Account
from core.llm.budget import Budget, Caps
from core.llm.call_loop import CallLoop
from core.llm.catalogue.prices import Prices
from core.llm.catalogue.profiles import load_profiles
from core.llm.connections import ModelContext
from core.llm.embeddings.base import CachedEmbedder
from core.llm.embeddings.offline import OfflineEmbedder
from core.llm.embeddings.open_embedder import offline_embedder, open_embedder
from core.llm.embeddings.remote import LONGEST, MOST_TEXTS, batches
from core.llm.embeddings.vectors import Vectors
from tests.fakes import acts
from tests.fakes.server import FakeServer

NAME = "openai:text-embedding-3-small"
TEXTS = [
    "fix bug in documentation",
    "address bug in the docs",
    "a new release of the parser",
    "speed up the tokenizer",
]


@pytest.fixture
def vectors(tmp_path):
    kept = Vectors(tmp_path / "vectors")
    yield kept
    kept.close()


@pytest.fixture
def server():
    with FakeServer(key="sk-right-key-1234") as running:
        yield running


@pytest.fixture
def opened(server):
    loop, made = CallLoop(), []

    def make(account: Account = Account("run"), name: str = NAME, key: str = "sk-right-key-1234"):
        keys = {"OPENAI_API_KEY": key, "OPENAI_BASE_URL": server.openai_url}
        made.append(ModelContext(load_profiles(None), Prices(), keys))
        return open_embedder(name, account, made[-1], loop.ask_all)

    yield make
    for shared in made:
        loop.run(shared.aclose())
    loop.close()


# ---- a provider


@pytest.mark.parametrize("name", [NAME, "openai-compatible:some-embedder"])
def test_texts_are_embedded_over_the_wire_in_their_order_and_have_length_one(opened, server, name):
    texts = [f"text {n}" for n in range(300)]
    found = opened(name=name).embed(texts)
    again = opened(name=name).embed(list(reversed(texts)))
    assert found.shape == (300, 16) and found.dtype == np.float32
    assert np.allclose(np.linalg.norm(found, axis=1), 1, atol=1e-5) and np.allclose(found, again[::-1])
    assert {seen.path for seen in server.seen} == {"/v1/embeddings"}
    assert (
        max(len(body["input"]) for body in server.bodies) == MOST_TEXTS
        and server.bodies[0]["model"] == name.partition(":")[2]
    )


def test_a_text_is_asked_for_once_whoever_asks_again(opened, server, vectors):
    kept = CachedEmbedder(opened(), vectors)
    first = kept.embed([*TEXTS, TEXTS[0]])
    assert len(server.seen) == 1 and len(server.bodies[0]["input"]) == len(TEXTS)
    assert np.array_equal(first[0], first[4]) and vectors.count(NAME) == len(TEXTS)
    assert np.allclose(CachedEmbedder(opened(), vectors).embed(TEXTS), first[:4]) and len(server.seen) == 1
    CachedEmbedder(opened(), vectors).embed([*TEXTS, "one more"])
    assert server.bodies[-1]["input"] == ["one more"]


def test_a_transient_failure_is_tried_again_and_a_wrong_key_is_told_without_the_key(opened, server):
    server.script.extend([acts.status(500, "trouble"), acts.CUT])
    assert opened().embed(TEXTS).shape == (4, 16) and len(server.seen) == 3
    with pytest.raises(ModelRefused) as refused:
        opened(key="sk-wrong-key-98765").embed(TEXTS)
    assert "98765" not in str(refused.value)


def test_what_is_embedded_is_on_the_books_and_under_the_caps(opened, server):
    account = Account("run")
    opened(account).embed(TEXTS)
    spend = account.spends()["embedding"]
    assert (spend.api, spend.input_tokens, spend.output_tokens) == (
        1,
        4,
        0,
    ) and spend.cost_usd == pytest.approx(4 * 0.02e-6)
    sent = len(server.seen)
    with pytest.raises(CapReached):
        opened(Account("run", Budget(Caps(usd=1e-9)))).embed(TEXTS)
    assert len(server.seen) == sent


def test_vectors_that_do_not_fit_the_texts_are_no_vectors(opened, server, monkeypatch):
    from tests.fakes import wire

    whole = wire.embeddings
    monkeypatch.setattr(wire, "embeddings", lambda model, inputs: whole(model, inputs[:-1]))
    with pytest.raises(CallFailed, match="do not fit"):
        opened().embed(TEXTS)


def test_what_came_before_a_failure_stays_on_disk(opened, server, vectors, monkeypatch):
    monkeypatch.setattr("core.llm.embeddings.base.AT_ONCE", 2)
    server.script.extend([acts.REPLY, acts.status(400, "no")])
    with pytest.raises((CallFailed, ModelRefused)):
        CachedEmbedder(opened(), vectors).embed(TEXTS)
    assert vectors.count(NAME) == 2 and CachedEmbedder(opened(), vectors).missing(TEXTS) == TEXTS[2:]


def test_blank_texts_are_not_sent_and_long_ones_are_cut(opened, server):
    found = opened().embed(["", "  ", "ä" * LONGEST, "short"])
    assert not found[:2].any() and found[2:].any(axis=1).all()
    sent = server.bodies[0]["input"]
    assert len(sent) == 2 and len(sent[0].encode()) == LONGEST and set(sent[0]) == {"ä"}
    assert opened().embed([" "]).shape[0] == 1


def test_no_request_is_larger_than_a_provider_takes():
    requests = list(batches(["x" * 9_000] * 50 + ["y"] * 500))
    sizes = [sum(len(message.content) for message in request.messages) for request in requests]
    assert max(sizes) <= 100_000 and sum(len(request.messages) for request in requests) == 550


def test_the_price_is_known_before():
    shared = ModelContext(load_profiles(None), Prices(), {})
    part = price_of_vectors(NAME, ["word " * 100] * 3 + [f"word {n} " * 100 for n in range(1_000)], shared)
    cost = part.of_all(part.usd)
    assert part.calls > 1 and 0.003 < cost.low < 0.0045 < cost.high < 0.01
    assert price_of_vectors("offline:svd", TEXTS, shared).usd.high == 0


@pytest.mark.parametrize(
    ("name", "why"),
    [("anthropic:claude-haiku-5-5", "cannot embed"), ("offline:reader", "no embedding model")],
)
def test_what_cannot_embed_is_refused_in_a_sentence(name, why):
    shared = ModelContext(load_profiles(None), Prices(), {"ANTHROPIC_API_KEY": "sk-ant-1234567"})
    with pytest.raises(UsageError, match=why):
        open_embedder(name, Account("run"), shared, None)


# ---- offline


def test_offline_what_is_alike_lies_near_and_few_texts_lose_nothing():
    made = OfflineEmbedder.learned(TEXTS)
    rows = made.embed(TEXTS)
    likeness = made.embed(["bug in documentation"]) @ rows.T
    assert likeness[0].argmax() == 0 and likeness[0, 1] > likeness[0, 2]
    whole = made.ngrams.transform(TEXTS)
    assert (
        np.allclose(rows @ rows.T, (whole @ whole.T).toarray(), atol=1e-4)
        and (np.linalg.norm(rows, axis=1) <= 1 + 1e-5).all()
    )


def test_the_same_texts_in_any_order_teach_the_same_and_it_is_read_from_disk(tmp_path):
    made = offline_embedder(TEXTS, tmp_path)
    path = next(tmp_path.iterdir())
    before = path.stat().st_mtime_ns
    again = offline_embedder(list(reversed(TEXTS)), tmp_path)
    assert (
        again.name == made.name
        and path.stat().st_mtime_ns == before
        and np.array_equal(again.embed(TEXTS), made.embed(TEXTS))
    )
    path.write_bytes(b"damaged")
    assert np.allclose(offline_embedder(TEXTS, tmp_path).embed(TEXTS), made.embed(TEXTS), atol=1e-5)
    assert offline_embedder(TEXTS[:3], tmp_path).name != made.name


def test_offline_anything_can_be_embedded():
    made = OfflineEmbedder.learned(["", "…", "漢字", "\ud800 lone"])
    assert np.isfinite(made.embed(["", "?", "漢字 and more", "\ud800"])).all()
    assert OfflineEmbedder.learned([]).embed(["text"]).shape[0] == 1


# ---- on disk


def test_a_row_that_is_no_vector_counts_as_missing(vectors):
    vectors.put(
        "m",
        {
            "a": np.ones(4, dtype=np.float32),
            "b": np.ones(4, dtype=np.float32),
            "c": np.ones(4, dtype=np.float32),
        },
    )
    file = sqlite3.connect(vectors.path)
    file.execute(
        "update vectors set vector = ? where hash = (select min(hash) from vectors)", (b"\x80\x04K\x01.",)
    )
    file.commit()
    file.close()
    assert len(vectors.get("m", ["a", "b", "c"])) == 2 and vectors.get("other", ["a"]) == {}


@pytest.mark.parametrize("opened_before", [False, True])
def test_a_damaged_file_of_vectors_is_set_aside_and_begun_anew(tmp_path, opened_before: bool):
    path, vector = tmp_path / "vectors.db", np.ones(3, dtype="<f4")
    kept = Vectors(tmp_path)
    kept.put("model", {"text": vector})
    if opened_before:
        with sqlite3.connect(path) as other:
            other.execute("drop table vectors")
    else:
        kept.close()
        path.write_bytes(b"no database at all " * 3_000)
        kept = Vectors(tmp_path)
    assert kept.get("model", ["text"]) == {} and kept.count("model") == 0
    kept.put("model", {"text": vector})
    assert kept.count("model") == 1 and (tmp_path / "broken-1.db").exists()
    kept.close()
