"""Task sets: browsing, uploading, deleting."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
import streamlit as st

from agentopt_core.tasks import Task, TaskSet
from agentopt_core.views import TaskSetSummary
from pages.components.say import DASH, plain, shorten
from pages.components.shell import TASKS, TRAIN
from pages.components.states import empty_state, error_state, guarded
from pages.components.workbench import workbench

PREVIEW = 2_000
"""Tasks shown at most; the set itself is not cut."""
_KINDS = ["json", "jsonl", "ndjson", "csv", "tsv"]
NONE = "(none)"


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
            on_change=choose, format_func=lambda one: plain(sets[one].name, 80), label_visibility="collapsed",
            captions=[_caption(one) for one in sets.values()],
        )  # fmt: skip
    with right:
        _one(sets[chosen], bench.task_set(chosen))


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
        "JSONL, JSON, CSV or TSV with a question and an answer in each record. "
        "GSM8K, MATH and TabMWP files are read as they come."
    )
    file = st.file_uploader("File", type=_KINDS, label_visibility="collapsed", key="upload")
    if file is None:
        return
    bench, data = workbench(), file.getvalue()
    mapping = st.session_state.get(f"mapping_{file.file_id}")
    draft = bench.read_upload(file.name, data, mapping)
    st.markdown(f"**{plain(file.name, 80)}** read as {plain(draft.format, 60)}: {len(draft.task_set)} tasks.")
    _mapping(file.file_id, draft)
    if len(draft.task_set):
        preview(draft.task_set.tasks, key="draft_preview")
    _issues(draft, file.name)
    if not len(draft.task_set):
        return
    with st.container(horizontal=True, vertical_alignment="bottom"):
        name = st.text_input("Name", value=draft.task_set.name, max_chars=80, key=f"name_{file.file_id}", width=320)
        if st.button("Save task set", type="primary", icon=":material/save:", key="save_set"):
            taskset_id = bench.save_task_set(draft, name)
            st.toast("Task set saved.", icon=":material/save:")
            st.switch_page(TASKS, query_params={"set": taskset_id})


def _mapping(file_id: str, draft) -> None:
    if not draft.columns:
        return
    columns = [NONE, *draft.columns]

    def remap() -> None:
        chosen = {field: st.session_state[f"map_{field}_{file_id}"] for field in ("question", "answer")}
        st.session_state[f"mapping_{file_id}"] = {field: column for field, column in chosen.items() if column != NONE}

    with st.container(horizontal=True):
        for field in ("question", "answer"):
            at = draft.mapping.get(field)
            st.selectbox(
                f"Column with the {field}", columns, index=columns.index(at) if at in columns else 0, on_change=remap,
                key=f"map_{field}_{file_id}", width=260,
            )  # fmt: skip


def _issues(draft, filename: str) -> None:
    if not draft.issues:
        st.caption(":green[:material/check_circle:] No issue in any row.")
        return
    frame = pd.DataFrame([issue.model_dump(mode="json") for issue in draft.issues])
    st.warning(
        f"{len(draft.issues)} issues. Rows with an error are left out when you save.", title="Look at these rows"
    )
    st.dataframe(frame.head(PREVIEW), hide_index=True, key="issues", alt="Issues by row")
    st.download_button(
        "Download issues", data=frame.to_csv(index=False).encode(), file_name=f"{filename}-issues.csv", mime="text/csv",
        icon=":material/download:", on_click="ignore", key="issues_csv",
    )  # fmt: skip
