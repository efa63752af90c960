"""`ledger` and `ablation`: the rules of a run's prompt and what each is worth."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from core.cli.inputs.names import run_named
from core.cli.options import Invocation
from core.cli.output import DONE, STOPPED, Output
from core.cli.paid import carried_out, price_fields
from core.cli.shell import program
from core.costs.price_words import price_in_words
from core.errors import UsageError
from core.metrics.comparison import mistakes_in_words
from core.services import prompt_rules
from core.services.branches import branch_start
from core.services.prompt_rules import MeasuringCaps, Rulebook, RuleMeasurements
from core.studies.ablation import Ablation
from core.studies.rule_ledger import PromptRule
from core.wording import count, money, percent, shortened
from core.workspace import Workspace


@dataclass(frozen=True, slots=True)
class AblationWish:
    """What was typed."""

    step: int | None
    numbers: tuple[int, ...]
    rows: int | None
    budget_usd: float | None
    max_calls: int | None


def show_ledger(invocation: Invocation, typed: str, step: int | None) -> Output:
    with invocation.workspace() as workspace:
        book = _book(workspace, typed, step)
        measured = prompt_rules.measurements(workspace, book)
        usd = prompt_rules.per_thousand(book, book.tokens, workspace.model_context())
    lines = _lines(book, measured, usd)
    ablated = all(measured.of(rule) for rule in book.rules)
    lines.append(f"Next: {program()} {'adopt' if ablated else 'ablation'} {book.run.id}{_step(step)}")
    return Output(_fields(book, measured) | {"usd_per_thousand": usd}, "\n".join(lines))


def measure_rules(invocation: Invocation, typed: str, wish: AblationWish, estimate: bool) -> Output:
    with invocation.workspace() as workspace:
        book = _book(workspace, typed, wish.step)
        chosen = _chosen(book, wish.numbers)
        price = prompt_rules.price_of_ablation(book, chosen, workspace.model_context(), wish.rows)
        about = f"{count(len(chosen), 'rule')} on {count(len(prompt_rules.to_read(book, wish.rows)), 'validation row')}: "
        about += price_in_words(price)
        data: dict[str, object] = {"estimate": price_fields(price)}
        if estimate:
            following = f"Next: {program()} ablation {book.run.id}{_step(wish.step)}"
            return Output({"run_id": book.run.id, "step": book.step} | data, f"{about}\n{following}")
        workspace.check_spendable()
        invocation.console.say(about)
        caps = MeasuringCaps(price.calls if wish.max_calls is None else wish.max_calls, wish.budget_usd)
        measured = carried_out(
            invocation.console,
            lambda on_progress: prompt_rules.ablated(
                workspace, book, chosen, most=wish.rows, on_progress=on_progress, caps=caps
            ),
        )
    left = sum(measured.of(rule) is None for rule in chosen)
    lines = _lines(book, measured, None)
    lines += [f"{count(left, 'rule')} not measured: a cap was reached, or it was stopped."] if left else []
    lines.append(f"Next: {program()} ledger {book.run.id}{_step(wish.step)} shows this again, for nothing.")
    fields = _fields(book, measured) | data | {"unmeasured": left}
    return Output(fields, "\n".join(lines), STOPPED if left else DONE)


def _book(workspace: Workspace, typed: str, step: int | None) -> Rulebook:
    record = run_named(workspace, typed)
    begun = branch_start(workspace, record.id, step)
    return prompt_rules.rules(workspace, record.id, begun.branch.step, begun.prompt)


def _chosen(book: Rulebook, numbers: Sequence[int]) -> tuple[PromptRule, ...]:
    beyond = next((number for number in numbers if number > len(book.rules)), None)
    if beyond is not None:
        raise UsageError(
            f"--rule {beyond}: the prompt has {count(len(book.rules), 'rule')}, see {program()} ledger {book.run.id}."
        )
    return tuple(book.rules[number - 1] for number in dict.fromkeys(numbers)) or book.rules


def _step(step: int | None) -> str:
    return "" if step is None else f" --step {step}"


# ---- as JSON


def _fields(book: Rulebook, measured: RuleMeasurements) -> dict[str, object]:
    return {
        "run_id": book.run.id,
        "step": book.step,
        "tokens": book.tokens,
        "validation_rows": len(book.rows),
        "rules": [_rule_fields(number, rule, measured.of(rule)) for number, rule in enumerate(book.rules, 1)],
    }


def _rule_fields(number: int, rule: PromptRule, ablation: Ablation | None) -> dict[str, object]:
    compared = ablation.verdict.comparison if ablation else None
    return {
        "number": number,
        "text": rule.text,
        "field": rule.field,
        "step": rule.step,
        "origin": rule.origin,
        "tokens": rule.tokens,
        "locked": rule.locked,
        "fixed": len(rule.fixed) if rule.tried else None,
        "broke": len(rule.broke) if rule.tried else None,
        "worth": ablation.worth if ablation else None,
        "without": None
        if ablation is None
        else {
            "accuracy_with": ablation.before,
            "accuracy_without": ablation.after,
            "would_break": list(compared.broke) if compared else None,
            "would_fix": list(compared.fixed) if compared else None,
            "p": compared.p if compared else None,
            "reason": ablation.verdict.reason,
        },
    }


# ---- in words


def _lines(book: Rulebook, measured: RuleMeasurements, usd: float | None) -> list[str]:
    costs = f", {money(usd)} per 1,000 classifications" if usd else ""
    head = f"run {book.run.id}, step {book.step}: {count(len(book.rules), 'rule')}; "
    head += f"a call carries about {book.tokens:,} tokens of prompt{costs}"
    lines = [head]
    for number, rule in enumerate(book.rules, 1):
        lines += [f"{number:3}. {shortened(rule.text, 110)}", f"     {_about(rule, measured.of(rule))}"]
    return lines


def _about(rule: PromptRule, ablation: Ablation | None) -> str:
    came = "by hand" if rule.step is None else "from the start" if rule.step == 0 else f"step {rule.step}"
    parts = [came, f"{rule.tokens:,} tokens"]
    if rule.tried is not None and rule.tried.comparison is not None:
        parts.append(mistakes_in_words(len(rule.fixed), len(rule.broke)) + " when tried")
    parts += ["locked"] if rule.locked else []
    if ablation is not None:
        compared = ablation.verdict.comparison
        moved = (
            f" (without it {percent(ablation.before)} -> {percent(ablation.after)}, "
            f"{mistakes_in_words(len(compared.fixed), len(compared.broke))})"
            if compared
            else ""
        )
        parts.append(ablation.worth + moved)
    return "; ".join(parts)
