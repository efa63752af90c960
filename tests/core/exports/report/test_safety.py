"""What people and models wrote can be read in the report, and do nothing."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from core.exports.report.page import report
from core.exports.report.run import ReportRun
from core.types import Edit, EditResult, FewShot, LabelSet, Outcome, Prediction, Settings, Shot
from tests.core.exports.report.reading import seen
from tests.core.exports.report.telling import report_run, rows_of

EVIL = (
    "</style><script>alert(1)</script>",
    "]]><!--",
    "javascript:alert(1)",
    '"><img src=x onerror=alert(1)>',
    "' onload='alert(1)",
    "</title></svg></pre></textarea><iframe src=https://evil.example>",
    "{{ 7 * 7 }}{% raw %}",
    "<svg/onload=alert(1)>",
    "https://evil.example/x.png",
    "&lt;b&gt;&#106;",
    "\u202e\x00\x1b[31m\u2028",
)
PLAIN = {
    "scope",
    "title",
    "class",
    "width",
    "height",
    "role",
    "aria-label",
    "aria-hidden",
    "style",
    "id",
    "for",
    "type",
    "name",
    "checked",
    "lang",
    "charset",
    "http-equiv",
    "content",
    "rel",
    "href",
    "x",
    "y",
    "x1",
    "x2",
    "y1",
    "y2",
    "cx",
    "cy",
    "r",
    "rx",
    "viewbox",
    "text-anchor",
    "fill",
    "fill-opacity",
    "transform",
    "overflow",
}
STYLES = r"(background:#[0-9A-F]{6}|min-width:[0-9.]+px|(width|left|right):[0-9.]+%|--share:[0-9.]+)?"
TAGS = {
    "h4",
    "figure",
    "figcaption",
    "caption",
    "html",
    "head",
    "meta",
    "title",
    "link",
    "style",
    "body",
    "main",
    "header",
    "section",
    "article",
    "div",
    "p",
    "h1",
    "h2",
    "h3",
    "b",
    "i",
    "em",
    "span",
    "ul",
    "li",
    "dl",
    "dt",
    "dd",
    "details",
    "summary",
    "blockquote",
    "pre",
    "mark",
    "table",
    "thead",
    "tbody",
    "tr",
    "th",
    "td",
    "input",
    "label",
    "svg",
    "line",
    "rect",
    "circle",
    "text",
}


def evil_run(evil: str) -> ReportRun:
    """The evil text in every place that a person or a model writes."""
    labels = LabelSet((evil + "a", evil + "b", "plain"), {evil + "a": evil})
    rows = [
        replace(row, text=evil + row.text, note=evil, id=row.id + evil)
        for row in rows_of(labels.names, each=12)
    ]
    made = report_run(examples=rows, labels=labels, said=evil)
    edit = Edit("system_prompt", evil, evil + "!")
    trials = tuple(EditResult(edit, replace(trial.verdict, reason=evil)) for trial in made.steps[1].trials)
    steps = [
        replace(step, verdict=replace(step.verdict, reason=evil), trials=trials if step.number else ())
        for step in made.steps
    ]
    best = made.result.best
    read = best.evaluations["validation"]
    odd = Prediction(
        read.predictions[-1].example_id, Outcome.UNKNOWN_LABEL, said=evil, reason=evil, reply=evil
    )
    validation = replace(
        read, predictions=(*(replace(each, reason=evil, reply=evil) for each in read.predictions[:-1]), odd)
    )
    shots = FewShot("fixed", 1, (Shot(evil, evil + "a"),))
    prompt = replace(
        best.prompt,
        system_prompt=evil + "\n" + best.prompt.system_prompt,
        bot_reply_prefix=evil,
        few_shot=shots,
    )
    result = replace(
        made.result,
        best=replace(best, prompt=prompt, evaluations={**best.evaluations, "validation": validation}),
        test=replace(made.result.test, reason=evil),
    )
    return replace(
        made,
        name=evil,
        dataset=replace(made.dataset, name=evil),
        error=evil,
        steps=tuple(steps),
        result=result,
        run_id=evil,
        settings=Settings(lightweight="openai:" + evil, heavyweight="openai:" + evil),
        created=evil,
        version=evil,
    )


@pytest.mark.parametrize("evil", EVIL)
def test_what_was_written_stays_text(evil: str):
    page = seen(report(evil_run(evil)))
    assert {tag for tag, _ in page.elements} <= TAGS
    names = {name for _, attributes in page.elements for name in attributes}
    assert names <= PLAIN, "no handler, no source, no link"
    if evil.isprintable():
        shown = " ".join(page.text(section) for section in page.texts)
        assert " ".join(evil.split()) in shown


@pytest.mark.parametrize("evil", EVIL)
def test_nothing_outside_the_file_is_named_where_a_browser_would_fetch_it(evil: str):
    page = seen(report(evil_run(evil)))
    assert [each["href"] for each in page.kinds("link")] == ["data:,"]
    for tag, attributes in page.elements:
        style = attributes.get("style") or ""
        assert re.fullmatch(
            r"(background:#[0-9A-F]{6}|min-width:[0-9.]+px|(width|left|right):[0-9.]+%|--share:[0-9.]+)?",
            style,
        ), (tag, style)
        assert "url(" not in (attributes.get("fill") or "")


def test_the_style_sheet_asks_for_nothing_and_ends_where_it_should():
    html = report(evil_run(EVIL[0]))
    assert html.count("<style>") == html.count("</style>") == 1
    style = html.partition("<style>")[2].partition("</style>")[0]
    assert "url(" not in style and "@import" not in style and "http" not in style


def test_the_policy_forbids_everything_but_its_own_styles():
    page = seen(report(report_run()))
    policy = next(
        each["content"] for each in page.kinds("meta") if each.get("http-equiv") == "Content-Security-Policy"
    )
    parts = dict(part.strip().split(" ", 1) for part in policy.split(";"))
    assert parts == {
        "default-src": "'none'",
        "style-src": "'unsafe-inline'",
        "img-src": "data:",
        "base-uri": "'none'",
        "form-action": "'none'",
    }
    first = [tag for tag, _ in page.elements][:4]
    assert first == ["html", "head", "meta", "meta"], (
        "the policy stands before anything that it is to hold for"
    )
