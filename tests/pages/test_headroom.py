"""New run asks first: is it worth tuning? Price, button, one sentence, a chart."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest
from streamlit.testing.v1.element_tree import Button

from core.data.importing.mapping import import_dataset
from core.data.splits import split
from core.samples import sample
from core.store.store import Store
from core.types import LabelSet
from tests.fakes import acts, wire
from tests.fakes.server import FakeServer
from tests.pages.made import dataset_of

PAGE = "tune/new_run.py"
TRUTH = {
    row.text: row.label
    for row in import_dataset(sample("github_issues").path.read_bytes(), "x").dataset.examples
}


def opened(app: AppTest) -> AppTest:
    app.run().switch_page(PAGE).run()
    assert not app.exception
    return app


def check_button(app: AppTest) -> Button:
    return app.button(key="check_headroom")


def press(app: AppTest) -> AppTest:
    check_button(app).click().run()
    assert not app.exception
    return app


def texts(app: AppTest) -> str:
    return "\n".join(
        element.value for kind in (app.caption, app.markdown, app.error) for element in kind
    ).replace("\\", "")


def chart(app: AppTest) -> dict:
    [found] = [each for each in app.main if each.type == "plotly_chart"] or [
        each for each in app.get("plotly_chart")
    ]
    return json.loads(found.proto.spec)


def names(app: AppTest) -> list[str]:
    return [re.sub(r"<br>.*", "", name) for name in chart(app)["layout"]["yaxis"]["ticktext"]]


# ---- the offline pair


def test_the_price_stands_before_the_button_is_pressed_and_nothing_is_read_until_then(
    app: AppTest, store: Store
):
    dataset_of(store, "github_issues")
    opened(app)
    assert "120 lightweight calls on 60 rows, up to 60 more for unreadable replies: free." in texts(app)
    assert check_button(app).label == "Check first" and not check_button(app).disabled
    assert not app.get("plotly_chart")


def test_the_offline_pair_is_checked_and_the_missing_ceiling_explained(app: AppTest, store: Store):
    dataset_of(store, "github_issues")
    press(opened(app))
    assert re.search(r"\*\*Worth tuning: yes, about \d+ points of room \(\d+ to \d+\); .*\.\*\*", texts(app))
    assert "60 rows" in texts(app) and "The offline editor only counts words" in texts(app)
    assert names(app)[0] == "Most frequent label" and len(names(app)) == 6
    assert len(chart(app)["data"]) == 5, "what was not read has no dot"
    assert not store.runs.all()


def test_the_result_is_kept_for_these_rows_and_models_only(app: AppTest, store: Store):
    dataset_of(store, "github_issues")
    press(opened(app))
    app.segmented_control(key="headroom_rows").set_value(40).run()
    assert not app.get("plotly_chart") and check_button(app).label == "Check first"
    app.segmented_control(key="headroom_rows").set_value(60).run()
    assert app.get("plotly_chart") and check_button(app).label == "Check again"
    app.number_input(key="new_seed").set_value(3).run()
    assert not app.get("plotly_chart"), "another seed, another split"


def test_a_change_of_the_rows_makes_the_result_a_thing_of_the_past(app: AppTest, store: Store):
    dataset = dataset_of(store, "github_issues")
    press(opened(app))
    row = store.datasets.get(dataset).examples[0]
    store.labels.define(dataset, {row.label: "Something new."})
    app.run()
    assert not app.exception and not app.get("plotly_chart")


def test_the_page_shows_it_again_after_a_visit_elsewhere(app: AppTest, store: Store):
    dataset_of(store, "github_issues")
    press(opened(app))
    app.switch_page("tune/runs.py").run()
    app.switch_page(PAGE).run()
    assert app.get("plotly_chart") and not app.exception


def test_labels_that_nobody_knows_can_be_defined_from_here(app: AppTest, store: Store):
    dataset_of(store, "question_pairs")
    press(opened(app))
    assert "Not yet: nothing that was tried" in texts(app) and "“different”" in texts(app)
    app.button(key="headroom_define").click().run()
    assert not app.exception and app.title[0].value == "Question pairs"
    assert app.query_params["data"] == ["labels"] or app.query_params["data"] == "labels"


def test_read_only_spends_nothing_and_says_so(app: AppTest, store: Store, monkeypatch: pytest.MonkeyPatch):
    dataset_of(store)
    monkeypatch.setenv("WHETSTONE_READ_ONLY", "1")
    opened(app)
    assert check_button(app).disabled
    assert texts(app).count("read-only") >= 2


def test_rows_that_cannot_be_split_are_one_sentence(app: AppTest, store: Store):
    whole = import_dataset(sample("five_topics").path.read_bytes(), "Whole", to_tune=False).dataset
    store.datasets.add(
        replace(whole, examples=tuple(replace(row, split="train") for row in whole.examples)), origin="test"
    )
    opened(app)
    assert check_button(app).disabled and "none is validation" in texts(app)


# ---- models behind a wire


class Provider(FakeServer):
    """Knows the sample by heart; `heavy` always says what it knows, `light` errs on short texts, `mumbler`
    says it in no form."""

    def _body(self, request, path, body, act):
        if act.text is not None:
            return super()._body(request, path, body, act)
        messages = wire.messages_of(path, body)
        text = re.findall(
            r"<text>\n(.*?)\n</text>", "\n".join(said for role, said in messages if role == "user"), re.DOTALL
        )[-1]
        label = "bug" if body["model"] == "light" and len(text) % 2 else TRUTH[text]
        plain = body["model"] == "mumbler" and not messages[-1][1].startswith("Which one of these labels")
        said = "I would say " + label if plain else f"So. <label>{label}</label>"
        return wire.chat(body["model"], wire.Said(said, input_tokens=100, output_tokens=10))


@pytest.fixture
def provider(monkeypatch: pytest.MonkeyPatch, folder: Path) -> Iterator[Provider]:
    rates = "".join(
        f'[prices."openai-compatible:{name}"]\ninput = 1.0\noutput = 2.0\n'
        for name in ("light", "heavy", "mumbler")
    )
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "models.toml").write_text(rates)
    with Provider() as server:
        monkeypatch.setenv("OPENAI_COMPATIBLE_BASE_URL", server.openai_url)
        monkeypatch.setenv("OPENAI_COMPATIBLE_API_KEY", "none")
        yield server


def with_models(app: AppTest, lightweight: str, heavyweight: str = "openai-compatible:heavy") -> AppTest:
    app.selectbox(key="new_lightweight").set_value(lightweight)
    app.selectbox(key="new_heavyweight").set_value(heavyweight).run()
    assert not app.exception
    return app


def test_a_check_over_the_wire_costs_what_was_foreseen_and_never_sends_a_test_row(
    provider: Provider, app: AppTest, store: Store
):
    dataset = dataset_of(store, "github_issues")
    with_models(opened(app), "openai-compatible:light")
    low, high = (
        float(usd) for usd in re.search(r"unreadable replies: \$([\d.]+) to \$([\d.]+)", texts(app)).groups()
    )
    assert not provider.seen and "120 lightweight and 60 heavyweight calls" in texts(app)
    press(app)
    assert "It took 180 calls: $" in texts(app) and 0 < low < high < 1
    assert [body["model"] for body in provider.bodies].count("heavy") == 60 and len(provider.bodies) == 180
    sealed = [row.text for row in split(store.datasets.get(dataset).examples, 0) if row.split == "test"]
    sent = "\n".join(message["content"] for body in provider.bodies for message in body["messages"])
    assert not [text for text in sealed if f"<text>\n{text}\n</text>" in sent]
    assert "Worth tuning: yes" in texts(
        app
    ) and "; the heavyweight model has it with the same prompt" in texts(app)


def test_replies_in_no_form_are_a_matter_of_output_format(provider: Provider, app: AppTest, store: Store):
    dataset_of(store, "github_issues")
    press(with_models(opened(app), "openai-compatible:mumbler"))
    assert "most of it is output format (60 of 60 replies name no label of the set)" in texts(app)


def test_a_model_as_good_as_the_heavyweight_one_is_hardly_worth_tuning(
    provider: Provider, app: AppTest, store: Store
):
    dataset_of(store, "github_issues")
    press(with_models(opened(app), "openai-compatible:heavy"))
    assert "Worth tuning: hardly" in texts(app)


def test_the_heavyweight_model_is_left_out_on_request(provider: Provider, app: AppTest, store: Store):
    dataset_of(store, "github_issues")
    with_models(opened(app), "openai-compatible:light")
    app.toggle(key="headroom_ceiling").set_value(False).run()
    assert "120 lightweight calls on" in texts(app)
    press(app)
    assert {body["model"] for body in provider.bodies} == {"light"}
    assert "Heavyweight model: It is not asked, as you chose." in texts(app)


def test_a_cap_of_five_calls_is_kept_and_said(provider: Provider, app: AppTest, store: Store):
    dataset_of(store, "github_issues")
    with_models(opened(app), "openai-compatible:light")
    app.toggle(key="headroom_ceiling").set_value(False)
    app.number_input(key="new_calls").set_value(5).run()
    press(app)
    assert len(provider.bodies) == 5
    assert "cap of 5 lightweight calls is reached" in texts(app) and "No advice" in texts(app)


def test_a_key_that_is_refused_is_one_sentence_and_nothing_is_kept(
    provider: Provider, app: AppTest, store: Store
):
    dataset_of(store, "github_issues")
    provider.always = acts.UNKNOWN_MODEL
    press(with_models(opened(app), "openai-compatible:light"))
    assert len(app.error) == 1 and "does not exist" in texts(app)
    assert not app.get("plotly_chart") and check_button(app).label == "Check first"


def test_a_second_press_pays_nothing(provider: Provider, app: AppTest, store: Store):
    dataset_of(store, "github_issues")
    press(press(with_models(opened(app), "openai-compatible:light")))
    assert len(provider.bodies) == 180 and "It took 0 calls and 180 from the cache: free." in texts(app)


def test_labels_are_shown_as_they_are_written(app: AppTest, store: Store):
    rows = import_dataset(sample("github_issues").path.read_bytes(), "Odd").dataset
    odd = "<img src=x onerror=alert(1)> ![x](http://a/b)"
    renamed = {name: odd if name == "bug" else name for name in rows.labels.names}
    store.datasets.add(
        replace(
            rows,
            labels=LabelSet(tuple(renamed.values())),
            examples=tuple(replace(row, label=renamed[row.label]) for row in rows.examples),
        ),
        origin="test",
    )
    press(opened(app))
    written = next(caption.value for caption in app.caption if "Dotted" in caption.value)
    assert r"\!\[x\]\(http\:" in written and r"\<img" in written
