"""A label column that is no label set is refused on the page, and numbers are put into bins by choice."""

from __future__ import annotations

import random

import pytest

from core.errors import UsageError
from core.samples import sample
from core.services.datasets import sample_dataset
from core.services.evaluation.scorers import built_in_scorer
from core.types import Dataset, Example, LabelSet
from tests.pages.conftest import open_page
from tests.pages.dataset_page import said
from tests.pages.made import run_of
from tests.pages.test_dataset_import import import_button, opened, upload
from tests.pages.test_import_again import bring, update_button
from tests.pages.test_import_report import csv_of, plain

TEXTS = [text for text, _ in plain(60)]
ANSWERS = [f"He said that number {i} is the one that came {i} times" for i in range(60)]


def scores(name: str = "score") -> bytes:
    points = [str(random.Random(7 * i).randint(0, 100)) for i in range(60)]
    return csv_of(*zip(TEXTS, points, strict=True), header=("text", name))


def scorer(app):
    return next(each for each in app.selectbox if each.label == "Score the answers by")


def bins(app):
    return next((each for each in app.button_group if each.label == "Numbers as labels"), None)


def test_free_texts_are_refused_in_one_sentence(app):
    upload(app, csv_of(*zip(TEXTS, ANSWERS, strict=True)))
    [sentence] = said(app)
    assert sentence.startswith(
        "The column “label” looks like free text (60 different labels in 60 rows, such as “He said"
    )
    assert "choose at “Score the answers by” how" in sentence and "docs/" not in sentence
    assert import_button(app) is None and bins(app) is None


def test_a_row_without_an_answer_is_no_row_to_label(app):
    upload(app, csv_of(*zip(TEXTS, (*ANSWERS[:-1], ""), strict=True)))
    scorer(app).set_value("token-f1").run()
    [offered] = [each.label for each in app.checkbox if each.label.startswith("Keep 1 row")]
    assert offered == "Keep 1 row without an answer, to be written in the table of the dataset"


def test_answers_that_are_no_labels_are_scored_and_tuned(app, store):
    upload(app, csv_of(*zip(TEXTS, ANSWERS, strict=True)))
    assert "Answer" not in [each.label for each in app.selectbox]
    scorer(app).set_value("token-f1").run()
    assert next(each for each in app.selectbox if each.label == "Answer").value == "label"
    assert list(app.dataframe[-1].value.columns) == ["Text", "Answer"]
    import_button(app).click().run()
    [info] = store.datasets.all()
    assert info.scorer == "token-f1" and not app.exception
    app.switch_page("data/review.py").run()
    assert "No labels to review" in [each.value for each in app.subheader]
    app.switch_page("tune/new_run.py").run()
    wanted = next(each for each in app.text_input if each.label == "What is wanted")
    wanted.set_value("Say what came.").run()
    assert not app.exception and not said(app) and "Objective" not in [each.label for each in app.selectbox]
    next(each for each in app.button if each.label == "Start the run").click().run()
    [run] = store.runs.all(info.id)
    assert (run.settings.scorer, run.settings.purpose) == ("token-f1", "Say what came.")

    more = [(f"{text}!", f"{answer}!") for text, answer in zip(TEXTS, ANSWERS, strict=True)]
    bring(app, csv_of(*more))
    assert not [each for each in app.selectbox if each.label == "Score the answers by"], "the dataset has one"
    assert [each.value for each in app.selectbox if each.label == "Answer"] == ["label"]
    update_button(app).click().run()
    assert not app.exception and store.datasets.info(info.id).rows == 120


def test_a_new_import_begins_with_no_scorer_whichever_dataset_is_open(app, store):
    store.datasets.add(sample_dataset(sample("orders")), "a test", "number:1%")
    app.query_params["data"] = "import"
    upload(app, csv_of(*zip(TEXTS, ANSWERS, strict=True)))
    assert scorer(app).value is None and import_button(app) is None
    assert "looks like free text" in said(app)[0]


def test_rows_typed_after_others_begin_with_no_scorer_either(app, store):
    pasted = "\n".join(f"{text}\t{answer}" for text, answer in zip(TEXTS, ANSWERS, strict=True))
    for _ in range(2):
        opened(app)
        app.session_state["next data"] = "import"
        app.run()
        app.button_group(key="import_way").set_value("Paste lines").run()
        app.text_area[0].set_value(pasted).run()
        assert scorer(app).value is None
        scorer(app).set_value("token-f1").run()
        import_button(app).click().run()
    assert len(store.datasets.all()) == 2


