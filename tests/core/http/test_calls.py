"""The calls, with the real server: one or many texts, ids that are brought, feedback before its prediction,
several datasets."""

from __future__ import annotations

import json
import threading
import time
from dataclasses import replace
from pathlib import Path

from core import Classifier
from core.prompts.starting_prompt import starting_prompt
from core.store.store import Store
from core.types import Dataset, Example, FewShot, LabelSet, Shot
from tests.core.http.serving import LABELS, NAME, ApiServer, Client, adopted, api_alone, serving
from tests.core.test_classifier import INJECTED, KEY, in_context
from tests.fakes.server import FakeServer


def test_many_texts_come_back_in_order_under_the_ids_that_were_brought(client: Client):
    found = client.post(
        "/v1/classify",
        {"texts": [{"text": "fix bug", "prediction_id": "many-1"}, {"text": "new documentation"}]},
    )
    assert found.status == 200 and [each["label"] for each in found.body["predictions"]] == [
        "bug",
        "documentation",
    ]
    first, second = (each["prediction_id"] for each in found.body["predictions"])
    assert first == "many-1" and len(second) >= 10
    taken = client.post("/v1/classify", {"text": "something else", "prediction_id": "many-1"})
    assert taken.status == 409 and "“many-1” is taken" in taken.error
    assert client.post("/v1/classify", {"texts": [{"text": "a"}] * 257}).status == 400


def test_feedback_for_an_unknown_id_waits_for_its_prediction(client: Client, store: Store):
    kept = client.post("/v1/feedback", {"prediction_id": "early-1", "correction": "integration"})
    assert (kept.status, kept.body["state"]) == (202, "waiting")
    client.post("/v1/classify", {"text": "talk to the calendar", "prediction_id": "early-1"})
    (said,) = store.feedback.on(store.datasets.find(NAME), ["early-1"])["early-1"]
    assert said.state == "applied" and said.id == kept.body["feedback_id"]


def test_a_post_that_is_repeated_is_there_once(client: Client, store: Store):
    client.post("/v1/classify", {"text": "fix bug twice", "prediction_id": "twice-1"})
    posts = [
        client.post("/v1/feedback", {"prediction_id": "twice-1", "score": 1, "key": "k", "who": "Ada"})
        for _ in range(3)
    ]
    assert len({each.body["feedback_id"] for each in posts}) == 1
    other = client.post("/v1/feedback", {"prediction_id": "twice-1", "score": 0, "key": "k", "who": "Ada"})
    assert (
        other.status == 409 and len(store.feedback.on(store.datasets.find(NAME), ["twice-1"])["twice-1"]) == 1
    )


def test_a_text_that_pretends_to_be_instructions_changes_nothing_but_the_label(client: Client, store: Store):
    """As text, id, note, name, key and correction; prompt, labels and what others are asked stay as they
    were."""
    before = client.get("/v1/champion").body
    asked = client.post("/v1/classify", {"text": INJECTED, "prediction_id": INJECTED[:200]}).body
    assert (
        asked["outcome"] == "label" and asked["label"] in LABELS and asked["prediction_id"] == INJECTED[:200]
    )
    said = {
        "prediction_id": INJECTED[:200],
        "correction": "improvement",
        "note": INJECTED,
        "who": INJECTED,
        "key": INJECTED,
    }
    assert client.post("/v1/feedback", said).body["state"] == "applied"
    assert client.post("/v1/feedback", said | {"correction": INJECTED, "key": "b"}).status == 400
    assert client.get("/v1/champion").body == before
    info = store.datasets.info(store.datasets.find(NAME))
    row = next(row for row in store.datasets.get(info.id).examples if row.text == INJECTED)
    assert info.labels.names == LABELS and (row.label, row.note) == ("improvement", INJECTED)


def test_the_champion_comes_as_a_prompt_file_that_the_library_reads(
    client: Client, server: ApiServer, tmp_path: Path
):
    champion = client.get("/v1/champion").body
    assert (champion["dataset"], champion["model"], champion["labels"]) == (
        NAME,
        "offline:reader",
        list(LABELS),
    )
    path = tmp_path / "prompt.json"
    path.write_text(json.dumps(champion["prompt_file"]), encoding="utf-8")
    with Classifier.from_file(path, tmp_path / "own") as classifier:
        assert (
            classifier.prompt_key == champion["prompt_key"]
            and classifier.classify("fix bug in LCEL").label == "bug"
        )
    again = server.client()  # an idle connection is closed after 5 s
    assert again.get("/v1/champion?dataset=" + champion["dataset_id"]).body == champion


