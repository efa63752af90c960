"""A judge of one's own as a scorer: a prompt file whose labels are verdicts, copied into the workspace as the file of a
function is (function.py), so that a run that goes on is judged as it began.

An answer scores 1 where the verdict is the one that calls it good, else 0. A verdict between good and bad is worth
nothing, since all that is known of the judge's errors is how often it calls good what people call good.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from core.data.templates import joined
from core.errors import CallFailed, PromptError, UsageError
from core.private_files import private_folder
from core.prompts.files import JudgeRecord, PromptFile, from_json, to_json
from core.prompts.replies import predict
from core.scoring.scorer import Scorer, with_score
from core.similarity.requests import classify_requests
from core.types import Example, Outcome, Prediction, Reply, Request
from core.wording import listed, quoted

KIND = "judge"
TEXT, REPLY, REFERENCE = "the text", "the reply", "the reference answer"
FIELDS = {
    TEXT: ("question", "input", "text", "message", "query", "request", "instruction", "task", "prompt"),
    REPLY: ("answer", "output", "reply", "response", "completion"),
    REFERENCE: ("reference", "expected", "ideal", "reference_answer", "expected_answer", "expected_output"),
}
_NAMED = re.compile(r"judge:(?P<path>.+\.json)(?::(?P<good>.+))?", re.DOTALL)
_HASH = re.compile(r"-([0-9a-f]{12})\Z")


@dataclass(frozen=True, slots=True)
class ScoringJudge:
    """`model` is asked ("provider:model"); `filled` says with what each field of the template is filled, in their order:
    TEXT, REPLY or REFERENCE."""

    file: PromptFile
    model: str
    record: JudgeRecord
    filled: tuple[str, ...]

    def text(self, example: Example, answer: str) -> str:
        """What the judge reads of an answer to a row."""
        held = {TEXT: example.text, REPLY: answer, REFERENCE: example.label}
        cells = [held[what] for what in self.filled]
        return joined(self.file.template)(cells) if self.file.template else cells[0].strip()

    def requests(self, answers: Sequence[tuple[Example, str]]) -> list[Request]:
        """One an answer, as a classification by the judge's prompt sends it."""
        return classify_requests(self.file.prompt, [self.text(*each) for each in answers])

    def scored(self, example: Example, prediction: Prediction, reply: Reply | CallFailed) -> Prediction:
        """The prediction with its score, and what the judge says as its reason. Without a verdict it is a failed call:
        no score, not even 0."""
        verdict = predict(example.id, reply, self.file.labels)
        if verdict.outcome is not Outcome.LABEL:
            why = verdict.error or f"its reply names none of {listed(self.file.labels)}."
            lost = f"The judge gave no verdict: {why}"
            return replace(
                prediction, outcome=Outcome.FAILED, label="", said=prediction.label, error=lost, score=None
            )
        scored = with_score(example, prediction, float(verdict.label == self.record.good))
        reason = f": {verdict.reason}" if verdict.reason else ""
        return replace(scored, reason=f"The judge says {verdict.label}{reason}")

    @property
    def in_words(self) -> str:
        """What it reads, what counts, and how far it can be trusted."""
        fields = self.file.template.fields if self.file.template else ("",)
        reads = [
            f"{quoted(field)} is {what}" if field else what
            for field, what in zip(fields, self.filled, strict=True)
        ]
        return (
            f"Answers are scored by a judge, {self.model}: 1 where it says {quoted(self.record.good)}, else 0. "
            f"It reads: {', '.join(reads)}. {self.agreement}"
        )

    @property
    def agreement(self) -> str:
        """It agrees with people on 39 of 50 test answers."""
        if not self.record.of:
            return "How far it agrees with people is not known."
        return f"It agrees with people on {self.record.agreed:,} of {self.record.of:,} test answers."


def is_judge(name: str) -> bool:
    """Whether a scorer's name is that of a judge."""
    return name.startswith(KIND + ":")


def typed_judge(typed: str, folder: Path) -> tuple[str, ScoringJudge]:
    """The judge of judge:FILE.json or judge:FILE.json:VERDICT, the verdict that calls an answer good, with the name of
    its file; one that lies in `folder` may be meant by its bare name. UsageError in a sentence."""
    path, good = _parts(typed)
    own = folder / path.name
    if not path.exists() and str(path) == path.name and own.exists():
        path = own
    return path.stem, _judge(_read(path, typed), good)


