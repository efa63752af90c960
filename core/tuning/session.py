"""A session: both models, the way to ask them many things at once, the account of what that costs, the reviewer."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from core.llm.account import Account
from core.llm.base import AskAll, Model
from core.scoring.judge import ScoringJudge
from core.scoring.scorer import Scorer
from core.tuning.supervision import NoReview, Overseer
from core.types import Progress, Settings
from core.types.runs import REPLY_TOKENS

OnProgress = Callable[[Progress], None]


@dataclass(frozen=True, slots=True)
class JudgeModel:
    """A judge, and the model that is asked for its verdicts."""

    judge: ScoringJudge
    model: Model


@dataclass(frozen=True, slots=True)
class Session:
    """`concurrency`: lightweight calls under way at once, at most. `structured`: replies are held to the
    label set, where the model can; `takes_prefix`: the lightweight model goes on from a reply
    prefix, so that it is worth editing. `reply_tokens`: how long its replies may be,
    between the floor and the limit of its profile. `scorer`: what free answers are worth; None: replies name
    labels. `judge`: who says so, where the scorer is a judge."""

    lightweight: Model
    heavyweight: Model
    ask_all: AskAll
    account: Account
    concurrency: int = 16
    structured: bool = False
    overseer: Overseer = field(default_factory=NoReview)
    takes_prefix: bool = True
    reply_tokens: int = REPLY_TOKENS
    scorer: Scorer | None = None
    judge: JudgeModel | None = None


def reading_settings(settings: Settings, **changes: Any) -> Settings:
    """For a session that asks only the lightweight model as a run with these settings did: caps and all else as usual,
    but for `changes`."""
    kept = ("lightweight", "concurrency", "structured_output", "reply_tokens", "scorer")
    return Settings(**{name: getattr(settings, name) for name in kept} | changes)
