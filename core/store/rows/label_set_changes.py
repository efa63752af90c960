"""What becomes of a label set: pure functions. Names keep their order, and a label that goes takes its
definition with it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from core.errors import DataError
from core.prompts.label_match import fold
from core.types import LabelSet


def extended(labels: LabelSet, added: Iterable[str]) -> LabelSet:
    return replace(labels, names=tuple(dict.fromkeys((*labels.names, *added))))


def renamed(labels: LabelSet, old: str, new: str) -> LabelSet:
    """DataError where there is no such label, or where another one cannot be told from the new name."""
    _known(labels, [old])
    twin = next((name for name in labels.names if name != old and fold(name) == fold(new)), None)
    if twin is not None:
        raise DataError(
            "There is a label “" + twin + "” already: merge “" + old + "” into it, or use a different name."
        )
    return _moved(labels, {old: new})


def merged(labels: LabelSet, gone: Iterable[str], into: str) -> LabelSet:
    """`into` may be new; it stands where it stood, or where the first of the others did. It keeps its
    definition, or gets the first there is. DataError as for `renamed`."""
    others = [name for name in dict.fromkeys(gone) if name != into]
    _known(labels, others)
    twin = next(
        (name for name in labels.names if name not in (into, *others) and fold(name) == fold(into)), None
    )
    if twin is not None and into not in labels.names:
        raise DataError(
            "The label “"
            + into
            + "” cannot be told from “"
            + twin
            + "”: merge into “"
            + twin
            + "”, or use a different name."
        )
    text = next((labels.definitions[name] for name in (into, *others) if name in labels.definitions), "")
    moved = labels if into in labels.names else _moved(labels, {others[0]: into}) if others else labels
    left = tuple(name for name in moved.names if name not in others)
    good = into if labels.good in others else labels.good
    return replace(
        labels, names=left, definitions=_in_order(left, {**labels.definitions, into: text}), good=good
    )


def without_label(labels: LabelSet, label: str, into: str | None = None) -> LabelSet:
    """`into` is the label that its rows are to get. DataError for a label there is not, or the only one."""
    _known(labels, [label])
    left = tuple(name for name in labels.names if name != label)
    if not left:
        raise DataError(
            "“" + label + "” is the only label: rename it instead, or give rows another label first."
        )
    good = "" if labels.good == label else labels.good
    rest = replace(labels, names=left, definitions=_in_order(left, labels.definitions), good=good)
    _known(rest, [] if into is None else [into], "choose another of its labels")
    return rest


def defined(labels: LabelSet, definitions: Mapping[str, str]) -> LabelSet:
    """Others keep theirs; an empty text takes one away. DataError for a label that is not in the label
    set."""
    _known(labels, definitions, "define one of its labels")
    news = {name: text.strip() for name, text in definitions.items()}
    return replace(labels, definitions=_in_order(labels.names, {**labels.definitions, **news}))


def with_good(labels: LabelSet, good: str) -> LabelSet:
    """`good` is the verdict that says an answer is good, "" for labels that are no verdicts. DataError for a label there
    is not."""
    _known(labels, [good] if good else [])
    return replace(labels, good=good)


def carried(now: LabelSet, source: LabelSet, target: LabelSet) -> LabelSet:
    """The label set with what leads from `source` to `target`. Mostly `now` is `source`; whatever else it
    has, it keeps."""
    if now == source:
        return target
    names = (
        *target.names,
        *(name for name in now.names if name not in source.names and name not in target.names),
    )
    same = {name: text for name, text in now.definitions.items() if source.definitions.get(name, "") != text}
    good = target.good if now.good == source.good else now.good
    definitions = _in_order(names, {**target.definitions, **same})
    return LabelSet(names, definitions, good if good in names else "", target.several)


def _known(labels: LabelSet, names: Iterable[str], otherwise: str = "choose one of its labels") -> None:
    unknown = [name for name in names if name not in labels.names]
    if unknown:
        raise DataError("The label “" + unknown[0] + "” is not in the label set: " + otherwise + ".")


def _moved(labels: LabelSet, news: Mapping[str, str]) -> LabelSet:
    names = tuple(news.get(name, name) for name in labels.names)
    definitions = {news.get(name, name): text for name, text in labels.definitions.items()}
    good = news.get(labels.good, labels.good)
    return replace(labels, names=names, definitions=_in_order(names, definitions), good=good)


def _in_order(names: Iterable[str], definitions: Mapping[str, str]) -> dict[str, str]:
    return {name: definitions[name] for name in names if definitions.get(name)}
