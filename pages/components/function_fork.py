"""Beginning a new run with functions: from a version, from an edited set, or from a .py file."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import streamlit as st

from agentopt_core.config import RunConfig
from agentopt_core.functions import FunctionSet, Origin
from agentopt_core.reviews import HandChange
from agentopt_core.views import RunSummary
from pages.components.person import who
from pages.components.say import plain, shorten, title
from pages.components.shell import TRAIN
from pages.components.states import error_state, guarded
from pages.components.task_sets import set_label

if TYPE_CHECKING:
    from agentopt_core.workbench import Workbench

_OPEN = "function_dialog"
"""In the session: which dialog is open, and what it is about."""


def open_dialog(name: str, *about: object) -> None:
    """Open a dialog of this page: now from a button's callback, else at the next run of the page."""
    st.session_state[_OPEN] = (name, about)


def close_dialog() -> None:
    """No dialog is open."""
    st.session_state.pop(_OPEN, None)


def opened() -> tuple[str, tuple[Any, ...]] | None:
    """Name and subject of the dialog that is open."""
    return st.session_state.get(_OPEN)


def ask_fork(functions: FunctionSet, origin: Origin, parent: str) -> None:
    """Open the dialog of a fork. `parent`: the run whose settings are taken; empty for none."""
    open_dialog("fork", functions, origin, parent)


@st.dialog("Start a new run from these functions", icon=":material/fork_right:", on_dismiss=close_dialog)
def fork(bench: Workbench, functions: FunctionSet, origin: Origin, parent: str) -> None:
    """Name and tasks of a run that begins with these functions, and its start."""
    with guarded():
        _form(bench, functions, origin, parent)


def _form(bench: Workbench, functions: FunctionSet, origin: Origin, parent: str) -> None:
    names = plain(", ".join(functions.names), 600) or "no functions, as the paper begins"
    st.markdown(f"It begins with {len(functions)}: {names}.")
    st.caption(plain(origin.sentence, 300))
    config, own = settings(bench, parent)
    sets = {one.id: one for one in bench.task_sets() if not one.problem}
    options = list(dict.fromkeys(([own] if own else []) + list(sets)))

    def label(id: str) -> str:
        name = set_label(sets, id) if id in sets else id
        return f"{name} (as in the run)" if id == own else name

    name = st.text_input("Name", f"{config.name or 'Run'}, forked"[:80], key="fork_name", max_chars=80)
    tasks = st.selectbox("Tasks", options, format_func=label, key="fork_tasks")
    st.caption("Settings are those of the run it comes from." if parent else "Settings are those of the quick preset.")
    if st.button("Start", type="primary", icon=":material/play_arrow:", key="fork_start", disabled=tasks is None):
        try:
            run_id = bench.fork(functions, config.with_(name=name), tasks, who(), origin)
        except Exception as error:
            message = getattr(error, "message", None)
            if message is None:
                raise
            error_state(message, getattr(error, "hint", ""))
            return
        close_dialog()
        st.switch_page(TRAIN, query_params={"run": run_id})


def settings(bench: Workbench, parent: str) -> tuple[RunConfig, str]:
    """The settings a fork takes, and the id of its parent's task set; the first preset's where there is no parent."""
    if parent:
        return bench.config(parent), bench.task_set_of(parent)
    return next(iter(bench.presets().values())).config, ""


@st.dialog("Functions from a Python file", width="large", icon=":material/upload_file:", on_dismiss=close_dialog)
def upload(bench: Workbench, run: RunSummary | None) -> None:
    """Read a .py file into functions; they go into the run or into a new one. The file is read, never run here."""
    with guarded():
        _upload(bench, run)


def _upload(bench: Workbench, run: RunSummary | None) -> None:
    from agentopt_core.workbench.evidence import as_text  # brings the whole core along
    from pages.components.function_change import can_change, put_into_run

    files = st.file_uploader(
        "A .py file; the tools.json of an export beside it if there is one", type=["py", "json"],
        accept_multiple_files=True, key="source_files", max_upload_size=1,
    )  # fmt: skip
    st.caption(
        "Every public function at the top level is taken, with the imports and helpers it needs; its docstring becomes "
        "the description, its annotations the parameters. The file is read, never imported or run here."
    )
    source = next((file for file in files or [] if file.name.endswith(".py")), None)
    if source is None:
        return
    tools = next((file.getvalue() for file in files or [] if file.name.endswith(".json")), None)
    config, _ = settings(bench, run.run_id if run else "")
    found, refusals = bench.read_source(source.getvalue(), config, tools)
    for function in found.each():
        with st.expander(f":material/check: {plain(function.name, 80)}"):
            st.caption(plain(function.description, 600))
            st.code(function.code, language="python", height=260)
    for refusal in refusals:
        error_state(refusal.reason, "The others can be used without it.", title=plain(refusal.name, 80) or "Not usable")
    origin = Origin(kind="file", file=shorten(source.name, 80))
    with st.container(horizontal=True):
        if st.button(
            "Start a new run from these", type="primary", icon=":material/fork_right:", key="upload_fork",
            disabled=not len(found),
        ):  # fmt: skip
            ask_fork(found, origin, run.run_id if run else "")
            st.rerun()
        if run and st.button(
            f"Put them into {plain(title(run), 40)}",
            key="upload_change",
            disabled=not len(found) or not can_change(run),
        ):
            change = HandChange(functions=tuple(map(as_text, found.each())), reason=origin.sentence)
            put_into_run(bench, run, change)
