"""The story of the first seed over HTTP (issue 7), with the real server in a process of its own."""

from __future__ import annotations

from pathlib import Path

from core.store.store import Store
from tests.core.http.serving import NAME, Client, adopted, api_alone, serving
from tests.core.test_classifier import KEY, in_context
from tests.fakes.server import FakeServer


def tell(client: Client) -> None:
    """Line by line as in the seed, with our API."""
    first = client.post("/v1/classify", {"text": "fix bug in LCEL", "prediction_id": "run-1"})
    assert (first.status, first.body["label"], first.body["outcome"], first.body["prediction_id"]) == (
        200,
        "bug",
        "label",
        "run-1",
    )
    right = client.post("/v1/feedback", {"prediction_id": "run-1", "score": 1.0})
    assert (right.status, right.body["state"], right.body["dataset"]) == (200, "applied", NAME)
    wrong = client.post("/v1/classify", {"text": "fix bug in documentation", "prediction_id": "run-2"}).body
    assert wrong["outcome"] == "label" and wrong["label"] != "documentation"
    said = {
        "prediction_id": "run-2",
        "correction": "documentation",
        "note": "About the docs, even if they are broken.",
    }
    assert client.post("/v1/feedback", said).body["state"] == "applied"
    found = client.post("/v1/classify", {"text": "address bug in documentation"}).body
    assert found["label"] == "documentation" and found["prediction_id"] not in ("", "run-1", "run-2")
    assert [(each["text"], each["label"]) for each in found["examples"]] == [
        ("fix bug in LCEL", "bug"),
        ("fix bug in documentation", "documentation"),
    ]
    again = client.post("/v1/classify", {"text": "fix bug in LCEL", "prediction_id": "run-1"}).body
    assert again["again"] and again["label"] == "bug", "the same id and text get what was said then"


def test_the_story_of_the_seed_over_http_with_the_offline_pair(tmp_path: Path):
    with Store.open(tmp_path / "workspace" / "whetstone.db") as store:
        dataset_id = adopted(store)
        with serving(tmp_path / "workspace") as server:
            tell(server.client())
        rows = store.datasets.get(dataset_id).examples
        assert [(row.text, row.label, row.note, row.source) for row in rows] == [
            ("fix bug in LCEL", "bug", "", "feedback"),
            (
                "fix bug in documentation",
                "documentation",
                "About the docs, even if they are broken.",
                "feedback",
            ),
        ]
        assert store.answers.get("run-2").source == "api"


def test_the_story_of_the_seed_over_http_and_openais_wire(tmp_path: Path):
    with Store.open(tmp_path / "workspace" / "whetstone.db") as store:
        adopted(store, model="openai:gpt-6-luna")
    with FakeServer(answer=in_context, key=KEY) as provider:
        with serving(
            tmp_path / "workspace", OPENAI_API_KEY=KEY, OPENAI_BASE_URL=provider.openai_url
        ) as server:
            tell(server.client())
        shown = [
            message["content"] for message in provider.bodies[2]["messages"] if message["role"] == "assistant"
        ]
        assert shown == ["<label>bug</label>", "<label>documentation</label>"] and len(provider.bodies) == 3
        assert KEY not in server.console()


def test_the_story_of_the_seed_over_http_with_embeddings_over_openais_wire(tmp_path: Path):
    with Store.open(tmp_path / "workspace" / "whetstone.db") as store:
        adopted(store, model="openai:gpt-6-luna")
    with FakeServer(answer=in_context, key=KEY) as provider:
        keys = {
            "OPENAI_API_KEY": KEY,
            "OPENAI_BASE_URL": provider.openai_url,
            "WHETSTONE_EMBEDDINGS": "openai:text-embedding-3-small",
        }
        with api_alone(tmp_path / "workspace", **keys) as server:
            tell(server.client())
        embedded = [
            text for seen in provider.seen if seen.path.endswith("/embeddings") for text in seen.body["input"]
        ]
        assert {"fix bug in LCEL", "fix bug in documentation"} <= set(embedded) and len(set(embedded)) == len(
            embedded
        )
