"""Changing functions by hand: write or edit one, take one away, roll back, or begin a new run with a set."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st
from pydantic import ValidationError

from agentopt_core.actions import Refusal
from agentopt_core.functions import Function, FunctionSet, Origin
from agentopt_core.reviews import MAX_REASON, FunctionText, HandChange
from agentopt_core.views import LIVE, LineageNode, RunSummary
from pages.components.function_fork import ask_fork, close_dialog, fork, open_dialog, opened, upload
from pages.components.person import who
from pages.components.say import plain
from pages.components.states import answer, error_state, guarded

if TYPE_CHECKING:
    from agentopt_core.workbench import Workbench

TEMPLATE = '''def my_function(text: str) -> str:
    """Say when the agent should call it and what it returns."""
    return text
'''
_CODE_FONT = "{font: .84rem/1.5 'Source Code Pro', ui-monospace, monospace; tab-size: 4}"
_FIELD_OF = {
    "missing_field": "name", "bad_name": "name", "reserved_name": "name", "name_exists": "name", "name_unknown": "name",
    "duplicate_in_reply": "name", "empty_description": "description", "bad_schema": "arguments",
    "schema_signature_mismatch": "arguments", "bad_packages": "packages", "unknown_package": "packages",
}  # fmt: skip
"""Reason code of a refusal -> the field it is told at; every other is told at the code."""


def can_change(run: RunSummary) -> bool:
    """A trainer works on the run, or one could go on with it."""
    return run.status in LIVE or (run.can_resume and run.status != "finished")


def change_buttons(bench: Workbench, run: RunSummary, node: LineageNode) -> None:
    """What can be done with a version: roll back to it, or begin a new run with it."""
    if node.evaluation is None:
        return
    with st.container(horizontal=True, width="content"):
        st.button(
            "Roll back to this", icon=":material/settings_backup_restore:", key="roll_back",
            on_click=open_dialog, args=("roll_back", run.run_id, node),
            disabled=not can_change(run) or node.evaluation == run.best_evaluation,
            help="It becomes the next step of the run, measured like any" if can_change(run)
            else "The run has ended: what it did stays. Begin a new run with this set instead.",
        )  # fmt: skip
        st.button(
            "Merge with version…", icon=":material/merge:", key="merge_version", on_click=open_dialog,
            args=("merge", run.run_id, node), disabled=node.step == 0,
            help="Everything comes from the baseline: there is nothing of it to merge." if node.step == 0
            else "Join this set with another one, function by function.",
        )  # fmt: skip
        functions = bench.function_sets(run.run_id).get(node.evaluation, FunctionSet())
        origin = Origin(kind="run", run_id=run.run_id, evaluation=node.evaluation)
        st.button(
            "New run from this", icon=":material/fork_right:", key="fork_version",
            on_click=ask_fork, args=(functions, origin, run.run_id),
        )  # fmt: skip


def function_buttons(run: RunSummary, function: Function, accepted: bool) -> None:
    """Edit the function that is shown; take it away where it is in the accepted set."""
    with st.container(horizontal=True, width="content"):
        st.button(
            "Edit", icon=":material/edit:", key="edit_function", on_click=open_dialog,
            args=("edit", run.run_id, function),
        )  # fmt: skip
        if accepted:
            st.button(
                "Remove", icon=":material/delete:", key="remove_function", on_click=open_dialog,
                args=("remove", run.run_id, function.name),
            )  # fmt: skip


def new_buttons(run_id: str | None) -> None:
    """Write a function, or read a file of them."""
    if run_id:
        st.button(
            "New function", icon=":material/add:", key="new_function", on_click=open_dialog, args=("edit", run_id, None)
        )
    st.button(
        "Upload .py", icon=":material/upload_file:", key="upload_source", on_click=open_dialog,
        args=("upload", run_id),
    )  # fmt: skip


def show_dialog(bench: Workbench) -> None:
    """The dialog that is open, if one is."""
    match opened():
        case ("edit", (str(run_id), function)):
            edit(bench, bench.run(run_id), function)
        case ("remove", (str(run_id), name)):
            _remove(bench, bench.run(run_id), name)
        case ("roll_back", (str(run_id), node)):
            _roll_back(bench, bench.run(run_id), node)
        case ("merge", (str(run_id), node)):
            from pages.components.function_merge import merge_versions  # it ends with this module's own ways

            merge_versions(bench, bench.run(run_id), node)
        case ("upload", (run_id,)):
            upload(bench, bench.run(run_id) if run_id else None)
        case ("fork", (functions, origin, parent)):
            fork(bench, functions, origin, parent)


@st.dialog("Write or edit a function", width="large", icon=":material/edit:", on_dismiss=close_dialog)
def edit(bench: Workbench, run: RunSummary, function: Function | None) -> None:
    """The five fields of a function. What is wrong with them stands at the field, before anything is run."""
    with guarded():
        _edit(bench, run, function)


def _edit(bench: Workbench, run: RunSummary, function: Function | None) -> None:
    from agentopt_core.workbench.evidence import as_text  # brings the whole core along

    start = as_text(function) if function else FunctionText(name="my_function", description="", code=TEMPLATE)
    key = f"edit_{function.digest if function else 'new'}"
    draft = {
        name: str(st.session_state.get(f"{key}_{name}", getattr(start, name))) for name in FunctionText.model_fields
    }
    change, candidate, faults = _judged(bench, run, draft)
    st.html(
        f"<style>[class*=st-key-{key}_code] textarea, [class*=st-key-{key}_arguments] textarea {_CODE_FONT}</style>"
    )
    left, right = st.columns([2, 3], gap="medium")
    with left:
        st.text_input("Name", start.name, key=f"{key}_name", max_chars=64)
        told(faults, "name")
        st.text_area("Description", start.description, key=f"{key}_description", max_chars=1_024, height=110,
                     help="When to call it and what it returns. Empty: the docstring.")  # fmt: skip
        told(faults, "description")
        st.text_area("Arguments (JSON schema)", start.arguments, key=f"{key}_arguments", max_chars=12_000, height=180,
                     help="Empty: read from the signature and its annotations.")  # fmt: skip
        told(faults, "arguments")
        st.text_input("Packages", start.packages, key=f"{key}_packages", max_chars=2_000,
                      help="Distributions it imports, separated by commas. Nothing is installed.")  # fmt: skip
        told(faults, "packages")
    with right:
        st.text_area("Code", start.code, key=f"{key}_code", max_chars=30_000, height=440)
        told(faults, "code")
    renamed = function is not None and draft["name"].strip() != function.name
    if renamed:
        st.caption("Under another name it is a new function beside the old one.")
    if change:
        st.caption(":material/check: It passes the checks. Running it is the sandbox's work, in the run.")
    _ends(
        bench,
        run,
        change,
        candidate,
        Origin(kind="run", run_id=run.run_id, evaluation=run.best_evaluation, edited=True),
    )


def _judged(
    bench: Workbench, run: RunSummary, draft: dict[str, str]
) -> tuple[HandChange | None, FunctionSet, tuple[Refusal, ...]]:
    """The change that the fields describe, the set it makes, and what is wrong with it."""
    if not draft["arguments"].strip():
        draft = {**draft, "arguments": bench.schema_told(draft["name"].strip(), draft["code"])}
    try:
        change = HandChange(functions=(FunctionText(**draft),))
    except ValidationError as error:
        field = str(error.errors()[0]["loc"][0])
        fault = Refusal(op="edit", name=draft["name"][:100], code=field, reason="This is too long.", attempt=1)
        return None, FunctionSet(), (fault,)
    candidate, faults = bench.changed(run.run_id, change, bench.config(run.run_id))
    return (None if faults else change), candidate, faults


def told(faults: tuple[Refusal, ...], field: str) -> None:
    for fault in faults:
        if _FIELD_OF.get(fault.code, "code") == field:
            st.markdown(f":red[:material/error: {plain(fault.reason, 600)}]")


@st.dialog("Remove a function", icon=":material/delete:", on_dismiss=close_dialog)
def _remove(bench: Workbench, run: RunSummary, name: str) -> None:
    with guarded():
        st.markdown(f"**{plain(name, 80)}** is taken out of the accepted set; the set without it is measured.")
        change = HandChange(remove=(name,))
        candidate, _ = bench.changed(run.run_id, change, bench.config(run.run_id))
        _ends(
            bench,
            run,
            change,
            candidate,
            Origin(kind="run", run_id=run.run_id, evaluation=run.best_evaluation, edited=True),
        )


@st.dialog("Roll back", icon=":material/settings_backup_restore:", on_dismiss=close_dialog)
def _roll_back(bench: Workbench, run: RunSummary, node: LineageNode) -> None:
    with guarded():
        what = "the baseline" if node.step == 0 else f"the set of update {node.step}"
        st.markdown(f"The run goes on from {what}: {plain(', '.join(node.functions), 400) or 'no functions'}.")
        change = HandChange(evaluation=node.evaluation)
        functions = bench.function_sets(run.run_id).get(node.evaluation or 0, FunctionSet())
        _ends(bench, run, change, functions, Origin(kind="run", run_id=run.run_id, evaluation=node.evaluation))


def put_into_run(bench: Workbench, run: RunSummary, change: HandChange) -> None:
    """Hand a change to the run; what is not possible is said."""
    try:
        bench.change(run.run_id, change, who())
    except Exception as error:
        message = getattr(error, "message", None)
        if message is None:
            raise
        error_state(message, getattr(error, "hint", ""))
        return
    answer("The change is in the run's queue: it becomes its next step, measured like any.")
    close_dialog()
    st.rerun()


def _ends(bench: Workbench, run: RunSummary, change: HandChange | None, functions: FunctionSet, origin: Origin) -> None:
    """Why, and where the change goes: into this run, or into a new one."""
    reason = st.text_input("Reason", key="why", max_chars=MAX_REASON, placeholder="It stands in the run's history")
    st.caption(f"Made by {plain(who(), 60)}; the name at the top right can be changed.")
    with st.container(horizontal=True):
        if st.button(
            "Put it into this run", type="primary", icon=":material/check:", key="into_run",
            disabled=change is None or not can_change(run),
        ):  # fmt: skip
            assert change is not None
            put_into_run(bench, run, change.with_(reason=reason))
        if st.button("Start a new run from it", icon=":material/fork_right:", key="into_fork", disabled=change is None):
            ask_fork(functions, origin, run.run_id)
            st.rerun()
    if not can_change(run):
        st.caption("This run has ended, so what it did stays as it is; a new run can begin with the changed set.")
