"""What is odd about rows is told before they are stored, and labels that may be one are offered as one."""

from __future__ import annotations

import csv
import hashlib
import io

from streamlit.testing.v1 import AppTest

from core.store.store import Store
from core.types import Example
from tests.pages.dataset_page import opened
from tests.pages.test_dataset_import import import_button, upload

LINK, SCRIPT, SUM = "![x](http://127.0.0.1:9/x.png)", "<script>alert(1)</script>", "$x$ *y* :red[z]"


def csv_of(*rows: tuple[str, ...], header: tuple[str, ...] = ("text", "label")) -> bytes:
    text = io.StringIO(newline="")
    csv.writer(text).writerows([header, *rows])
    return text.getvalue().encode()


def plain(n: int, label: str = "bug", word: str = "alpha beta") -> list[tuple[str, str]]:
    """Texts that are no near duplicates of each other."""
    digests = [hashlib.sha256(f"{word} {at}".encode()).hexdigest() for at in range(n)]
    return [(" ".join(digest[at : at + 8] for at in range(0, 40, 8)), label) for digest in digests]


ODD = csv_of(
    ("The page crashes", "bug"),
    ("the page crashes!", "bug"),
    ("The page crashes.", "idea"),
    ("", "bug"),
    ("nobody knows", ""),
    ("Please add a dark mode to the settings page of the app", "idea"),
    ("Please add a dark mode to the settings page of the apps", "idea"),
    ("word " * 400, "idea"),
    *plain(6, "bug"),
    *plain(6, "idea", "gamma delta"),
    ("alone", "once"),
)


def examples(store: Store) -> tuple[Example, ...]:
    [info] = store.datasets.all()
    return store.datasets.get(info.id).examples


def findings(app: AppTest):
    return next((each for each in app.button_group if each.label == "Found in the rows"), None)


def table_with(app: AppTest, column: str):
    return next(frame.value for frame in app.dataframe if column in frame.value.columns)


def test_what_is_odd_is_counted_first_and_shown_when_asked_for(app: AppTest):
    upload(app, ODD)
    told = [caption.value.replace("\\", "") for caption in app.caption]
    assert any("1 row without text is left out." in each for each in told) and any(
        "1 row without a label" in each for each in told
    )
    words = [option.content for option in findings(app).proto.options]
    assert words == [
        "3 same text, another label",
        "1 repeated row",
        "1 group of near duplicates",
        "1 rare label",
        "1 very long text",
    ]
    assert not any("Label 2" in frame.value.columns for frame in app.dataframe)
    findings(app).set_value("contradictions").run()
    twins = table_with(app, "Label 2")
    assert twins.values.tolist() == [["The page crashes", "bug (2 rows)", "idea"]]
    findings(app).set_value("repeats").run()
    assert table_with(app, "Rows").values.tolist() == [["The page crashes", "bug", 2]]
    findings(app).set_value("near").run()
    assert (
        table_with(app, "Group")["Text"].str.startswith("Please add").all()
        and len(table_with(app, "Group")) == 2
    )
    findings(app).set_value("rare").run()
    assert table_with(app, "Rows").values.tolist() == [["once", 1]]
    findings(app).set_value("long").run()
    assert table_with(app, "Characters")["Characters"].tolist() == [2000]
    assert not app.exception and not app.error


def test_rows_without_anything_odd_get_one_quiet_sentence(app: AppTest):
    upload(app, csv_of(*plain(6, "bug"), *plain(6, "idea", "gamma delta")))
    assert findings(app) is None and not app.checkbox
    assert sum("No repeats, no contradictions" in caption.value for caption in app.caption) == 1


def test_labels_written_in_several_ways_are_stored_as_one_unless_unticked(app: AppTest, store: Store):
    raw = csv_of(
        *plain(6, "bug"),
        *plain(2, "Bug", "one two"),
        ("three four", "BUG "),
        *plain(6, "new_feature", "five six"),
        *plain(1, "New feature", "seven eight"),
    )
    upload(app, raw)
    offers = [box.label.replace("\\", "") for box in app.checkbox]
    assert offers == [
        "“Bug” (2 rows), “BUG” (1 row) → “bug” (6 rows)",
        "“New feature” (1 row) → “new_feature” (6 rows)",
    ]
    assert all(box.value for box in app.checkbox)
    assert any(caption.value.startswith("2 labels") for caption in app.caption), (
        "what is drawn is what would be stored"
    )
    app.checkbox[1].uncheck().run()
    assert any(caption.value.startswith("3 labels") for caption in app.caption)
    shown = table_with(app, "Label")["Label"].tolist()
    import_button(app).click().run()
    assert not app.exception
    stored = [row.label for row in examples(store)]
    assert sorted(set(stored)) == ["New feature", "bug", "new_feature"] and stored[: len(shown)] == shown
    assert store.datasets.all()[0].labels.names == ("New feature", "bug", "new_feature")


def test_a_contradiction_of_spellings_alone_is_none_once_they_are_one(app: AppTest):
    upload(app, csv_of(("same", "bug"), ("same", "Bug"), *plain(6, "bug"), *plain(6, "idea", "gamma delta")))
    assert [option.content for option in findings(app).proto.options] == ["1 repeated row"]
    app.checkbox[0].uncheck().run()
    assert [option.content for option in findings(app).proto.options] == [
        "2 same text, another label",
        "1 rare label",
    ]


def test_texts_and_labels_full_of_markup_are_shown_and_stored_as_they_are_written(app: AppTest, store: Store):
    long = "L" * 90
    labels = (LINK, LINK.upper(), SCRIPT, SUM, long, long.lower())
    rows = [(f"{SCRIPT} {SUM} {n} {chr(97 + n) * 8}", label) for n in range(6) for label in labels]
    upload(app, csv_of(*rows))
    for box in app.checkbox:
        box.uncheck().run()
    for box in app.checkbox:
        assert "![" not in box.label and "![X" not in box.label and len(box.label.replace("\\", "")) < 160
    findings(app).set_value("contradictions").run()
    side_by_side = table_with(app, "Label 2").iloc[0].tolist()
    assert side_by_side == [rows[0][0], *labels[:4], f"{long}, {long.lower()}"]
    assert not any("<script>" in each.value for each in [*app.markdown, *app.caption])
    import_button(app).click().run()
    assert not app.exception and not app.error
    assert [(row.text, row.label) for row in examples(store)] == rows


def test_a_text_of_60_kilobytes_is_cut_on_the_screen_and_whole_in_the_store(app: AppTest, store: Store):
    big = "Zeile 🪨 " * 8_000
    upload(app, csv_of((big, "bug"), *plain(6, "bug"), *plain(6, "idea", "gamma delta")))
    findings(app).set_value("long").run()
    assert table_with(app, "Characters")["Characters"].tolist() == [len(big)]
    assert all(len(str(cell)) <= 500 for frame in app.dataframe for cell in frame.value.to_numpy().ravel())
    import_button(app).click().run()
    assert examples(store)[0].text == big


def test_pasted_lines_are_looked_over_too(app: AppTest, store: Store):
    opened(app)
    app.session_state["import_way"] = "Paste lines"
    app.run()
    app.text_area(key="pasted_0").set_value(
        "same,bug\nsame,Bug\nother thing,idea\nmore of it,idea\nyet again,bug"
    ).run()
    assert [box.label.replace("\\", "") for box in app.checkbox] == ["“Bug” (1 row) → “bug” (2 rows)"]
    import_button(app).click().run()
    assert [row.label for row in examples(store)] == ["bug", "bug", "idea", "idea", "bug"]
