"""Inputs of several fields, over HTTP, in a program and in a file: the text is made of them as the rows of the dataset were."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from core import Classifier
from core.errors import DataError, UsageError
from core.http.handlers import Handlers
from core.http.schemas import ClassifyRequest, read
from core.jobs.file_job import Upload, read_file
from core.prompts.starting_prompt import starting_prompt
from core.services.classify import Service
from core.types import Dataset, Example, LabelSet, TextTemplate
from core.workspace import Workspace

TEMPLATE = TextTemplate(("subject", "message"), "Subject: {subject}\nMessage: {message}")
LABELS = LabelSet(("bug", "documentation"))


@pytest.fixture
def workspace(tmp_path: Path):
    opened = Workspace(tmp_path / "workspace", {})
    rows = tuple(Example(f"r{n}", f"Subject: {n}\nMessage: m", LABELS.names[n % 2]) for n in range(4))
    dataset_id = opened.store.datasets.add(Dataset("mail", LABELS, rows, template=TEMPLATE), "test")
    opened.store.champions.adopt(dataset_id, starting_prompt(LABELS), "offline:reader")
    yield opened
    opened.close()


def test_fields_stand_beside_the_text_and_what_is_missing_is_named(workspace: Workspace):
    handlers = Handlers(lambda: workspace)

    def post(body: bytes):
        return handlers.classify(read(body, ClassifyRequest))

    one = post(b'{"fields": {"message": "{subject}", "subject": "a bug"}, "prediction_id": "one"}')
    assert one.label == "bug"
    assert workspace.store.answers.get("one").text == "Subject: a bug\nMessage: {subject}"
    many = post(
        b'{"texts": [{"text": "documentation"}, {"fields": {"subject": "a", "message": "a bug"}}]}'
    ).predictions
    assert [each.label for each in many] == ["documentation", "bug"]
    assert handlers.champion(None).prompt_file["template"] == {
        "fields": list(TEMPLATE.fields),
        "text": TEMPLATE.text,
    }
    with pytest.raises(DataError, match="The field “message” is missing"):
        post(b'{"fields": {"subject": "a bug"}}')
    for body in (
        b'{"text": "a", "fields": {"subject": "a", "message": "b"}}',
        b'{"texts": [{"text": "a", "fields": {"subject": "a", "message": "b"}}]}',
        b'{"texts": [{}]}',
    ):
        with pytest.raises(UsageError, match="either"):
            post(body)


def test_a_program_gives_fields_where_it_would_give_a_text(workspace: Workspace):
    service = Service(workspace, workspace.store.datasets.all()[0].id)
    classifier = Classifier.of_champion(service)
    found = classifier.classify({"subject": "hello", "message": "a bug"})
    assert (found.text, found.label) == ("Subject: hello\nMessage: a bug", "bug")
    with pytest.raises(DataError, match="takes one text and no fields"):
        replace_template(classifier).classify({"subject": "hello", "message": "a bug"})


def test_a_file_to_classify_has_the_columns_or_ready_made_texts():
    def texts(content: bytes) -> tuple[tuple[str, ...], list[str]]:
        return read_file(Upload("a.csv", content, TEMPLATE))[1:]

    assert texts(b"id,message,subject\n1,b,a\n") == (TEMPLATE.fields, ["Subject: a\nMessage: b"])
    assert texts(b"id,text\n1,whole\n") == (("text",), ["whole"])
    with pytest.raises(DataError, match="no column “message”"):
        texts(b"id,subject\n1,a\n")


def replace_template(classifier: Classifier) -> Classifier:
    info = classifier.service.workspace.store.datasets
    other = info.add(replace(info.get(classifier.service.dataset_id), template=None), "test")
    classifier.service.workspace.store.champions.adopt(other, classifier.prompt, "offline:reader")
    return Classifier.of_champion(replace(classifier.service, dataset_id=other))
