"""The public names, for `from whetstone import …` and `from core import …`, which load this when one is asked for."""

from core.classifier import Classifier
from core.errors import WhetstoneError
from core.library.evaluate import PromptEvaluation, evaluate
from core.library.judge import Judge, judge
from core.library.migrate import Migration, migrate
from core.library.run import Run
from core.library.tune import load_run, resume, tune
from core.library.versions import compare_versions, name_version, run_tree, versions
from core.prompts.files import PromptFile
from core.samples import sample
from core.types import FewShot, Prompt

__all__ = [
    "Classifier",
    "FewShot",
    "Judge",
    "Migration",
    "Prompt",
    "PromptEvaluation",
    "PromptFile",
    "Run",
    "WhetstoneError",
    "compare_versions",
    "evaluate",
    "judge",
    "load_run",
    "migrate",
    "name_version",
    "resume",
    "run_tree",
    "sample",
    "tune",
    "versions",
]
