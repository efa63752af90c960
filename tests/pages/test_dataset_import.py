"""Bringing data on the dataset page: files of every kind, rows typed or pasted, samples."""

from __future__ import annotations

from io import BytesIO

import pytest
from openpyxl import Workbook
from streamlit.testing.v1 import AppTest

from tests.pages.conftest import edit_table
from tests.pages.dataset_page import opened, rows, said, stored, turn

FIVE = (
    "Fix bug in LCEL,bug\nFix bug in documentation,documentation\nAdd Redis,integration\nLet users pause,new_feature\n"
    "Faster splitter,improvement\n"
)


def upload(app: AppTest, raw: bytes, name: str = "mine.csv") -> AppTest:
    opened(app)
    app.file_uploader[0].upload(name, raw)
    app.run()
    assert not app.exception
    return app


def import_button(app: AppTest):
    return next((button for button in app.button if button.label.startswith("Import ")), None)


def test_an_empty_workspace_asks_for_data(app):
    opened(app)
    assert app.title[0].value == "Bring labelled text"
    assert app.file_uploader


def test_a_file_is_uploaded_and_becomes_the_chosen_dataset(app, store):
    upload(app, b"headline;topic\nBroken build;bug\nAdd dark mode;feature\nCrash;bug\nAdd filters;feature\n")
    assert any("4 rows, 2 columns, semicolons between cells" in caption.value for caption in app.caption)
    import_button(app).click().run()
    assert not app.exception
    [info] = store.datasets.all()
    assert (info.name, info.rows, info.labels.names, info.origin) == (
        "mine",
        4,
        ("bug", "feature"),
        "file mine.csv",
    )
    assert (
        app.title[0].value == "mine"
        and app.session_state["dataset"] == info.id
        and app.session_state["data"] == "rows"
    )


def test_the_rows_are_shown_after_an_import_from_a_link_to_the_import(app, store):
    app.query_params["data"] = "import"
    upload(app, b"text,label\na,x\nb,y\nc,x\nd,y\n")
    import_button(app).click().run()
    assert app.title[0].value == "mine" and app.session_state["data"] == "rows"


def test_the_guessed_columns_can_be_corrected(app, store):
    upload(app, b"a,b,verdict\nfirst,x1,yes\nsecond,x2,no\nthird,x3,yes\nfourth,x4,no\n")
    text = next(each for each in app.multiselect if each.label == "Text")
    text.set_value(["a", "b"]).run()
    import_button(app).click().run()
    assert stored(store, store.datasets.all()[0].id).text == "A: first\nB: x1"


UGLY = {
    "an empty file": (b"", "The file is empty"),
    "no label column": (b"text\na\nb\nc\nd\n", "no column for the label"),
    "one label only": (b"text,label\na,x\nb,x\nc,x\nd,x\n", "at least two labels"),
    "two rows": (b"text,label\na,x\nb,y\n", "only 2 usable rows"),
    "an Excel workbook": (b"PK\x03\x04rest", "Excel workbook"),
    "NUL bytes": (b"text,label\na\x00,x\n", "NUL bytes"),
    "an open quotation mark": (b'text,label\n"a,x\nb,y\n', "quotation mark"),
}


@pytest.mark.parametrize("raw, told", UGLY.values(), ids=UGLY.keys())
def test_a_file_that_cannot_be_used_gets_one_sentence_and_no_import(app, store, raw, told):
    upload(app, raw)
    sentences = [each for each in said(app) if told in each]
    assert sentences and all(each.endswith(".") and "Traceback" not in each for each in sentences)
    assert import_button(app) is None and not store.datasets.all()


