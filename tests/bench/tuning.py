"""The engine on the simulated world (../shared/simworld, where it stands beside the checkout): how good a
prompt for how many calls.

    python tests/bench/tuning.py --budgets 200/6 1000/16 3000/50 --seeds 0 1 2 3 4 [--tasks issues] [--off
    IDEA …]
                                 [--out now.jsonl] [--against before.jsonl]

Every budget is lightweight/heavyweight calls, `all` for no cap; `--set '{"rows_per_label": 100}'` changes the
run's settings. The world answers in this process, through the same requests
that a server would see, so that a change of the engine is judged in minutes; `simworld.compare` runs the
command line itself. Rows: two thirds train, one third validation, no test part; the prompt found is scored on
the world's hidden rows against true labels.
"""

from __future__ import annotations

import argparse
import importlib
import json
import os
import random
import statistics
import sys
import time
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field, replace
from pathlib import Path

from core.errors import CapReached
from core.tuning.session import Session
from core.tuning.setup import Switches
from core.tuning.tune import tune
from core.types import Dataset, Example, LabelSet, Reply, Request, Result, Settings, Spend, Step, Usage

WORLD = Path(__file__).resolve().parents[3] / "shared"


@dataclass
class SimulatedModel:
    """A model of the simulated world. `answer` takes messages as dicts and gives the reply's text."""

    name: str
    answer: object

    def exact(self, request: Request) -> dict[str, object]:
        return {
            "model": self.name,
            "messages": [(message.role, message.content) for message in request.messages],
            "repeat": request.repeat,
        }