def keep_judge(typed: str, folder: Path) -> str:
    """As typed_judge, copied into `folder`: the name under which it is found there. UsageError, OSError."""
    return keep_judge_file(*typed_judge(typed, folder), folder)


def keep_judge_file(stem: str, judge: ScoringJudge, folder: Path) -> str:
    """The name of the scorer, of which the file begins with `stem`."""
    content = to_json(replace(judge.file, judge=judge.record))
    name = f"{_HASH.sub('', stem)}-{_hash(content)}.json"
    if not (folder / name).exists():
        private_folder(folder)
        (folder / name).write_text(content, encoding="utf-8")
    return f"{KIND}:{name}"


def kept_judge(name: str, folder: Path) -> ScoringJudge:
    """The judge of the scorer of that name in `folder`. UsageError for a file that is not there, or was changed since."""
    path, good = _parts(name)
    if str(path) != path.name:
        raise UsageError(
            f"The scorer {name} names a folder: only judges of the workspace's folder scorers are asked."
        )
    file = _read(folder / path.name, name)
    hashed = _HASH.search(path.stem)
    if hashed and hashed[1] != _hash(to_json(file)):
        raise UsageError(
            f"The file {folder / path.name} was changed since the scorer was named: name your own file to start a new run with it."
        )
    return _judge(file, good)


def judge_scorer(name: str, folder: Path) -> Scorer:
    """The scorer of that name, whose scores are for its model to say (core/tuning/free_answers/judged.py)."""
    kept_judge(name, folder)
    return Scorer(name, _unasked)


def judge_of_file(file: PromptFile) -> ScoringJudge:
    """UsageError for a prompt that cannot judge answers: it says nothing of which verdict is good, names no model, or has
    fields that nothing can fill."""
    return _judge(file, "")


def _judge(file: PromptFile, good: str) -> ScoringJudge:
    record = JudgeRecord(good) if good and (file.judge is None or file.judge.good != good) else file.judge
    if record is None:
        raise UsageError(
            f"Nobody has said which verdict of the judge means good: write it behind the file, such as :{(*file.labels, 'good')[0]}."
        )
    if record.good not in file.labels:
        raise UsageError(f"The judge has no verdict {quoted(record.good)}: it has {listed(file.labels, 6)}.")
    if not file.model:
        raise UsageError('The judge\'s file names no model: write "provider:model" for its key "model".')
    return ScoringJudge(file, file.model, record, _filled(file))


def _filled(file: PromptFile) -> tuple[str, ...]:
    """What fills each field of the judge's template; a judge of whole texts reads the reply alone."""
    if file.template is None:
        return (REPLY,)
    known = {name: what for what, names in FIELDS.items() for name in names}
    filled = tuple(
        known.get(re.sub(r"[\s-]+", "_", field.strip().casefold()), "") for field in file.template.fields
    )
    for field, what in zip(file.template.fields, filled, strict=True):
        if not what or filled.count(what) > 1:
            why = f"two fields that would hold {what}" if what else "a field that nothing fills"
            raise UsageError(
                f"The judge reads {quoted(field)}, {why}: name its fields such as question (the text), answer (the reply) "
                "and reference (the reference answer)."
            )
    if REPLY not in filled:
        raise UsageError(
            f"The judge reads {listed(file.template.fields)}, and so not the reply: name one of its fields answer."
        )
    return filled


def _parts(name: str) -> tuple[Path, str]:
    named = _NAMED.fullmatch(name)
    if named is None:
        raise UsageError(
            f"{name!r} names no judge: write judge:PROMPT.json, a prompt file whose labels are verdicts."
        )
    return Path(named["path"]), (named["good"] or "").strip()


def _read(path: Path, name: str) -> PromptFile:
    try:
        return from_json(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise UsageError(f"There is no file {path}: write --scorer judge:PROMPT.json.") from None
    except (OSError, UnicodeDecodeError):
        raise UsageError(
            f"The scorer {name} needs the file {path}, which cannot be read: put it there again."
        ) from None
    except PromptError as error:
        raise UsageError(f"The judge {path} is no prompt file: {error}") from error


def _unasked(example: Example, answer: str) -> float:
    raise UsageError("A judge scores answers by asking its model, which cannot be done here.")


def _hash(content: str) -> str:
    return hashlib.sha256(content.encode("utf-8")).hexdigest()[:12]