def test_answers_that_a_scorer_cannot_read_are_refused_before_the_import(app, store):
    upload(app, csv_of(*((text, f"WB-{10_000 + i}") for i, text in enumerate(TEXTS))))
    scorer(app).set_value("json").run()
    [sentence] = said(app)
    assert sentence.startswith(f"The row “{TEXTS[0]}” has the answer “WB-10000”, which is no JSON object")
    assert "(scorer “the same JSON fields”)" in sentence and import_button(app) is None
    scorer(app).set_value("number:1%").run()
    assert "only the number is compared, here 10000" in said(app)[0] and import_button(app)
    scorer(app).set_value("normalised").run()
    assert not said(app) and import_button(app)


def test_judged_answers_are_imported_with_the_verdict_that_means_good(app, store):
    rows = [
        (text, answer, f"Page {i}", ("pass", "fail")[i % 2])
        for i, (text, answer) in enumerate(zip(TEXTS, ANSWERS, strict=True))
    ]
    upload(app, csv_of(*rows, header=("question", "answer", "context", "human verdict")))
    assert next(each for each in app.multiselect if each.label == "Text").value == [
        "question",
        "context",
        "answer",
    ]
    good = next(each for each in app.selectbox if each.label == "The verdict that means an answer is good")
    assert good.value == "pass"
    import_button(app).click().run()
    [info] = store.datasets.all()
    assert not app.exception and info.labels.good == "pass" and info.labels.names == ("fail", "pass")
    assert info.template.fields == ("question", "context", "answer")


def test_labels_of_texts_are_not_asked_for_a_verdict(app):
    upload(app, csv_of(*((text, ("yes", "no")[i % 2]) for i, text in enumerate(TEXTS))))
    assert import_button(app)
    assert not any("verdict" in each.label for each in app.selectbox)


def test_a_column_chosen_as_label_or_id_is_no_note(app, store):
    rows = [
        (text, "ab"[i % 2], f"{answer}.") for i, (text, answer) in enumerate(zip(TEXTS, ANSWERS, strict=True))
    ]
    upload(app, csv_of(*rows, header=("text", "kind", "remark")))

    def box(label: str):
        return next(each for each in app.selectbox if each.label == label)

    assert (box("Label").value, box("Note").value) == ("kind", "remark")
    box("Label").set_value("remark").run()
    assert box("Note").value == "" and "remark" not in box("Note").options
    box("Label").set_value("kind").run()
    box("Note").set_value("remark").run()
    box("Id").set_value("remark").run()
    assert box("Note").value == ""
    import_button(app).click().run()
    assert not app.exception and {
        row.note for row in store.datasets.get(app.session_state["dataset"]).examples
    } == {""}


def test_scores_are_imported_once_their_bins_are_chosen_and_the_dataset_says_so(app, store):
    upload(app, scores())
    [sentence] = said(app)
    assert "looks like numbers on a scale" in sentence and import_button(app) is None
    bins(app).set_value("3").run()
    assert not said(app)
    import_button(app).click().run()
    [info] = store.datasets.all()
    assert len(info.labels.names) == 3 and info.labels.names[0].startswith("under ")
    assert info.origin == f"file mine.csv, score in bins: {', '.join(info.labels.names)}"


def test_bins_may_have_edges_of_ones_own(app, store):
    upload(app, scores("label"))
    bins(app).set_value("own").run()
    assert import_button(app) is None
    edges = next(each for each in app.text_input if each.label == "Edges")
    edges.set_value("80, 50").run()
    assert "cannot be made" in said(app)[0]
    next(each for each in app.text_input if each.label == "Edges").set_value("50, 80").run()
    import_button(app).click().run()
    [info] = store.datasets.all()
    assert info.labels.names == ("under 50", "50 to under 80", "80 or more")


def test_a_label_that_is_guessed_says_what_else_it_might_be(app):
    groups = [("bug", "north") if n % 2 else ("docs", "south") for n in range(60)]
    upload(
        app,
        csv_of(
            *((text, *each) for text, each in zip(TEXTS, groups, strict=True)),
            header=("text", "kind", "area"),
        ),
    )
    guess = "Which column is the label is a guess: it might also be “kind”."
    assert any(guess in each.value for each in app.caption)
    app.selectbox(key=next(each.key for each in app.selectbox if each.label == "Label")).set_value(
        "kind"
    ).run()
    assert not any("is a guess" in each.value for each in app.caption)


