"""The offline editor of prompts, which counts words. It is no language model and sees nothing but the request
it is given.

It reads the rows of the request (mistakes weigh more), finds words and traits that tell their labels
apart (smoothed log-odds; two rows at least, or one whose note names the word), and writes them into the
prompt as plain sentences that the offline reader and people understand (`rule_lines.py` shows them). It takes
out words that misled, and does not repeat what was refused. Asked for definitions of labels, it lists
such words (`definitions.py`). The same request always brings the same reply; nothing is remembered between
requests.
"""

from __future__ import annotations

from core.errors import EditRefused
from core.offline.casebook import Casebook, read_casebook
from core.offline.definitions import asks_for_definitions, define
from core.offline.instructions import read_guide
from core.offline.piece_editor import answer_edits, asks_for_answers
from core.offline.proposals import LineProposal, proposal_context, proposals
from core.offline.rule_lines import edit_for
from core.offline.several import asks_about_sets, set_casebook
from core.offline.terms import clues
from core.prompts.edits import apply_edits
from core.types import PROMPT_FIELDS, Edit, Prompt, Request

MOST_EDITS = 6


def edit(request: Request) -> str:
    """The last user message answered: label definitions where it asks for them, else edits; where answers are free
    those of piece_editor.py."""
    message = next((message.content for message in reversed(request.messages) if message.role == "user"), "")
    if asks_about_sets(message):
        return respond(set_casebook(message), request.repeat)
    if asks_for_answers(message):
        return answer_edits(message)
    if asks_for_definitions(message):
        return define(message)
    return respond(read_casebook(message), request.repeat)


def respond(book: Casebook, repeat: int = 0) -> str:
    """A short paragraph of what was seen, then the edits (or the whole prompt, where that was asked for)."""
    chosen = _chosen(book, repeat) if book.cases and book.labels else []
    edits, prompt = _that_apply(book.prompt, chosen)
    if not edits:
        return "There is nothing to learn here: I found no word or trait that these rows share and that tells their labels apart."
    summary = " ".join(
        [_seen(book), *(proposal.why[:1].upper() + proposal.why[1:] + "." for proposal, _ in edits)]
    )
    if book.rewrite:
        return summary + "\n\n" + "\n".join(_tagged(name, getattr(prompt, name)) for name in PROMPT_FIELDS)
    return summary + "\n\n" + "\n".join(_written(edit) for _, edit in edits)


def _chosen(book: Casebook, repeat: int) -> list[LineProposal]:
    """The most promising proposals; another try at the same request (`repeat`) starts further down the
    list."""
    fields = book.prompt
    guide = read_guide(
        "\n".join((fields.system_prompt, fields.user_prompt_prefix, fields.user_prompt_suffix)), book.labels
    )
    options = proposals(proposal_context(book, guide, clues(book.cases, book.labels)))
    start = repeat * MOST_EDITS % max(len(options), 1)
    return (options[start:] + options[:start])[:MOST_EDITS]


def _that_apply(prompt: Prompt, chosen: list[LineProposal]) -> tuple[list[tuple[LineProposal, Edit]], Prompt]:
    applied = []
    for proposal in chosen:
        edit = edit_for(prompt, proposal.old, proposal.new)
        try:
            prompt = apply_edits(prompt, (edit,)) if edit else prompt
        except EditRefused:
            continue
        if edit:
            applied.append((proposal, edit))
    return applied, prompt


def _seen(book: Casebook) -> str:
    """Such as "24 of 30 rows were classified wrongly: 6 spam (5 of them as ham), 18 ham"."""
    wrong = [case for case in book.cases if case.predicted]
    if not wrong:
        return "None of the rows was classified wrongly."
    summary = []
    for label in dict.fromkeys(case.label for case in wrong):
        called = [case.predicted for case in wrong if case.label == label]
        most = max(dict.fromkeys(called), key=called.count)
        summary.append(f"{len(called)} {label} ({called.count(most)} of them called {most})")
    return f"{len(wrong)} of the {len(book.cases)} rows were classified wrongly: {', '.join(summary)}."


def _written(edit: Edit) -> str:
    return f"<edit>{_tagged('field', edit.field)}{_tagged('find', edit.find)}{_tagged('replace', edit.replace)}</edit>"


def _tagged(name: str, value: str) -> str:
    """Our own closing tags inside are broken as in the request, so that they stay data; the readers of edits
    mend them."""
    for tag in ("edit", "field", "find", "replace", *PROMPT_FIELDS):
        value = value.replace(f"</{tag}", f"<\\/{tag}")
    return f"<{name}>{value}</{name}>"