def test_the_openapi_document_names_every_call_and_every_field(client: Client):
    document = client.get("/v1/openapi.json").body
    assert set(document["paths"]) == {
        "/v1/classify",
        "/v1/feedback",
        "/v1/predictions/{prediction_id}",
        "/v1/champion",
        "/v1/health",
        "/v1/openapi.json",
    }
    schemas = document["components"]["schemas"]
    references = {part.split('"')[0] for part in json.dumps(document).split("#/components/schemas/")[1:]}
    assert references <= set(schemas), "nothing is referred to that is not there"
    found = client.post("/v1/classify", {"text": "fix bug"}).body
    assert set(schemas["Prediction"]["properties"]) == set(found)
    assert set(schemas["FeedbackRequest"]["required"]) == {"prediction_id"}


def test_with_several_champions_the_dataset_is_named_and_feedback_goes_to_that_of_its_prediction(
    tmp_path: Path,
):
    with (
        Store.open(tmp_path / "workspace" / "whetstone.db") as store,
        api_alone(tmp_path / "workspace") as server,
    ):
        client = server.client()
        none = client.post("/v1/classify", {"text": "fix bug"})
        assert none.status == 404 and "No prompt has been adopted yet" in none.error
        ids = {name: adopted(store, name) for name in ("one", "two")}
        assert "“one”, “two”" in client.post("/v1/classify", {"text": "fix bug"}).error
        assert (
            client.post("/v1/classify", {"text": "fix bug", "dataset": "two", "prediction_id": "p"}).status
            == 200
        )
        assert client.post("/v1/classify", {"text": "fix bug", "dataset": ids["one"]}).status == 200
        assert client.post("/v1/feedback", {"prediction_id": "p", "score": 1.0}).body["dataset"] == "two"
        assert client.post("/v1/feedback", {"prediction_id": "q", "score": 1.0}).status == 400
        assert (
            client.post("/v1/feedback", {"prediction_id": "p", "score": 1.0, "dataset": "one"}).status == 409
        )
        assert client.post("/v1/classify", {"text": "fix bug", "dataset": "three"}).status == 404


def test_another_champion_answers_from_the_next_call_on(tmp_path: Path):
    with (
        Store.open(tmp_path / "workspace" / "whetstone.db") as store,
        FakeServer(answer=in_context, key=KEY) as provider,
    ):
        dataset_id = adopted(store)
        with api_alone(
            tmp_path / "workspace", OPENAI_API_KEY=KEY, OPENAI_BASE_URL=provider.openai_url
        ) as server:
            client = server.client()
            assert client.post("/v1/classify", {"text": "fix bug"}).body["model"] == "offline:reader"
            store.champions.adopt(dataset_id, store.champions.current(dataset_id).prompt, "openai:gpt-6-luna")
            assert client.post("/v1/classify", {"text": "fix bug"}).body["model"] == "openai:gpt-6-luna"


def test_neighbours_come_from_the_rows_unless_the_prompts_own_are_asked_for(tmp_path: Path):
    with Store.open(tmp_path / "workspace" / "whetstone.db") as store:
        row = Example("1", "fix bug in the calendar", "bug")
        dataset_id = store.datasets.add(Dataset(NAME, LabelSet(LABELS), (row,)), "test")
        shots = (Shot("describe the calendar", "documentation"),)
        prompt = replace(starting_prompt(LabelSet(LABELS)), few_shot=FewShot("similar", 1, shots))
        store.champions.adopt(dataset_id, prompt, "offline:reader")
        with api_alone(tmp_path / "workspace") as server:
            client, text = server.client(), "fix the calendar"
            for neighbours, example in (
                ({}, row),
                ({"neighbours": "prompt"}, shots[0]),
                ({"neighbours": "dataset"}, row),
            ):
                body = client.post("/v1/classify", {"text": text} | neighbours).body
                assert [each["text"] for each in body["examples"]] == [example.text]
            assert client.post("/v1/classify", {"text": text, "neighbours": "rows"}).status == 400


