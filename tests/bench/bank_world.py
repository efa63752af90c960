"""Questions to a bank, made by a fixed seed: many labels that are easily confused, as in banking77 (77 of them) and
beyond (150). A label is a thing and what happened to it, so each shares half of its words with two dozen others."""

from __future__ import annotations

import random
from itertools import product

from core.types import Dataset, Example, LabelSet

SIZES = {77: (11, 7), 150: (15, 10)}  # things, events
THINGS = {
    "card": ("card", "debit card", "plastic", "bank card"),
    "transfer": ("transfer", "wire", "remittance", "money I sent"),
    "top_up": ("top-up", "top up", "reload", "balance I added"),
    "cash_withdrawal": ("withdrawal", "cash machine", "ATM", "cash I took out"),
    "direct_debit": ("direct debit", "mandate", "monthly collection", "recurring payment"),
    "mobile_app": ("app", "mobile banking", "phone login", "application"),
    "passcode": ("passcode", "PIN", "code", "four digits"),
    "exchange": ("exchange", "currency conversion", "foreign currency", "exchange rate"),
    "savings": ("savings account", "savings pot", "nest egg", "interest account"),
    "loan": ("loan", "credit line", "borrowing", "instalments"),
    "cheque": ("cheque", "check", "banker's draft", "cheque book"),
    "virtual_card": ("virtual card", "online-only card", "digital card", "disposable card"),
    "statement": ("statement", "account summary", "monthly report", "PDF of my account"),
    "mortgage": ("mortgage", "home loan", "house financing", "remortgage"),
    "insurance": ("insurance", "travel cover", "policy", "phone cover"),
}
EVENTS = {
    "not_arrived": ("has not arrived", "still isn't here", "never showed up", "where is it"),
    "declined": ("was declined", "got refused", "was rejected", "did not go through"),
    "fee_charged": ("cost me a fee", "there was a charge", "extra pound taken", "why do I pay for it"),
    "wrong_amount": ("shows the wrong amount", "amount is off", "figures don't add up", "sum is not right"),
    "cancel": ("I want to cancel", "please stop", "call off", "undo"),
    "limit": ("what is the limit", "how much at most", "maximum allowed", "raise the ceiling"),
    "how_long": ("how long does it take", "when will it be done", "how many days", "is it quick"),
    "compromised": ("somebody else used", "I did not do this", "looks like fraud", "was hacked"),
    "set_up": ("how do I get started", "set up for me", "where do I apply", "I would like to open"),
    "change_details": ("change the details", "wrong name on", "update my data for", "new address for"),
}
OPENINGS = (
    "",
    "",
    "",
    "Hello, ",
    "Hi there, ",
    "Good morning. ",
    "Quick question: ",
    "I am abroad this week. ",
)
CLOSINGS = ("", "", "", "", " Thanks.", " Can you help?", " I need this by Friday.", " It is urgent!")
FRAMES = (
    "{event}, it is about my {thing}.",
    "my {thing}: {event}.",
    "about the {thing}, {event}?",
    "{event} - I mean the {thing}.",
    "{event}, my {thing}, {more}.",
    "with my {thing} it is like this: {event}, {more}.",
    "{more}. The {thing}, {event}!",
)
ASIDES = (" The {other} is fine.", " No trouble with the {other}.", " (The {other} I sorted out already.)")
SHOWN = 3  # of the four ways to say each thing and event, those that the definitions name
WRONG, ASIDE = 0.03, 0.1  # shares of rows: with another label; that name another thing besides


def bank_world(labels: int = 150, rows: int = 0, seed: int = 77) -> Dataset:
    """`labels` is 77 or 150. Every label has a definition of three of the four ways to say its thing and its event; rows
    are spread evenly, 40 a label unless told otherwise, and have no split."""
    things, events = (list(each)[:most] for each, most in zip((THINGS, EVENTS), SIZES[labels], strict=True))
    rng = random.Random(f"bank/{labels}/{seed}")
    pairs = list(product(things, events))
    names = [f"{thing}_{event}" for thing, event in pairs]
    made: dict[str, Example] = {}
    while len(made) < (rows or 40 * labels):
        at = len(made) % len(pairs)
        text = _question(rng, things, *pairs[at])
        label = names[at] if rng.random() >= WRONG else rng.choice(names)
        made.setdefault(text, Example(f"q{len(made)}", text, label))
    meanings = {
        f"{thing}_{event}": ", ".join((*THINGS[thing][:SHOWN], *EVENTS[event][:SHOWN]))
        for thing, event in pairs
    }
    return Dataset(f"bank, {labels} labels", LabelSet(tuple(sorted(names)), meanings), tuple(made.values()))


def _question(rng: random.Random, things: list[str], thing: str, event: str) -> str:
    first, more = rng.sample(EVENTS[event], 2)
    said = rng.choice(FRAMES).format(thing=rng.choice(THINGS[thing]), event=first, more=more)
    aside = ""
    if rng.random() < ASIDE:
        other = rng.choice([each for each in things if each != thing])
        aside = rng.choice(ASIDES).format(other=rng.choice(THINGS[other]))
    opening = rng.choice(OPENINGS)
    return opening + (said if opening else said[:1].upper() + said[1:]) + aside + rng.choice(CLOSINGS)
