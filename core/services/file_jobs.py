"""Files classified in the background: priced, started, stopped, resumed, and what came back."""

from __future__ import annotations

import shutil
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from core.confidence.cascade import Cascade
from core.costs.call_price import CallPrice, mean_size, price_of_calls
from core.data.formats.csv_text import csv_text
from core.errors import Conflict
from core.exports.dataset import NO_TEXT, prediction_table, to_ask_again
from core.jobs.file_job import (
    RUNNING,
    FileAnswer,
    FileFolder,
    FileJob,
    FileRequest,
    FileStatus,
    OnReply,
    Upload,
    no_file,
    read_file,
)
from core.llm.connections import ModelContext
from core.prompts.files import PromptFile, from_json, to_json
from core.services.cascade.adoption import kept_cascade
from core.services.classify import PromptClassifier, Service
from core.services.playground import PromptedModel, cascade_of_side
from core.services.text_labels import LabelCounts
from core.store.codec import new_id
from core.types import Outcome, Settings
from core.workspace import NO_KEYS, Workspace

FOLDER = "classified"
MEASURED = 50  # texts, to tell a price by
ROLE = "lightweight"
NOT_YET = "Not asked yet."


@dataclass(frozen=True, slots=True)
class FileJobs:
    """Those of a workspace."""

    workspace: Workspace

    def start(
        self,
        dataset_id: str,
        upload: Upload,
        side: PromptedModel,
        structured: bool = False,
        keys: Mapping[str, str] = NO_KEYS,
    ) -> str:
        """Stores the file and begins in the background; the id of the job. DataError, UsageError where nothing
        may be changed or asked."""
        self.workspace.check_spendable()
        _, columns, texts = read_file(upload)
        model, prompt = side.model, _prompt_file(side)
        cascade = side.cascade if self._cascade_of(dataset_id, side) else ""
        request = FileRequest(
            new_id(),
            dataset_id,
            upload.name,
            time.time(),
            prompt,
            model,
            structured,
            columns,
            len(texts),
            side.reply_tokens,
            upload.template,
            cascade,
            side.name,
        )
        self._classifier(request, keys)  # refused before anything is stored
        self._folder(request.id).create(request, upload.content)
        self.resume(request.id, keys)
        return request.id

    def price(
        self, dataset_id: str, side: PromptedModel, texts: Sequence[str], shared: ModelContext
    ) -> CallPrice:
        """What classifying them would take, were nothing in the cache; by the size of the first ones."""
        file = from_json(_prompt_file(side))
        service = Service(self.workspace, dataset_id, "file", keeps=False)
        classifier = PromptClassifier(service, file, side.model, self._cascade_of(dataset_id, side))
        due = [text for text in texts if text]
        size = mean_size([classifier.request(text) for text in due[:MEASURED]])
        calls = round(len(due) * classifier.calls_a_text(due[: 10 * MEASURED]))
        return price_of_calls(Settings(side.model), ROLE, calls, size, shared)

    def resume(self, job_id: str, keys: Mapping[str, str] = NO_KEYS) -> bool:
        """Goes on in the background, False if it is under way already. NotFound, UsageError for a model that
        cannot be opened."""
        self.workspace.check_spendable()
        request = self.request(job_id)
        classifier = self._classifier(request, keys)
        if any(not each.is_due for each in self._folder(job_id).answers().values()):
            # rows that the model refuses may be all that is left: they say nothing of the model
            self.workspace.model_context(keys).refusals(request.model, ROLE).answered = True

        def ask(rows: Sequence[tuple[int, str]], on_reply: OnReply) -> list[FileAnswer]:
            replies = classifier.classify_many([text for _, text in rows], on_reply=on_reply)
            return [
                FileAnswer(
                    row,
                    reply.outcome,
                    reply.label,
                    reply.said,
                    reply.reason,
                    reply.error,
                    reply.cached,
                    reply.cost_usd,
                    reply.answered_by,
                    reply.confidence,
                )
                for (row, _), reply in zip(rows, replies, strict=True)
            ]

        return self.workspace.runner.start(FileJob(self._folder(job_id), ask))

    def stop(self, job_id: str) -> None:
        """Whoever works on it, in whatever process, ends soon; it can be resumed."""
        self.workspace.check_writable()
        self.request(job_id)
        self._folder(job_id).request_stop()

    def delete(self, job_id: str) -> None:
        """Conflict while it is under way."""
        self.workspace.check_writable()
        if self.status(job_id).state == RUNNING:
            raise Conflict("This file is being classified: stop it first.")
        shutil.rmtree(self._folder(job_id).path, ignore_errors=True)

    def all(self, dataset_id: str) -> tuple[FileRequest, ...]:
        """The newest first."""
        folder = self.workspace.folder / FOLDER
        requests = [self.request(path.parent.name) for path in folder.glob("*/job.json")]
        mine = [request for request in requests if request.dataset_id == dataset_id]
        return tuple(sorted(mine, key=lambda request: -request.created))

    def request(self, job_id: str) -> FileRequest:
        """NotFound."""
        return self._folder(job_id).request()

    def status(self, job_id: str) -> FileStatus:
        return self._folder(job_id).status()

    def answers(self, job_id: str) -> dict[int, FileAnswer]:
        """What came back so far, by row."""
        return self._folder(job_id).answers()

    def counts(self, job_id: str) -> LabelCounts:
        """What came back so far, counted."""
        return LabelCounts.of(answer.prediction for answer in self.answers(job_id).values())

    def table(self, job_id: str) -> list[list[str]]:
        """As `python -m core classify` writes it: a header and a row per text."""
        table, _, texts = self._folder(job_id).read()
        missing = {
            row: FileAnswer(row, Outcome.FAILED, error=NOT_YET if text else NO_TEXT)
            for row, text in enumerate(texts)
        }
        answers = missing | self.answers(job_id)
        given, request = [answers[row] for row in range(len(texts))], self.request(job_id)
        predictions = [to_ask_again(each.prediction) for each in given]
        answered = [(each.answered_by, each.confidence) for each in given] if request.cascade else None
        return prediction_table(table, request.columns, texts, predictions, answered)

    def text(self, job_id: str, row: int) -> str:
        """Of one row, as it was asked about."""
        return self._folder(job_id).read()[2][row]

    def csv(self, job_id: str) -> str:
        return csv_text(self.table(job_id))

    def _folder(self, job_id: str) -> FileFolder:
        if not job_id.isalnum():  # it may come from an address
            raise no_file()
        return FileFolder(self.workspace.folder / FOLDER / job_id)

    def _classifier(self, request: FileRequest, keys: Mapping[str, str]) -> PromptClassifier:
        """Of a model that can be opened."""
        self.workspace.session(Settings(request.model, structured_output=request.structured), keys=keys)
        service = Service(
            self.workspace,
            request.dataset_id,
            "file",
            structured_output=request.structured,
            keys=dict(keys),
            keeps=False,
            reply_tokens=request.reply_tokens,
        )
        key, of = request.cascade, (self.workspace, request.dataset_id)
        cascade = kept_cascade(*of, key) if key else None
        return PromptClassifier(service, from_json(request.prompt), request.model, cascade)

    def _cascade_of(self, dataset_id: str, side: PromptedModel) -> Cascade | None:
        return cascade_of_side(self.workspace, side, self.workspace.store.datasets.info(dataset_id))


def _prompt_file(side: PromptedModel) -> str:
    return to_json(PromptFile(side.prompt, side.labels, side.model))
