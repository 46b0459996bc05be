"""What can be taken away of a run: the one-file report, and every table in three formats."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from agentopt_core.history.tables import TABLE_FORMATS, TABLE_NAMES, TableFormat, TableName
from agentopt_core.reports.rows import Row
from agentopt_core.views import RunSummary
from pages.components.workbench import workbench

MEDIA = {"csv": "text/csv", "json": "application/json", "parquet": "application/vnd.apache.parquet"}
NAMES: dict[TableName, str] = {
    "runs": "Runs and their configuration",
    "evaluations": "Evaluations",
    "updates": "Updates and verdicts",
    "actions": "Actions of the updates",
    "functions": "Functions, all versions",
    "rollouts": "Rollouts",
    "rollouts_with_traces": "Rollouts with their conversations (large)",
    "tool_calls": "Tool calls",
    "requests": "Requests to models",
    "reviews": "Reviews",
    "decisions": "Decisions of people",
}


def downloads(run: RunSummary) -> None:
    """Report and tables of one run."""
    bench = workbench()
    with st.container(horizontal=True, vertical_alignment="bottom"):
        st.download_button(
            "Report (one HTML file)", data=lambda: bench.report(run.run_id).encode(), mime="text/html",
            file_name=f"{run.run_id}-report.html", icon=":material/description:", on_click="ignore",
            key="download_report", help="Opens without network in any browser, and prints.",
        )  # fmt: skip
        table_download([run.run_id], key="run_table")


def table_download(run_ids: Sequence[str], key: str) -> None:
    """Any table of these runs, in the format of one's choice; it is made when it is asked for."""
    bench = workbench()
    name = st.selectbox("Table", TABLE_NAMES, format_func=NAMES.__getitem__, key=f"{key}_name", width=300)
    kind = format_choice(key)
    st.download_button(
        "Download table", data=lambda: bench.table(run_ids, name, kind), file_name=f"{_stem(run_ids)}-{name}.{kind}",
        mime=MEDIA[kind], icon=":material/download:", on_click="ignore", key=f"{key}_download",
    )  # fmt: skip


def format_choice(key: str) -> TableFormat:
    """CSV, JSON or Parquet."""
    return st.selectbox("Format", TABLE_FORMATS, format_func=str.upper, key=f"{key}_format", width=120)


def rows_download(rows: Sequence[Row], name: str, kind: TableFormat, label: str) -> None:
    """A small table that the page holds already."""
    from agentopt_core.history.tables import encoded

    st.download_button(
        label, data=lambda: encoded(rows, kind), file_name=f"{name}.{kind}", mime=MEDIA[kind],
        icon=":material/download:", on_click="ignore", key=f"download_{name}", disabled=not rows, type="tertiary",
    )  # fmt: skip


def _stem(run_ids: Sequence[str]) -> str:
    return run_ids[0] if len(run_ids) == 1 else f"{len(run_ids)}-runs"
