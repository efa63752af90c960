from __future__ import annotations

import re

from core.data.splits import split
from core.services.evaluation.scorers import set_settings
from core.services.request_preview import NOT_READ_YET, preview_of_request
from core.types import Example, LabelSet, Settings
from tests.core.tuning.toy import LABELS, zoo


def test_it_shows_training_rows_with_their_labels_and_says_what_is_not_known_yet():
    rows = (*zoo(), Example("n", "A noted apple.", "wish", note="fruit", split="train"))
    settings = Settings(batch_size=12, shown_mistakes=6, purpose="Mails to a zoo.")
    text = preview_of_request(rows, LabelSet(LABELS), settings).messages[-1].content
    shown = re.findall(
        r"<mistake>\n<text>(.*)</text>\n<predicted_label>(.*)</predicted_label>\n<correct", text
    )
    train = {row.text for row in rows if row.split == "train"}
    assert shown and all(row in train and predicted == NOT_READ_YET for row, predicted in shown)
    assert "<purpose>Mails to a zoo.</purpose>" in text and "<note>fruit</note>" in text
    assert "<reply>" not in text and "<figures>" not in text


def test_rows_with_several_labels_are_previewed_as_their_run_would_ask():
    made = [Example(str(i), f"text number {i}", ("bug", "bug; docs", "docs")[i % 3]) for i in range(30)]
    rows = split(made, 0, free=True)
    settings = set_settings(Settings(), LabelSet(("bug", "docs"), several=True))
    request = preview_of_request(rows, LabelSet(("bug", "docs"), several=True), settings)
    assert request.messages[-1].content.startswith("Each text has one or more of these labels: bug; docs.")
