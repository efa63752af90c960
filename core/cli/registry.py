"""Every command: the module that has it, and what it does in half a line. Groups and order are those of `--help`.

A new command is one file in core/cli/commands and a line here. The file has a function named `command` under `@described(name, example)`
with the options it takes, `@common_options` last, and returns an `Output`: the object that --json prints, the same in
words, the exit code. Options that several commands share come from core/cli/options.py, each as one record:
`@reading_options` (how a file is read), `@model_options` (models and caps), `@common_options` (workspace, json, quiet).
DATA and RUN are looked up by core/cli/data_source.py and core/cli/names.py. What takes long to import (services, the
store) is imported inside the function, so that --help and completion answer at once; `cache.py` is the shortest to copy."""

from __future__ import annotations

_HERE = __name__.removesuffix("registry")  # another name where it is installed
_FOLDER = _HERE + "commands."
GROUPS = {
    "Find a better prompt": {
        "tune": (_FOLDER + "tune", "find a better prompt for labelled texts"),
        "headroom": (_FOLDER + "headroom", "say how much tuning could gain, before a run"),
        "evaluate": (_FOLDER + "evaluate", "measure a prompt on labelled texts"),
        "runs": (_FOLDER + "runs", "list the runs of the workspace, or show one"),
        "compare": (_FOLDER + "compare", "say which of two runs is better, and where they part"),
        "benchmark": (_FOLDER + "benchmark", "tune pairs of models under the same caps, and compare them"),
    },
    "Look into a run": {
        "ledger": (_FOLDER + "ledger", "list the rules in its prompt, and what each is worth"),
        "ablation": (_FOLDER + "ablation", "measure what each rule is worth by leaving it out"),
        "cascade": (_HERE + "cascade.command", "measure which texts a free local model can answer instead"),
        "judge": (_HERE + "judges.command", "say how far a prompt that judges answers agrees with people"),
    },
    "Data": {
        "import": (_FOLDER + "import_file", "put labelled texts into the workspace"),
        "datasets": (_FOLDER + "datasets", "list the datasets of the workspace, or show one"),
        "suspects": (_FOLDER + "suspects", "list the labels that are most likely wrong"),
        "definitions": (_FOLDER + "definitions", "show, draft or set what the labels of a dataset mean"),
        "versions": (
            _FOLDER + "versions.command",
            "name states of a dataset, and say what changed between two",
        ),
    },
    "Use a prompt": {
        "export": (_FOLDER + "export", "write a run as a prompt file or report, or a dataset as a file"),
        "classify": (_FOLDER + "classify", "label texts with a prompt"),
        "batch": (_FOLDER + "batch.command", "label texts within a day, for half the price"),
        "adopt": (_FOLDER + "adopt", "make a run's prompt the champion: the one in use"),
        "migrate": (_HERE + "migration.command", "measure the champion on models that could replace its own"),
        "feedback": (_FOLDER + "feedback", "count and hand over what people said of predictions"),
        "predictions": (
            _FOLDER + "serving.predictions",
            "list, show and delete what was classified for others",
        ),
    },
    "Whetstone itself": {
        "app": (_FOLDER + "app", "start the dashboard"),
        "workspace": (_HERE + "storage.command", "say what takes room on the disk, and make it smaller"),
        "cache": (_FOLDER + "cache", "show or clear the kept model replies"),
        "skill": (_FOLDER + "skill", "print how to use these commands, for a coding agent"),
        "completion": (_FOLDER + "completion", "print what makes a shell complete commands and names"),
    },
}
COMMANDS = {name: entry for group in GROUPS.values() for name, entry in group.items()}