def test_a_few_mean_ratings_can_be_imported_as_they_are_in_bins_or_scored(app, store):
    upload(app, csv_of(*((text, f"{1 + i % 15 / 4:g}") for i, text in enumerate(TEXTS))))
    [sentence] = said(app)
    assert "holds numbers (15 different ones from 1 to 4.5 in 60 rows)" in sentence
    assert "choose at “Score the answers by” how" in sentence and bins(app) and import_button(app)
    scorer(app).set_value("number:1%").run()
    assert not said(app)
    import_button(app).click().run()
    [info] = store.datasets.all()
    assert info.scorer == "number:1%"


def test_stars_are_labels_without_a_question(app):
    upload(app, csv_of(*((text, str(1 + i % 5)) for i, text in enumerate(TEXTS))))
    assert bins(app) is None and import_button(app) and not said(app)


def test_all_labels_are_kept_at_first_where_many_rows_have_several(app):
    several = [
        (text, '["bug", "ui"]' if i % 6 == 0 else "bug" if i % 2 else "ui") for i, text in enumerate(TEXTS)
    ]
    upload(app, csv_of(*several))
    ways = next(each for each in app.button_group if each.label == "10 rows with several labels")
    assert import_button(app).label == "Import 60 rows"
    ways.set_value("leave_out").run()
    assert import_button(app).label == "Import 50 rows"
    upload(app, csv_of(*several[:7], *several[7:12] * 10), "few.csv")
    assert import_button(app).label == "Import 55 rows", "where few have, it may be a slip"


def test_rows_that_all_have_several_labels_are_not_left_out(app):
    upload(
        app, csv_of(*((text, '["bug", "ui"]' if i % 2 else '["ui", "docs"]') for i, text in enumerate(TEXTS)))
    )
    several = next(each for each in app.button_group if each.label == "60 rows with several labels")
    assert not said(app) and import_button(app).label == "Import 60 rows"
    several.set_value("leave_out").run()
    assert "No row of the file can be used" in said(app)[0]
    several = next(each for each in app.button_group if each.label == "60 rows with several labels")
    several.set_value("split").run()
    assert import_button(app).label == "Import 120 rows"


def test_a_column_without_a_name_for_it_is_asked_for_until_it_is_chosen(app):
    upload(app, csv_of(*zip(TEXTS, ANSWERS, strict=True), header=("Nachricht", "Richtig")))
    assert "no column for the label" in said(app)[0]
    next(each for each in app.selectbox if each.label == "Label").set_value("Richtig").run()
    assert not any("no column for the label" in sentence for sentence in said(app))


def test_a_dataset_of_free_texts_that_is_there_cannot_be_tuned(app, store):
    rows = tuple(
        Example(f"r{i}", text, answer) for i, (text, answer) in enumerate(zip(TEXTS, ANSWERS, strict=True))
    )
    store.datasets.add(Dataset("answers", LabelSet(tuple(ANSWERS)), rows), origin="before")
    open_page(app, "tune/new_run.py")
    assert any(
        sentence.startswith("The labels look like free text (60 different labels") for sentence in said(app)
    )
    assert next(each for each in app.button if each.label == "Start the run").disabled


def test_an_adopted_judge_scores_them_and_no_file_is_named(app, store, folder):
    judge = store.datasets.add(sample_dataset(sample("help_desk_answers")), "test")
    run_id = run_of(store, judge)
    store.champions.adopt(judge, store.steps.get(run_id, 0).prompt, "offline:reader", run_id, 0)
    opened(app)
    app.session_state["next data"] = "import"
    app.run()
    app.file_uploader[0].upload("mine.csv", csv_of(*zip(TEXTS, ANSWERS, strict=True)))
    app.run()
    with pytest.raises(UsageError, match="A file of your own is named on the command line"):
        built_in_scorer("judge:/etc/judge.json")
    assert [each for each in scorer(app).options if each.startswith("The judge of")]
    scorer(app).set_value(judge).run()
    import_button(app).click().run()
    [info] = [each for each in store.datasets.all() if each.id != judge]
    name = info.scorer.removeprefix("judge:")
    assert not app.exception and (folder / "scorers" / name).is_file()
    assert name.startswith("help-desk-answers-")
    app.switch_page("tune/new_run.py").run()
    words = " ".join(each.value for each in app.markdown)
    assert "“answer” is the reply" in words and "of the judge" in words and not app.exception
