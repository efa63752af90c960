"""Feedback posted to a receiver on this machine: signed, tried again, never in the way, and only where it may go."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from core.errors import UsageError
from core.services.feedback import Said, receive
from core.services.serving.webhook_post import NotDelivered, SignedPost, checked_addresses, send, signature
from core.services.serving.webhooks import (
    WebhookSettings,
    post_test,
    retry_deliveries,
    send_due,
    set_webhook,
    webhook_settings,
)
from core.store.feedback.deliveries import DELAYS
from core.store.feedback.records import ServedPrediction, State
from core.store.store import Store
from core.types import Dataset, LabelSet
from core.workspace import Workspace
from tests.core.services.receiver import SECRET, Receiver, receiving
from tests.core.store.building import Clock

POST = SignedPost("id", 1_731_705_121.0, b'{"a": 1}')


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as opened:
        yield opened


@pytest.fixture
def allowed(tmp_path: Path, receiver: Receiver) -> Iterator[Workspace]:
    environment = {"WHETSTONE_WEBHOOKS": receiver.url, "WHETSTONE_WEBHOOK_SECRET": SECRET}
    opened = Workspace.open(tmp_path, environment)
    yield opened
    opened.close()


def served(store: Store) -> str:
    dataset = store.datasets.add(Dataset("titles", LabelSet(("bug", "idea")), ()), "test")
    store.answers.add(ServedPrediction("p", dataset, 0.0, "it breaks ü", "bug", "label", model="m"))
    return dataset


def test_what_comes_in_is_posted_with_its_prediction_by_a_thread(allowed: Workspace, receiver: Receiver):
    dataset = served(allowed.store)
    set_webhook(allowed, dataset, receiver.url)
    given = receive(allowed, dataset, Said("p", correction="idea", note="why", key="k"))
    assert receiver.news.wait(30)
    allowed.close()
    (body,) = receiver.got
    assert body["type"] == "feedback.received" and body["data"]["feedback_id"] == given.id
    expected = {
        "dataset": "titles",
        "text": "it breaks ü",
        "predicted": "bug",
        "correction": "idea",
        "key": "k",
        "state": "applied",
    }
    assert {name: body["data"][name] for name in expected} == expected
    assert allowed.store.deliveries.counts(dataset) == {"waiting": 0, "sent": 1, "failed": 0}


def test_it_is_off_until_an_allowed_address_is_chosen(allowed: Workspace, receiver: Receiver, tmp_path: Path):
    dataset = served(allowed.store)
    receive(allowed, dataset, Said("p", score=1.0))
    assert allowed.store.deliveries.next_due() is None
    with pytest.raises(UsageError, match="may not be posted to: WHETSTONE_WEBHOOKS allows http"):
        set_webhook(allowed, dataset, "https://elsewhere.example")
    with pytest.raises(UsageError, match="choose an address first"):
        post_test(allowed, dataset)
    set_webhook(allowed, dataset, receiver.url)
    post_test(allowed, dataset)
    assert [each["type"] for each in receiver.got] == ["test"]
    allowed.environment = {}
    receive(allowed, dataset, Said("p", score=0.5))
    assert send_due(allowed) == 1 and len(receiver.got) == 1, "taken off the list, nothing goes there"
    (delivery,) = allowed.store.deliveries.recent(dataset)
    assert (delivery.state, delivery.problem) == ("failed", "The address is no longer in WHETSTONE_WEBHOOKS.")


def test_what_fails_is_tried_again_under_its_id_and_given_up_in_the_end(tmp_path: Path, receiver: Receiver):
    clock = Clock()
    environment = {"WHETSTONE_WEBHOOKS": receiver.url, "WHETSTONE_WEBHOOK_SECRET": SECRET}
    with Store.open(tmp_path / "whetstone.db", now=clock) as store:
        here = Workspace(tmp_path, environment)
        here.part(Store, lambda: store, lambda _: None)
        dataset = served(store)
        set_webhook(here, dataset, receiver.url)
        assert store.feedback.give(dataset, "p", score=1.0).state is State.APPLIED
        receiver.statuses = [500]
        assert send_due(here) == 1 and send_due(here) == 0, "not before its time"
        for delay in DELAYS:
            clock.time += delay
            assert send_due(here) == 1
        clock.time += 10**6
        assert send_due(here) == 0 and len(receiver.ids) == 4 and len(set(receiver.ids)) == 1
        assert store.deliveries.recent(dataset)[0].problem == "The receiver answered with status 500."
        receiver.statuses = [503, 200]
        assert retry_deliveries(here, dataset) == 1 and send_due(here) == 1
        clock.time += DELAYS[0]
        assert send_due(here) == 1 and store.deliveries.counts(dataset)["sent"] == 1
        for final in (307, 404):  # a redirect is not followed
            receiver.statuses = [final]
            store.feedback.give(dataset, "p", score=float(final))
            before = len(receiver.ids)
            assert send_due(here) == 1 and len(receiver.ids) == before + 1
            assert store.deliveries.recent(dataset)[0].state == "failed"


def test_a_process_that_dies_while_it_posts_loses_nothing(tmp_path: Path):
    clock = Clock()
    with Store.open(tmp_path / "whetstone.db", now=clock) as store:
        dataset = served(store)
        store.deliveries.set_webhook(dataset, "https://a.example")
        store.feedback.give(dataset, "p", score=1.0)
        claimed = store.deliveries.claim()
        assert claimed is not None and store.deliveries.claim() is None, "nobody else posts it meanwhile"
        clock.time += 121
        assert store.deliveries.claim().id == claimed.id


def test_the_signature_is_that_of_standard_webhooks():
    secret = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD"
    post = SignedPost(
        "msg_27UH4WbU6Z5A5EzD8u03UvzRbpk",
        1_649_367_553.0,
        b'{"email":"test@example.com","username":"test_user"}',
    )
    assert signature(secret, post) == "v1,tZ1I4/hDygAJgO5TYxiSd6Sd0kDW6hPenDe+bTa3Kkw=", (
        "as its libraries have it"
    )


@pytest.mark.parametrize(
    ("url", "sentence"),
    [
        ("http://whetstone.test/x", "leads into a private network"),
        ("http://8.8.8.8/x", "by https only"),
    ],
)
def test_names_that_lead_into_a_private_network_and_plain_http_are_refused(
    url: str, sentence: str, monkeypatch: pytest.MonkeyPatch
):
    def lookup(host: str, port: int, **_: object) -> list:
        address = "10.0.0.1" if host == "whetstone.test" else host
        return [(2, 1, 6, "", (address, port))]

    monkeypatch.setattr("socket.getaddrinfo", lookup)
    with pytest.raises(NotDelivered, match=sentence) as refused:
        send(url, SECRET, POST)
    assert refused.value.final


def test_a_name_is_looked_up_once_and_that_address_is_used(monkeypatch: pytest.MonkeyPatch):
    from urllib.parse import urlsplit

    answers = iter([["1.1.1.1"], ["127.0.0.1"]])
    monkeypatch.setattr(
        "socket.getaddrinfo", lambda host, port, **_: [(2, 1, 6, "", (each, port)) for each in next(answers)]
    )
    assert checked_addresses(urlsplit("https://a.example/x"), private=False) == [("1.1.1.1", 443)]


@pytest.mark.parametrize(
    ("addresses", "secret"),
    [
        ("ftp://a.example", SECRET),
        ("https://user:word@a.example", SECRET),
        ("https://", SECRET),
        ("https://a.example/x#y", SECRET),
        ("https://a.example", "short"),
        ("https://a.example", "whsec_ not base64 at all"),
    ],
)
def test_what_cannot_be_used_is_refused_in_a_sentence(addresses: str, secret: str):
    with pytest.raises(UsageError) as refused:
        webhook_settings({"WHETSTONE_WEBHOOKS": addresses, "WHETSTONE_WEBHOOK_SECRET": secret})
    assert str(refused.value).endswith(".") and secret not in str(refused.value)


def test_without_addresses_there_is_nothing_to_set_up():
    assert webhook_settings({}) == WebhookSettings()
