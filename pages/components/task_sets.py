"""The task sets there are: the list, one of them in full, drawing its splits anew, deleting."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd
import streamlit as st

from agentopt_core.views import TaskSetSummary
from pages.components.say import moment, plain, shorten
from pages.components.shell import TASKS, TRAIN
from pages.components.split_form import split_form
from pages.components.states import empty_state, error_state, guarded
from pages.components.task_profile import in_words, pictures, power, repeats
from pages.components.task_table import task_table
from pages.components.workbench import workbench

SETS, UPLOAD = "Task sets", "Upload"
"""The two halves of the page."""
TASKS_TAB, MAKE_UP, SPLITS = "Tasks", "Make-up", "Splits"
"""What is shown of one set."""


def browse(wanted: str | None) -> None:
    """All task sets and one of them in full."""
    sets = {one.id: one for one in workbench().task_sets()}
    if wanted and wanted not in sets:
        error_state(
            f"There is no task set {wanted}.", "It may have been deleted; choose another one.", title="No such set"
        )
    if not sets:
        empty_state("No task set yet", "Upload a file of questions and answers.", ":material/upload_file:")
        return

    def choose() -> None:
        st.query_params["set"] = st.session_state["chosen_set"]

    left, right = st.columns([2, 7], gap="large")
    with left:
        chosen = st.radio(
            "Task sets", list(sets), index=list(sets).index(wanted) if wanted in sets else 0, key="chosen_set",
            on_change=choose, format_func=lambda one: plain(set_label(sets, one), 120), label_visibility="collapsed",
            captions=[_caption(one) for one in sets.values()],
        )  # fmt: skip
    with right, guarded():
        _one(sets[chosen])


def set_label(sets: Mapping[str, TaskSetSummary], one: str) -> str:
    """The set's name; where two have the same, with its id, since controls know their options by these words."""
    name = shorten(sets[one].name, 80)
    twins = sum(shorten(other.name, 80) == name for other in sets.values())
    return name if twins == 1 else f"{name} ({one})"


def _caption(one: TaskSetSummary) -> str:
    origin = "sample" if one.is_sample else "yours"
    return f"{one.tasks:,} tasks, {origin}" if not one.problem else f"damaged, {origin}"


def _one(summary: TaskSetSummary) -> None:
    bench, id = workbench(), summary.id
    with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
        st.subheader(plain(summary.name, 80), anchor=False, width="content")
        with st.container(horizontal=True, width="content"):
            if not summary.is_sample and st.button("Delete", icon=":material/delete:", key="delete_set"):
                _delete(summary)
            if not summary.problem and st.button(
                "Train on this set", icon=":material/play_arrow:", type="primary", key="train_on"
            ):
                st.switch_page(TRAIN, query_params={"tasks": id})
    profile = bench.task_profile(id)
    st.caption(f"{plain(summary.description, 400)} {in_words(profile)}")
    tasks, make_up, splits = st.tabs([TASKS_TAB, MAKE_UP, SPLITS], key="part", bind="query-params", on_change="rerun")
    if tasks.open:
        with tasks, guarded():
            task_table(
                lambda offset, limit: bench.task_page(id, offset, limit),
                profile.tasks,
                lambda attachment: bench.attachment(id, attachment),
                key=f"tasks_{id}",
            )
    if make_up.open:
        with make_up, guarded():
            pictures(profile)
            power(profile)
            _openings(id)
            repeats(profile)
    if splits.open:
        with splits, guarded():
            _resplit(summary)


def _openings(taskset_id: str) -> None:
    """Who looked at the test split: with every look it is a little less unseen."""
    seen = workbench().test_openings(taskset_id)
    runs = list(dict.fromkeys(one.run_id for one in seen))
    if not runs:
        st.caption(":material/lock: No run has opened the test split of this set.")
        return
    some = "One run has" if len(runs) == 1 else f"{len(runs)} runs have"
    st.caption(
        f":material/lock_open: {some} opened the test split of this set. Choosing between runs by it makes it a "
        "training split: draw the splits anew before a final figure."
    )
    frame = pd.DataFrame(
        {
            "run": [shorten(one.run_name, 60) for one in seen],
            "subject": ["at the start" if one.subject == "baseline" else "chosen functions" for one in seen],
            "n": [one.n for one in seen],
            "when": [moment(one.at) for one in seen],
        }
    )
    st.dataframe(
        frame, hide_index=True, height=240 if len(frame) > 6 else "auto", width=640, alt="Openings of the test split",
        column_config={"run": "Run", "subject": "Measured", "n": st.column_config.NumberColumn("n"), "when": "When"},
    )  # fmt: skip


def _resplit(summary: TaskSetSummary) -> None:
    """A set never changes, since runs name it; other splits make another set."""
    st.caption("Draw the splits anew. This set stays as it is; the tasks are saved as a new one with the new splits.")
    plan, _ = split_form(summary.id, summary.id)

    def save() -> None:
        with guarded():
            st.query_params["set"] = workbench().resplit(summary.id, plan, st.session_state["resplit_name"])
            st.toast("Saved with new splits.", icon=":material/save:")

    with st.container(horizontal=True, vertical_alignment="bottom"):
        name = f"{shorten(summary.name, 60)}, split anew"
        st.text_input("Name of the new set", value=name, max_chars=80, key="resplit_name", width=320)
        st.button("Save as a new set", icon=":material/call_split:", key="resplit", on_click=save)


@st.dialog("Delete task set")
def _delete(summary: TaskSetSummary) -> None:
    st.markdown(
        f"Delete **{plain(summary.name, 80)}** with its {summary.tasks} tasks? Runs keep their own copy of the tasks "
        "they were trained on."
    )
    with st.container(horizontal=True, horizontal_alignment="right"):
        if st.button("Keep it", key="delete_no"):
            st.rerun()
        if st.button(f"Delete {plain(summary.name, 40)}", type="primary", icon=":material/delete:", key="delete_yes"):
            with guarded():
                workbench().delete_task_set(summary.id)
                st.toast("Task set deleted.", icon=":material/delete:")
                st.switch_page(TASKS)
