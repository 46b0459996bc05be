"""Two measurements task by task: what the second fixed and broke, each with its two conversations."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING
from urllib.parse import urlencode

import pandas as pd
import streamlit as st

from agentopt_core.reports.rows import task_rows
from agentopt_core.reports.sentences import (
    comparison_sentence,
    difference_words,
    left_out_sentence,
    letter,
    measurement_words,
    p_words,
)
from agentopt_core.views import ComparedRun, Comparison, Measurement, Place, TaskPair
from pages.components.compare_pick import choice, switch
from pages.components.report_downloads import format_choice, rows_download
from pages.components.say import accuracy, interval, plain, shorten
from pages.components.states import empty_state

if TYPE_CHECKING:
    from agentopt_core.workbench import Workbench

ROWS_A_PAGE = 100
CHANGES = {"fixed": "✓ fixed", "broken": "✕ broken", "both": "= both solved", "neither": "– neither"}
SHOWN: dict[str, tuple[str, ...]] = {
    "all": tuple(CHANGES),
    "different": ("fixed", "broken"),
    "fixed": ("fixed",),
    "broken": ("broken",),
}
WORDS = {"all": "All", "different": "Only differences", "fixed": "Fixed", "broken": "Broken"}


def task_by_task(
    bench: Workbench, runs: Sequence[ComparedRun], usual: tuple[Measurement | None, Measurement | None]
) -> None:
    """Two selectors, the figures, and the table of common tasks; what is chosen stands in the address."""
    options = {
        str(one.place): f"{letter(position)} · {measurement_words(one)}"
        for position, run in enumerate(runs)
        for one in run.measurements
    }
    if len(options) < 2:
        empty_state("Nothing to compare task by task yet", "Two finished evaluations are needed.", ":material/rule:")
        return
    names = list(options)
    left, right = st.columns(2)
    with left:
        before = choice("First", "first", options, str(usual[0].place) if usual[0] else names[0])
    with right:
        after = choice("Second", "second", options, str(usual[1].place) if usual[1] else names[-1])
    if before == after:
        empty_state("The same measurement twice", "Choose another one on either side.", ":material/rule:")
        return
    pair = bench.compare(_place(before), _place(after))
    letters = [before_letter.split(" · ")[0] for before_letter in (options[before], options[after])]
    same_run = pair.before.place.run_id == pair.after.place.run_id
    words = ("the first", "the second") if same_run else (letters[0], letters[1])
    st.markdown(plain(comparison_sentence(pair, *words), 900))
    if left_out := left_out_sentence(pair):
        st.caption(plain(left_out, 600))
    if pair.n:
        _figures(pair)
        _table(pair)


def _place(text: str) -> Place:
    run_id, evaluation, split = text.rsplit("~", 2)
    return Place.model_validate({"run_id": run_id, "evaluation": int(evaluation), "split": split})


def _figures(pair: Comparison) -> None:
    difference = difference_words(pair)
    with st.container(horizontal=True):
        for name, where, result in (
            ("First", pair.before.place, pair.common_before), ("Second", pair.after.place, pair.common_after)
        ):  # fmt: skip
            about = f"95 % interval {interval(result)}"
            st.metric(f"{name} ({where.split}, n = {pair.n})", accuracy(result), border=True, help=about)
        st.metric("Difference (points)", difference.split(" ")[0], border=True, help=difference)
        st.metric("Fixed / broken", f"{pair.fixed} / {pair.broken}", border=True)
        st.metric("Exact p (McNemar)", p_words(pair.p_value), border=True, help="Two-sided, for this one comparison.")


def _table(pair: Comparison) -> None:
    counts = {
        name: sum(task.change in wanted for task in pair.tasks) for name, wanted in SHOWN.items()
    }  # fmt: skip
    words = {name: f"{word} ({counts[name]})" for name, word in WORDS.items()}
    with st.container(horizontal=True, vertical_alignment="bottom", horizontal_alignment="distribute"):
        show = switch("Show", "show", words, "different")
        with st.container(horizontal=True, vertical_alignment="bottom", width="content"):
            kind = format_choice("tasks_format")
            rows_download(task_rows(pair), "tasks", kind, "Download tasks")
    found = [task for task in pair.tasks if task.change in SHOWN[show]]
    if not found:
        st.caption("No task of this kind: " + ("none changed." if show != "all" else "there are none."))
        return
    pages = -(-len(found) // ROWS_A_PAGE)
    page = st.pagination(pages, key=f"tasks_page_{pair.before.place}_{pair.after.place}_{show}") if pages > 1 else 1
    shown = found[(page - 1) * ROWS_A_PAGE : page * ROWS_A_PAGE]
    text, link = st.column_config.TextColumn, st.column_config.LinkColumn
    st.dataframe(
        tasks_frame(shown, pair),
        hide_index=True,
        height="auto" if len(shown) <= 12 else 460,
        alt="The common tasks and whether each measurement solved them",
        column_config={
            "change": text("Change", width=110),
            "task": text("Task", width=150),
            "first": text("First", width=75),
            "second": text("Second", width=75),
            "first_trace": link("", display_text="First trace", width=90),
            "second_trace": link("", display_text="Second trace", width=105),
            "question": text("Question", width=560),
        },
    )


def tasks_frame(tasks: Sequence[TaskPair], pair: Comparison) -> pd.DataFrame:
    """One row a task, with the addresses of both conversations."""
    return pd.DataFrame(
        {
            "change": [CHANGES[task.change] for task in tasks],
            "task": [shorten(task.task_id, 80) for task in tasks],
            "first": ["✓ solved" if task.before else "✕ failed" for task in tasks],
            "second": ["✓ solved" if task.after else "✕ failed" for task in tasks],
            "first_trace": [trace_address(pair.before.place, task.task_id) for task in tasks],
            "second_trace": [trace_address(pair.after.place, task.task_id) for task in tasks],
            "question": [task.question for task in tasks],
        }
    )


def trace_address(place: Place, task_id: str) -> str:
    """Where the Traces page shows the rollout of a task."""
    asked = {"run": place.run_id, "task": task_id, "evaluation": place.evaluation, "split": place.split}
    return f"/traces?{urlencode(asked)}"
