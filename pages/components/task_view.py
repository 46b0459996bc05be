"""Task sets: browsing, uploading, deleting."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pandas as pd
import streamlit as st

from agentopt_core.errors import AgentOptError
from agentopt_core.importing import Draft
from agentopt_core.tasks import Task, TaskSet
from agentopt_core.views import TaskSetSummary
from pages.components.say import DASH, plain, shorten
from pages.components.shell import TASKS, TRAIN
from pages.components.states import empty_state, error_state, guarded
from pages.components.workbench import workbench

PREVIEW = 2_000
"""Tasks shown at most; the set itself is not cut."""
_KINDS = ["json", "jsonl", "ndjson", "csv", "tsv"]
SETS, UPLOAD = "Task sets", "Upload"
"""The two halves of the page."""
FIELDS = ("question", "answer")
"""What a person can map; other columns are recognised by their names."""


def browse(wanted: str | None) -> None:
    """All task sets and one of them in full."""
    bench = workbench()
    sets = {one.id: one for one in bench.task_sets()}
    if wanted and wanted not in sets:
        error_state(
            f"There is no task set {wanted}.", "It may have been deleted; choose another one.", title="No such set"
        )
    if not sets:
        empty_state("No task set yet", "Upload a file of questions and answers.", ":material/upload_file:")
        return

    def choose() -> None:
        st.query_params["set"] = st.session_state["chosen_set"]

    left, right = st.columns([2, 5], gap="large")
    with left:
        chosen = st.radio(
            "Task sets", list(sets), index=list(sets).index(wanted) if wanted in sets else 0, key="chosen_set",
            on_change=choose, format_func=lambda one: plain(set_label(sets, one), 120), label_visibility="collapsed",
            captions=[_caption(one) for one in sets.values()],
        )  # fmt: skip
    with right:
        _one(sets[chosen], bench.task_set(chosen))


def set_label(sets: Mapping[str, TaskSetSummary], one: str) -> str:
    """The set's name; where two have the same, with its id, since controls know their options by these words."""
    name = shorten(sets[one].name, 80)
    twins = sum(shorten(other.name, 80) == name for other in sets.values())
    return name if twins == 1 else f"{name} ({one})"


def _caption(one: TaskSetSummary) -> str:
    origin = "sample" if one.is_sample else "yours"
    return f"{one.tasks} tasks, {origin}"


def _one(summary: TaskSetSummary, task_set: TaskSet) -> None:
    with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
        st.subheader(plain(task_set.name, 80), anchor=False, width="content")
        with st.container(horizontal=True, width="content"):
            if not summary.is_sample and st.button("Delete", icon=":material/delete:", key="delete_set"):
                _delete(summary)
            if st.button("Train on this set", icon=":material/play_arrow:", type="primary", key="train_on"):
                st.switch_page(TRAIN, query_params={"tasks": summary.id})
    splits = ", ".join(f"{n} {split}" for split, n in summary.splits.items() if n)
    unscored = summary.tasks - summary.scorable
    without = f" {unscored} have no answer and cannot be scored." if unscored else ""
    st.caption(f"{plain(summary.description, 400)} {summary.tasks} tasks ({splits}).{without}")
    preview(task_set.tasks, key="preview")


def preview(tasks: Sequence[Task], key: str) -> None:
    """The tasks as a table; a selected row is shown whole below it."""
    shown = tasks[:PREVIEW]
    event = st.dataframe(
        tasks_frame(shown),
        hide_index=True,
        key=key,
        height=420 if len(shown) > 10 else "auto",
        on_select="rerun",
        selection_mode="single-row",
        placeholder=DASH,
        alt="Tasks with question and answer",
        column_config={
            "question": st.column_config.TextColumn("Question", width="large"),
            "answer": st.column_config.TextColumn("Answer", width="small"),
            "kind": st.column_config.TextColumn("Compared as", width="small"),
            "split": st.column_config.TextColumn("Split", width=70),
            "about": st.column_config.TextColumn("Subject", width="small"),
        },
    )
    if len(tasks) > PREVIEW:
        st.caption(f"The first {PREVIEW} of {len(tasks)} tasks.")
    rows = event.selection.rows
    if rows and rows[0] < len(shown):
        _whole(shown[rows[0]])
    else:
        st.caption("Select a row to read the whole task.")


def tasks_frame(tasks: Sequence[Task]) -> pd.DataFrame:
    """One row per task; long texts cut."""
    return pd.DataFrame(
        {
            "question": [shorten(task.question, 300) for task in tasks],
            "answer": [None if task.answer is None else shorten(task.answer, 120) for task in tasks],
            "kind": [task.answer_type for task in tasks],
            "split": [task.split for task in tasks],
            "about": [shorten(task.subject or task.level, 60) for task in tasks],
        },
        dtype="object",
    )


