"""Files classified in the background. Everything about one is in a folder of its own under the workspace:
what was asked (job.json, input), what came back so far (answers.jsonl, a line per row, on the disk before it
counts), how it ended (end.json).

Whoever works on it holds a lock on a file there, which the system lets go of when the process dies, so a
killed one can be resumed at once and no two work on the same. Rows that have an answer are not asked again; a
failed call is.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from core.classifier import Classifier
from core.costs.run_estimate import (
    LATENCY,
    REPLY_TOKENS,
    THOUGHT_TOKENS,
    Asking,
    Part,
    Range,
    part_of,
    request_size,
    thinks,
)
from core.data.formats.csv_text import csv_text
from core.data.formats.registry import open_file
from core.data.importing.mapping import guess_text_columns, read_texts
from core.data.table import Table
from core.errors import Conflict, DataError, NotFound, Stopped, StoreError, WhetstoneError
from core.exports.predictions import NO_TEXT, labelled
from core.jobs.file_job import (
    DONE,
    FAILED,
    INTERRUPTED,
    RUNNING,
    STOPPED,
    End,
    Job,
    Line,
    Standing,
    figures_of,
    is_locked,
    is_to_ask_again,
    locked,
    prediction_of,
    read_lines,
    write_lines,
)
from core.llm.connections import ModelContext
from core.prompts.files import PromptFile, from_json, to_json
from core.services.classify import Classification, Service
from core.services.playground import Side
from core.store.codec import decode, encode, new_id, storable
from core.store.files import write_text
from core.types import Outcome, Settings
from core.workspace import NO_KEYS, Workspace

log = logging.getLogger(__name__)

FOLDER = "classified"
AT_ONCE = 64  # rows asked together: what a kill can cost, in answers that come from the cache next time
MEASURED = 50  # texts, to tell a price by
ROLE = "lightweight"
NOT_YET = "Not asked yet."


def look(raw: bytes, name: str) -> tuple[Table, tuple[str, ...], list[str]]:
    """The table, the columns that hold its text, and the texts. DataError."""
    table = open_file(raw, name)
    columns = guess_text_columns(table)
    return table, columns, read_texts(table, columns)


class Filing:
    """The files of a workspace, and the threads of this process that work on them."""

    def __init__(self, workspace: Workspace):
        self._workspace, self._shared = workspace, workspace.sharing  # which is closed after this
        self._folder = workspace.folder / FOLDER
        self._lock = threading.Lock()
        self._under_way: dict[str, tuple[threading.Thread, threading.Event]] = {}

    @classmethod
    def of(cls, workspace: Workspace) -> Filing:
        """That of this process."""
        return workspace.part(cls, lambda: cls(workspace))

    # ---- what a door asks for

    def start(
        self,
        dataset_id: str,
        raw: bytes,
        name: str,
        side: Side,
        structured: bool = False,
        keys: Mapping[str, str] = NO_KEYS,
    ) -> str:
        """Keeps the file and begins in the background; the id of the job. DataError, UsageError where nothing
        may be changed or asked."""
        self._workspace.check_writable()
        _, columns, texts = look(raw, name)
        job = Job(
            new_id(), dataset_id, name, time.time(), _told(side), side.model, structured, columns, len(texts)
        )
        self._able(job, keys)  # refused before anything is kept
        place = self._folder / job.id
        try:
            place.mkdir(parents=True)
            (place / "input").write_bytes(raw)
            write_text(place / "job.json", encode(job))
        except OSError as problem:
            raise StoreError(
                f"{place} cannot be written ({problem.strerror}): check its permissions and the free space."
            ) from None
        self.resume(job.id, keys)
        return job.id

    def price(self, dataset_id: str, side: Side, texts: Sequence[str], shared: ModelContext) -> Part:
        """What classifying them would take, were nothing in the cache; by the size of the first ones."""
        classifier = self._classifier(
            Job("", dataset_id, "", 0.0, _told(side), side.model, False, (), 0), NO_KEYS
        )
        asked = [text for text in texts if text]
        sizes = [request_size(classifier.request(text)) for text in asked[:MEASURED]] or [0]
        size = sum(sizes) / len(sizes)
        made = Range(
            *(THOUGHT_TOKENS if thinks(shared.profiles.of(side.model), ROLE) else REPLY_TOKENS)[ROLE]
        )
        at_a_time = min(Settings().concurrency, shared.limits_of(side.model).concurrency)
        return part_of(
            Asking(side.model, len(asked), Range(size, size), made, at_a_time, LATENCY[ROLE]), shared
        )

    def resume(self, job_id: str, keys: Mapping[str, str] = NO_KEYS) -> bool:
        """Goes on in the background, False if it is under way already. NotFound, UsageError for a model that
        cannot be opened."""
        self._workspace.check_writable()
        job = self.job(job_id)
        classifier = self._able(job, keys)
        with self._lock:
            if job_id in self._under_way or is_locked(self._folder / job_id):
                return False
            stop = threading.Event()
            for name in ("stop", "end.json"):
                (self._folder / job_id / name).unlink(missing_ok=True)
            thread = threading.Thread(
                target=self._carry_out, args=(job, classifier, stop), name="whetstone-file", daemon=True
            )
            self._under_way[job_id] = thread, stop
            thread.start()
        return True

    def stop(self, job_id: str) -> None:
        """Whoever works on it, in whatever process, ends soon; it can be resumed."""
        self._workspace.check_writable()
        self.job(job_id)
        (self._folder / job_id / "stop").touch()

    def delete(self, job_id: str) -> None:
        """Conflict while it is under way."""
        import shutil

        self._workspace.check_writable()
        if self.standing(job_id).state == RUNNING:
            raise Conflict("This file is being classified: stop it first.")
        shutil.rmtree(self._folder / job_id, ignore_errors=True)

    def job(self, job_id: str) -> Job:
        """NotFound."""
        path = self._folder / job_id / "job.json"
        if not job_id.isalnum() or not path.is_file():
            raise NotFound("There is no such file any more: look at the list again.")
        return decode(path.read_bytes(), Job)

    def all(self, dataset_id: str) -> tuple[Job, ...]:
        """The newest first."""
        found = [self.job(path.parent.name) for path in self._folder.glob("*/job.json")]
        return tuple(
            sorted((job for job in found if job.dataset_id == dataset_id), key=lambda job: -job.created)
        )

    def standing(self, job_id: str) -> Standing:
        job, place = self.job(job_id), self._folder / job_id
        with self._lock:
            running = job_id in self._under_way
        running = running or is_locked(place)
        end = (
            decode((place / "end.json").read_bytes(), End)
            if not running and (place / "end.json").is_file()
            else None
        )
        now = end.figures if end and end.figures else figures_of(self.lines(job_id).values())
        state = RUNNING if running else end.state if end else DONE if now.done == job.total else INTERRUPTED
        return Standing(job, state, now.done, now.failed, now.cost_usd, end.error if end else "")

    def lines(self, job_id: str) -> dict[int, Line]:
        """What came back so far, by row."""
        return read_lines(self._folder / job_id / "answers.jsonl")

    def table(self, job_id: str) -> list[list[str]]:
        """As `python -m core classify` writes it: a header and a row per text."""
        job = self.job(job_id)
        table, _, texts = look((self._folder / job_id / "input").read_bytes(), job.name)
        lines = self.lines(job_id)
        unasked = [
            Line(place, Outcome.FAILED, error=NOT_YET if text else NO_TEXT)
            for place, text in enumerate(texts)
        ]
        predictions = [prediction_of(lines.get(place, unasked[place])) for place in range(len(texts))]
        return labelled(table, job.columns, texts, predictions)

    def text(self, job_id: str, place: int) -> str:
        """Of one row, as it was asked about."""
        return look((self._folder / job_id / "input").read_bytes(), self.job(job_id).name)[2][place]

    def csv(self, job_id: str) -> str:
        return csv_text(self.table(job_id))

    def close(self) -> None:
        """Ends what this process works on; it can be resumed."""
        with self._lock:
            all_of_them = list(self._under_way.values())
        for _, stop in all_of_them:
            stop.set()
        for thread, _ in all_of_them:
            thread.join(10)

    # ---- the work

    def _classifier(self, job: Job, keys: Mapping[str, str]) -> Classifier:
        service = Service(
            self._workspace,
            job.dataset_id,
            "file",
            structured_output=job.structured,
            keys=dict(keys),
            keeps=False,
        )
        return Classifier(service, from_json(job.prompt), job.model)

    def _able(self, job: Job, keys: Mapping[str, str]) -> Classifier:
        """Of a model that can be opened."""
        self._workspace.session(Settings(job.model, structured_output=job.structured), keys=keys)
        return self._classifier(job, keys)

    def _carry_out(self, job: Job, classifier: Classifier, closed: threading.Event) -> None:
        place = self._folder / job.id
        try:
            with locked(place):
                end = self._work(job, classifier, closed)
                if end is not None:
                    counted = figures_of(self.lines(job.id).values())
                    write_text(place / "end.json", encode(replace(end, figures=counted)))
        except Exception:  # nobody is there to catch it; the file will show as interrupted
            log.exception("File %s could not be ended properly", job.id)
        finally:
            with self._lock:
                self._under_way.pop(job.id, None)

    def _work(self, job: Job, classifier: Classifier, closed: threading.Event) -> End | None:
        """None where it only has to make way for the end of the process."""
        place = self._folder / job.id
        try:
            _, _, texts = look((place / "input").read_bytes(), job.name)
            known = self.lines(job.id)
            asked = [n for n in range(len(texts)) if n not in known or is_to_ask_again(known[n])]
            with (place / "answers.jsonl").open("ab") as file:
                file.write(b"\n")  # a kill may have cut the last line off
                for start in range(0, len(asked), AT_ONCE):
                    chunk = [(n, texts[n]) for n in asked[start : start + AT_ONCE]]
                    write_lines(file, _answered(classifier, chunk, lambda done, total: _heed(place, closed)))
        except Stopped:
            return None if closed.is_set() else End(STOPPED)
        except WhetstoneError as error:
            return End(FAILED, str(error))
        except Exception as error:
            log.exception("File %s failed", job.id)
            return End(
                FAILED,
                "Something went wrong inside Whetstone ("
                + type(error).__name__
                + "): the log has the details; resume it.",
            )
        return End(DONE)


# ---- private


def _told(side: Side) -> str:
    return to_json(PromptFile(side.prompt, side.labels, side.model))


def _answered(
    classifier: Classifier, chunk: Sequence[tuple[int, str]], heed: Callable[[int, int], None]
) -> list[Line]:
    heed(0, 0)
    lines, able = [], []
    for place, text in chunk:
        try:
            able += [(place, storable(text, "The text"))] if text else []
            lines += [] if text else [Line(place, Outcome.FAILED, error=NO_TEXT)]
        except DataError as problem:
            lines.append(Line(place, Outcome.FAILED, error=str(problem)))
    found = classifier.classify_many([text for _, text in able], on_reply=heed) if able else ()
    return lines + [_line_of(place, made) for (place, _), made in zip(able, found, strict=True)]


def _line_of(place: int, made: Classification) -> Line:
    return Line(
        place, made.outcome, made.label, made.said, made.reason, made.error, made.cached, made.cost_usd
    )


def _heed(place: Path, closed: threading.Event) -> None:
    if closed.is_set() or (place / "stop").exists():
        raise Stopped("Stopped.")
