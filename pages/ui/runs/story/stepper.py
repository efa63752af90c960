"""The steps of the story: the chart, the way from one to the next, and the card of the chosen one."""

from __future__ import annotations

import time
from dataclasses import dataclass

import plotly.graph_objects as go
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from core.exports.report.headline import headline_split
from core.exports.report.run import majority_of
from pages.ui import shell
from pages.ui.address import addressed_alone, turn_to
from pages.ui.charts import BATCHES, FIGURE, accuracy_chart, chart_in_words, outcome_of
from pages.ui.presenter_mode import presenting
from pages.ui.runs.clickable import show_clickable
from pages.ui.runs.result import alt_of_accuracy
from pages.ui.runs.steps import BEST, OUTCOMES, run_dataset
from pages.ui.runs.story.last_card import prompts_of, show_ending
from pages.ui.runs.story.run_story import END, RunStory, chapter_of_step, points_of
from pages.ui.runs.story.score import show_score
from pages.ui.runs.story.story_html import draw, markup
from pages.ui.sides import halves

SECONDS = 3.0  # that a step stays while the story plays
PLAYBACK = "story playback"  # in the session, while the story plays
OPTIMISTIC = "Slightly optimistic: these rows picked the prompt."
UNSEEN = "The score above is of the test rows, which no step had seen."
MOST_NAMES = 14  # steps whose numbers stand side by side


@dataclass(slots=True)
class Playback:
    """`step` is on the screen since `since`, in seconds of a steady clock. The address follows when it pauses: a
    browser that is late would send the step before."""

    step: int | str
    since: float


def show_chapters(story: RunStory) -> None:
    """The chart, and one step at a time."""
    shell.fragment(_chapters, every=SECONDS if _playing() else None)(story, _playing())


def show_slides(story: RunStory) -> None:
    """The same as slides: the score beside the chart on the first and the last, which is the best prompt."""
    shell.fragment(_slides, every=SECONDS if _playing() else None)(story, _playing())


def _chapters(story: RunStory, timed: bool) -> None:
    chosen = _current(story, timed)
    _show_chart(story, chosen)
    _show_stepper(story, chosen)
    _show_card(story, chosen)


def _slides(story: RunStory, timed: bool) -> None:
    chosen = _current(story, timed)
    if chosen in (story.numbers[0], END):
        left, right = st.columns(2, gap="large", vertical_alignment="center")
        with left:
            show_score(story)
        with right:
            _show_chart(story, chosen)
    else:
        _show_chart(story, chosen, slim=True)
    _show_stepper(story, chosen)
    if chosen == END:
        show_ending(story)
    else:
        _show_card(story, chosen)


def _current(story: RunStory, timed: bool) -> int | str:
    """The step on the screen: the next one where the story plays and this one has had its time. Whether the fragment
    is drawn again by itself (`timed`) is settled by the whole page."""
    playback = st.session_state.get(PLAYBACK)
    if playback and time.monotonic() - playback.since > SECONDS / 2:
        following = _neighbour(story, playback.step, 1)
        if following is None:
            _step_to(playback.step)
        else:
            playback.step, playback.since = following, time.monotonic()
    if timed != _playing():
        shell.redraw_page()
    return playback.step if playback else _chosen(story)


def _chosen(story: RunStory) -> int | str:
    """The step in the address; until one is chosen, the one that brought most, or the start of the slides. The end is
    a step of its own only where nothing stands below."""
    chosen = addressed_alone("step", [BEST, *story.numbers, END], BEST)
    if chosen == BEST or (chosen == END and not presenting()):
        return story.numbers[0] if presenting() else story.turning_point
    return chosen


# ---- from step to step


def _stops(story: RunStory) -> list[int | str]:
    return [*story.numbers, *([END] if presenting() else [])]


def _neighbour(story: RunStory, chosen: int | str, by: int) -> int | str | None:
    stops = _stops(story)
    at = stops.index(chosen) + by
    return stops[at] if 0 <= at < len(stops) else None


def _playing() -> bool:
    return PLAYBACK in st.session_state


def _step_to(step: int | str | None) -> None:
    st.session_state.pop(PLAYBACK, None)
    if step is not None:
        turn_to("step", step)


def _play_or_pause(story: RunStory, chosen: int | str) -> None:
    if _playing():
        _step_to(chosen)
        return
    again = _neighbour(story, chosen, 1) is None or st.query_params.get("step") is None
    st.session_state[PLAYBACK] = Playback(story.numbers[0] if again else chosen, time.monotonic())


