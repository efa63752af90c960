"""The offline heavyweight model."""

from __future__ import annotations

from core.models.offline import ledger
from core.models.offline.casebook import Casebook, read_casebook
from core.models.offline.proposals import Proposal, otherwise_lines, refused_items, start_lines, strong_lines, take, word_lines
from core.models.offline.reading import read_guide
from core.models.offline.terms import P, clues
from core.models.offline.tokens import described, usage
from core.types import PROMPT_FIELDS, Edit, Prompt, Reply, Request

MOST_EDITS = 6


class OfflineEditor:
    """An editor of prompts that counts words. It is no language model and sees nothing but the request it is given.

    It reads the rows of the request (mistakes weigh more), finds the words that tell labels apart there (smoothed log-odds), and
    writes them into the prompt as plain sentences that `OfflineReader` and people understand (`ledger.py` lists them).
    The same request always brings the same reply; nothing is remembered between requests.
    """

    name = "offline:editor"

    def exact(self, request: Request) -> dict[str, object]:
        return described("editor", request)

    async def reply(self, request: Request) -> Reply:
        message = next((message.content for message in reversed(request.messages) if message.role == "user"), "")
        text = respond(read_casebook(message), request.repeat)
        return Reply(text, usage=usage(request, text), cost_usd=0.0)


def respond(book: Casebook, repeat: int = 0) -> str:
    chosen = chosen_proposals(book, repeat)
    if not chosen:
        return "I found nothing to learn from these rows: no word or trait that they share tells their labels apart."
    edits = edits_of(book, chosen)
    said = seen_in_words(book) + " " + " ".join(f"{p.why[:1].upper()}{p.why[1:]}." for p in chosen)
    if book.rewrite:
        return said + "\n\n" + rewritten(book.prompt, edits)
    return said + "\n\n" + "\n".join(map(_written, edits))


def chosen_proposals(book: Casebook, repeat: int) -> list[Proposal]:
    if not book.cases or not book.labels:
        return []
    lines = ledger.read_lines(book.prompt.system_prompt, book.labels)
    tried, times = refused_items(book, lines)
    fields = book.prompt
    guide = read_guide("\n".join((fields.system_prompt, fields.user_prompt_prefix, fields.user_prompt_suffix)), book.labels)
    readings = take(guide, book.cases)
    found = clues(book.cases, book.labels)
    kinds = {True: "starts", False: "words"}
    found = [c for c in found if tried[kinds[c.starting], c.label, c.shown] < P["ban1"]]
    by_words = word_lines(book, found, lines, readings)
    others = [*start_lines(book, found, lines, readings), *strong_lines(book, found, lines, readings)]
    refused = {edit.strip() for edits in book.refused for edit in edits}
    rest = [p for p in otherwise_lines(book, lines, readings) if p.new.text not in refused][:1]
    ranked = sorted([p for p in by_words + others if p.new.text not in refused], key=lambda p: -p.gain)
    return (rest + ranked)[: P["sizes"][times]]


def edits_of(book: Casebook, proposals: list[Proposal]) -> list[Edit]:
    ordered = sorted(proposals, key=lambda p: p.new.kind != ledger.WORDS)
    edits: list[Edit] = []
    first = ledger.HEADING not in book.prompt.system_prompt
    for p in ordered:
        edits.append(ledger.edit_for(book.prompt, p.old, p.new, first and not edits))
    return edits


def seen_in_words(book: Casebook) -> str:
    wrong = book.mistakes
    said = []
    for label in book.labels:
        mine = [case for case in wrong if case.label == label]
        if mine:
            said.append(f"{len(mine)} {label}")
    return f"Of {len(book.cases)} rows, {len(wrong)} were classified wrongly: " + ", ".join(said) + "."


def rewritten(prompt: Prompt, edits: list[Edit]) -> str:
    fields = {name: getattr(prompt, name) for name in PROMPT_FIELDS}
    for edit in edits:
        old = fields[edit.field]
        fields[edit.field] = old.replace(edit.find, edit.replace, 1) if edit.find else old + edit.replace
    return "\n".join(f"<{name}>{value}</{name}>" for name, value in fields.items())


def _written(edit: Edit) -> str:
    return f"<edit><field>{edit.field}</field><find>{edit.find}</find><replace>{edit.replace}</replace></edit>"
