"""One model's rules, as a record, and what follows from them for one call."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

# Read by nothing any more; a user's file may still have them.
FORMER_FIELDS = ("logprobs_allowed", "forced_tools", "seed", "context", "batch_megabytes", "limit_headers")
# The words that a field can have.
WORDS = {
    "api": ("chat", "responses", "messages"),
    "length_parameter": ("max_tokens", "max_completion_tokens", "max_output_tokens"),
    "system_role": ("system", "developer", "top-level"),
    "effort_parameter": ("", "reasoning_effort", "reasoning.effort", "output_config.effort"),
    "temperature_allowed": ("never", "effort none", "always"),
    "structured": ("", "response_format", "text.format", "output_config.format"),
    "stop_parameter": ("", "stop", "stop_sequences"),
    "prompt_cache": ("", "automatic", "cache_control"),
}


@dataclass(frozen=True, slots=True)
class Profile:
    """One model's rules. An empty effort or thinking is not sent. Floors raise a request's cap where hidden
    reasoning counts towards it; 0 means no floor, limit or known size. `extra` is sent as it stands."""

    api: str = "chat"
    length_parameter: str = "max_tokens"
    system_role: str = "system"
    effort_parameter: str = ""
    efforts: tuple[str, ...] = ()
    lightweight_effort: str = ""
    heavyweight_effort: str = ""
    thinking: tuple[str, ...] = ()
    thinking_off_efforts: tuple[str, ...] = ()
    lightweight_thinking: str = ""
    heavyweight_thinking: str = ""
    lightweight_floor: int = 0
    heavyweight_floor: int = 0
    output_limit: int = 0
    temperature_allowed: str = "never"
    temperature: float | None = None
    structured: str = ""
    prefill: bool = False
    stop_parameter: str = ""
    prompt_cache: str = ""
    prompt_cache_minimum: int = 0
    batch_requests: int = 0
    retires: date | None = None
    note: str = ""
    extra: Mapping[str, object] = field(default_factory=dict)

    def effort(self, role: str) -> str:
        return (
            (self.heavyweight_effort if role == "heavyweight" else self.lightweight_effort)
            if self.effort_parameter
            else ""
        )

    def thinks(self, role: str) -> str:
        """The `thinking` type to send; disabling it is left out at an effort that does not allow that."""
        wanted = self.heavyweight_thinking if role == "heavyweight" else self.lightweight_thinking
        effort = self.effort(role)
        refused = (
            wanted == "disabled"
            and self.thinking_off_efforts
            and effort
            and effort not in self.thinking_off_efforts
        )
        return "" if refused else wanted

    def cap(self, role: str, max_tokens: int) -> int:
        """Output tokens to allow, hidden reasoning included: the caller's number between this model's floor
        and limit."""
        floor = self.heavyweight_floor if role == "heavyweight" else self.lightweight_floor
        raised = max(max_tokens, floor)
        return min(raised, self.output_limit) if self.output_limit else raised

    def takes_temperature(self, role: str) -> bool:
        return self.temperature_allowed == "always" or (
            self.temperature_allowed == "effort none" and self.effort(role) == "none"
        )

    def gives_logprobs(self, role: str) -> bool:
        """Whether log-probabilities can be asked for: chat completions have them, of models that do not think first."""
        return self.api == "chat" and self.effort(role) in ("", "none")

    def sent_temperature(self, role: str) -> float | None:
        """The user's temperature where this model takes one, else None."""
        return self.temperature if self.takes_temperature(role) else None
