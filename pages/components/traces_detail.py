"""The conversation beside the list: which one the address opens, the ways on from it, and the pair of two versions."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from agentopt_core.series import series_words
from agentopt_core.views import RunSummary
from agentopt_core.views.traces import Trace, TraceFilter, TracePage, TraceRow
from pages.components.conversation import Ink, question, turn_view, turns_shown, verdict_panel
from pages.components.conversation_pair import pair
from pages.components.conversation_timeline import timeline
from pages.components.say import plain
from pages.components.shell import FUNCTIONS, REVIEW
from pages.components.states import empty_state
from pages.components.traces_filter import SPLITS, Place
from pages.components.traces_list import (
    PAGE_ROWS,
    neighbours,
    open_row,
    opened,
    outcome_word,
)

if TYPE_CHECKING:
    from agentopt_core.workbench import Workbench


def detail(bench: Workbench, run: RunSummary, which: TraceFilter, page: TracePage, number: int) -> None:
    """The conversation that the address asks for; else that of the list's first row."""
    shown = opened(page)
    if shown is None:
        empty_state("No conversation to show", "Choose a rollout from the list.", ":material/forum:")
        return
    task, place = shown
    versions = bench.trace_versions(run.run_id, task)
    if place is None:
        if not versions:
            empty_state("This task has no rollout", "Choose one from the list.", ":material/forum:")
            return
        place = Place(versions[-1].evaluation, versions[-1].split, "")
    split = place.split if place.split in SPLITS else None
    trace = bench.trace(run.run_id, task, place.evaluation, place.series, split)
    here = Place(trace.evaluation, trace.split, trace.series)

    def fetch(to: int) -> TracePage:
        return bench.traces(run.run_id, which, to * PAGE_ROWS, PAGE_ROWS)

    _head(trace, list(neighbours(page, (task, here), fetch, number)))
    _links(run, trace, versions)
    verdict_panel(trace)
    turns = trace.turns()
    st.html(timeline(turns, trace.rollout.seconds, trace.rollout.usage))
    if trace.unmatched:
        st.caption(trace.unmatched)
    key = f"trace_{task}_{here.address}"
    question(bench, run.run_id, trace, key)
    ink = Ink()
    first, drawn = turns_shown(turns, key)
    for place_of_turn, turn in enumerate(drawn, first + 1):
        turn_view(turn, place_of_turn, trace.functions, ink, key)


def pair_asked() -> tuple[str, int, int] | None:
    """Task and the two evaluations that the address lays side by side."""
    task, *asked = (st.query_params.get(name, "") for name in ("task", "a", "b"))
    numbers = [int(one) for one in asked if one.isdecimal() and len(one) < 9]
    return (task, numbers[0], numbers[1]) if task and len(numbers) == 2 else None


def pair_view(bench: Workbench, run: RunSummary, task: str, a: int, b: int) -> None:
    """One task under two sets, over the whole width, with the way back to the list."""
    st.subheader(plain(task, 100), anchor=False)
    _versions(bench.trace_versions(run.run_id, task), a, b)
    left, right = (bench.trace(run.run_id, task, evaluation) for evaluation in (a, b))
    pair(bench, run.run_id, left, right)


def _head(trace: Trace, ways: list[tuple[TraceRow | None, int]]) -> None:
    rollout = trace.rollout
    correct = rollout.correct if rollout.score and not rollout.is_fault else None
    color = {True: "green", False: "red", None: "gray"}[correct]

    def go(row: TraceRow, to: int) -> None:
        open_row(row)
        st.query_params["page"] = str(to + 1)

    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
        with st.container(horizontal=True, vertical_alignment="center", gap="small", width="content"):
            st.subheader(plain(rollout.task_id, 60), anchor=False, width="content")
            st.badge(outcome_word(correct), color=color)
        with st.container(horizontal=True, gap="xsmall", width="content"):
            for (row, to), icon, label, key in zip(
                ways, ("arrow_upward", "arrow_downward"), ("Previous", "Next"), ("K", "J"), strict=True
            ):
                st.button(
                    label, icon=f":material/{icon}:", key=f"trace_{label.lower()}", disabled=row is None, on_click=go,
                    args=(row, to), shortcut=f"Alt+{key}", help=f"{label} rollout of the list",
                )  # fmt: skip


def _links(run: RunSummary, trace: Trace, versions: tuple[TraceRow, ...]) -> None:
    series = f", {plain(series_words(trace.series), 80)}" if trace.series else ""
    made = "" if trace.step is not None or trace.series else ", no update before it" if trace.split != "test" else ""
    st.caption(f"Evaluation {trace.evaluation} on {SPLITS[trace.split]}{series}{made}")
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        if trace.step is not None:
            st.page_link(
                REVIEW, label=f"Update {trace.step}", icon=":material/rate_review:",
                query_params={"run": run.run_id, "update": str(trace.step)},
            )  # fmt: skip
        known = trace.functions.names if trace.functions else ()
        for name in [name for name in dict.fromkeys(use.tool for use in trace.rollout.calls) if name in known][:6]:
            st.page_link(
                FUNCTIONS, label=plain(name, 60), icon=":material/function:",
                query_params={"run": run.run_id, "name": name},
            )  # fmt: skip
        _against(trace, versions)


def _against(trace: Trace, versions: tuple[TraceRow, ...]) -> None:
    others = {row.evaluation: row for row in versions if row.evaluation != trace.evaluation}
    if not others or trace.series or trace.split == "val":
        return
    key = f"against_{trace.rollout.task_id}_{trace.evaluation}"

    def lay() -> None:
        picked = st.session_state[key]
        if picked is not None:
            low, high = sorted((picked, trace.evaluation))
            st.query_params.update({"task": trace.rollout.task_id, "a": str(low), "b": str(high)})

    st.selectbox(
        "Compare with", list(others), index=None, placeholder="Compare with another version", key=key, on_change=lay,
        format_func=lambda one: version_name(others[one]), label_visibility="collapsed", width=230,
    )  # fmt: skip


def version_name(row: TraceRow) -> str:
    """One version of the task in a list of them."""
    return f"Evaluation {row.evaluation} · {outcome_word(row.correct)}"


def _versions(versions: tuple[TraceRow, ...], a: int, b: int) -> None:
    rows = {row.evaluation: row for row in versions}
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        for name, number in (("a", a), ("b", b)):
            key = f"pair_{name}_{number}"

            def lay(name: str = name, key: str = key) -> None:
                st.query_params[name] = str(st.session_state[key])

            options = sorted({*rows, number})
            st.selectbox(
                "Left" if name == "a" else "Right", options, index=options.index(number), key=key, on_change=lay,
                format_func=lambda one: version_name(rows[one]) if one in rows else f"Evaluation {one}", width=230,
            )  # fmt: skip
        st.button(
            "Back to the list", icon=":material/arrow_back:", key="pair_close", on_click=_close, args=(rows.get(b), b)
        )


def _close(row: TraceRow | None, evaluation: int) -> None:
    for name in ("a", "b"):
        st.query_params.pop(name, None)
    st.query_params["open"] = Place(evaluation, row.split if row else "train", "").address
