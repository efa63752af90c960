"""When the model of a champion stops answering, and which ones could follow it."""

from __future__ import annotations

from datetime import date

from core.llm.catalogue.model_list import ModelEntry, list_model
from core.llm.catalogue.profiles import DEFAULTS
from core.llm.connections import ModelContext
from core.wording import counted

MOST_SUCCESSORS = 5
OFFLINE_MODELS = ("offline:reader", "offline:skimmer")


def ending_of(model: str, shared: ModelContext, today: date) -> ModelEntry | None:
    """What is known of the model, where it ends within three months or has ended; else None."""
    entry = list_model(model, shared.profiles, shared.prices, today)
    return entry if entry.retired or entry.ends_soon else None


def ending_words(entry: ModelEntry) -> str:
    """Such as "openai:gpt-4o ends in 45 days (14 January 2027)"; "" where no end is known."""
    if entry.retires is None or entry.days is None:
        return ""
    when = f"{entry.retires.day} {entry.retires:%B %Y}"
    if entry.retired:
        return f"{entry.name} stopped answering on {when}"
    return f"{entry.name} ends in {counted(entry.days, 'day')} ({when})"


def suggested_successors(model: str, shared: ModelContext, today: date) -> tuple[str, ...]:
    """Lightweight models that last: the suggested ones and the user's own, those of the same provider first."""
    provider = model.partition(":")[0]
    if provider == "offline":
        names: tuple[str, ...] = OFFLINE_MODELS
    else:
        own = (*shared.profiles.own_models, *shared.profiles.prices)
        names = (*DEFAULTS["lightweight"], *(name for name in own if not name.endswith("*")))
    lasting = [
        name for name in dict.fromkeys(names) if name != model and ending_of(name, shared, today) is None
    ]
    lasting.sort(key=lambda name: name.partition(":")[0] != provider)
    return tuple(lasting[:MOST_SUCCESSORS])
