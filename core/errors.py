"""Everything that can go wrong, in one tree. Each message is one sentence and says what to do next.

WhetstoneError
├── DataError                 the user's file or rows cannot be used as they are
├── PromptError               a prompt, prompt file or edit breaks a rule
│   └── EditRefused           a heavyweight reply that may not be measured
├── ModelError                a model call
│   ├── CallFailed            this one call brought no reply; others may
│   └── ModelRefused          no call can succeed: wrong key, unknown model, no network; also an EndedEarly
├── EndedEarly                many calls were asked for, and not all were made
│   ├── CapReached            calls, tokens or money are spent
│   └── Stopped               somebody asked the run to stop
│       └── FinishedEarly     … to stop trying, and to read the test rows with what it has
├── UsageError                a command or setting that cannot be meant
└── StoreError                the workspace cannot be read or written
    ├── NotFound              no such dataset, run or step
    └── Conflict              changed by somebody else since it was read
"""

from __future__ import annotations

from core.types.calls import Reply


class WhetstoneError(Exception):
    """Base of all errors whose message may be shown to the user as it stands."""


class DataError(WhetstoneError):
    pass


class PromptError(WhetstoneError):
    pass


class EditRefused(PromptError):
    pass


class ModelError(WhetstoneError):
    pass


class CallFailed(ModelError):
    """One call without a reply. `transient` failures are worth another try, after `retry_after` seconds if
    given. `lost`: the provider may have answered, and billed, but the answer did not arrive whole (a hang, a
    cut-off body). `unreached`: no connection came about, so nothing was sent. `unclear`: the
    server names neither this text nor the model as the reason, so it may hold for every call. `late`: no
    answer came in the time that a try may take. `left_at`: when the try left, on the event loop's clock; it may
    have waited for its turn before."""

    left_at: float | None = None

    def __init__(
        self,
        message: str,
        *,
        transient: bool = False,
        retry_after: float | None = None,
        rate_limited: bool = False,
        lost: bool = False,
        unreached: bool = False,
        unclear: bool = False,
        late: bool = False,
    ):
        super().__init__(message)
        self.transient = transient
        self.retry_after = retry_after
        self.rate_limited = rate_limited
        self.lost = lost
        self.unreached = unreached
        self.unclear = unclear
        self.late = late


class EndedEarly(WhetstoneError):
    """`replies` are those that came before the end, in the order of the requests, None for the others."""

    replies: tuple[Reply | CallFailed | None, ...] = ()


class ModelRefused(ModelError, EndedEarly):
    pass


class CapReached(EndedEarly):
    pass


class Stopped(EndedEarly):
    pass


class FinishedEarly(Stopped):
    pass


class UsageError(WhetstoneError):
    pass


class StoreError(WhetstoneError):
    """`transient`: another program holds the database, or its server is away, so the same may succeed in a moment."""

    def __init__(self, message: str, *, transient: bool = False):
        super().__init__(message)
        self.transient = transient


class NotFound(StoreError):
    pass


class Conflict(StoreError):
    pass
