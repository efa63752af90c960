"""Several text columns are joined through a template that the user sees; a shape that is known needs no
mapping."""

from __future__ import annotations

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from core.store.store import Store
from core.types import TextTemplate
from tests.pages.dataset_page import opened, said, stored
from tests.pages.test_dataset_import import import_button, upload
from tests.pages.test_import_report import table_with

FIXTURES = Path(__file__).resolve().parents[1] / "core" / "data" / "formats" / "fixtures"
PAIRS = (
    b"question1,question2,is_duplicate\n{question2} $x$,<b>why</b>,yes\nWhat is a?,What is b?,no\nHow old?,What age?,yes\n"
    b"Where is it?,When was it?,no\n"
)


def template(app: AppTest):
    return next((area for area in app.text_area if area.label == "Template of the text"), None)


def texts_of(app: AppTest):
    return next(each for each in app.multiselect if each.label == "Text")


def test_the_template_is_shown_changed_and_followed_by_the_preview_and_the_store(app: AppTest, store: Store):
    upload(app, PAIRS)
    assert template(app).value == "Question 1: {question1}\nQuestion 2: {question2}"
    assert table_with(app, "Text")["Text"][0] == "Question 1: {question2} $x$\nQuestion 2: <b>why</b>"
    template(app).set_value("**A** {question1}\n{other} {question2}").run()
    wanted = "**A** {question2} $x$\n{other} <b>why</b>"
    assert table_with(app, "Text")["Text"][0] == wanted
    import_button(app).click().run()
    assert not app.exception and stored(store, store.datasets.all()[0].id).text == wanted
    template_now = store.datasets.all()[0].template
    assert template_now == TextTemplate(("question1", "question2"), "**A** {question1}\n{other} {question2}")
    assert [code.value for code in app.code if code.value == template_now.text], "Dataset shows it"


def test_a_template_that_forgets_a_column_gets_one_sentence_and_no_button(app: AppTest):
    upload(app, PAIRS)
    template(app).set_value("Only {question1}").run()
    assert [each for each in said(app) if "no place for the column “question2”" in each] and len(
        app.error
    ) == 1
    assert import_button(app) is None
    template(app).set_value("").run()
    assert template(app).value == "Question 1: {question1}\nQuestion 2: {question2}" and import_button(app)


def test_the_template_follows_the_columns_until_it_is_changed_by_hand(app: AppTest):
    upload(app, PAIRS)
    texts_of(app).set_value(["question2"]).run()
    assert template(app) is None
    texts_of(app).set_value(["question2", "question1"]).run()
    assert template(app).value == "Question 2: {question2}\nQuestion 1: {question1}"
    template(app).set_value("{question1} / {question2}").run()
    texts_of(app).set_value(["question1", "question2"]).run()
    assert template(app).value == "{question1} / {question2}"


KNOWN = {
    "promptfooconfig.yaml": "promptfoo tests",
    "promptfoo_tests.csv": "promptfoo tests",
    "openai_chat.jsonl": "OpenAI chat",
    "openai_evals.jsonl": "OpenAI Evals",
    "langsmith.csv": "LangSmith",
    "langsmith.jsonl": "LangSmith",
    "label_studio.json": "Label Studio",
    "label_studio_min.json": "Label Studio",
    "argilla.json": "Argilla",
}


@pytest.mark.parametrize("name, shape", KNOWN.items(), ids=KNOWN.keys())
def test_a_known_shape_needs_no_mapping_and_says_what_it_is(
    app: AppTest, store: Store, name: str, shape: str
):
    upload(app, (FIXTURES / name).read_bytes(), name)
    assert any(f"recognised as {shape}" in caption.value for caption in app.caption)
    assert any("nothing to choose" in each.value for each in app.markdown)
    import_button(app).click().run()
    assert not app.exception and store.datasets.all()[0].rows >= 4


def test_the_mapping_of_a_known_shape_can_be_corrected(app: AppTest):
    opened(app)
    rows = "".join(
        f'{{"input": [{{"role": "user", "content": "Text {n}"}}], "ideal": "{"ab"[n % 2]}"}}\n'
        for n in range(6)
    )
    app.file_uploader[0].upload("evals.jsonl", rows.encode())
    app.run()
    assert not app.exception and texts_of(app).value and import_button(app)
