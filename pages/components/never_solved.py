"""The tasks that no version of a run solved, with the way to what the agent did there."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd
import streamlit as st

from agentopt_core.views import RunSummary, TaskMatrix
from agentopt_core.views.health import Unsolved
from pages.components.say import DASH, shorten
from pages.components.shell import TRACES

if TYPE_CHECKING:
    from agentopt_core.workbench import Workbench

SHOWN = 200
"""Tasks in the list; the file has more."""


def never_solved(bench: Workbench, run: RunSummary, matrix: TaskMatrix) -> None:
    """The list in an expander, asked for when it is opened; nothing where every scored task was solved once."""
    if not matrix.never:
        return
    label = f"Never solved by any version ({matrix.never} of {matrix.scored} scored tasks)"
    with st.expander(label, on_change="rerun", key="never_solved") as part:
        if not part.open:
            return
        found = bench.never_solved(run.run_id, matrix.split, 0, SHOWN)
        _table(run, found)
        more = f"The first {SHOWN} by their ids; the file has all. " if found.never > SHOWN else ""
        st.caption(
            f"{more}No choice among these versions helps them: they need functions that none of them had, or another "
            "model. Click a row to read the last try."
        )
        st.download_button(
            "As CSV", lambda: bench.never_solved_csv(run.run_id, matrix.split), f"{run.run_id}-never-solved.csv",
            "text/csv", icon=":material/download:", type="tertiary", key="never_csv",
        )  # fmt: skip


def unsolved_frame(found: Unsolved) -> pd.DataFrame:
    """One row for each task."""
    return pd.DataFrame(
        {
            "task": [shorten(one.task_id, 60) for one in found.tasks],
            "scored": [one.scored for one in found.tasks],
            "evaluation": [one.evaluation for one in found.tasks],
            "answer": [shorten(one.extracted, 120) or None for one in found.tasks],
            "calls": [one.calls for one in found.tasks],
        }
    )


def _table(run: RunSummary, found: Unsolved) -> None:
    number, words = st.column_config.NumberColumn, st.column_config.TextColumn

    def open_trace() -> None:
        rows = st.session_state["never"].selection.rows
        if rows:
            one = found.tasks[rows[0]]
            place = {"evaluation": str(one.evaluation), "split": found.split}
            st.switch_page(TRACES, query_params={"run": run.run_id, "task": one.task_id, **place})

    st.dataframe(
        unsolved_frame(found),
        hide_index=True,
        key="never",
        on_select=open_trace,
        selection_mode="single-row",
        placeholder=DASH,
        height=320 if len(found.tasks) > 8 else "auto",
        alt="Tasks that no version solved",
        column_config={
            "task": words("Task", width=190),
            "scored": number("Versions", help="Under which it was scored, and failed"),
            "evaluation": number("Last try", help="The last of these evaluations"),
            "answer": words("Its answer", width=260, help="As the grader compared it"),
            "calls": number("Calls", help="Of functions and Python, in that try"),
        },
    )
