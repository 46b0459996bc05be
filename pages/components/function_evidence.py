"""What each function did: calls, success, latency, tasks helped and hurt, complexity, importance."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import pandas as pd
import streamlit as st

from agentopt_core.views import FunctionEvidence, RunSummary
from pages.components.colors import ACCENT, GREY
from pages.components.function_credit import credit_view
from pages.components.say import DASH, percent, plain, shorten
from pages.components.shell import FUNCTIONS
from pages.components.states import empty_state

if TYPE_CHECKING:
    from agentopt_core.workbench import Workbench

BARS = 25
"""Functions whose importance is drawn at most."""
REASONS = 12
"""Roll-backs told at most, the newest."""


def evidence_view(bench: Workbench, run: RunSummary) -> None:
    """The table, the bars, and why versions were rolled back."""
    found = bench.function_evidence(run.run_id)
    if not found:
        empty_state("No function was measured yet", "The first update comes after the baseline.", ":material/function:")
        return
    _table(run, found)
    left, right = st.columns([3, 2], gap="medium")
    with left:
        _bars(found)
    with right:
        _roll_backs(run, found)
    credit_view(bench, run)


def evidence_line(evidence: FunctionEvidence | None) -> str:
    """The same for one function in a sentence."""
    if evidence is None or not evidence.calls:
        return "Never called in a measured evaluation."
    parts = [
        f"All versions: {evidence.calls} calls, {percent(evidence.succeeded / evidence.calls)} succeeded",
        f"median {_ms(evidence.median_ms)}, 95 % within {_ms(evidence.p95_ms)}",
        f"used in {evidence.tasks} training tasks",
        f"fixed {len(evidence.fixed)}, broke {len(evidence.broken)}",
    ]
    if evidence.complexity is not None:
        parts.append(f"complexity {evidence.complexity}")
    return "; ".join(parts) + "."


def _ms(value: float | None) -> str:
    return DASH if value is None else f"{value:.1f} ms" if value < 10 else f"{value:.0f} ms"


def evidence_frame(found: Sequence[FunctionEvidence]) -> pd.DataFrame:
    """One row for each function."""
    return pd.DataFrame(
        {
            "function": [shorten(one.name, 60) for one in found],
            "use": ["✓ in use" if one.in_use else "– not in use" for one in found],
            "versions": [one.versions for one in found],
            "calls": [one.calls for one in found],
            "success": [100 * one.succeeded / one.calls if one.calls else None for one in found],
            "median": [one.median_ms for one in found],
            "p95": [one.p95_ms for one in found],
            "tasks": [one.tasks for one in found],
            "fixed": [len(one.fixed) for one in found],
            "broken": [len(one.broken) for one in found],
            "complexity": [one.complexity for one in found],
            "lines": [one.lines for one in found],
        }
    )


def _table(run: RunSummary, found: Sequence[FunctionEvidence]) -> None:
    number = st.column_config.NumberColumn

    def open_function() -> None:
        rows = st.session_state["evidence"].selection.rows
        if rows:
            st.switch_page(FUNCTIONS, query_params={"run": run.run_id, "name": found[rows[0]].name})

    st.dataframe(
        evidence_frame(found),
        hide_index=True,
        key="evidence",
        on_select=open_function,
        selection_mode="single-row",
        placeholder=DASH,
        height=400 if len(found) > 10 else "auto",
        alt="What each function did on the training tasks",
        column_config={
            "function": st.column_config.TextColumn("Function", width=190),
            "use": st.column_config.TextColumn("Accepted set", width=105),
            "versions": number("Versions", help="Different codes that were measured"),
            "calls": number("Calls", help="In all evaluations on training tasks"),
            "success": number("Success", format="%.1f %%", help="Calls that returned, of all calls"),
            "median": number("Median", format="%.1f ms", help="Latency of a call"),
            "p95": number("95th", format="%.1f ms", help="95th percentile of the latency"),
            "tasks": number("Tasks", help="Training tasks in which it was called"),
            "fixed": number(
                "+ Fixed", help="Tasks that flipped to solved with an update that brought it, and called it"
            ),
            "broken": number("− Broken", help="Tasks that flipped to failed with such an update, and called it"),
            "complexity": number("Complexity", help="Cyclomatic, the highest of its definitions (lizard)"),
            "lines": number("Lines", help="Without comments and blank ones"),
        },
    )


def _bars(found: Sequence[FunctionEvidence]) -> None:
    used = sorted((one for one in found if one.in_use), key=lambda one: -(one.importance or 0))
    if not used or not used[0].accepted_solved:
        st.caption("Importance is shown once a set of functions was kept and solves a task.")
        return
    st.markdown("**Importance: solved tasks that called it with success**")
    table = pd.DataFrame(
        {
            "function": [shorten(one.name, 36) for one in used[:BARS]],
            "share": [100 * (one.importance or 0) for one in used[:BARS]],
            "words": [
                f"{percent(one.importance)} ({one.accepted_solved_with} of {one.accepted_solved})"
                for one in used[:BARS]
            ],
        }
    )
    st.vega_lite_chart(
        table, _bars_chart(used[0].accepted_solved), key="importance", alt="Importance of each accepted function"
    )
    st.caption("Use, not proof: a task may have been solved without the call. What removing it does, credit tells.")


def _bars_chart(solved: int) -> dict[str, Any]:
    """A bar a function, with its share in words at the bar's end."""
    y = {"field": "function", "type": "nominal", "sort": None, "title": None, "axis": {"labelLimit": 260}}
    x = {
        "field": "share", "type": "quantitative", "scale": {"domain": [0, 100]}, "axis": {"tickCount": 5},
        "title": f"% of the {solved} training tasks the accepted set solves",
    }  # fmt: skip
    return {
        "height": {"step": 30},
        "encoding": {"x": x, "y": y},
        "layer": [
            {"mark": {"type": "bar", "color": ACCENT, "height": {"band": 0.65}}},
            {
                "mark": {
                    "type": "text", "dx": {"expr": "datum.share > 60 ? -6 : 6"},
                    "align": {"expr": "datum.share > 60 ? 'right' : 'left'"}, "fontSize": 12,
                },
                "encoding": {
                    "text": {"field": "words"},
                    "color": {"condition": {"test": "datum.share > 60", "value": "#FFFFFF"}, "value": GREY},
                },
            },
        ],
    }  # fmt: skip


def _roll_backs(run: RunSummary, found: Sequence[FunctionEvidence]) -> None:
    told = [(step, one.name, reason) for one in found for step, reason in one.roll_backs]
    st.markdown(f"**Rolled back or rejected: {len(told)}**")
    with st.container(height=320 if len(told) > 4 else "content", border=False):
        for step, name, reason in sorted(told, reverse=True)[:REASONS]:
            with st.container(gap="xxsmall"):
                st.page_link(
                    FUNCTIONS, label=f"Update {step}: {plain(name, 60)}", icon=":material/undo:",
                    query_params={"run": run.run_id, "name": name, "step": str(step)},
                )  # fmt: skip
                st.caption(plain(reason, 1_000))
    if len(told) > REASONS:
        st.caption(f"{len(told) - REASONS} older ones; the list of versions has them all.")
