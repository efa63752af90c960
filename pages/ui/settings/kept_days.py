"""For how many days the history of changes and served predictions are kept."""

from __future__ import annotations

from core.services.storage.clean import CleanResult, keep_history_for, keep_predictions_for
from core.services.storage.removed import removed_folder
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
            _how(),
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
            _how(),
            "Feedback and the rows that were made of it stay; so does what waits in the inbox.",
            _keep_predictions,
        )
    )


def _keep_history(days: int | None) -> str:
    return _gone(keep_history_for(shell.workspace(), days), "change")


def _keep_predictions(days: int | None) -> str:
    return _gone(keep_predictions_for(shell.workspace(), days), "prediction")


def _how() -> str:
    return f"after being written to a file in {removed_folder(shell.workspace()).resolve()}"


def _gone(gone: CleanResult | None, thing: str) -> str:
    return f"{count(gone.count, thing)} deleted, kept in {gone.file}." if gone and gone.count else ""