def _show_stepper(story: RunStory, chosen: int | str) -> None:
    with st.container(horizontal=True, vertical_alignment="center", key="story_stepper"):
        before, after = (_neighbour(story, chosen, by) for by in (-1, 1))
        st.button(
            "Back",
            key="story_back",
            icon=":material/chevron_left:",
            shortcut="Left",
            on_click=_step_to,
            args=(before,),
        )
        st.button(
            "Pause" if _playing() else "Play",
            key="story_play",
            icon=":material/pause:" if _playing() else ":material/play_arrow:",
            type="primary",
            shortcut="Space" if presenting() else None,
            on_click=_play_or_pause,
            args=(story, chosen),
        )
        st.button(
            "Next",
            key="story_next",
            icon=":material/chevron_right:",
            icon_position="right",
            shortcut="Right",
            on_click=_step_to,
            args=(after,),
        )
        _show_stops(story, chosen)


def _show_stops(story: RunStory, chosen: int | str) -> None:
    """Another control for each step: a browser that has not caught up would choose the step before again. While the
    story plays there is none."""
    names = {0: "Start", END: "Best prompt"}
    if _playing():
        st.caption(f"{names.get(chosen, f'Step {chosen}')} of {story.numbers[-1]:,}", width="content")
        return
    stops, key = _stops(story), f"story_step_{story.run.id}_{chosen}"
    st.session_state[key] = chosen
    choose = st.segmented_control if len(stops) <= MOST_NAMES else st.select_slider
    more = {"required": True} if len(stops) <= MOST_NAMES else {}
    choose(
        "Step",
        stops,
        key=key,
        format_func=lambda stop: names.get(stop, str(stop)),
        label_visibility="collapsed",
        on_change=lambda: _step_to(st.session_state[key]),
        **more,
    )


# ---- the chart


def _show_chart(story: RunStory, chosen: int | str, slim: bool = False) -> None:
    """`slim` has neither legend nor words: the slides of steps have little room, and the first has both. A click on a
    mark goes to its step. While the story plays, the chart is drawn up to the step on the screen, on the axes of the
    whole run, and cannot be clicked: what is drawn anew takes clicks back."""
    majority, marked = majority_of(story.outline), story.best if chosen == END else int(chosen)
    alt = alt_of_accuracy(story.figures, majority, story.outline.settings.scorer)
    if _playing():
        until = story.numbers[-1] if chosen == END else marked
        st.plotly_chart(_figure(story, until, marked, slim), config=FIGURE, key="story_playing", alt=alt)
        return
    show_clickable(
        "story_chart",
        (round(majority, 6), story.stamp, slim),
        str(marked),
        lambda step: _figure(story, story.numbers[-1], None if step is None else int(step), slim),
        lambda name: _step_to(int(name)) if name is not None else None,
        alt=alt,
    )
    if not slim:
        unseen = UNSEEN if headline_split(story.outline) == "test" else ""
        words = chart_in_words(story.figures, majority, False, story.outline.settings.scorer)
        st.caption(f"{words} {OPTIMISTIC} {unseen}")


def _figure(story: RunStory, until: int, marked: int | None, slim: bool) -> go.Figure:
    steps = [step for step in story.figures if step.number <= until]
    majority, scorer = majority_of(story.outline), story.outline.settings.scorer
    chart = accuracy_chart(steps, majority, marked, story.best, story.numbers[-1], scorer)
    chart.update_traces(visible=False, selector={"name": BATCHES})  # they are of the view Steps
    if not slim:
        return chart.update_layout(height=235)
    return chart.update_layout(height=130, showlegend=False, margin_t=14).update_xaxes(title=None)


# ---- the card


def _show_card(story: RunStory, number: int) -> None:
    with st.container(border=True, key="story_card"):
        with st.container(horizontal=True, vertical_alignment="center"):
            st.subheader(f"Step {number}" if number else _start(story), anchor=False, width="content")
            if number:
                outcome = outcome_of(story.step(number), story.best)
                icon, color = OUTCOMES[outcome]
                st.badge(outcome.capitalize(), icon=icon, color=color)
            if number and number == story.best:
                st.badge("Best prompt", icon=":material/trophy:", color="blue")
            if number and number == story.brought_most:
                st.badge("Brought the most", icon=":material/trending_up:", color="blue")
            if number and number == story.best and story.brought_most not in (0, number):
                st.caption(_why_best(story))
        with st.container() if number else _beside_prompt(story):
            draw(markup().chapter(chapter_of_step(story, number), run_dataset(story.run.id).labels))


def _start(story: RunStory) -> str:
    own = story.run.settings.start is not None or bool(story.run.settings.scorer)
    return (
        "Start: the prompt that the run was given" if own else "Start: a prompt written from the labels alone"
    )


def _beside_prompt(story: RunStory) -> DeltaGenerator:
    left, right = halves()
    with left:
        start, _ = prompts_of(story)
        draw(markup().prompt(start, start))
    return right


def _why_best(story: RunStory) -> str:
    """Where an earlier step was as good."""
    best = story.step(story.best).validation
    equal = [
        each.number
        for each in story.figures
        if each.kept
        and each.number < story.best
        and best
        and each.validation
        and points_of(each.validation) == points_of(best)
    ]
    return (
        f"As good on the validation rows as step {equal[0]}; of equals the later one is taken."
        if equal
        else ""
    )
