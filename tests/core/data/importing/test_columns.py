"""Guessing which column is what."""

from __future__ import annotations

import pytest

from core.data.fields import ColumnMap
from core.data.formats.reading.delimited import read_table
from core.data.importing.columns import guess_columns, other_labels
from core.data.importing.judged_answers import guess_good_verdict
from core.data.table import Table
from core.errors import DataError

LONG = (
    "The first of the long texts",
    "Another long text, quite different",
    "A third one that differs",
    "And the last of them",
)


def guess(columns: str, *rows: tuple[str, ...]) -> ColumnMap:
    names = tuple(columns.split(","))
    different = tuple(tuple(letter * 2 + name for name in "abcdefgh"[: len(names)]) for letter in "xyxy")
    return guess_columns(Table(names, rows or different, "utf-8", ",", ()))


@pytest.mark.parametrize("text", ["text", "Text", "INPUT", "sentence", "content", "question", "Title"])
@pytest.mark.parametrize("label", ["label", "Category", "class", "TARGET", "expected", "output", "answer"])
def test_usual_names_are_known_in_any_case_and_order(text, label):
    assert guess(f"{label},{text}") == ColumnMap((text,), label)


@pytest.mark.parametrize(
    ("columns", "text", "label"),
    [
        ("qid,question_text,target", "question_text", "target"),
        ("issue title,true label", "issue title", "true label"),
        ("text,title,label,class", "text", "label"),
        ("input,output", "input", "output"),
        ("question,answer", "question", "answer"),
    ],
)
def test_names_of_several_words_and_several_candidates(columns, text, label):
    found = guess(columns)
    assert (found.text, found.label) == ((text,), label)


@pytest.mark.parametrize(
    ("columns", "label"),
    [
        ("text,output,ground_truth", "ground_truth"),
        ("text,prediction,reference", "reference"),
        ("text,predicted_label,human_review", "human_review"),
        ("question,answer,correct_answer", "correct_answer"),
        ("text,gpt_label,category", "category"),
        ("text,category,expected,model_output", "expected"),
        ("text,completion,label", "label"),
        ("text,choice,prediction", "choice"),
        ("text,prediction,kind of web app", "prediction"),
    ],
)
def test_what_a_model_wrote_is_no_label_beside_what_a_person_wrote(columns, label):
    assert guess(columns).label == label


def judged(columns: str, *rest: tuple[str, ...]) -> ColumnMap:
    """Rows of a question, an answer and what is given, over and over."""
    rows = [(f"{text}?", f"{text} {n} it is so", *rest[n % len(rest)]) for n, text in enumerate(LONG)]
    return guess(columns, *rows)


@pytest.mark.parametrize(
    ("columns", "verdicts"),
    [
        ("question,answer,verdict", ("pass", "fail")),
        ("input,output,human_judgement", ("Good", "Bad")),
        ("prompt,response,rating", ("yes", "no")),
        ("question,model_output,label", ("acceptable", "unacceptable")),
        ("Question,Answer,correct", ("correct", "incorrect")),
    ],
)
def test_judged_answers_are_read_with_their_question_and_the_verdict_is_the_label(columns, verdicts):
    question, answer, verdict = columns.split(",")
    assert judged(columns, *((each,) for each in verdicts)) == ColumnMap((question, answer), verdict)


def test_the_context_of_a_judged_answer_is_read_and_the_answer_comes_last():
    found = judged("question,answer,context,human verdict,critique", ("a", "pass", ""), ("b", "fail", "no"))
    assert (found.text, found.label) == (("question", "context", "answer"), "human verdict")
    assert found.note == "critique"


@pytest.mark.parametrize(
    ("columns", "rest", "label"),
    [
        ("question,answer,label", (("yes",), ("no",)), "label"),
        ("question,passage,verdict", (("pass",), ("fail",)), "verdict"),
        ("question,output,expected,verdict", (("x", "pass"), ("y", "fail")), "expected"),
        ("question,answer,topic", (("good",), ("fair",)), "answer"),
    ],
)
def test_what_only_looks_like_judged_answers_is_read_as_before(columns, rest, label):
    found = judged(columns, *rest)
    assert (found.text, found.label) == (("question",), label)


