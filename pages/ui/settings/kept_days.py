"""For how many days the history of changes and served predictions are kept."""

from __future__ import annotations

from core.services.serving.predictions import keep_for
from core.services.storage.clean import keep_history_for, removed_folder
from core.store.rows.old_changes import UNDOABLE
from pages.ui import shell
from pages.ui.settings.retention_form import RetentionForm, show_retention_form
from pages.ui.wording import count


def show_history_days() -> None:
    kept = shell.workspace().store.old_changes
    show_retention_form(
        RetentionForm(
            "history",
            kept.days(),
            "The history of changes is kept",
            "Keep the history for so many days",
            "change",
            lambda days: kept.older_than(days).sets,
            f"after being written to a file in {removed_folder(shell.workspace()).resolve()}",
            f"Rows stay as they are. The last {UNDOABLE} changes of a dataset can always be undone, and what a named "
            "version needs stays.",
            _keep_history,
        )
    )


def show_prediction_days(sentence: str) -> None:
    """`sentence`: what stands before "for ever"."""
    kept = shell.workspace().store.retention
    show_retention_form(
        RetentionForm(
            "served",
            kept.days(),
            sentence,
            "Keep predictions for so many days",
            "prediction",
            kept.older_than,
            "for good, with request and reply",
            "Feedback and the rows that were made of it stay; so does what waits in the inbox.",
            _keep_predictions,
        )
    )


def _keep_history(days: int | None) -> str:
    gone = keep_history_for(shell.workspace(), days)
    return f"{count(gone.count, 'change')} deleted, kept in {gone.file}." if gone and gone.count else ""


def _keep_predictions(days: int | None) -> str:
    gone = keep_for(shell.workspace(), days)
    return f"{count(gone, 'prediction')} deleted." if gone else ""
