"""Every noun of Whetstone: frozen records, no behaviour beyond what follows from their own fields.

examples what the user brings · calls what is sent and what comes back · predictions what is made of replies ·
runs what is tried, and what became of it · objectives what a run is to get better at
"""

from core.types.calls import (
    PROMPT_FIELDS,
    FewShot,
    Finish,
    Message,
    NeighbourSource,
    Prompt,
    Reply,
    Request,
    Shot,
    Usage,
)
from core.types.examples import SPLITS, Dataset, Example, LabelSet, TextTemplate
from core.types.objectives import Objective
from core.types.predictions import Evaluation, LabelMetrics, Metrics, Outcome, Prediction
from core.types.runs import (
    CAPS,
    Branch,
    Comparison,
    Decision,
    Edit,
    EditResult,
    HeldBack,
    Progress,
    Reflection,
    Result,
    Scored,
    Settings,
    Spend,
    Step,
    Verdict,
)

__all__ = [
    "CAPS",
    "PROMPT_FIELDS",
    "SPLITS",
    "Branch",
    "Comparison",
    "Dataset",
    "Decision",
    "Edit",
    "EditResult",
    "Evaluation",
    "Example",
    "FewShot",
    "Finish",
    "HeldBack",
    "LabelMetrics",
    "LabelSet",
    "Message",
    "Metrics",
    "NeighbourSource",
    "Objective",
    "Outcome",
    "Prediction",
    "Progress",
    "Prompt",
    "Reflection",
    "Reply",
    "Request",
    "Result",
    "Scored",
    "Settings",
    "Shot",
    "Spend",
    "Step",
    "TextTemplate",
    "Usage",
    "Verdict",
]
