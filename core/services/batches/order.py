"""What is to be classified as a batch, and the exact requests for its texts: those that `classify` sends."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from core.data.fields import ColumnMap
from core.data.importing.mapping import read_texts
from core.data.table import Table
from core.data.templates import with_fields_of
from core.errors import DataError
from core.jobs.file_job import Upload, read_file
from core.llm.base import Model
from core.llm.batches.prices import BatchPrices
from core.llm.connections import ModelContext
from core.llm.layers.budgeted import CallCost
from core.llm.layers.reply_cache import cache_key
from core.prompts.files import PromptFile, from_json, to_json
from core.services.neighbour_index import NeighbourIndex
from core.services.playground import PromptedModel
from core.similarity.requests import classify_requests
from core.similarity.shortlist import examples_read
from core.store.batches.records import BatchRecord, BatchSpec, BatchTable
from core.store.codec import storable
from core.types import NeighbourSource, Request, Settings
from core.workspace import Workspace

CHUNK = 500  # texts whose requests are made together


@dataclass(frozen=True, slots=True)
class BatchOrder:
    """`columns` of the table hold the text, which `template` makes one of several; `settings` name the model (lightweight),
    the caps and how it is asked; `neighbours`: where similar examples come from, of the dataset `dataset_id`."""

    name: str
    table: Table
    columns: tuple[str, ...]
    prompt: PromptFile
    settings: Settings
    template: str = ""
    neighbours: NeighbourSource = NeighbourSource.PROMPT
    dataset_id: str = ""

    @property
    def spec(self) -> BatchSpec:
        asked = self.settings
        return BatchSpec(
            to_json(self.prompt),
            self.columns,
            self.template,
            asked.structured_output,
            asked.reply_tokens,
            str(self.neighbours),
            self.dataset_id,
            max_calls=asked.max_calls,
            budget_usd=asked.budget_usd,
        )

    @property
    def texts(self) -> tuple[str, ...]:
        """Those that are asked about, each once. DataError where there is none, and for one that cannot be stored."""
        found = different_texts(read_texts(self.table, self.columns, self.template))
        if not found:
            raise DataError("No row has a text: nothing is there to classify.")
        for text in found:
            if not text.isascii():
                storable(
                    text.replace("\0", ""), f"The text “{text[:40]}”".encode("utf-8", "replace").decode()
                )
        return found


def order_of_upload(upload: Upload, side: PromptedModel, structured: bool, dataset_id: str) -> BatchOrder:
    """Of a file that somebody gave, as the playground asks: similar rows are those of the dataset. DataError."""
    table, columns, _ = read_file(upload)
    template = with_fields_of(ColumnMap(), table, upload.template).template
    prompt = PromptFile(side.prompt, side.labels, side.model)
    settings = Settings(side.model, structured_output=structured, reply_tokens=side.reply_tokens)
    near = NeighbourSource.DATASET, dataset_id
    return BatchOrder(upload.name, table, columns, prompt, settings, template, *near)


def different_texts(texts: Sequence[str]) -> tuple[str, ...]:
    """Each once, without the empty ones: a request of a batch is one text, in this order."""
    return tuple(dict.fromkeys(filter(None, texts)))


def texts_of_rows(table: BatchTable, spec: BatchSpec) -> list[str]:
    """One a row, as it was read."""
    whole = Table(table.columns, table.rows, "", "", ())
    return read_texts(whole, spec.columns, spec.template)


@dataclass(frozen=True, slots=True)
class ExactRequest:
    """`exact` is all that is sent, `key` that of its reply in the cache."""

    request: Request
    exact: dict[str, object]
    key: str


@dataclass(frozen=True, slots=True)
class RequestMaker:
    """Of one batch's texts."""

    file: PromptFile
    model: Model
    index: NeighbourIndex
    spec: BatchSpec
    cost: CallCost = field(repr=False)

    def exacts(self, texts: Sequence[str]) -> Iterator[ExactRequest]:
        """One a text, in order, a chunk at a time."""
        held = self.spec.structured and not self.file.prompt.several
        choices = self.file.labels if held else ()
        for start in range(0, len(texts), CHUNK):
            some = texts[start : start + CHUNK]
            shots = [[each.shot for each in nearest] for nearest in self.index.nearest(some)]
            for request in classify_requests(self.file.prompt, some, choices, shots, self.spec.reply_tokens):
                exact = self.model.exact(request)
                yield ExactRequest(request, exact, cache_key(exact, request.repeat))


def request_maker(workspace: Workspace, model: str, spec: BatchSpec, shared: ModelContext) -> RequestMaker:
    """UsageError for a model that cannot be opened."""
    file, profile = from_json(spec.prompt), shared.profiles.of(model)
    index = NeighbourIndex(
        workspace,
        spec.dataset_id,
        examples_read(file.prompt),
        frozenset(file.labels),
        NeighbourSource(spec.neighbours),
    )
    cost = CallCost(model, BatchPrices(shared.prices), lambda most: profile.cap("lightweight", most))
    return RequestMaker(file, shared.connected(model, "lightweight"), index, spec, cost)


def maker_of(workspace: Workspace, batch: BatchRecord, shared: ModelContext) -> RequestMaker:
    return request_maker(workspace, batch.model, batch.spec, shared)
