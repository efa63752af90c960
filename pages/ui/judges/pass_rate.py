"""How many answers are good that nobody has judged: the judge is asked, its count corrected for its errors."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from core.costs.call_price import CallPrice
from core.costs.price_words import price_in_words
from core.errors import UsageError
from core.metrics.judges.pass_rate import PassRate, pass_rate
from core.services.judges.report import JudgeReport
from core.services.judges.unjudged import (
    JudgedAnswers,
    judge_answers,
    judge_settings,
    price_of_answers,
    unjudged_rows,
)
from core.services.judges.words import count_in_words, rate_in_words
from core.tuning.session import OnProgress
from core.types import Example, Progress
from pages.ui import shell
from pages.ui.actions import no_spending
from pages.ui.answers import IN_TABLE
from pages.ui.keys import problem_of, shared, typed_keys
from pages.ui.paid_action import PaidAction, session_results
from pages.ui.wording import count, escape_md, percent, shortened

RESULTS = "judged answers"  # in the session
LONGEST = 500  # characters of a cell
WIDE = 0.3  # an interval that says little
CORRECTED = (
    "Rogan and Gladen's correction: the judge's count, with the errors that it makes on answers that people have judged. "
    "Lang and Reiczigel's interval allows for chance in both."
)


def show_pass_rate(report: JudgeReport) -> None:
    st.subheader("Answers that nobody has judged", anchor=False)
    rows = unjudged_rows(report)
    if not rows:
        st.caption("Every row has a verdict. Import answers without one to learn how many of them are good.")
        return
    key = (report.run.run_id, report.step, report.good, tuple(row.id for row in rows))
    known: JudgedAnswers | None = session_results(RESULTS).get(key)
    if known is not None:
        _show(
            pass_rate(known.rate.counted, report.after), report.good
        )  # by the verdicts of people as they are now
        _show_verdicts(known)
        return
    st.caption(
        f"{count(len(rows), 'answer')} of this dataset. The judge gives its verdict on each. Verdicts and figure are not "
        "stored: after a reload, judge them again."
    )
    settings = judge_settings(report)
    action = PaidAction(
        "Judge them", "judge_answers", icon=":material/gavel:", type="primary", opening="Judging …"
    )
    judged = action.offer(
        lambda: price_in_words(_price(key, report, rows)),
        lambda on_progress: _judge(report, on_progress),
        no_spending() or escape_md(problem_of(settings)),
    )
    if judged is not None:
        session_results(RESULTS)[key] = judged
        st.rerun()


def _price(key: tuple[object, ...], report: JudgeReport, rows: Sequence[Example]) -> CallPrice:
    """Of the first requests, with the neighbours that they show; anew where a price or a limit was changed."""
    prices = shared()
    known = (*key, prices.prices, prices.limits)
    return shell.workspace().cached(
        "price of judging", known, lambda: price_of_answers(shell.workspace(), report, rows, prices)
    )


def _judge(report: JudgeReport, on_progress: OnProgress) -> JudgedAnswers:
    def on_reply(done: int, total: int) -> None:
        on_progress(Progress("Judging", done, total))

    settings, rows = judge_settings(report), unjudged_rows(report)
    judged = judge_answers(shell.workspace(), report, rows, settings, on_reply, typed_keys())
    if judged.stopped:
        raise UsageError(judged.stopped)
    return judged


def _show(rate: PassRate, good: str) -> None:
    if rate.corrected is None or rate.interval is None:
        st.text(rate_in_words(rate, good))
        return
    low, high = rate.interval
    st.metric(
        "Good answers, corrected for the judge's errors",
        f"{100 * low:.0f} to {percent(high, 0)}",
        f"most likely {percent(rate.corrected, 0)}",
        delta_color="off",
        delta_arrow="off",
        width="content",
        help=CORRECTED,
    )
    if high - low > WIDE:
        st.text(
            "Too wide a range to rely on: the more test answers people have judged, the narrower it gets."
        )
    st.text(
        f"{count_in_words(rate, good)} It errs on answers that people judged, too: with that counted in, 95 times of 100 "
        "the range above holds the true share."
    )


def _show_verdicts(judged: JudgedAnswers) -> None:
    import pandas as pd

    with st.expander("The judge's verdicts", icon=":material/gavel:"):
        st.dataframe(
            pd.DataFrame(
                {
                    "Judge": [each.label or IN_TABLE[each.outcome] for each in judged.predictions],
                    "Reason": [shortened(each.reason, LONGEST) for each in judged.predictions],
                    "Answer": [shortened(row.text, LONGEST) for row in judged.rows],
                }
            ),
            hide_index=True,
            height=320,
            column_config={"Judge": st.column_config.TextColumn(width=80)},
            alt="Answers that nobody has judged, with the judge's verdicts",
        )
