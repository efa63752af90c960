"""A model with everything that a call can be trusted for, in the order in which a request passes the
layers."""

from __future__ import annotations

from dataclasses import replace
from random import Random

from core.llm.account import Account
from core.llm.base import JUDGE, Model
from core.llm.catalogue.limits import CallLimits
from core.llm.connections import ModelContext
from core.llm.layers.budgeted import Budgeted, CallCost, Isolated, Metered
from core.llm.layers.cached import Cached, MemoryCache
from core.llm.layers.rate_limited import RateLimited
from core.llm.layers.refusals import RefusalLimited
from core.llm.layers.reply_cache import ReplyCache
from core.llm.layers.retry import Retrying, WithTimeout
from core.llm.layers.sent_calls import SentCalls
from core.llm.layers.single_flight import SingleFlight
from core.llm.layers.traced import Traced, global_tracing
from core.llm.providers.registry import is_local
from core.types import Request

HEAVY_PATIENCE = (
    10  # a heavyweight model may think for minutes: so many times the time limits of a lightweight one
)


def open_model(name: str, role: str, account: Account, shared: ModelContext) -> Model:
    """The model `name` ("provider:model") for one role of one run. Raises UsageError where it cannot be
    called as told.

    Outermost first: counted; where runs are to be compared, paid for as if there were no others; answered
    from the cache, which costs nothing and waits for nobody; joined to the same request under way; tried
    again; let out at the right time; refused where nothing but refusals comes back; paid for, call by call; traced, where somebody
    wants spans; ended in time."""
    memory = _memory(name, role, shared)
    limits, profile = _limits(shared.limits_of(name), role), shared.profiles.of(name)
    asked_as = "lightweight" if role == JUDGE else role  # so that its requests are those it was measured with
    call_cost = CallCost(name, shared.prices, lambda max_tokens: profile.cap(asked_as, max_tokens))
    if account.budget.caps.usd is not None:
        call_cost.ceiling(Request((), max_tokens=1))
    return Metered(
        Isolated(
            Cached(
                SingleFlight(
                    Retrying(
                        RateLimited(
                            RefusalLimited(
                                Budgeted(
                                    _traced(
                                        WithTimeout(shared.connected(name, asked_as), limits.timeout),
                                        role,
                                        account.run_id,
                                    ),
                                    account,
                                    role,
                                    call_cost,
                                    SentCalls(memory) if isinstance(memory, ReplyCache) else None,
                                ),
                                shared.refusals(name, role),
                                lambda: account.meter.spend(role).cached > 0,
                            ),
                            shared.limiter(name),
                        ),
                        limits,
                        Random(shared.seed),
                    ),
                    shared._flights,
                    role,
                ),
                memory,
                account,
                role,
                call_cost.learn,
            ),
            account,
            role,
            call_cost,
        ),
        account.meter,
        role,
    )


def _traced(model: Model, role: str, run_id: str) -> Model:
    """No layer at all where nobody has set a tracer provider."""
    tracing = None if is_local(model.name) else global_tracing()
    return Traced(model, tracing, role, run_id) if tracing else model


def _memory(name: str, role: str, shared: ModelContext) -> ReplyCache | MemoryCache | None:
    """Replies of local models are kept as long as a run; vectors text by text (core/llm/embeddings/vectors.py),
    not by the batches of their requests."""
    return None if role == "embedding" else MemoryCache() if is_local(name) else shared.cache


def _limits(limits: CallLimits, role: str) -> CallLimits:
    if role != "heavyweight":
        return limits
    return replace(limits, timeout=limits.timeout * HEAVY_PATIENCE, deadline=limits.deadline * HEAVY_PATIENCE)
