"""What a run is to get better at."""

from __future__ import annotations

from dataclasses import dataclass

AUTOMATIC, ACCURACY, BALANCED, MACRO_F1 = "auto", "accuracy", "balanced", "macro-f1"
F1, RECALL, COSTS = "f1", "recall", "costs"
SCORE = "score"
UNREADABLE = ""  # what is predicted, in a cost, where a reply names no label of the set


@dataclass(frozen=True, slots=True)
class Objective:
    """`kind`: accuracy; balanced, the mean recall over the labels; macro-f1; f1 or recall of `label`, the latter
    where its precision is not below `floor`; costs, triples of correct label, predicted label, cost of such a
    mistake (1 where none is given, for UNREADABLE the worst of its row); score, the mean that a scorer gives free
    answers; auto, chosen by the rows when a run begins, after which `chosen` is true. `recall_floors`: pairs of
    label and the recall, 0 to 1, that no candidate may fall below."""

    kind: str = ACCURACY
    label: str = ""
    floor: float = 0.0
    costs: tuple[tuple[str, str, float], ...] = ()
    recall_floors: tuple[tuple[str, float], ...] = ()
    chosen: bool = False


AUTO = Objective(AUTOMATIC)