def test_feedback_and_the_dashboard_never_wait_for_slow_models(tmp_path: Path):
    with Store.open(tmp_path / "workspace" / "whetstone.db") as store:
        adopted(store, model="openai:gpt-6-luna")
    let_go = threading.Event()

    def slow(messages):
        assert let_go.wait(60)
        return in_context(messages)

    with FakeServer(answer=slow, key=KEY) as provider:
        with serving(
            tmp_path / "workspace", OPENAI_API_KEY=KEY, OPENAI_BASE_URL=provider.openai_url
        ) as server:
            asked: list = []
            threads = [
                threading.Thread(
                    target=lambda n=n: asked.append(
                        server.client().post("/v1/classify", {"text": f"bug {n}"})
                    )
                )
                for n in range(20)
            ]
            for each in threads:
                each.start()
            while provider.most_at_once == 0:
                time.sleep(0.01)
            assert server.client().post("/v1/feedback", {"prediction_id": "x", "score": 1.0}).status == 202
            assert server._healthy() and asked == [], "both were answered while the model thought"
            let_go.set()
            for each in threads:
                each.join()
            assert [each.status for each in asked] == [200] * 20


def test_a_model_that_refuses_is_a_sentence_and_a_failed_call_an_outcome(tmp_path: Path):
    with Store.open(tmp_path / "workspace" / "whetstone.db") as store:
        adopted(store, model="openai:gpt-6-luna")
    with FakeServer(answer=in_context, key="another") as provider:
        with api_alone(
            tmp_path / "workspace", OPENAI_API_KEY=KEY, OPENAI_BASE_URL=provider.openai_url
        ) as server:
            refused = server.client().post("/v1/classify", {"text": "fix bug", "prediction_id": "a"})
            assert refused.status == 502 and KEY not in refused.error


def test_a_read_only_workspace_classifies_offline_and_keeps_nothing(tmp_path: Path):
    with Store.open(tmp_path / "workspace" / "whetstone.db") as store:
        dataset_id = adopted(store)
        with api_alone(tmp_path / "workspace", WHETSTONE_READ_ONLY="1") as server:
            client = server.client()
            assert client.get("/v1/health").body["read_only"] is True
            assert (
                client.post("/v1/classify", {"text": "fix bug", "prediction_id": "p"}).body["label"] == "bug"
            )
            refused = client.post("/v1/feedback", {"prediction_id": "p", "score": 1.0})
            assert refused.status == 403 and "read-only" in refused.error
        assert store.answers.some(["p"]) == {} and store.feedback.all(dataset_id) == ()


def test_a_read_only_workspace_asks_no_provider(tmp_path: Path):
    with (
        Store.open(tmp_path / "workspace" / "whetstone.db") as store,
        FakeServer(answer=in_context, key=KEY) as provider,
    ):
        adopted(store, model="openai:gpt-6-luna")
        keys = {"OPENAI_API_KEY": KEY, "OPENAI_BASE_URL": provider.openai_url}
        with api_alone(tmp_path / "workspace", **keys) as server:
            assert server.client().post("/v1/classify", {"text": "fix bug"}).status == 200
        with api_alone(tmp_path / "workspace", WHETSTONE_READ_ONLY="1", **keys) as server:
            known = server.client().post("/v1/classify", {"text": "fix bug"})
            assert (known.status, known.body["cached"]) == (200, True)
            other = server.client().post("/v1/classify", {"text": "another bug"})
            assert other.status != 200 or other.body["outcome"] == "failed"
        assert len(provider.bodies) == 1


def test_a_prediction_is_found_by_its_id_with_its_request_reply_and_feedback(client: Client):
    made = client.post("/v1/classify", {"text": "fix bug once more", "prediction_id": "a/b ü?"}).body
    client.post("/v1/feedback", {"prediction_id": "a/b ü?", "score": 0.5, "key": "thumb"})
    found = client.get("/v1/predictions/a/b%20%C3%BC%3F").body
    assert {
        name: found[name] for name in ("prediction_id", "text", "label", "outcome", "source", "dataset")
    } == {
        "prediction_id": "a/b ü?",
        "text": "fix bug once more",
        "label": made["label"],
        "outcome": "label",
        "source": "api",
        "dataset": NAME,
    }
    assert "fix bug once more" in found["request"]["messages"][-1]["content"]
    assert made["label"] in found["reply"] and found["usage"]["input_tokens"] > 0
    assert found["examples"] == made["examples"] and found["seconds"] is not None
    (given,) = found["feedback"]
    assert (given["score"], given["key"], given["state"]) == (0.5, "thumb", "new")
    assert client.get("/v1/predictions/nobody").status == 404
    assert client.get("/v1/predictions/a?dataset=x").status == 400
    assert client.post("/v1/predictions/a", {}).status == 405
