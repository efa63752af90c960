"""fastText's lines."""

from __future__ import annotations

from core.data.formats.registry import open_file


def test_marks_are_labels_and_the_rest_is_the_text():
    table = open_file(
        b"__label__bug it crashes\n__label__bug __label__slow , it hangs\n\nno label here\n", "train.txt"
    )
    assert table.rows == (("it crashes", "bug"), ("it hangs", '["bug", "slow"]'), ("no label here", ""))
    assert table.known and table.known.label == "label" and table.format == "fastText"
