"""Merging two versions of a run by hand: what comes of each function, conflicts, contract tests, and the ends."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd
import streamlit as st

from agentopt_core.functions import FunctionSet, Origin
from agentopt_core.optimizer.merging import MergedFunction
from agentopt_core.reports.diff import side_by_side
from agentopt_core.reviews import MAX_REASON
from agentopt_core.views import LineageNode, RunSummary
from pages.components.function_change import can_change, put_into_run
from pages.components.function_fork import ask_fork, close_dialog
from pages.components.say import DASH, measured, plain, shorten
from pages.components.states import error_state, guarded
from pages.components.updates import VERDICTS

if TYPE_CHECKING:
    from agentopt_core.workbench import Workbench
    from agentopt_core.workbench.search import MergedVersions

CASES = {
    "unchanged": "· unchanged",
    "one_side": "+ changed by one",
    "both_same": "= changed alike",
    "conflict": "! conflict",
}
"""Sign and word of what each function's history in the two versions is."""
MOST = 300
"""Versions to choose from, the newest."""


@st.dialog("Merge with another version", width="large", icon=":material/merge:", on_dismiss=close_dialog)
def merge_versions(bench: Workbench, run: RunSummary, node: LineageNode) -> None:
    """Choose the other version, look at what comes of it, and send it on. Nothing runs before a button says so."""
    with guarded():
        _merge(bench, run, node)


def _merge(bench: Workbench, run: RunSummary, node: LineageNode) -> None:
    if node.evaluation is None:
        return
    others = {one.evaluation: one for one in bench.mergeable(run.run_id, node.evaluation)[:MOST]}
    if not others:
        st.caption("Every other version is on the line of this one: the later of the two holds what the earlier did.")
        return
    numbers = list(others)
    chosen = st.selectbox(
        f"Merge {version_words(node)} with", numbers, key="merge_with",
        index=numbers.index(run.best_evaluation) if run.best_evaluation in others else 0,
        format_func=lambda one: version_words(others[one]),
    )  # fmt: skip
    nodes = {one.evaluation: one for one in bench.lineage(run.run_id)}
    merged = bench.merged(run.run_id, node.evaluation, chosen)
    st.caption(
        f"Both come from {version_words(nodes[merged.ancestor])}. Each function stands alone, so each is decided by "
        "itself: what only one version changed is taken from it; what both changed differently goes to the version "
        "that solved more of the training tasks in which it was called."
    )
    _parts(merged, (node, nodes[chosen]))
    if not merged.is_new:
        st.info("The merge makes no new set: one of the two holds all of it already.", icon=":material/info:")
        return
    _ends(bench, run, merged)


def version_words(node: LineageNode) -> str:
    """A version in words: whose set, what became of it, and how it did."""
    what = "the baseline" if node.step == 0 else f"update {node.step}"
    return f"{what} ({VERDICTS[node.verdict][0]}, {measured(node.result)})"


def parts_frame(merged: MergedVersions) -> pd.DataFrame:
    """One row a function, conflicts first."""
    parts = sorted(merged.merge.parts, key=lambda part: part.case != "conflict")
    return pd.DataFrame(
        [
            {
                "name": shorten(part.name, 80),
                "case": CASES[part.case],
                "result": "in the set" if part.taken else "left out",
                "why": shorten(part.reason, 600),
            }
            for part in parts
        ]
    )


def _parts(merged: MergedVersions, sides: tuple[LineageNode, LineageNode]) -> None:
    text = st.column_config.TextColumn
    if not merged.merge.parts:
        st.caption("Neither version has a function.")
        return
    st.dataframe(
        parts_frame(merged),
        hide_index=True,
        placeholder=DASH,
        alt="What comes of each function in the merged set",
        column_config={
            "name": text("Function", width=190, pinned=True),
            "case": text("In the two versions", width=130),
            "result": text("Merged", width=90),
            "why": text("Why", width=520),
        },
    )
    # A dialog stands outside the element whose color-scheme the diff follows.
    scheme = "dark" if st.context.theme.type == "dark" else "light"
    st.html(f"<style>.st-key-conflicts .ao-diff {{color-scheme: {scheme}}}</style>")
    with st.container(key="conflicts"):
        for part in merged.merge.conflicts:
            _conflict(part, sides)


def _conflict(part: MergedFunction, sides: tuple[LineageNode, LineageNode]) -> None:
    heads = tuple(
        f"update {node.step}{', taken' if part.side == side else ''}{'' if code else ', removed'}"
        for node, side, code in zip(sides, ("left", "right"), (part.left, part.right), strict=True)
    )
    with st.expander(f":material/warning: Conflict: {plain(part.name, 80)}", expanded=True):
        st.caption(plain(part.reason, 600))
        left, right = (code.code if code else "" for code in (part.left, part.right))
        st.html(side_by_side(left, right, (heads[0], heads[1])))


def _ends(bench: Workbench, run: RunSummary, merged: MergedVersions) -> None:
    reason = st.text_input("Reason", merged.change.reason, key="merge_why", max_chars=MAX_REASON)
    st.caption(
        "Before the merged set goes anywhere its changed functions are tested: code and schema must agree, each must "
        "load in the sandbox and take the examples of its schema."
    )
    with st.container(horizontal=True):
        into_run = st.button(
            "Test and put into this run", type="primary", icon=":material/check:", key="merge_into_run",
            disabled=not can_change(run),
        )  # fmt: skip
        into_fork = st.button("Test and start a new run", icon=":material/fork_right:", key="merge_into_fork")
    if not can_change(run):
        st.caption("This run has ended, so what it did stays as it is; a new run can begin with the merged set.")
    if not (into_run or into_fork) or not _passes(bench, run, merged):
        return
    if into_run:
        put_into_run(bench, run, merged.change.with_(reason=reason))
    else:
        functions: FunctionSet = merged.merge.functions
        origin = Origin(kind="run", run_id=run.run_id, evaluation=merged.left, edited=True)
        ask_fork(functions, origin, run.run_id)
        st.rerun()


def _passes(bench: Workbench, run: RunSummary, merged: MergedVersions) -> bool:
    with st.spinner("Testing the merged functions in the sandbox"):
        faults = bench.merge_faults(run.run_id, merged)
    for fault in faults:
        error_state(fault.reason, "Mend it with Edit, or merge another version.", title=plain(fault.name, 80))
    return not faults
