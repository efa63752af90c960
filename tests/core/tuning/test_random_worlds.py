"""Whatever the world, the small model's luck, the editor's faults and the caps: what a run promises holds.

Every world is made of a few numbers: hidden rules (a word, its label), texts, wrong labels, a small model
that errs by chance and sometimes brings no reply, and an editor that proposes right, wrong, empty and broken
edits.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from core.errors import CallFailed
from core.metrics.metrics import right
from core.prompts.rules import quotes_of
from core.tuning.plan import plan
from core.types import (
    Decision,
    Example,
    Finish,
    Outcome,
    Prediction,
    Reply,
    Request,
    Result,
    Settings,
    Step,
)
from tests.core.tuning.toy import (
    LABELS,
    Said,
    edit,
    edits,
    otherwise,
    rule,
    run,
    session_of,
    small_model,
    text_of,
)

WORDS = ("zebra", "apple", "crash", "moon", "river", "piano")
KINDS = ("right", "wrong", "filler", "several", "overwrite", "remove", "nowhere", "quote", "other field")
FILL = ("over", "under", "before", "after", "beside", "without", "against", "among", "toward", "behind")


@dataclass(frozen=True)
class World:
    seed: int
    hidden: dict[str, str]
    examples: tuple[Example, ...]
    luck: float
    failing: float

    def small(self, request: Request) -> Said:
        """Follows the rules, but with some luck; the same request always brings the same answer."""
        chance = random.Random(f"{self.seed}/{request.messages}")
        if chance.random() < self.failing:
            return CallFailed("The line went dead.")
        if chance.random() < self.luck:
            return chance.choice(
                [*(f"<label>{label}</label>" for label in LABELS), "Hm.", "<label>riddle</label>"]
            )
        return small_model(request)

    def editor(self, request: Request) -> Said:
        """Right, wrong, empty, broken, greedy and careless edits, one to four in a reply."""
        chance = random.Random(f"{self.seed}/editor/{request.messages}")
        lines = (
            request.messages[1].content.split("<system_prompt>")[1].split("</system_prompt>")[0].split("\n")
        )
        rules = [line for line in lines[1:] if line.strip()] or [lines[0]]
        kinds = chance.choices(KINDS, k=chance.randint(1, 4))
        reply = "\n".join(self._edit(kind, rules, chance) for kind in kinds)
        end = chance.random()
        if end < 0.1:
            return reply[: len(reply) // 2]
        if end < 0.15:
            return Reply(reply, Finish.LENGTH)
        return CallFailed("Overloaded.") if end < 0.2 else reply

    def _edit(self, kind: str, rules: list[str], chance: random.Random) -> str:
        word = chance.choice(list(self.hidden))
        phrase = chance.choice((rule, otherwise))
        true, false = phrase(word, self.hidden[word]), phrase(word, chance.choice(LABELS))
        return {
            "right": edits(true),
            "wrong": edits(false),
            "filler": edits("Think about it step by step."),
            "several": edit(f"{false}\n{true}"),
            "overwrite": edit(true, find=chance.choice(rules)),
            "remove": edit("", find=chance.choice(rules)),
            "nowhere": edit(true, find="What nobody ever wrote."),
            "quote": edits(chance.choice(self.examples).text + " That is a wish."),
            "other field": edit("If unsure, say bug.", field="user_prompt_suffix"),
        }[kind]


@st.composite
def worlds(draw: st.DrawFn) -> World:
    chance = random.Random(draw(st.integers(0, 10**9)))
    hidden = {word: chance.choice(LABELS) for word in WORDS[: draw(st.integers(2, 6))]}
    noise = draw(st.sampled_from((0.0, 0.1, 0.25)))
    sizes = {
        "train": draw(st.integers(8, 60)),
        "validation": draw(st.integers(4, 40)),
        "test": draw(st.integers(0, 30)),
    }
    examples = []
    for split, size in sizes.items():
        for n in range(size):
            word = chance.choice(list(hidden))
            label = chance.choice(LABELS) if chance.random() < noise else hidden[word]
            text = " ".join([*chance.sample(FILL, 4), word, f"{split}{n}", *chance.sample(FILL, 3)])
            note = f"The word {word} decides." if chance.random() < 0.05 else ""
            examples.append(
                Example(
                    f"{split}{n}",
                    text,
                    label,
                    note,
                    canonical=split == "train" and chance.random() < 0.05,
                    split=split,
                )
            )
    failing = draw(st.sampled_from((0.0, 0.0, 0.01, 0.1)))
    return World(
        draw(st.integers(0, 10**6)), hidden, tuple(examples), draw(st.sampled_from((0.0, 0.1, 0.3))), failing
    )


@st.composite
def told(draw: st.DrawFn) -> Settings:
    return Settings(
        iterations=draw(st.sampled_from((None, 2, 5))),
        batch_size=draw(st.sampled_from((10, 100))),
        shown_mistakes=draw(st.sampled_from((3, 24))),
        seed=draw(st.integers(-1, 5)),
        max_calls=draw(st.none() | st.integers(40, 400)),
        max_heavy_calls=draw(st.integers(0, 10)),
    )


@settings(max_examples=40, deadline=None, derandomize=True)
@given(worlds(), told())
def test_a_run_keeps_its_promises_in_every_world(world: World, wanted: Settings):
    session = session_of(world.editor, world.small, wanted)
    steps, result = run(world.examples, session, wanted)

    it_is_told_in_order(steps)
    it_kept_within_its_caps(session.account.spent, wanted)
    its_best_is_no_worse_than_its_start(world, result)
    its_figures_are_those_of_its_prompts(world, result, wanted)
    its_test_rows_were_read(world, result, wanted)
    its_best_prompt_can_be_used(world, result)
    assert run(world.examples, session_of(world.editor, world.small, wanted), wanted) == (steps, result), (
        "the same seed gives the same run"
    )


def it_is_told_in_order(steps: list[Step]) -> None:
    assert [step.number for step in steps] == list(range(len(steps)))
    for before, step in pairwise(steps):
        if step.verdict.decision is Decision.ACCEPTED:
            assert step.prompt == step.candidate != before.prompt
        else:
            assert step.prompt == before.prompt
        assert all(trial.verdict.reason for trial in step.trials) and step.verdict.reason
        for role, spend in step.spend.items():
            assert spend.api >= before.spend[role].api


def it_kept_within_its_caps(spent, wanted: Settings) -> None:
    assert wanted.max_calls is None or spent["lightweight"].api <= wanted.max_calls
    assert spent["heavyweight"].api <= wanted.max_heavy_calls


def answered(predictions: tuple[Prediction, ...]) -> dict[str, Prediction]:
    return {each.example_id: each for each in predictions if each.outcome is not Outcome.FAILED}


def its_best_is_no_worse_than_its_start(world: World, result: Result) -> None:
    start, best = (
        answered(each.evaluations["validation"].predictions) for each in (result.baseline, result.best)
    )
    both = [row for row in world.examples if row.id in start and row.id in best]
    assert sum(right(best[row.id], row.label) for row in both) >= sum(
        right(start[row.id], row.label) for row in both
    )


def its_figures_are_those_of_its_prompts(world: World, result: Result, wanted: Settings) -> None:
    """Asked again, row by row, both prompts get the replies that were counted: no figure is put together from
    several prompts."""
    texts = {row.id: row.text for row in world.examples}
    for scored in (result.baseline, result.best):
        for name in ("validation", "test"):
            for each in scored.evaluations[name].predictions if name in scored.evaluations else ():
                reply = world.small(request_for(scored.prompt, texts[each.example_id]))
                assert each.reply == ("" if isinstance(reply, CallFailed) else reply)
    split = [
        tuple(row for row in world.examples if row.split == name) for name in ("train", "validation", "test")
    ]
    planned = plan(wanted, *split)
    assert {each.example_id for each in result.best.evaluations["validation"].predictions} == {
        row.id for row in planned.validation
    }


def request_for(prompt, text: str) -> Request:
    from core.similarity.requests import classify_requests

    return classify_requests(prompt, [text])[0]


def its_test_rows_were_read(world: World, result: Result, wanted: Settings) -> None:
    there = result.split_sizes["test"]
    assert there == sum(row.split == "test" for row in world.examples)
    assert (result.test is not None) == bool(there)
    if there:
        asked = there if wanted.max_calls is None else min(there, wanted.max_calls // 6)
        assert [len(each.evaluations["test"].predictions) for each in (result.baseline, result.best)] == [
            asked,
            asked,
        ]


def its_best_prompt_can_be_used(world: World, result: Result) -> None:
    prompt = result.best.prompt
    assert all(label in prompt.system_prompt for label in LABELS) and "<label>" in prompt.user_prompt_suffix
    assert quotes_of(prompt, [row.text for row in world.examples if row.split != "train"]) == ()


def test_the_worlds_are_as_bad_as_they_are_meant_to_be():
    """Over a few seeds every kind of decision is taken; a property that never meets its hard cases proves
    nothing."""
    met: set[object] = set()
    for seed in range(6):
        chance = random.Random(seed)
        hidden = {word: chance.choice(LABELS) for word in WORDS}
        examples = tuple(
            Example(
                f"{split}{n}",
                f"{chance.choice(FILL)} {word} {split} {n} {chance.choice(FILL)}",
                hidden[word],
                split=split,
            )
            for split in ("train", "validation")
            for n, word in enumerate(WORDS * 6)
        )
        world = World(seed, hidden, examples, 0.1, 0.0)
        wanted = Settings(max_calls=(None, 120, 300)[seed % 3], max_heavy_calls=6)
        steps, result = run(examples, session_of(world.editor, world.small, wanted), wanted)
        met |= {step.verdict.decision for step in steps} | {
            trial.verdict.decision for step in steps for trial in step.trials
        }
        met |= {step.reflection.problem[:20] for step in steps if step.reflection} | {result.best.step > 0}
    assert set(Decision) <= met and {True, "", "The reply is cut off"} <= met
    assert text_of(request_for(result.best.prompt, "abc")) == "abc"