@dataclass
class Books:
    """Calls under caps, with a cache: what the stack of core/models does, without the wire."""

    caps: dict[str, int | None]
    spent: dict[str, Spend] = field(default_factory=lambda: {"lightweight": Spend(), "heavyweight": Spend()})
    kept: dict[str, str] = field(default_factory=dict)

    def spends(self) -> dict[str, Spend]:
        return dict(self.spent)

    def affords(self, role: str, calls: int) -> bool:
        return self.caps[role] is None or self.spent[role].api + calls <= self.caps[role]

    def left(self, role: str) -> int | None:
        cap = self.caps[role]
        return None if cap is None else cap - self.spent[role].api

    def ask_all(
        self, model: SimulatedModel, requests: Sequence[Request], *, concurrency: int, on_reply=None
    ) -> list[Reply]:
        role = "lightweight" if "student" in model.name else "heavyweight"
        return [self._ask(model, request, role) for request in requests]

    def _ask(self, model: SimulatedModel, request: Request, role: str) -> Reply:
        key = json.dumps(model.exact(request))
        spent = self.spent[role]
        if key in self.kept:
            self.spent[role] = replace(spent, cached=spent.cached + 1)
            return Reply(self.kept[key], cached=True)
        if not self.affords(role, 1):
            raise CapReached(f"The cap of {role} calls is reached.")
        messages = [{"role": message.role, "content": message.content} for message in request.messages]
        text = self.kept[key] = model.answer(messages)
        tokens = sum(len(message["content"]) // 4 + 1 for message in messages)
        self.spent[role] = Spend(
            spent.api + 1,
            spent.cached,
            0,
            spent.input_tokens + tokens,
            spent.output_tokens + len(text) // 4 + 1,
        )
        return Reply(text, usage=Usage(tokens, len(text) // 4 + 1))


def rows_of(task: object, seed: int) -> tuple[Example, ...]:
    """The rows as `simworld.compare` splits them."""
    held: set[int] = set()
    for label in sorted({row.label for row in task.train}):
        mine = [place for place, row in enumerate(task.train) if row.label == label]
        held |= set(random.Random(f"{task.name}/{seed}/{label}").sample(mine, round(len(mine) / 3)))
    return tuple(
        Example(f"r{place}", row.text, row.label, row.note, split="validation" if place in held else "train")
        for place, row in enumerate(task.train)
    )


def run_one(task_name: str, seed: int, budget: str, options: dict) -> dict:
    """One run, scored on hidden rows."""
    sys.path.insert(0, str(WORLD))
    world = importlib.import_module("simworld.world").get_world(
        int(os.environ.get("SIMWORLD_DATA_SEED") or 0)
    )
    student = importlib.import_module("simworld.student").Student(world)
    teacher = importlib.import_module("simworld.teacher").Teacher(world, student.index)
    task = world.task(task_name)
    light, heavy = (None if part == "all" else int(part) for part in budget.split("/"))
    rows = rows_of(task, seed)
    dataset = Dataset(task_name, LabelSet(tuple(sorted({row.label for row in rows}))), rows)
    settings = Settings(
        "sim:student", "sim:teacher", options["strategy"], seed=seed, max_calls=light, max_heavy_calls=heavy
    )
    settings = replace(settings, **options["set"])
    books = Books({"lightweight": light, "heavyweight": heavy})
    session = Session(
        SimulatedModel("sim:student", lambda messages: student.reply(messages, task_name)),
        SimulatedModel("sim:teacher", lambda messages: teacher.reply(messages, task_name, seed)),
        books.ask_all,
        books,
    )
    begun = time.perf_counter()
    events = list(tune(dataset, session, settings, switches=Switches.without(options.pop("off") or ())))
    result = events[-1]
    assert isinstance(result, Result)
    best = result.best.prompt
    fields = {
        name: getattr(best, name)
        for name in ("system_prompt", "user_prompt_prefix", "user_prompt_suffix", "bot_reply_prefix")
    }
    shots = [(shot.text, shot.label) for shot in best.few_shot.examples]
    scored = importlib.import_module("simworld.score").score(fields, task_name, shots=shots)
    return {
        "method": options.get("name") or "engine",
        "budget": budget,
        "task": task_name,
        "seed": seed,
        "accuracy": scored["accuracy"],
        "macro_f1": scored["macro_f1"],
        "chars": scored["chars"],
        "light": books.spent["lightweight"].api,
        "heavy": books.spent["heavyweight"].api,
        "tokens": {role: [spend.input_tokens, spend.output_tokens] for role, spend in books.spent.items()},
        "steps": sum(isinstance(event, Step) for event in events) - 1,
        "seconds": round(time.perf_counter() - begun, 1),
        "prompt": fields["system_prompt"],
    }


def dollars(row: dict) -> float:
    """At today's prices: lightweight 0.10 / 0.50, heavyweight 2 / 10 dollars a million tokens."""
    (light_in, light_out), (heavy_in, heavy_out) = row["tokens"]["lightweight"], row["tokens"]["heavyweight"]
    return (0.10 * light_in + 0.50 * light_out + 2 * heavy_in + 10 * heavy_out) / 1e6


def table(rows: Sequence[dict], against: Sequence[dict]) -> str:
    tasks = sorted({row["task"] for row in rows})
    columns = ["budget", *tasks, "mean", "worst", "macro-F1", "calls", "dollars", "characters", "against"]
    lines = ["| " + " | ".join(columns) + " |", "|" + "---|" * len(columns)]
    earlier = {(row["budget"], row["task"], row["seed"]): row["accuracy"] for row in against}
    for budget in dict.fromkeys(row["budget"] for row in rows):
        mine = [row for row in rows if row["budget"] == budget]
        per_task = [[100 * row["accuracy"] for row in mine if row["task"] == task] for task in tasks]
        gains = [
            100 * (row["accuracy"] - earlier[key])
            for row in mine
            if (key := (budget, row["task"], row["seed"])) in earlier
        ]
        spread = statistics.stdev(gains) / len(gains) ** 0.5 if len(gains) > 1 else 0.0
        mean = {
            name: statistics.mean(row[name] for row in mine)
            for name in ("macro_f1", "light", "heavy", "chars")
        }
        means = [statistics.mean(values) for values in per_task if values]
        cells = [
            budget,
            *(f"{each:.1f}" for each in means),
            f"**{statistics.mean(means):.1f}**",
            f"{100 * min(row['accuracy'] for row in mine):.1f}",
            f"{100 * mean['macro_f1']:.1f}",
            f"{mean['light']:.0f} + {mean['heavy']:.1f}",
            f"{statistics.mean(map(dollars, mine)):.3f}",
            f"{mean['chars']:.0f}",
            f"{statistics.mean(gains):+.1f} ± {spread:.1f} over {len(gains)}" if gains else "–",
        ]
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines)


def main(argv: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--tasks", nargs="+", default=["issues", "insincere"])
    parser.add_argument("--seeds", nargs="+", type=int, default=[0, 1])
    parser.add_argument("--budgets", nargs="+", default=["200/6", "1000/16"])
    parser.add_argument("--strategy", choices=("edit", "rewrite"), default="edit")
    parser.add_argument("--off", nargs="*", default=[], help="ideas to leave out, for the ablation table")
    parser.add_argument("--set", type=json.loads, default={}, help="settings of the run, as JSON")
    parser.add_argument("--name", default="engine")
    parser.add_argument("--out", type=Path)
    parser.add_argument("--against", type=Path)
    parser.add_argument("--workers", type=int, default=2)
    options = parser.parse_args(argv)
    if not (WORLD / "simworld").is_dir():
        print(f"The simulated world is not there ({WORLD / 'simworld'}): nothing to measure.")
        return 0
    jobs = [
        (task, seed, budget) for budget in options.budgets for task in options.tasks for seed in options.seeds
    ]
    extra = {"strategy": options.strategy, "off": tuple(options.off) or None, "set": options.set}
    with ProcessPoolExecutor(options.workers) as pool:
        rows = [waiting.result() for waiting in [pool.submit(run_one, *job, extra) for job in jobs]]
    if options.out:
        options.out.write_text("".join(json.dumps(row | {"method": options.name}) + "\n" for row in rows))
    against = (
        [json.loads(line) for line in options.against.read_text().splitlines()] if options.against else []
    )
    print(table(rows, against))
    print(f"{statistics.mean(row['seconds'] for row in rows):.1f} s a run")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
