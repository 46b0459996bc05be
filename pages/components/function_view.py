"""The versions of a run's functions, any two of them side by side, and the export."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING

import pandas as pd
import streamlit as st

from agentopt_core.reports.diff import side_by_side
from agentopt_core.views import FunctionVersion, RunSummary, UpdateView
from pages.components.function_blame import blame_html
from pages.components.function_change import function_buttons
from pages.components.function_evidence import evidence_line
from pages.components.presentation import presenting
from pages.components.say import DASH, plain, shorten
from pages.components.shell import TRAIN
from pages.components.states import empty_state, error_state
from pages.components.updates import VERDICTS

if TYPE_CHECKING:
    from agentopt_core.workbench import Workbench

DONE = {"add": "Added", "revise": "Revised", "remove": "Removed"}


def functions_view(bench: Workbench, run: RunSummary) -> None:
    """The versions at the left, the one that is selected in full at the right."""
    versions = bench.function_versions(run.run_id)
    left, right = st.columns([2, 3], gap="medium")
    with left:
        selected = version_list(run.run_id, versions)
        if not presenting():
            export_panel(bench, run)
    with right:
        if selected is None:
            error_state(
                f"This run has no function called {st.query_params.get('name', '')}.",
                "Choose one from the list.",
                title="No such function",
            )
        else:
            compare(bench, run, selected, versions)


def version_list(run_id: str, versions: Sequence[FunctionVersion]) -> FunctionVersion | None:
    """The list, newest first, filtered by status. Returns the version the address or a click selects."""
    statuses = [status for status in VERDICTS if any(version.status == status for version in versions)]
    chosen = st.pills(
        "Status", statuses, format_func=lambda status: VERDICTS[status][0].capitalize(), selection_mode="multi",
        default=statuses, key="status", bind="query-params", label_visibility="collapsed",
    )  # fmt: skip
    shown = [version for version in reversed(versions) if version.status in (chosen or statuses)]
    selected = addressed(versions, st.query_params.get("name"), st.query_params.get("step"))

    def select() -> None:
        rows = st.session_state["versions"].selection.rows
        if rows:
            picked = shown[rows[0]]
            st.query_params.from_dict({**st.query_params, "name": picked.name, "step": address(versions, picked)})
            st.query_params.pop("against", None)

    words = [VERDICTS[status][0] for status in VERDICTS]
    st.dataframe(
        versions_frame(shown),
        hide_index=True,
        key="versions",
        on_select=select,
        selection_mode="single-row",
        selection_default={"selection": {"rows": [shown.index(selected)]}} if selected in shown else None,
        placeholder=DASH,
        height=400 if len(shown) > 10 else "auto",
        alt="Versions of the functions, newest first",
        column_config={
            "function": st.column_config.TextColumn("Function", width=130),
            "version": st.column_config.TextColumn("Version", width=60),
            "status": st.column_config.MultiselectColumn(
                "Status", options=words, color=[VERDICTS[status][1] for status in VERDICTS], width=100
            ),
            "update": st.column_config.NumberColumn("Update", width=60),
            "calls": st.column_config.TextColumn("Good calls", width=80, help="In the evaluation of its candidate"),
        },
    )
    return selected


def versions_frame(versions: Sequence[FunctionVersion]) -> pd.DataFrame:
    """One row per version."""
    return pd.DataFrame(
        {
            "function": [shorten(version.name, 60) for version in versions],
            "version": [version_label(version) for version in versions],
            "status": [[VERDICTS[version.status][0]] for version in versions],
            "update": [version.step for version in versions],
            "calls": [f"{version.succeeded} of {version.calls}" if version.calls else None for version in versions],
        }
    )


def version_label(version: FunctionVersion) -> str:
    """`v2`, or what happened when there is no code to show."""
    if version.op == "remove":
        return "removed"
    return f"v{version.version}" if version.version else DASH


def address(versions: Sequence[FunctionVersion], version: FunctionVersion) -> str:
    """How `?step=` names a version of its function: the step, or `4r2` for the second proposal refused in step 4."""
    if version.status != "refused":
        return str(version.step)
    refused = [
        one for one in versions
        if (one.name, one.step, one.status) == (version.name, version.step, "refused")
    ]  # fmt: skip
    return f"{version.step}r{refused.index(version) + 1}"


def addressed(versions: Sequence[FunctionVersion], name: str | None, step: str | None) -> FunctionVersion | None:
    """The version that `?name=&step=` asks for; without a name the newest kept one, else the newest."""
    if name is None:
        kept = [version for version in versions if version.status == "kept" and version.function]
        return (kept or list(versions))[-1]
    named = [version for version in versions if version.name == name]
    return next((one for one in named if address(versions, one) == step), named[-1] if named else None)


def predecessor(versions: Sequence[FunctionVersion], version: FunctionVersion) -> FunctionVersion | None:
    """What the agent carried under that name when the version was proposed: the last kept one before it."""
    before = [
        one for one in versions
        if one.name == version.name and one.status == "kept" and one.step < version.step
    ]  # fmt: skip
    return before[-1] if before and before[-1].function else None


def compare(bench: Workbench, run: RunSummary, version: FunctionVersion, versions: Sequence[FunctionVersion]) -> None:
    """One version in full: what became of it, who wrote which line, and the difference to any other of its name."""
    run_id = run.run_id
    updates = bench.updates(run_id)
    word, color, icon = VERDICTS[version.status]
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
        with st.container(horizontal=True, vertical_alignment="center", width="content"):
            label = f" {version_label(version)}" if version.version else ""
            st.subheader(f"{plain(version.name, 80)}{label}", anchor=False, width="content")
            st.badge(word, color=color, icon=icon)
            if version.by:
                st.badge(f"edited by {plain(version.by, 60)}", color="violet", icon=":material/edit:")
        if version.function:
            accepted = bench.accepted_functions(run_id)
            if not presenting():
                function_buttons(run, version.function, version.name in accepted)
    calls = f"{version.succeeded} of {version.calls} calls succeeded" if version.calls else "not called"
    told = f"; {calls} in evaluation {version.evaluation}" if version.evaluation is not None else ""
    done = f"{DONE[version.op]} in update {version.step}" if version.step else "There from the start"
    st.caption(f"{done}{told}. {plain(version.reason, 1_000)}")
    if version.status != "refused":
        st.caption(evidence_line(next((e for e in bench.function_evidence(run_id) if e.name == version.name), None)))
    same = [one for one in versions if one.name == version.name and one.function]
    if version.function is None and version.op != "remove":
        _proposal(version, address(versions, version), updates)
        return
    before = _other(run_id, version, same, predecessor(versions, version))
    old, new = (before.function if before else None), version.function
    heads = (version_label(before) if before else "nothing", version_label(version) if new else "removed")
    parts = ["Code", "Description and parameters", "Blame"]
    code, about, blamed = st.tabs(parts, key="part", bind="query-params", on_change="rerun")
    if code.open:
        with code:
            st.html(side_by_side(old.code if old else "", new.code if new else "", heads))
    if about.open:
        with about:
            st.html(side_by_side(old.description if old else "", new.description if new else "", heads, "text"))
            st.html(side_by_side(_schema(old), _schema(new), heads, "json"))
    if blamed.open:
        with blamed:
            if new is None:
                st.caption("It was removed: no line is left.")
            else:
                st.caption("The update that brought each line, with the tasks it fixed (+) and broke (−).")
                evaluations = {update.step: update.evaluation for update in updates}
                blame = bench.blame(run_id, version.name, version.step)
                st.html(blame_html(run_id, version.name, blame, evaluations))
    if new:
        with st.expander("Source, to copy", key="source", on_change="rerun") as source:
            if source.open:
                st.code(
                    new.code, language="python", wrap_lines=True, height=420 if len(new.code) > 2_000 else "content"
                )


def _proposal(version: FunctionVersion, where: str, updates: Sequence[UpdateView]) -> None:
    """What the optimizer wrote and validation refused, as it was written."""
    refusals = [
        refusal for update in updates if update.step == version.step
        for refusal in update.refusals if refusal.name == version.name
    ]  # fmt: skip
    number = int(where.rpartition("r")[2] or 1) - 1
    if number < len(refusals) and refusals[number].proposal:
        st.caption("The proposal as it was written. The reason went back to the optimizer, so that it could try again.")
        st.code(refusals[number].proposal, language=None, wrap_lines=True)
    else:
        empty_state("No code to show", "The proposal could not be read as a function.", ":material/code_off:")


def _schema(function: object) -> str:
    return json.dumps(getattr(function, "parameters", None), indent=2, ensure_ascii=False) if function else ""


def _other(
    run_id: str, version: FunctionVersion, same: Sequence[FunctionVersion], before: FunctionVersion | None
) -> FunctionVersion | None:
    """The version to compare with: what it replaced, unless `?against=` names another step."""
    options = {"nothing": None} | {str(one.step): one for one in same if one.step != version.step}
    wanted = st.query_params.get("against", str(before.step) if before else "nothing")

    def choose() -> None:
        st.query_params["against"] = st.session_state[key]

    key = f"against_{run_id}_{version.name}_{version.step}"

    def label(step: str) -> str:
        one = options[step]
        return f"{version_label(one)} (update {step}, {VERDICTS[one.status][0]})" if one else "nothing"

    names = list(options)
    chosen = st.selectbox(
        "Compare with",
        names,
        index=names.index(wanted) if wanted in names else 0,
        format_func=label,
        key=key,
        on_change=choose,
        width=320,
    )
    return options[chosen]


def export_panel(bench: Workbench, run: RunSummary) -> None:
    """The accepted set, as a zip or as a folder on this machine."""
    accepted = bench.accepted_functions(run.run_id)
    with st.container(border=True):
        st.markdown(f"**Accepted functions: {len(accepted)}**")
        if not len(accepted):
            st.caption("No update was kept yet, so there is nothing to export.")
            return
        with st.container(horizontal=True):
            st.download_button(
                "Download zip", data=lambda: bench.export_zip(run.run_id), file_name=f"{run.run_id}-functions.zip",
                mime="application/zip", icon=":material/download:", type="primary", on_click="ignore", key="export_zip",
            )  # fmt: skip
            if st.button("Write to a folder", icon=":material/folder:", key="export_folder"):
                st.session_state["exported"] = (run.run_id, str(bench.export(run.run_id)))
        written = st.session_state.get("exported")
        if written and written[0] == run.run_id:
            st.code(written[1], language=None, wrap_lines=True)
        st.caption("functions.py, tools.json for the OpenAI API, a manifest and a test of recorded calls.")
        for function in accepted.each():
            st.caption(f"{plain(function.name, 80)}: {plain(function.description, 160)}")
        st.page_link(TRAIN, label="Open the run", icon=":material/show_chart:", query_params={"run": run.run_id})