FINE = {
    "labels NA, None, 001": (b"text,label\na,NA\nb,None\nc,001\nd,001\n", ("001", "NA", "None")),
    "a byte order mark": ("text,label\na,x\nb,y\nc,x\nd,y\n".encode("utf-8-sig"), ("x", "y")),
    "Windows-1252": ("text,label\ncafé,größer\nb,y\nc,y\nd,größer\n".encode("cp1252"), ("größer", "y")),
    "spaces, brackets, emoji, markup, a formula": (
        "text,label\na,two words\nb,<b>\nc,🪨\nd,![x](http://x/y.png)\ne,=1+1\n".encode(),
        ("![x](http://x/y.png)", "<b>", "=1+1", "two words", "🪨"),
    ),
    "the same text with two labels": (b"text,label\na,x\na,y\nb,x\nc,y\n", ("x", "y")),
    "duplicate rows": (b"text,label\na,x\na,x\nb,y\nc,y\n", ("x", "y")),
    "a cell of a megabyte": (b"text,label\n" + b"word " * 200_000 + b",x\nb,y\nc,x\nd,y\n", ("x", "y")),
}


@pytest.mark.parametrize("raw, labels", FINE.values(), ids=FINE.keys())
def test_an_ugly_file_that_can_be_used_is_imported_as_it_stands(app, store, raw, labels):
    upload(app, raw)
    import_button(app).click().run()
    assert not app.exception and not app.error
    [info] = store.datasets.all()
    assert info.labels.names == labels
    for view in ("labels", "history", "import", "rows"):
        app.session_state["next data"] = view
        app.run()
        assert not app.exception and not app.error


def test_a_name_full_of_markup_is_escaped_in_headings(app, store):
    store.datasets.add(rows(name="![x](http://evil/x.png) <b> $a$ :red[b]"), "a test")
    opened(app)
    assert (
        "![x](" not in app.title[0].value
        and app.title[0].value.replace("\\", "") == "![x](http://evil/x.png) <b> $a$ :red[b]"
    )


def test_the_five_topics_are_pasted_and_imported(app, store):
    opened(app)
    app.session_state["import_way"] = "Paste lines"
    app.run()
    app.text_area(key="pasted_0").set_value(FIVE).run()
    import_button(app).click().run()
    assert not app.exception
    assert store.datasets.all()[0].rows == 5


def test_a_pasted_line_without_a_label_gets_one_sentence(app):
    opened(app)
    app.session_state["import_way"] = "Paste lines"
    app.run()
    app.text_area(key="pasted_0").set_value("no label here").run()
    assert "Line 1 (“no label here”) has no label: write each line as text,label." in said(app)


def test_lines_pasted_below_column_names_are_read_by_them(app, store):
    opened(app)
    app.session_state["import_way"] = "Paste lines"
    app.run()
    lines = "qid,headline,topic\n7,Fix bug,bug\n8,Add dark,idea\n9,Crash,bug\n10,Add light,idea\n"
    app.text_area(key="pasted_0").set_value(lines).run()
    import_button(app).click().run()
    assert not app.exception
    first = store.datasets.get(store.datasets.all()[0].id).examples[0]
    assert (first.id, first.text, first.label) == ("7", "Fix bug", "bug")


def test_a_sample_is_imported_once(app, store):
    opened(app)
    app.session_state["import_way"] = "Samples"
    app.run()
    app.button(key="sample_five_topics").click().run()
    assert not app.exception and app.title[0].value == "Five topics, a handful of rows"
    app.session_state["next data"], app.session_state["import_way"] = "import", "Samples"
    app.run()
    app.button(key="sample_five_topics").click().run()
    assert len(store.datasets.all()) == 1


# ---- what was brought outlives a visit to another page


def visit_settings(app: AppTest) -> AppTest:
    app.switch_page("start/settings.py").run()
    return opened(app)


def test_pasted_lines_are_there_after_a_visit_to_another_page_until_they_are_stored(app, store):
    opened(app)
    app.button_group[0].set_value("Paste lines").run()
    app.text_area[0].set_value(FIVE).run()
    visit_settings(app)
    assert app.text_area[0].value == FIVE
    import_button(app).click().run()
    assert store.datasets.all()[0].rows == 5
    turn(app, "import")
    assert app.text_area[0].value == ""


