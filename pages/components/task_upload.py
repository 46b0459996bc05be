"""Files become a draft, the draft a task set: nothing is saved before the person says so."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Mapping, Sequence

import pandas as pd
import streamlit as st
from streamlit.runtime.uploaded_file_manager import UploadedFile

from agentopt_core.errors import AgentOptError
from agentopt_core.importing import FIELDS, TEMPLATES, Draft
from pages.components.say import DASH, plain
from pages.components.split_form import split_form
from pages.components.states import error_state, guarded
from pages.components.task_profile import in_words, pictures, power, repeats
from pages.components.task_sets import SETS
from pages.components.task_table import task_table
from pages.components.workbench import workbench

ALWAYS_MAPPED = ("question", "answer")
RECOGNISED = "As recognised"
_DRAFT = "task_draft"
"""Where this browser session keeps what was read, so that a click does not read the files again."""
_NUMBER = re.compile(r"[-+]?[0-9]+(?:[.,][0-9]+)?%?")
_BAR_S = 0.2
"""Seconds between two movements of the progress bar."""


def upload() -> None:
    """The upload half of the page."""
    files = st.file_uploader(
        "Drop a task file here, several files, or a zip. Pictures and other files of tasks go beside the task file.",
        accept_multiple_files=True, key="upload",
    )  # fmt: skip
    if not files:
        _help()
        return
    formats = {one.name: one for one in workbench().formats()}
    chosen = st.session_state.get("task_format", RECOGNISED)
    mapping = st.session_state.get(_mapping_key(files))
    found = _read(files, None if chosen == RECOGNISED else chosen, mapping)
    if isinstance(found, AgentOptError) or not isinstance(found, Draft):
        error_state(found.message, found.hint, title="Not read")
        _format_control(formats)
        columns = getattr(found, "columns", ())
        if columns:
            _mapping(files, columns, mapping or {})
        return
    _draft(found, files, formats)


def _help() -> None:
    with st.container(horizontal=True, vertical_alignment="center"):
        st.caption("Tasks of your own? Start from a template:", width="content")
        for name, data in TEMPLATES.items():
            st.download_button(
                name, data=data, file_name=name, icon=":material/download:", type="tertiary", on_click="ignore",
                key=f"template_{name}",
            )  # fmt: skip
    st.subheader("What is read as it comes", anchor=False)
    with st.grid(4, min_column_width=230):
        for one in workbench().formats():
            with st.container(gap="xxsmall"):
                st.markdown(f"**{plain(one.title, 60)}**")
                st.caption(plain(one.sentence, 300))


def _read(files: Sequence[UploadedFile], format: str | None, mapping: Mapping[str, str] | None) -> object:
    """The draft of these files, or the error that reading them gave: once, whatever is clicked meanwhile."""
    wanted = (tuple(file.file_id for file in files), format, tuple(sorted((mapping or {}).items())))
    kept, found = st.session_state.get(_DRAFT, (None, None))
    if kept == wanted and (not isinstance(found, Draft) or found.folder.exists()):
        return found
    _forget()
    bar = st.progress(0.0, text="Reading ...")
    try:
        found = workbench().read_upload(
            [(file.name, file) for file in files], format=format, mapping=mapping, progress=_moving(bar)
        )
    except AgentOptError as error:
        found = error
    finally:
        bar.empty()
    st.session_state[_DRAFT] = (wanted, found)
    return found


def _forget() -> None:
    _, found = st.session_state.pop(_DRAFT, (None, None))
    if isinstance(found, Draft):
        workbench().discard_draft(found)


def _moving(bar: object) -> Callable[[int, int | None], None]:
    moved = 0.0

    def progress(rows: int, total: int | None) -> None:
        nonlocal moved
        if time.monotonic() - moved >= _BAR_S:
            moved = time.monotonic()
            share = min(1.0, rows / total) if total else 0.0
            of = f" of {total:,}" if total else ""
            bar.progress(share, text=f"Reading: {rows:,}{of} rows")  # type: ignore[attr-defined]

    return progress


def _draft(draft: Draft, files: Sequence[UploadedFile], formats: Mapping[str, object]) -> None:
    name_key = f"name_{_files_key(files)}"
    left_out = f" {_rows(draft.left_out)} left out (tab Issues)." if draft.left_out else ""
    st.markdown(f"**{plain(draft.title, 80)}.** {plain(draft.reason, 300)}  \n{in_words(draft.profile)}{left_out}")
    # What concerns a whole file stands here and not only in the list.
    notices = [plain(issue.reason, 400) for issue in draft.issues if not issue.row and issue.severity == "warning"]
    if draft.scorable and not draft.profile.scorable_splits.get("train"):
        st.warning(
            "As it is, this set can be looked at but not trained on. Draw the splits anew (tab Splits), then save.",
            title="No training task with an answer",
        )
    if notices:
        st.caption("  \n".join(f":material/info: {notice}" for notice in notices[:4]))
    if not draft.profile.tasks:
        _issues(draft)
        return
    plan_key = f"draw_{_files_key(files)}"

    def save() -> None:
        with guarded():
            plan = st.session_state.get(f"plan_{plan_key}") if st.session_state.get(plan_key) else None
            st.query_params["set"] = workbench().save_task_set(draft, st.session_state[name_key], plan)
            st.session_state.pop(_DRAFT, None)
            st.session_state["view"] = SETS
            st.toast("Task set saved.", icon=":material/save:")

    with st.container(horizontal=True, vertical_alignment="bottom"):
        st.text_input("Name", value=draft.name, max_chars=80, key=name_key, width=320)
        st.button("Save task set", type="primary", icon=":material/save:", key="save_set", on_click=save)
        st.caption("Nothing is saved before that.", width="content")
    problems = draft.left_out + draft.warned
    names = ["Tasks", "Columns", "Make-up", "Splits", f"Issues ({problems:,})" if problems else "Issues"]
    tasks, columns, make_up, splits, issues = st.tabs(names, key="draft_part", on_change="rerun")
    bench = workbench()
    if tasks.open:
        with tasks, guarded():
            task_table(
                lambda offset, limit: bench.draft_tasks(draft, offset, limit),
                draft.profile.tasks,
                lambda attachment: bench.attachment(draft, attachment),
                key=f"draft_{_files_key(files)}",
            )
    if columns.open:
        with columns, guarded():
            _format_control(formats)
            _mapping(files, draft.columns, draft.mapping)
    if make_up.open:
        with make_up, guarded():
            pictures(draft.profile)
            power(draft.profile)
            repeats(draft.profile)
    if splits.open:
        with splits, guarded():
            if st.toggle("Draw the splits anew", key=plan_key):
                st.session_state[f"plan_{plan_key}"], _ = split_form(draft, _files_key(files))
            else:
                st.caption("The splits stay as the files say; tasks that name none are for training.")
                power(draft.profile)
                repeats(draft.profile)
    if issues.open:
        with issues, guarded():
            _issues(draft)


def _format_control(formats: Mapping[str, object]) -> None:
    titles = {RECOGNISED: RECOGNISED} | {name: getattr(one, "title", name) for name, one in formats.items()}
    st.selectbox("Format", list(titles), format_func=titles.__getitem__, key="task_format", width=320)


def _files_key(files: Sequence[UploadedFile]) -> str:
    return files[0].file_id + str(len(files))


def _mapping_key(files: Sequence[UploadedFile]) -> str:
    return f"mapping_{_files_key(files)}"


def _mapping(files: Sequence[UploadedFile], columns: Sequence[str], mapping: Mapping[str, str]) -> None:
    """Which column holds what."""
    key = _files_key(files)

    def remap() -> None:
        chosen = {field: st.session_state.get(f"map_{field}_{key}") for field in FIELDS}
        before = {field for field, column in mapping.items() if column}
        st.session_state[_mapping_key(files)] = {
            field: column or "" for field, column in chosen.items() if column or field in before
        }

    def control(field: str) -> None:
        at = mapping.get(field)
        st.selectbox(
            f"Column with the {field}" if field in ALWAYS_MAPPED else field.replace("_", " ").capitalize(),
            list(columns),
            index=list(columns).index(at) if at in columns else None,
            format_func=lambda column: plain(column, 60),
            placeholder="none",
            key=f"map_{field}_{key}",
            on_change=remap,
        )

    with st.grid(2, min_column_width=240):
        for field in ALWAYS_MAPPED:
            control(field)
    with st.expander("Other columns"), st.grid(4, min_column_width=180):
        for field in FIELDS:
            if field not in ALWAYS_MAPPED:
                control(field)


def _issues(draft: Draft) -> None:
    if not draft.issues:
        st.caption(":green[:material/check_circle:] No issue in any row.")
        return
    notices = "1 notice" if draft.warned == 1 else f"{draft.warned:,} notices"
    st.markdown(f"**{_rows(draft.left_out)} left out, {notices} about what was kept.**")
    frame = issues_frame(draft)
    st.dataframe(
        frame, hide_index=True, key="issues", placeholder=DASH, alt="Issues by row",
        height=360 if len(frame) > 9 else "auto",
        column_config={
            "file": st.column_config.TextColumn("File", width=180),
            "row": st.column_config.NumberColumn("Row", width=60),
            "field": st.column_config.TextColumn("Field", width=90),
            "reason": st.column_config.TextColumn("What is the matter", width=700),
            "severity": st.column_config.TextColumn("What became of it", width=120),
        },
    )  # fmt: skip
    if len(draft.issues) < draft.left_out + draft.warned:
        st.caption(f"The first {len(draft.issues):,} of {draft.left_out + draft.warned:,}.")
    st.download_button(
        "Download issues", data=issues_csv(frame), file_name=f"{draft.name}-issues.csv", mime="text/csv",
        icon=":material/download:", on_click="ignore", key="issues_csv",
    )  # fmt: skip


def issues_frame(draft: Draft) -> pd.DataFrame:
    """One row per issue; the file only where there are several."""
    frame = pd.DataFrame([issue.model_dump(mode="json") for issue in draft.issues])
    frame["severity"] = frame["severity"].map({"error": "left out", "warning": "kept"})
    frame["row"] = frame["row"].map(lambda row: row or None).astype("Int64")  # none: about the whole file
    columns = ["file", "row", "field", "reason", "severity"]
    return frame[columns if len(set(frame["file"])) > 1 else columns[1:]]


def _rows(number: int) -> str:
    return "1 row is" if number == 1 else f"{number:,} rows are"


def issues_csv(frame: pd.DataFrame) -> bytes:
    """The issues as CSV; a cell that a spreadsheet would take for a formula gets an apostrophe, plain numbers none."""

    def safe(cell: object) -> object:
        formula = isinstance(cell, str) and cell[:1] in set("=+-@\t\r") and not _NUMBER.fullmatch(cell)
        return f"'{cell}" if formula else cell

    return frame.map(safe).to_csv(index=False).encode("utf-8", "replace")
