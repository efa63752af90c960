"""Where feedback is posted to, and whether it came there."""

from __future__ import annotations

from datetime import UTC, datetime

import pandas as pd
import streamlit as st

from core.services.serving.webhook_sender import wake_sender
from core.services.serving.webhooks import post_test, retry_deliveries, set_webhook, webhook_settings
from core.store.feedback.records import DeliveryState
from core.store.records import DatasetInfo
from pages.ui import shell
from pages.ui.actions import READ_ONLY, act, show_problem
from pages.ui.navigation import go
from pages.ui.wording import count

ADDRESS, PROBLEM = "webhook_address", "webhook problem"
MOST_LISTED = 20


def show_webhook(info: DatasetInfo) -> None:
    with st.expander("Post feedback to another program", icon=":material/webhook:", key="webhook"):
        with shell.sentences():
            addresses = webhook_settings(shell.workspace().environment).addresses
            if not addresses:
                st.caption(
                    "Off. Whoever runs this Whetstone lists the addresses that may be posted to in WHETSTONE\\_WEBHOOKS."
                )
                if st.button(
                    "How to set it up", type="tertiary", icon=":material/menu_book:", key="webhook_guide"
                ):
                    go("help", guide="feedback")
                return
            _choose(info, addresses)
            show_problem(PROBLEM)
            _show_deliveries(info)


def _choose(info: DatasetInfo, addresses: tuple[str, ...]) -> None:
    now, locked = shell.workspace().store.deliveries.webhook(info.id), shell.workspace().read_only
    options = list(dict.fromkeys(("", *addresses, now)))
    st.session_state[ADDRESS] = now  # as it is stored, whoever has changed it
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        st.selectbox(
            "Post what comes in to",
            options,
            key=ADDRESS,
            format_func=lambda each: each or "nowhere",
            disabled=locked,
            help=READ_ONLY if locked else "Signed, as JSON, with its prediction.",
            on_change=act,
            args=(lambda: _set(info.id), "", PROBLEM),
        )
        st.button(
            "Send a test",
            key="webhook_test",
            icon=":material/send:",
            disabled=locked or not now,
            on_click=act,
            args=(lambda: post_test(shell.workspace(), info.id), "The test has arrived.", PROBLEM),
        )


def _set(dataset_id: str) -> None:
    set_webhook(shell.workspace(), dataset_id, st.session_state[ADDRESS])


def _show_deliveries(info: DatasetInfo) -> None:
    deliveries = shell.workspace().store.deliveries
    counts = deliveries.counts(info.id)
    failed, waiting = counts[DeliveryState.FAILED], counts[DeliveryState.WAITING]
    sent = counts[DeliveryState.SENT]
    parts = [f"{sent:,} sent in the last 30 days" if sent else "Nothing was sent in the last 30 days"]
    parts += [f"{waiting:,} waiting"] if waiting else []
    parts += [f"{failed:,} failed"] if failed else []
    st.caption(" · ".join(parts))
    troubled = [each for each in deliveries.recent(info.id, 200) if each.problem][:MOST_LISTED]
    if not troubled:
        return
    st.dataframe(
        pd.DataFrame(
            {
                "When": [datetime.fromtimestamp(each.at, UTC) for each in troubled],
                "Problem": [each.problem for each in troubled],
                "Attempts": [each.attempts for each in troubled],
                "State": [_state(each.state) for each in troubled],
            }
        ),
        hide_index=True,
        alt="Posts that did not arrive",
        height="content" if len(troubled) < 9 else 320,
        column_config={
            "When": st.column_config.DatetimeColumn(
                format="D MMM, HH:mm", width=95, timezone=st.context.timezone or "UTC"
            ),
            "Problem": st.column_config.TextColumn(width=380),
            "Attempts": st.column_config.NumberColumn(width=80),
            "State": st.column_config.TextColumn(width=110),
        },
    )
    if failed:
        st.button(
            f"Send {count(failed, 'post')} again",
            key="webhook_retry",
            icon=":material/refresh:",
            disabled=shell.workspace().read_only,
            on_click=act,
            args=(lambda: _retry(info.id), "They are sent again.", PROBLEM),
        )


def _retry(dataset_id: str) -> None:
    retry_deliveries(shell.workspace(), dataset_id)
    wake_sender(shell.workspace())


def _state(state: str) -> str:
    return "Tried again later" if state == DeliveryState.WAITING else "Given up"
