"""What a classifier hands out, and what it is told about where it serves."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from core.services.neighbour_index import Neighbour
from core.types import Outcome, Request, Usage
from core.workspace import Workspace


@dataclass(frozen=True, slots=True)
class Classification:
    """What came of one text. `label` is set for outcome LABEL only, `error` for FAILED only. `examples` are
    the neighbours that were shown, least similar first. `again`: it was served before under this id, and is
    what was said then (`request` is None, `usage` empty). `reply` is the whole text that the model wrote."""

    prediction_id: str
    text: str
    outcome: Outcome
    label: str
    reason: str
    said: str
    model: str
    examples: tuple[Neighbour, ...] = ()
    error: str = ""
    cached: bool = False
    cost_usd: float | None = None
    seconds: float = 0.0
    usage: Usage = field(default_factory=Usage)
    request: Request | None = None
    again: bool = False
    reply: str = ""


@dataclass(frozen=True, slots=True)
class Service:
    """Where predictions are kept and what they are for. `source` is "library", "api", "playground" or "file";
    `keys` were typed. Without `keeps`, nothing is stored. `embeddings` is the model that neighbour examples
    are found by; empty: that of WHETSTONE_EMBEDDINGS, or the offline one."""

    workspace: Workspace
    dataset_id: str
    source: str = "library"
    concurrency: int = 16
    structured_output: bool = False
    keys: Mapping[str, str] = field(default_factory=dict, repr=False)
    keeps: bool = True
    embeddings: str = ""