def test_answers_that_are_labels_themselves_are_not_judged():
    rows = [
        (text, kind, "yes" if n else "no") for n, (text, kind) in enumerate(zip(LONG, "xyxy", strict=True))
    ]
    assert guess("question,answer,verdict", *rows).text == ("question",)


def test_answers_with_a_score_and_no_question_are_the_text():
    rows = [(f"{text} and so on", str(n)) for n, text in enumerate(LONG)]
    assert guess("answer,score", *rows) == ColumnMap(("answer",), "score")


@pytest.mark.parametrize(
    ("labels", "good"),
    [
        (("pass", "fail"), "pass"),
        (("Bad", "Good", "unsure"), "Good"),
        (("No", "Yes"), "Yes"),
        (("not ok", "ok"), "ok"),
        (("good", "fair"), ""),
        (("good", "bad", "ugly"), ""),
        (("bug", "idea"), ""),
        (("good",), ""),
    ],
)
def test_which_verdict_means_good(labels, good):
    assert guess_good_verdict(labels) == good


def test_a_column_with_the_answers_of_the_model_by_another_name_is_a_persons():
    rows = [(text, "x" if n else "y", kind) for n, (text, kind) in enumerate(zip(LONG, "xyxy", strict=True))]
    assert guess("text,prediction,kind", *rows).label == "kind"


def test_a_constant_column_is_the_label_only_where_nothing_else_is():
    rows = [(text, "support", kind) for text, kind in zip(LONG, "xyxy", strict=True)]
    assert guess("text,category,kind", *rows).label == "kind"
    assert guess("text,label,kind", *rows).label == "label", "it says so"
    assert guess("text,category", *(row[:2] for row in rows)).label == "category"


def test_whether_a_model_was_right_is_no_label():
    rows = [(text, kind, "yes") for text, kind in zip(LONG, "xyxy", strict=True)]
    assert guess("text,prediction,correct", *rows, (LONG[0], "x", "no")).label == "prediction"


def test_columns_that_are_constant_or_hold_numbers_dates_or_ids_are_neither_text_nor_label():
    rows = [
        (f"2026-01-0{i}T10:00", "classify the text", f"a-{i}f", text, kind)
        for i, (text, kind) in enumerate(zip(LONG, "xyxy", strict=True))
    ]
    assert guess("review,prompt,message,what,label", *rows) == ColumnMap(("what",), "label")
    with pytest.raises(DataError, match="no column for the text"):
        guess("when,prompt,label", *((row[0], row[1], row[4]) for row in rows))
    with pytest.raises(DataError, match="first line looks like a row"):
        guess("4,NO_QUERY,it is here", *(("0", "NO_QUERY", text) for text in LONG))


@pytest.mark.parametrize(
    ("name", "values", "split"),
    [
        ("subset", ("train", "dev"), "subset"),
        ("fold", ("1", "2"), ""),
        ("set", ("trainset", "testset"), "set"),
    ],
)
def test_a_column_of_parts_is_the_split_where_it_can_be_read(name, values, split):
    rows = [(text, kind, values[i % 2]) for i, (text, kind) in enumerate(zip(LONG, "xyxy", strict=True))]
    assert guess(f"text,label,{name}", *rows).split == split


def test_optional_columns_are_found_by_name():
    assert guess("Split,canonical,excluded,Reason,text,ID,label") == ColumnMap(
        ("text",), "label", "ID", "Reason", "excluded", "canonical", "Split"
    )


@pytest.mark.parametrize(
    ("columns", "text"),
    [
        ("question1,question2,label", ("question1", "question2")),
        ("sentence_a,sentence_b,label", ("sentence_a", "sentence_b")),
        ("Question 1,Question 2,label", ("Question 1", "Question 2")),
        ("premise,hypothesis,label", ("premise", "hypothesis")),
        ("text,question1,question2,label", ("text",)),
    ],
)
def test_pairs_of_texts_belong_together(columns, text):
    assert guess(columns).text == text