def _whole(task: Task) -> None:
    with st.container(border=True):
        st.caption(f"Task {plain(task.id, 80)}")
        st.code(task.question, language=None, wrap_lines=True, height=_height(task.question))
        if task.context:
            st.caption("Context")
            st.code(task.context, language=None, wrap_lines=True, height=_height(task.context))
        st.caption("Answer")
        st.code(task.answer if task.answer is not None else DASH, language=None, wrap_lines=True)


def _height(text: str) -> int | str:
    return 260 if len(text) > 1_200 or text.count("\n") > 10 else "content"


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


def upload() -> None:
    """A file becomes a draft, the draft a task set: nothing is saved before the person says so."""
    st.caption(
        "JSONL, JSON, CSV or TSV with a question and an answer in each record. GSM8K files are read as they come."
    )
    file = st.file_uploader("File", type=_KINDS, label_visibility="collapsed", key="upload")
    if file is None:
        return
    bench, data = workbench(), file.getvalue()
    mapping = st.session_state.get(f"mapping_{file.file_id}")
    try:
        draft = bench.read_upload(file.name, data, mapping)
    except AgentOptError as error:
        error_state(error.message, error.hint, title="Not read")
        columns = getattr(error, "columns", ())
        if columns:
            _mapping(file.file_id, columns, mapping or {})
        return
    left_out = f", {len(draft.errors)} rows left out" if draft.errors else ""
    st.markdown(
        f"**{plain(file.name, 80)}** read as {plain(draft.format, 60)}: {len(draft.task_set)} tasks, "
        f"{draft.scorable} with an answer{left_out}."
    )
    _mapping(file.file_id, draft.columns, draft.mapping)
    if len(draft.task_set):
        preview(draft.task_set.tasks, key="draft_preview")
    _issues(draft, file.name)
    if not len(draft.task_set):
        return

    def save() -> None:
        with guarded():
            st.query_params["set"] = bench.save_task_set(draft, st.session_state[name_key])
            st.session_state["view"] = SETS
            st.toast("Task set saved.", icon=":material/save:")

    name_key = f"name_{file.file_id}"
    with st.container(horizontal=True, vertical_alignment="bottom"):
        st.text_input("Name", value=draft.task_set.name, max_chars=80, key=name_key, width=320)
        st.button("Save task set", type="primary", icon=":material/save:", key="save_set", on_click=save)


def _mapping(file_id: str, columns: Sequence[str], mapping: Mapping[str, str]) -> None:
    """Which column holds what."""

    def remap() -> None:
        chosen = {field: st.session_state[f"map_{field}_{file_id}"] for field in FIELDS}
        st.session_state[f"mapping_{file_id}"] = {field: column for field, column in chosen.items() if column}

    with st.container(horizontal=True):
        for field in FIELDS:
            label, key, at = f"Column with the {field}", f"map_{field}_{file_id}", mapping.get(field)
            index = list(columns).index(at) if at in columns else None
            st.selectbox(label, list(columns), index=index, key=key, on_change=remap, width=260)
    others = [f"{field} from {plain(column, 60)}" for field, column in mapping.items() if field not in FIELDS]
    if others:
        st.caption(f"Also read: {', '.join(others)}.")


def _issues(draft: Draft, filename: str) -> None:
    if not draft.issues:
        st.caption(":green[:material/check_circle:] No issue in any row.")
        return
    frame = pd.DataFrame([issue.model_dump(mode="json") for issue in draft.issues])
    errors = len(draft.errors)
    kept = len(draft.issues) - errors
    st.subheader(f"Issues: {errors} rows left out, {kept} kept with a warning", anchor=False)
    st.dataframe(
        frame,
        hide_index=True,
        key="issues",
        height=320 if len(frame) > 8 else "auto",
        alt="Issues by row",
        column_config={
            "row": st.column_config.NumberColumn("Row", width=70),
            "field": st.column_config.TextColumn("Field", width=110),
            "reason": st.column_config.TextColumn("What is wrong", width="large"),
            "severity": st.column_config.TextColumn("Kind", width=90),
        },
    )
    st.download_button(
        "Download issues", data=issues_csv(frame), file_name=f"{filename}-issues.csv", mime="text/csv",
        icon=":material/download:", on_click="ignore", key="issues_csv",
    )  # fmt: skip


def issues_csv(frame: pd.DataFrame) -> bytes:
    """The issues as CSV; a cell that a spreadsheet would take for a formula gets an apostrophe."""
    safe = frame.map(lambda cell: f"'{cell}" if isinstance(cell, str) and cell[:1] in set("=+-@\t\r") else cell)
    return safe.to_csv(index=False).encode("utf-8", "replace")
