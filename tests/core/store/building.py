"""Records for the tests of the store, and a clock that is told the time."""

from __future__ import annotations

from dataclasses import dataclass

from core.types import (
    Comparison,
    Dataset,
    Decision,
    Edit,
    EditResult,
    Evaluation,
    Example,
    LabelMetrics,
    LabelSet,
    Message,
    Metrics,
    Outcome,
    Prediction,
    Prompt,
    Reflection,
    Request,
    Result,
    Scored,
    Spend,
    Step,
    Verdict,
)

PROMPT = Prompt("Classify: “bug” or <b>improvement</b>.", "Text:\n", "\nAnswer:")


@dataclass(slots=True)
class Clock:
    time: float = 1_000_000.0

    def __call__(self) -> float:
        return self.time


def dataset(rows: int = 6, name: str = "issues") -> Dataset:
    labels = ("bug", "improvement")
    examples = tuple(Example(f"r{n}", f"Text number {n}", labels[n % 2], source="test") for n in range(rows))
    return Dataset(name, LabelSet(labels, {"bug": "It fails."}), examples)


def evaluation(accuracy: float | None = 0.5, error: str = "") -> Evaluation:
    predictions = (
        Prediction(
            "r0", Outcome.LABEL, "bug", "Bug", "It fails.", "It fails. <label>Bug</label>", cached=True
        ),
        Prediction("r1", Outcome.UNKNOWN_LABEL, said="nope", reply="<label>nope</label>"),
        Prediction("r2", Outcome.FAILED, error=error or "No answer."),
    )
    interval = None if accuracy is None else (0.1, 0.9)
    metrics = Metrics(
        2,
        1,
        accuracy,
        interval,
        accuracy,
        0,
        1,
        1,
        (LabelMetrics("bug", 1, 1.0, 0.5, 0.75),),
        ((1, 0, 0, 0), (0, 0, 1, 0)),
    )
    return Evaluation(predictions, metrics)


def baseline(accuracy: float = 0.5) -> Step:
    return Step(
        0,
        PROMPT,
        PROMPT,
        None,
        evaluation(accuracy),
        None,
        Verdict(Decision.ACCEPTED, "The starting prompt."),
    )


def step(number: int, accuracy: float | None = 0.75, kept: bool = True) -> Step:
    """A later step, with everything in it."""
    candidate = Prompt(f"Better {number}", "a", "b")
    edit = Edit("system_prompt", "", f"rule {number}")
    verdict = Verdict(
        Decision.ACCEPTED if kept else Decision.REJECTED,
        "1 mistake fixed, none new",
        Comparison(2, ("r1",), (), 1.0),
    )
    reflection = Reflection(
        Request((Message("system", "You edit prompts."),), choices=("bug",)),
        "<edit>…</edit>",
        (edit,),
        ("r1",),
    )
    return Step(
        number,
        candidate if kept else PROMPT,
        candidate,
        evaluation(0.6),
        evaluation(accuracy),
        reflection,
        verdict,
        (EditResult(edit, verdict),),
        {"lightweight": Spend(100, 3, 1, 5_000, 900, 0.01), "heavyweight": Spend(1, cost_usd=None)},
    )


def result(stop_reason: str = "iterations", best: float = 0.75) -> Result:
    return Result(
        Scored(PROMPT, 0, {"validation": evaluation(0.5), "test": evaluation(0.4)}),
        Scored(Prompt("Better", "a", "b"), 1, {"validation": evaluation(best), "test": evaluation(0.8)}),
        Verdict(
            Decision.UNDECIDED,
            "1 mistake fixed, none new; may be luck",
            Comparison(2, ("r1",), (), 1.0),
        ),
        stop_reason,
        {"train": 3, "validation": 2, "test": 1},
        0.5,
    )
