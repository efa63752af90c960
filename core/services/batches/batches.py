"""Files that a provider's batch service classifies: priced, submitted, asked after, fetched, cancelled. Everything about
one is in the store, so that any machine with the workspace goes on with it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace

from core.data.formats.csv_text import csv_text
from core.data.table import Table
from core.errors import CallFailed, Conflict, EndedEarly, ModelError, UsageError
from core.exports.dataset import NO_TEXT, prediction_table, to_ask_again
from core.label_sets.replies import predict_reply
from core.llm.batches.open_service import check_batches, open_batch_service
from core.llm.batches.service import BatchService
from core.prompts.files import from_json
from core.prompts.render import asks_for_tag
from core.services.batches.collector import BatchCollector
from core.services.batches.estimate import BatchEstimate, estimate_of
from core.services.batches.order import (
    BatchOrder,
    different_texts,
    maker_of,
    request_maker,
    texts_of_rows,
)
from core.services.batches.sender import BatchSender, OnProgress
from core.services.batches.status import BatchStatus
from core.services.text_labels import LabelCounts
from core.store.batches.parts import CANCELLED
from core.store.batches.records import (
    BatchReply,
    BatchTable,
    NewBatch,
)
from core.types import Prediction, Reply
from core.workspace import Workspace

NOT_YET = "Not answered yet."
GAVE_UP = "Given up while it was under way: it may have been paid."


@dataclass(frozen=True, slots=True)
class BatchJobs:
    """Those of a workspace. `keys` were typed."""

    workspace: Workspace
    keys: Mapping[str, str] = field(default_factory=dict, repr=False)

    def estimate(self, order: BatchOrder) -> BatchEstimate:
        """Without a key: nothing is sent. UsageError for a model without a batch service, or a cap that cannot be kept;
        DataError without a text."""
        check_batches(order.settings.lightweight)
        shared = self.workspace.connections.with_keys(self.keys, silent=True)
        return estimate_of(
            self.workspace,
            order,
            request_maker(self.workspace, order.settings.lightweight, order.spec, shared),
        )

    def submit(self, order: BatchOrder, on_progress: OnProgress = lambda done, total: None) -> BatchStatus:
        """Stores the file and sends it; what does not fit under a cap waits. Errors as for `estimate`; ModelRefused,
        CallFailed, CapReached and Conflict where nothing was sent, and then nothing is stored."""
        self.workspace.check_spendable()
        check_batches(order.settings.lightweight)
        shared = self.workspace.model_context(self.keys)
        model, spec, texts = order.settings.lightweight, order.spec, order.texts
        maker = request_maker(self.workspace, model, spec, shared)
        first = next(maker.exacts(texts[:1]))
        if order.settings.budget_usd is not None:
            maker.cost.ceiling(first.request)
        prefix = getattr(maker.model, "prefix", lambda request: "")(first.request)
        table = BatchTable(order.table.columns, order.table.rows)
        new = NewBatch(order.name, model, replace(spec, prefix=prefix), table, len(texts))
        store = self.workspace.store.batches
        with self._service(model) as service:
            batch_id = store.add(new)
            try:
                problem = self._send(batch_id, service, on_progress)
            except BaseException as error:
                figures = store.figures(batch_id)
                if figures.waiting + figures.failed == figures.requests:  # nothing was sent
                    store.delete(batch_id)
                    raise
                if not isinstance(error, ModelError):
                    raise
                problem = str(error)
        return self.stored(batch_id, problem)

    def all(self) -> tuple[BatchStatus, ...]:
        """As last known, the newest first."""
        return tuple(self.stored(batch.id) for batch in self.workspace.store.batches.all())

    def of_dataset(self, dataset_id: str) -> tuple[BatchStatus, ...]:
        """Those of this dataset, and those that are of none: a file and a prompt file on the command line."""
        return tuple(each for each in self.all() if each.batch.spec.dataset_id in ("", dataset_id))

    def stored(self, batch_id: str, problem: str = "") -> BatchStatus:
        """As last known: nobody is asked. NotFound."""
        store = self.workspace.store
        batch = store.batches.get(batch_id)
        return BatchStatus(batch, store.batches.figures(batch_id), store.batch_parts.of(batch_id), problem)

    def status(self, batch_id: str) -> BatchStatus:
        """How far the provider is, where something is under way and somebody may look; NotFound."""
        known = self.stored(batch_id)
        if self.workspace.read_only or all(part.is_over for part in known.parts):
            return known
        try:
            with self._service(known.batch.model) as service:
                self._collector(batch_id, service).look()
        except (ModelError, UsageError) as error:
            return self.stored(batch_id, str(error))
        return self.stored(batch_id)

    def fetch(self, batch_id: str, on_progress: OnProgress = lambda done, total: None) -> BatchStatus:
        """Takes in what has come back, and sends what waits: what failed or expired, at most three times. NotFound;
        UsageError for a missing key. What the provider refuses, and why nothing more could be sent, is the status's
        `problem`."""
        self.workspace.check_spendable()
        known = self.stored(batch_id)
        if known.figures.is_over and all(part.is_over for part in known.parts):
            return known
        try:
            with self._service(known.batch.model) as service:
                problem = ""
                if self._collector(batch_id, service).collect() and not known.batch.cancelled:
                    problem = self._send(batch_id, service, on_progress)
        except (ModelError, EndedEarly, Conflict) as error:
            problem = str(error)
        return self.stored(batch_id, problem)

    def cancel(self, batch_id: str, give_up: bool = False) -> BatchStatus:
        """Nothing more is sent, and the provider is asked to stop; what it has answered by then is paid, and taken in, now or
        by `fetch`. What it does not know any more is given up; with `give_up` whatever is under way after that, as where
        the key or the provider is gone for good. One that has ended stays as it is. NotFound."""
        self.workspace.check_spendable()
        store = self.workspace.store
        known = self.stored(batch_id)
        if known.figures.is_over:
            return known
        store.batches.cancel(batch_id, CANCELLED)
        problem = ""
        if any(not part.is_over for part in known.parts):
            try:
                with self._service(known.batch.model) as service:
                    self._collector(batch_id, service).collect()
            except (ModelError, UsageError) as error:
                problem = str(error)
        if give_up:
            for part in store.batch_parts.of(batch_id):
                if not part.is_over:
                    store.batch_parts.give_up(part, f"{GAVE_UP} {problem}".rstrip())
            problem = ""
        return self.stored(batch_id, problem)

    def delete(self, batch_id: str) -> None:
        """Conflict while something of it is under way."""
        self.workspace.check_writable()
        self.workspace.store.batches.delete(batch_id)

    # ---- what it says

    def predictions(self, batch_id: str) -> list[Prediction]:
        """One a row of the file, in its order: failed ones without an answer, with the reason."""
        store = self.workspace.store.batches
        spec, rows = store.get(batch_id).spec, self._texts(batch_id)
        file = from_json(spec.prompt)
        asked, tagged = (file.prompt, file.labels), asks_for_tag(file.prompt)
        answers = {
            text: predict_reply("", _answer(each), asked, tagged)
            for text, each in zip(different_texts(rows), store.replies(batch_id), strict=True)
        }
        none = predict_reply("", CallFailed(NO_TEXT), asked, tagged)
        return [replace(answers.get(text, none), example_id=str(row)) for row, text in enumerate(rows)]

    def counts(self, batch_id: str) -> LabelCounts:
        """What came back so far, counted; rows that are still to be answered are left out."""
        return LabelCounts.of(each for each in self.predictions(batch_id) if each.error != NOT_YET)

    def prediction_rows(self, batch_id: str) -> list[list[str]]:
        """As `classify` writes them: a header and a row per row of the file."""
        stored = self.workspace.store.batches.table(batch_id)
        table = Table(stored.columns, stored.rows, "", "", ())
        columns = self.workspace.store.batches.get(batch_id).spec.columns
        again = [to_ask_again(each) for each in self.predictions(batch_id)]
        return prediction_table(table, columns, self._texts(batch_id), again)

    def csv(self, batch_id: str) -> str:
        return csv_text(self.prediction_rows(batch_id))

    # ---- private

    @contextmanager
    def _service(self, model: str) -> Iterator[BatchService]:
        service = open_batch_service(model, self.workspace.model_context(self.keys))
        try:
            yield service
        finally:
            service.close()

    def _collector(self, batch_id: str, service: BatchService) -> BatchCollector:
        return BatchCollector(self.workspace, self.workspace.store.batches.get(batch_id), service)

    def _send(self, batch_id: str, service: BatchService, on_progress: OnProgress) -> str:
        batch = self.workspace.store.batches.get(batch_id)
        maker = maker_of(self.workspace, batch, self.workspace.model_context(self.keys))
        rows = self._texts(batch_id)
        texts, sender = different_texts(rows), BatchSender(self.workspace, batch, maker, service)
        problem = sender.send(texts, on_progress)
        given_up = {texts[place] for place in sender.too_large}
        numbers = [f"{number:,}" for number, text in enumerate(rows, 1) if text in given_up]
        return " ".join(filter(None, [_too_large(numbers, service), problem]))

    def _texts(self, batch_id: str) -> list[str]:
        store = self.workspace.store.batches
        return texts_of_rows(store.table(batch_id), store.get(batch_id).spec)


def _too_large(numbers: Sequence[str], service: BatchService) -> str:
    """Which rows no batch takes; "" where there are none."""
    if not numbers:
        return ""
    named = f"Row {numbers[0]} is" if len(numbers) == 1 else f"Rows {', '.join(numbers[:5])} are"
    more = f" (and {len(numbers) - 5:,} more)" if len(numbers) > 5 else ""
    return f"{named} larger than {service.provider} takes in a batch and not sent{more}: shorten the text."


def _answer(each: BatchReply) -> Reply | CallFailed:
    if each.reply is not None:
        return each.reply
    return CallFailed(each.problem or NOT_YET)
