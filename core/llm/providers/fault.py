"""Whose fault a failure is, by the status and the words of the servers that people have: one text's, the model's (or
the key's or account's), nobody's for long, or unclear.

Words decide before the status where a status is used for anything. What is said of the account counts only where it
cannot be the text that a server repeats: as a code, or near the beginning of the message."""

from __future__ import annotations

import re
from enum import Enum, auto

from core.llm.providers.bodies.error_body import ErrorBody


class Fault(Enum):
    FILTER = auto()  # this text is not allowed
    LENGTH = auto()  # this text is too long
    MODEL = auto()  # the model, key or account: no call can succeed
    DAY = auto()  # nor can any before tomorrow
    PASSING = auto()
    UNCLEAR = auto()


SHORT_WAIT = 60.0  # seconds: who names so short a wait means no day, whatever the limit is called
_NEAR = 300  # characters at the beginning of a message

_PASSING = {408, 409, 423, 424, 425, 429, 498, 499}
_NEVER = {501, 505}  # not trouble, but something that the server does not do
_WORDED = {400, 403, 406, 409, 413, 422, 451}  # statuses of a verdict on one text

_PLAN = "check your plan and billing"  # OpenAI's words for no money left, and Gemini's for any limit


def _any(*phrases: str) -> re.Pattern[str]:
    return re.compile("|".join(phrases))


_FILTER = _any(
    "content_?filter|content_policy|content_?violation|content_?blocked|content management policy",
    "content filtering|invalid_prompt|responsibleai|data_?inspection_?failed|content exists risk",
    "(?<!account )(?<!account was )(?<!account has been )flagged|moderation|policy_violation|guardrail|jailbreak",
    "(?:inappropriate|prohibited|sensitive|unsafe|harmful)[ _](?:content|information|words)|high risk",
    "blocked by (?:our |the )?(?:safety|content|guardrail)|block_?reason|prompt (?:was|is) blocked",
    "safety (?:system|filter|setting|polic|reason)|usage (?:polic|guideline)|敏感|不安全|违规",
)
_LENGTH = _any(
    "context_length|context[ _](?:length|window|size|limit)|(?:available|maximum) context|exceed_context",
    "context (?:the )?overflow|exceeds? (?:the )?(?:model'?s? )?context|physical batch size",
    "(?:prompt|input|text|message|request|content|payload|body|string|sequence)s? (?:is |are |length |entity )?"
    "too (?:long|large|big)",
    "too (?:long|large) (?:for|to process)|too many (?:input |prompt )?tokens|request_too_large",
    "(?:string|prompt|input)_(?:too_long|above_max_length|length)|longer than (?:the )?(?:max|model|allowed)",
    "token (?:count|limit)|tokens_limit|number of (?:input |prompt )?tokens|tokens? exceed",
    "max_new_tokens. must be|must have less than|(?:input|prompt|sequence|text|message)s? (?:token )?length",
    "reduce (?:the length|the size|the number of tokens|your (?:prompt|message|input|text))",
    "max(?:imum)?[ _](?:model|prompt|input|sequence|message|allowed)[ _](?:length|len|tokens|size)",
    "length of (?:the )?(?:input|prompt)|exceeds? (?:the )?(?:max(?:imum)? )?(?:length|size)",
)
_TOO_LARGE = _any("request too large|must be reduced|reduce your message|request_too_large")
_CODES = _any(
    "invalid_api_?key|incorrect_api_key|api_?key_?(?:invalid|expired|error)|authentication|unauth",
    "permission|access_?denied|access_terminated|account|billing|payment|arrear|quota_exceeded",
    "exceeded_current_quota|insufficient_(?:user_)?(?:quota|balance|credit|fund)|service_disabled",
    "consumer_suspended|unsupported_country|model_not_(?:found|supported|available|exist)|model_?decommissioned",
    "invalid_model|unknown_model|model_access|not_found_error|deployment_?not_?found|resource_?not_?found",
    "unsupported_(?:parameter|value|model)|unknown_parameter",
)
_MODEL = _any(
    "api[ _-]?key|access token|bearer|credential|authenticat|unauthori[sz]ed|not authori[sz]ed|permission",
    "not have access|no access to|your account|account is|organi[sz]ation (?:has|must|is)|credit balance",
    "insufficient (?:credit|balance|fund|quota)|(?:out of|more) credits|quota|payment|billing|overdue",
    "usage limits?|spend(?:ing)? limit|key limit|subscription|monthly|suspended|deactivated|good standing",
    "country|location is not|has not been used in project|余额|欠费",
    "not (?:a )?valid model|invalid model|(?:unknown|unsupported|incorrect|no such|non-?existent) model",
    "model\\b.{0,120}(?:not found|does ?n.t exist|not exist|unavailable|decommissioned|deprecated|retired|shut down)",
    "model\\b.{0,120}not (?:available|supported|loaded)|no models? (?:is |are )?loaded|not a chat model",
    "not supported (?:for|with|by) (?:this|the) model|model does not support",
    "no endpoints found|model is required|provide a model|does not support (?:chat|embedding|generat)",
    "unsupported (?:parameter|value)|unknown parameter|unrecognized request argument",
)
_NO_MODEL = _any("model|deployment|endpoints? found")
_MEMORY = "more system memory"
_NO_MONEY = _any(
    "insufficient[ _](?:user_)?(?:quota|balance|credit|fund)|billing_hard_limit|billing_not_active|credit balance",
    "(?:out of|no) credits|spend(?:ing)? limit|monthly|exceeded_current_quota|suspended|account is not active",
    "overdue|arrear|余额|欠费|\\blimit: 0\\b(?!\\.)",
)
_SHORT = _any(
    r"per[ _-]?(?:min|sec|hour)|\brp[ms]\b|\btp[ms]\b|resource_exhausted|quota exceeded for metric|retry in"
)
_DAY = _any(r"per[ _-]?day|/day|\bdaily\b|\b(?:rpd|tpd)\b|requests? a day|for today|day limit")
_MINUTE = _any(r"per[ _-]?(?:min|sec)|\b(?:rpm|tpm|rps)\b")