def test_a_chosen_file_is_there_after_a_visit_to_another_page_and_can_be_taken_away(app, store):
    upload(app, b"text,label\na,x\nb,y\nc,x\nd,y\n", "mine.csv")
    visit_settings(app)
    assert any("mine\\.csv" in each.value for each in app.markdown) and import_button(app)
    next(each for each in app.button if each.label == "Remove").click().run()
    assert import_button(app) is None


def test_typed_rows_are_there_after_a_visit_to_another_page(app, store):
    opened(app)
    app.button_group[0].set_value("Type rows").run()
    edit_table(app, "typed_1", {row: {"text": f"t{row}", "label": "xy"[row % 2]} for row in range(4)})
    visit_settings(app)
    visit_settings(app)
    assert app.data_editor(key="typed_3").value["text"].tolist()[:4] == ["t0", "t1", "t2", "t3"]
    import_button(app).click().run()
    assert store.datasets.all()[0].rows == 4


def test_what_was_typed_last_comes_with_the_press_that_leaves_the_page(app, store):
    opened(app)
    app.button_group[0].set_value("Type rows").run()
    app.switch_page("start/settings.py")
    edit_table(app, "typed_1", {row: {"text": f"t{row}", "label": "xy"[row % 2]} for row in range(4)})
    opened(app)
    assert app.data_editor(key="typed_2").value["text"].tolist()[:4] == ["t0", "t1", "t2", "t3"]


def test_an_encoding_is_named_as_people_write_it(app, store):
    upload(app, "text,label\na,x\nb,y\nc,x\nd,y\n".encode("utf-8-sig"))
    assert any("encoded as UTF-8" in each.value.replace("\\", "") for each in app.caption)


# ---- rows with several labels, and without one

SEVERAL = b"text,label\na,x\nb,y\nc,x\nd,y\nboth,\"['x', 'y']\"\nopen,\n"


def test_what_becomes_of_rows_with_several_labels_and_without_one_is_chosen(app, store):
    upload(app, SEVERAL)
    assert import_button(app).label == "Import 5 rows"
    next(each for each in app.button_group if each.label == "1 row with several labels").set_value(
        "split"
    ).run()
    assert import_button(app).label == "Import 6 rows"
    next(each for each in app.checkbox if "without a label" in each.label).check().run()
    visit_settings(app)
    assert import_button(app).label == "Import 7 rows"
    import_button(app).click().run()
    assert not app.exception and store.datasets.all()[0].rows == 7
    assert any("1 of them without a label" in each.value for each in app.toast)


def test_a_file_of_texts_alone_can_be_imported_to_be_labelled(app, store):
    upload(app, b"text\nfirst\nsecond\nthird\n")
    assert import_button(app) is None
    next(each for each in app.checkbox if "no labels yet" in each.label).check().run()
    import_button(app).click().run()
    assert not app.exception and store.datasets.all()[0].rows == 3


def test_several_files_are_parts_of_one_dataset(app, store):
    opened(app)
    app.file_uploader[0].upload("train.csv", b"text,label\na,x\nb,y\nc,x\nd,y\n")
    app.file_uploader[0].upload("test.csv", b"text,label\ne,x\nf,y\n")
    app.run()
    import_button(app).click().run()
    assert not app.exception
    splits = [row.split for row in store.datasets.get(store.datasets.all()[0].id).examples]
    assert splits.count("test") == 2 and len(splits) == 6


def test_another_sheet_of_a_workbook_is_chosen(app, store):
    book = Workbook()
    book.active.append(["text", "label"])
    book.active.append(["one", "x"])
    more = book.create_sheet("More rows")
    for row in (["text", "label"], ["a", "x"], ["b", "y"], ["c", "x"], ["d", "y"]):
        more.append(row)
    raw = BytesIO()
    book.save(raw)
    upload(app, raw.getvalue(), "book.xlsx")
    next(each for each in app.selectbox if each.label == "Sheet").set_value("More rows").run()
    import_button(app).click().run()
    assert store.datasets.all()[0].rows == 4
