"""Feedback: what came in, the inbox, the rules with their preview, and when another run is suggested."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from core.prompts.files import prompt_key
from core.prompts.starting_prompt import starting_prompt
from core.store.feedback.records import (
    CORRECTION,
    INBOX,
    POSITIVE,
    FeedbackRule,
    ServedCall,
    ServedPrediction,
    State,
)
from core.store.records import Change
from core.store.store import Store
from core.types import Dataset, Example, FewShot, LabelSet, Message, Request, Settings, Usage
from tests.pages.conftest import choose_row
from tests.pages.made import dataset_of

PAGE = "use/feedback.py"
LABELS = ("bug", "documentation", "idea")
BAD = "![x](https://example.com/x.png) **bold** <img src=x>"


@pytest.fixture
def dataset(store: Store) -> str:
    return store.datasets.add(
        Dataset("titles", LabelSet(LABELS), (Example("old", "an old title", "bug", split="train"),)), "test"
    )


def opened(app: AppTest, view: str = "") -> AppTest:
    app.run().switch_page(PAGE).run()
    return app.segmented_control(key="feedback").set_value(view).run() if view else app


def served(
    store: Store, dataset: str, *texts: str, label: str = "bug", model: str = "offline:reader"
) -> list[str]:
    """The ids of the predictions."""
    store.answers.add_all(
        [
            ServedPrediction("p " + text, dataset, 0.0, text, label, "label", model=model, source="api")
            for text in texts
        ]
    )
    return ["p " + text for text in texts]


def by_inbox(store: Store, dataset: str) -> None:
    """All corrections are for a person to decide."""
    store.rules.save(FeedbackRule(dataset + "-" + CORRECTION, dataset, CORRECTION, way=INBOX))


def corrected(store: Store, dataset: str, *texts: str, to: str = "documentation") -> list[str]:
    """The ids of feedback in the inbox."""
    by_inbox(store, dataset)
    return [
        store.feedback.give(dataset, each, correction=to, note="Why not.").id
        for each in served(store, dataset, *texts)
    ]


def state(store: Store, feedback_id: str) -> State:
    return store.feedback.get(feedback_id).state


def rows(store: Store, dataset: str) -> dict[str, str]:
    return {row.text: row.label for row in store.datasets.get(dataset).examples}


def table(app: AppTest, column: str):
    return next(frame.value for frame in app.dataframe if column in frame.value.columns)


def captions(app: AppTest) -> str:
    return "\n".join(each.value for each in app.caption)


def test_without_a_dataset_the_page_says_what_to_do(app: AppTest):
    assert opened(app).subheader[0].value == "No feedback yet"
    assert app.button(key="to_overview") and not app.exception


def test_without_feedback_it_says_where_it_comes_from(app: AppTest, dataset: str):
    opened(app)
    assert all(word in captions(app) for word in ("playground", "give_feedback", "/api/v1/feedback"))
    app.button(key="to_playground").click().run()
    assert app.title[0].value == "Playground" and not app.exception


def test_an_inbox_without_any_feedback_says_what_comes_there(app: AppTest, dataset: str):
    opened(app, "inbox")
    assert [each.proto.title for each in app.info] == ["The inbox is empty"] and not app.subheader


def test_what_no_rule_takes_leads_to_the_rules(app: AppTest, store: Store, dataset: str):
    store.answers.add(ServedPrediction("one", dataset, 0.0, "one", "bug", "label"))
    store.feedback.give(dataset, "one", score=0.0)
    opened(app, "predictions")
    choose_row(app, "Id", 0).run()
    next(each for each in app.button if each.label == "Open the rules").click().run()
    assert not app.exception and app.segmented_control(key="feedback").value == "rules"


def test_what_came_in_is_listed_newest_first_with_what_became_of_it(app: AppTest, store: Store, dataset: str):
    one, two = served(store, dataset, "one", "two")
    store.feedback.give(dataset, one, score=1.0, who="Ann")
    store.feedback.give(dataset, two, score=0.0, note="no")
    store.feedback.give(dataset, "unknown", score=1.0)
    opened(app)
    found = table(app, "Outcome")
    assert list(found["Text"]) == ["prediction unknown", "two", "one"]
    assert list(found["Outcome"]) == ["Waits for its prediction", "Matched by no rule", "In the rows as bug"]
    assert [each[0] for each in found["Feedback"]] == ["right", "wrong", "right"]
    assert list(found["From"]) == ["", "an HTTP call", "an HTTP call"]
    assert {"In the rows 1", "Matched by no rule 1", "Waits for its prediction 1"} == set(
        app.pills(key="came_state").options
    )


def test_filters_narrow_the_list_and_are_cleared(app: AppTest, store: Store, dataset: str):
    store.feedback.give(dataset, *served(store, dataset, "parser"), score=1.0, who="Ann")
    store.feedback.give(dataset, *served(store, dataset, "docs"), correction="documentation")
    opened(app)
    for key, wanted, left in (
        ("came_labels", ["documentation"], "docs"),
        ("came_who", ["Ann"], "parser"),
        ("came_kind", ["corrected"], "docs"),
    ):
        app.multiselect(key=key).set_value(wanted).run()
        assert list(table(app, "Outcome")["Text"]) == [left]
        app.button(key="came_clear").click().run()
    app.text_input(key="came_search").set_value("PARS").run()
    assert list(table(app, "Outcome")["Text"]) == ["parser"]
    app.text_input(key="came_search").set_value("nothing like it").run()
    assert "No feedback matches" in app.info[0].value and not app.exception


def test_a_chosen_one_opens_its_row_and_what_no_rule_took_goes_to_the_inbox(
    app: AppTest, store: Store, dataset: str
):
    store.feedback.give(dataset, *served(store, dataset, "one"), score=1.0)
    left = store.feedback.give(dataset, *served(store, dataset, "two"), score=0.5).id
    opened(app)
    choose_row(app, "Outcome", 1)
    app.button(key="came_row").click().run()
    assert any(
        "added by feedback" in frame.value["What"].tolist()
        for frame in app.dataframe
        if "What" in frame.value.columns
    )
    choose_row(app, "Outcome", 0)
    app.button(key="came_inbox").click().run()
    assert state(store, left) is State.INBOX and not app.exception


def test_a_card_is_accepted_discarded_or_given_another_label_and_all_is_undone(
    app: AppTest, store: Store, dataset: str
):
    first, second, third = corrected(store, dataset, "one", "two", "three")
    before = rows(store, dataset)
    opened(app)
    assert "one" in [each.value for each in app.text] and app.button(key="inbox_label_2").disabled
    app.button(key="inbox_accept").click().run()
    app.button(key="inbox_discard").click().run()
    app.button(key="inbox_label_3").click().run()
    assert [state(store, each) for each in (first, second, third)] == [
        State.APPLIED,
        State.DISCARDED,
        State.APPLIED,
    ]
    assert rows(store, dataset) == before | {"one": "documentation", "three": "idea"}
    assert app.success[0].proto.title == "The inbox is empty"
    for text in ("three", "two", "one"):
        app.button(key="inbox_undo").click().run()
        assert text in [each.value for each in app.text], "it comes first again"
    assert {state(store, each) for each in (first, second, third)} == {State.INBOX} and rows(
        store, dataset
    ) == before
    assert app.button(key="inbox_undo").disabled and not app.exception


def test_what_is_put_off_comes_last(app: AppTest, store: Store, dataset: str):
    corrected(store, dataset, "one", "two")
    opened(app).button(key="inbox_later").click().run()
    assert "two" in [each.value for each in app.text]
    app.button(key="inbox_discard").click().run()
    assert "one" in [each.value for each in app.text] and not app.exception


def test_undo_leaves_what_somebody_else_did_since(app: AppTest, store: Store, dataset: str):
    [only] = corrected(store, dataset, "one")
    opened(app).button(key="inbox_accept").click().run()
    store.edits.change(dataset, [Change("old", "note", "from another tab")])
    app.button(key="inbox_undo").click().run()
    assert (
        app.error
        and state(store, only) is State.APPLIED
        and store.rows.one(dataset, "old").note == "from another tab"
    )


def test_an_item_that_somebody_else_decided_is_not_decided_again(app: AppTest, store: Store, dataset: str):
    [only] = corrected(store, dataset, "one")
    opened(app)
    store.feedback.apply(only, "idea")
    app.button(key="inbox_accept").click().run()
    assert app.error and rows(store, dataset)["one"] == "idea"


def test_a_new_label_is_accepted_and_shown_as_it_is(app: AppTest, store: Store, dataset: str):
    corrected(store, dataset, "two " + BAD, to=BAD)
    opened(app)
    assert "a new label" in captions(app) and "two " + BAD in [each.value for each in app.text]
    app.button(key="inbox_accept").click().run()
    assert BAD in store.datasets.info(dataset).labels.names
    app.segmented_control(key="feedback").set_value("rules").run()
    app.segmented_control(key="feedback").set_value("list").run()
    assert not any(BAD in each.value for each in app.markdown) and not app.exception


def test_a_prediction_without_a_label_is_given_one(app: AppTest, store: Store, dataset: str):
    store.answers.add(ServedPrediction("p", dataset, 0.0, "mumble", "", "unreadable"))
    said = store.feedback.give(dataset, "p", score=1.0)
    store.feedback.reopen(said.id)
    assert opened(app).button(key="inbox_accept").disabled
    app.button(key="inbox_label_1").click().run()
    assert rows(store, dataset)["mumble"] == "bug" and not app.exception


def test_a_rule_is_made_with_its_preview_changed_switched_and_deleted(
    app: AppTest, store: Store, dataset: str
):
    for text, model in (("one", "offline:reader"), ("two", "openai:small")):
        store.feedback.give(dataset, *served(store, dataset, text, model=model), score=0.5)
    opened(app, "rules").button(key="rule_new_" + POSITIVE).click().run()
    assert "It would have matched 0 of 2" in "\n".join(each.value for each in app.markdown).replace("\\", "")
    app.number_input(key="rule_form_least").set_value(0.5).run()
    assert list(table(app, "Effect")["Effect"]) == ["adds a row", "adds a row"]
    app.multiselect(key="rule_form_models").set_value(["openai:small"]).run()
    assert list(table(app, "Effect")["Text"]) == ["two"]
    app.segmented_control(key="rule_form_way").set_value(INBOX).run()
    assert (
        list(table(app, "Effect")["Effect"]) == ["goes to the inbox"] and len(store.rules.all(dataset)) == 2
    ), "nothing is saved yet"
    app.button(key="rule_save").click().run()
    made = store.rules.all(dataset)[-1]
    assert (made.kind, made.least, made.models, made.way) == (POSITIVE, 0.5, ("openai:small",), INBOX)
    app.toggle(key="rule_on_" + made.id).set_value(False).run()
    assert not store.rules.all(dataset)[-1].on
    app.button(key="rule_change_" + made.id).click().run()
    app.number_input(key="rule_form_share").set_value(25.0).run()
    app.button(key="rule_save").click().run()
    changed = store.rules.all(dataset)[-1]
    assert (changed.id, changed.share, changed.on, changed.models) == (
        made.id,
        0.25,
        False,
        ("openai:small",),
    )
    app.button(key="rule_delete_" + made.id).click().run()
    assert len(store.rules.all(dataset)) == 2 and not app.exception


def test_a_rule_that_is_never_reached_says_so_and_is_moved_up(app: AppTest, store: Store, dataset: str):
    narrow = store.rules.save(FeedbackRule("", dataset, CORRECTION, way=INBOX, labels=("idea",)))
    opened(app, "rules")
    assert "A rule above matches all of this" in captions(app)
    assert [button.key for button in app.button if (button.key or "").startswith("sign_rule_up_")] == [
        "sign_rule_up_" + narrow
    ]
    app.button(key="sign_rule_up_" + narrow).click().run()
    assert [rule.id == narrow for rule in store.rules.all(dataset)] == [False, True, False]
    assert "A rule above matches all of this" not in captions(app) and not app.exception


def test_what_is_typed_at_the_press_is_saved(app: AppTest, store: Store, dataset: str):
    opened(app, "rules").button(key="rule_new_" + CORRECTION).click().run()
    app.multiselect(key="rule_form_labels").set_value(["idea"])
    app.button(key="rule_save").click().run()
    assert store.rules.all(dataset)[-1].labels == ("idea",) and not app.exception


def test_a_rule_that_is_gone_is_told_in_a_sentence(app: AppTest, store: Store, dataset: str):
    opened(app, "rules")
    first = store.rules.all(dataset)[0]
    store.rules.delete(first.id)
    app.button(key="rule_change_" + first.id).click().run()
    assert "no such rule" in app.error[0].value and not app.exception


def test_another_run_is_suggested_with_its_headroom_when_enough_rows_have_come(app: AppTest, store: Store):
    dataset = dataset_of(store, "five_topics")
    labels = store.datasets.info(dataset).labels
    store.runs.create(dataset, Settings())
    in_use = replace(starting_prompt(labels), system_prompt="The one in use.", few_shot=FewShot("similar", 2))
    store.champions.adopt(dataset, in_use, "offline:reader", "", 0)
    needed = max(10, round(store.datasets.info(dataset).rows * 0.05) + 1)
    for each in served(store, dataset, *(f"text {n}" for n in range(needed)), label=labels.names[0]):
        if each == "p text 3":
            opened(app)
            assert "3 rows have come from feedback" in captions(app) and not [
                b for b in app.button if b.key == "retune_run"
            ]
        store.feedback.give(dataset, each, score=1.0)
    app.run()
    app.button(key="check_headroom").click().run()
    assert not app.exception and not app.error
    assert any("orth tuning" in each.value for each in app.markdown), "in one sentence"
    app.button(key="retune_run").click().run()
    assert app.title[0].value == "New run" and not app.exception
    assert any("It begins with the champion" in each.value for each in app.markdown)
    assert "The one in use." in [each.value for each in app.code]


def test_read_only_pages_change_nothing(
    app: AppTest, store: Store, dataset: str, monkeypatch: pytest.MonkeyPatch
):
    [one] = corrected(store, dataset, "one")
    monkeypatch.setenv("WHETSTONE_READ_ONLY", "1")
    opened(app)
    assert all(app.button(key=f"inbox_{name}").disabled for name in ("accept", "discard", "undo", "label_1"))
    app.segmented_control(key="feedback").set_value("list").run()
    choose_row(app, "Outcome", 0)
    assert app.button(key="came_discard").disabled
    app.segmented_control(key="feedback").set_value("rules").run()
    assert app.button(key="rule_new_" + POSITIVE).disabled and all(each.disabled for each in app.toggle)
    assert state(store, one) is State.INBOX and not app.exception


def test_a_link_opens_the_rules(app: AppTest, store: Store, dataset: str, folder: Path):
    app.run().switch_page(PAGE)
    app.query_params["feedback"] = "rules"
    app.run()
    assert app.segmented_control(key="feedback").value == "rules" and len(app.toggle) == 2


# ---- predictions, how long they are kept, and the webhook


def test_a_prediction_is_found_by_its_id_with_its_request_and_reply(app: AppTest, store: Store, dataset: str):
    served(store, dataset, *(f"text {n}" for n in range(25)))
    call = ServedCall(Request((Message("user", BAD),)), "<label>bug</label>", usage=Usage(7, 3), seconds=0.5)
    store.answers.add_all([ServedPrediction("mine", dataset, 0.0, "my text", "bug", "label")], {"mine": call})
    store.feedback.give(dataset, "mine", score=0.0)
    opened(app, "predictions")
    assert len(table(app, "Id")) == 20 and "26 predictions" in captions(app)
    app.segmented_control(key="feedback").set_value("list").run()
    choose_row(app, "Outcome", 0).run()
    app.button(key="came_prediction").click().run()
    assert app.text_input(key="served_search").value == "mine"
    assert list(table(app, "Id")["Id"]) == ["mine"] and list(table(app, "Id")["Feedback"][0]) == ["wrong"]
    choose_row(app, "Id", 0).run()
    assert not app.exception and "7 tokens in, 3 out · 0.5 s" in captions(app).replace("\\", "")
    assert BAD in [each.value for each in app.code] and "<label>bug</label>" in [
        each.value for each in app.code
    ]
    app.text_input(key="served_search").set_value("nobody").run()
    assert "No prediction has this text or id" in app.info[0].value


def test_predictions_of_one_text_are_told_apart_by_prompt_and_model(app: AppTest, store: Store, dataset: str):
    prompt = starting_prompt(LabelSet(("bug", "idea")))
    store.champions.adopt(dataset, prompt, "offline:reader")
    first = ServedPrediction("a", dataset, 0.0, "twice", "bug", "label", prompt_key=prompt_key(prompt))
    others = replace(first, id="b", prompt_key="0123456789"), replace(first, id="c", model="a:b")
    store.answers.add_all([first, *others])
    opened(app, "predictions")
    found = table(app, "Id").set_index("Id")
    assert dict(found["Prompt"]) == {"a": "Champion", "b": "0123456789", "c": "Champion"}
    assert found["Model"]["c"] == "a:b" and not {"Feedback", "From"} & set(found.columns)


def test_predictions_are_kept_for_as_long_as_is_said(app: AppTest, store: Store, dataset: str):
    store.answers.add(ServedPrediction("old", dataset, 1_000.0, "old text", "bug", "label"))
    served(store, dataset, "new")
    opened(app, "predictions")
    app.number_input(key="served_days").set_value(30).run()
    assert "1 prediction** older than that will be deleted at once, after being written" in captions(app)
    app.button(key="served_save").click().run()
    assert list(table(app, "Id")["Id"]) == ["p new"] and "Kept for 30 days." in captions(app)
    assert not app.exception and store.retention.days() == 30


def test_a_thumb_down_waits_for_a_label_that_a_person_chooses(app: AppTest, store: Store, dataset: str):
    opened(app, "rules")
    app.button(key="rule_new_negative").click().run()
    assert app.number_input(key="rule_form_most").value == 0.0
    app.button(key="rule_save").click().run()
    (rule,) = [each for each in store.rules.all(dataset) if each.kind == "negative"]
    assert (rule.way, rule.least, rule.most) == (INBOX, None, 0.0)
    given = store.feedback.give(dataset, *served(store, dataset, "is it"), score=0.0)
    opened(app, "inbox")
    assert app.button(key="inbox_accept").disabled and given.state is State.INBOX
    next(
        each for each in app.button if each.key and each.key.startswith("inbox") and "idea" in each.label
    ).click().run()
    assert rows(store, dataset)["is it"] == "idea" and not app.exception


def test_the_webhook_is_off_until_the_environment_allows_an_address(app: AppTest, dataset: str):
    opened(app, "rules")
    assert "WHETSTONE\\_WEBHOOKS" in captions(app) and not app.exception