def fault_of(status: int, error: ErrorBody, wait: float | None) -> Fault:
    """`wait` are the seconds that the server asks for, by header or words."""
    words = error.codes + " " + error.text.lower()
    if status == 429:
        return _of_too_many(error, words, wait)
    if status in (401, 402, 407):
        return Fault.MODEL
    if status in _WORDED or status >= 500:
        if _FILTER.search(words):
            return Fault.FILTER
        if status not in (403, 409) and _LENGTH.search(words):
            return Fault.LENGTH
    if status in (413, 414):
        return Fault.LENGTH
    if _CODES.search(error.codes) or _MEMORY in words:
        return Fault.MODEL
    if 400 <= status < 500 and not error.page and status not in _PASSING:
        near = words[: len(error.codes) + _NEAR]
        if _MODEL.search(near) or (status == 404 and _NO_MODEL.search(near)):
            return Fault.MODEL
    if status in _PASSING or (status >= 500 and status not in _NEVER):
        return Fault.PASSING
    return Fault.UNCLEAR


def _of_too_many(error: ErrorBody, words: str, wait: float | None) -> Fault:
    if _TOO_LARGE.search(words):  # larger than what may be sent in a minute
        return Fault.LENGTH
    if "perday" in error.quotas:  # Gemini asks to wait 37 s for tomorrow
        return Fault.DAY
    if _NO_MONEY.search(words) or (_PLAN in words and not _SHORT.search(words + error.quotas)):
        return Fault.MODEL
    if _DAY.search(words) and not _MINUTE.search(words) and (wait is None or wait > SHORT_WAIT):
        return Fault.DAY
    return Fault.PASSING
