"""OUT from the input and the answers kept beside it, block by block in their order: no more than one block is in memory."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from core.data.importing.mapping import read_texts
from core.distributed.answers import AnswerFolder
from core.distributed.inputs.blocks import InputPlan, RowBlock
from core.distributed.inputs.registry import read_block
from core.exports.dataset import prediction_table, to_ask_again
from core.exports.table_files import table_chunks
from core.services.text_labels import NOT_ASKED, LabelCounts
from core.store.files import write_chunks
from core.types import Outcome, Prediction


@dataclass(frozen=True, slots=True)
class ClusterOutput:
    """The file that a run on a cluster writes. `columns` hold the texts of the input, which `template` makes one of several;
    `ended`: why rows without an answer were not asked."""

    plan: InputPlan
    columns: tuple[str, ...]
    template: str
    answers: AnswerFolder
    ended: str = ""

    def write(self, target: Path) -> LabelCounts:
        """Every row of the input once, in its order. StoreError, DataError where the input has changed."""
        counts = LabelCounts()
        parts = self._parts(counts)
        header = next(parts)[0]
        write_chunks(target, table_chunks(target.name, header, parts))
        return counts

    def _parts(self, counts: LabelCounts) -> Iterator[list[list[str]]]:
        """The header by itself, then the rows of each block."""
        for block in self.plan.blocks:
            table = read_block(self.plan.layout, block)
            texts = read_texts(table, self.columns, self.template)
            predictions = self._predictions(block)
            counts.add(predictions)
            again = [to_ask_again(each) for each in predictions]
            header, *rows = prediction_table(table, self.columns, texts, again)
            if not block.number:
                yield [header]
            yield rows

    def _predictions(self, block: RowBlock) -> Sequence[Prediction]:
        kept = self.answers.answers(block)
        why = f"{NOT_ASKED}{self.ended}"
        return [
            kept[at].prediction if at in kept else Prediction(str(at), Outcome.FAILED, error=why)
            for at in range(block.rows)
        ]