def test_label_and_text_are_guessed_by_content():
    rows = [(str(i), text, kind) for i, (text, kind) in enumerate(zip(LONG, "xyxy", strict=True))]
    assert guess("nr,what,kind", *rows) == ColumnMap(("what",), "kind")


def test_what_stands_in_few_rows_is_no_label_beside_what_stands_in_all():
    """Remarks under a name that is not known, in fewer ways than there are labels."""
    texts = [f"{text}, number {i}" for i, text in enumerate(LONG * 3)]
    rows = [(text, "xyz"[i % 3], "ab"[i // 6] if i % 5 == 0 else "") for i, text in enumerate(texts)]
    assert guess("Inhalt,Kategorie,Anmerkung", *rows).label == "Kategorie"


def test_a_comment_is_a_note_beside_a_text_and_a_text_without_one():
    noted = [(text, kind, "hm" if kind == "x" else "") for text, kind in zip(LONG, "xyxy", strict=True)]
    assert guess("text,label,comment", *noted).note == "comment"
    assert guess("what,label,comment", *noted) == ColumnMap(("what",), "label", note="comment")
    commented = [(text, kind, "why") for text, kind in zip(LONG, "xyxy", strict=True)]
    assert guess("comment,label,reason", *commented) == ColumnMap(("comment",), "label", note="reason")
    dated = [(f"2026-01-0{i}", kind, text) for i, (text, kind) in enumerate(zip(LONG, "xyxy", strict=True))]
    assert guess("date,label,comment", *dated) == ColumnMap(("comment",), "label")


def test_a_file_without_a_label_is_refused_with_its_columns():
    rows = [(text, text + "!", str(i)) for i, text in enumerate(LONG)]
    with pytest.raises(
        DataError, match="no column for the label; it has “text”, “other”, “number”: choose one of them"
    ):
        guess("text,other,number", *rows)


@pytest.mark.parametrize("name", ["text", "stuff"])
def test_a_single_column_has_no_label(name):
    with pytest.raises(DataError, match=f"no column for the label; it has only “{name}”"):
        guess(name, ("a",), ("b",), ("a",), ("b",))


def test_a_file_without_a_text_is_refused_with_its_columns():
    with pytest.raises(DataError, match="no column for the text; it has “id”, “label”"):
        guess("id,label", ("1", "x"), ("2", "y"))


def test_a_thousand_columns_are_not_all_named():
    names = ",".join(f"c{i}" for i in range(900))
    with pytest.raises(DataError) as caught:
        guess(names, tuple("a" * 900), tuple("a" * 900))
    assert len(str(caught.value)) < 400 and "888 more" in str(caught.value)


def test_names_beside_numbers_are_the_label():
    table = read_table(b"text,label,label_text\na b,0,neg\nb c,1,pos\nc d,0,neg\nd e,1,pos\n")
    assert guess_columns(table).label == "label_text"
    table = read_table(b"text,label,label_text\na b,0,neg\nb c,1,neg\nc d,0,neg\nd e,1,pos\n")
    assert guess_columns(table).label == "label"


def test_where_a_message_came_from_is_no_label_and_what_else_may_be_one_is_known():
    rows = [(text, queue, way) for text, queue, way in zip(LONG, "abab", ("web", "mail") * 2, strict=True)]
    for names in ("Anfrage,Gruppe,Kanal", "Anfrage,Kanal,Gruppe"):
        assert guess(names, *rows).label == "Gruppe"
    table = Table(("Anfrage", "Gruppe", "Kategorie"), rows, "utf-8", ";", ())
    assert guess_columns(table).label == "Kategorie"
    assert other_labels(table, guess_columns(table)) == ()
    unsure = Table(("Anfrage", "Gruppe", "Team", "Kanal"), [(*row, row[2]) for row in rows], "utf-8", ";", ())
    assert (guess_columns(unsure).label, other_labels(unsure, guess_columns(unsure))) == (
        "Team",
        ("Gruppe", "Kanal"),
    )
