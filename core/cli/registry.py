"""Every command: the module that has it, and what it does in a line. The order is that of `--help`.

A new command is one file in core/cli/commands and a line here. The file has a function named `command` under `@described(name, example)`
with the options it takes, `@common_options` last, and returns an `Output`: the object that --json prints, the same in
words, the exit code. Options that several commands share come from core/cli/options.py, each as one record:
`@reading_options` (how a file is read), `@model_options` (models and caps), `@common_options` (workspace, json, quiet).
DATA and RUN are looked up by core/cli/data_source.py and core/cli/names.py. What takes long to import (services, the
store) is imported inside the function, so that --help and completion answer at once; `cache.py` is the shortest to copy."""

from __future__ import annotations

_HERE = __name__.removesuffix("registry")  # another name where it is installed
_FOLDER = _HERE + "commands."
COMMANDS = {
    "tune": (_FOLDER + "tune", "find a better prompt for labelled texts"),
    "evaluate": (_FOLDER + "evaluate", "measure a prompt on labelled texts"),
    "classify": (_FOLDER + "classify", "label texts with a prompt"),
    "batch": (_FOLDER + "batch.command", "label texts within a day, for half the price"),
    "suspects": (_FOLDER + "suspects", "rank labels by how doubtful they are"),
    "judge": (
        _HERE + "judges.command",
        "say how far a tuned judge agrees with people, and how many answers are good",
    ),
    "headroom": (_FOLDER + "headroom", "say whether tuning is worth it, before a run"),
    "benchmark": (_FOLDER + "benchmark", "tune pairs of models under the same caps, and compare them"),
    "import": (_FOLDER + "import_file", "put labelled texts into the workspace"),
    "datasets": (_FOLDER + "datasets", "list the datasets of the workspace, or show one"),
    "versions": (
        _FOLDER + "versions.command",
        "name the states of a dataset, and say what changed between two",
    ),
    "runs": (_FOLDER + "runs", "list the runs of the workspace, or show one"),
    "compare": (_FOLDER + "compare", "say which of two runs is better, and where they part"),
    "ledger": (_FOLDER + "ledger", "list the rules of a run's prompt, and what each is worth"),
    "ablation": (_FOLDER + "ablation", "measure what each rule of a run's prompt is worth"),
    "cascade": (
        _HERE + "cascade.command",
        "measure when a prompt should not answer, or a local model instead",
    ),
    "adopt": (_FOLDER + "adopt", "make a run's prompt the champion of its dataset"),
    "migrate": (_HERE + "migration.command", "measure the champion on models that could follow its own"),
    "definitions": (_FOLDER + "definitions", "show, draft or set what the labels of a dataset mean"),
    "feedback": (_FOLDER + "feedback", "count and hand over what people said of predictions"),
    "predictions": (
        _FOLDER + "serving.predictions",
        "list, show and clean up what was classified for others",
    ),
    "export": (_FOLDER + "export", "hand over a run as a report or prompt, or a dataset as a file"),
    "workspace": (_HERE + "storage.command", "say what takes room in the workspace, and make it smaller"),
    "cache": (_FOLDER + "cache", "show or clear the kept model replies"),
    "app": (_FOLDER + "app", "start the dashboard"),
    "skill": (_FOLDER + "skill", "print what an agent needs to know to use these commands"),
    "completion": (_FOLDER + "completion", "print what makes a shell complete commands and names"),
}
