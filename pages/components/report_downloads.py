"""What can be taken away of a run: the one-file report, and every table in three formats."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import streamlit as st

from agentopt_core.history.tables import TABLE_FORMATS, TABLE_NAMES, TableFormat, encoded
from agentopt_core.reports.rows import Row
from agentopt_core.views import RunSummary
from pages.components.workbench import workbench

MEDIA = {"csv": "text/csv", "json": "application/json", "parquet": "application/vnd.apache.parquet"}
NAMES = {
    "runs": "Runs and their configuration",
    "evaluations": "Evaluations",
    "updates": "Updates and verdicts",
    "actions": "Actions of the updates",
    "functions": "Functions, all versions",
    "rollouts": "Rollouts",
    "rollouts_with_traces": "Rollouts with conversations (large)",
    "tool_calls": "Tool calls",
    "requests": "Requests to models",
    "reviews": "Reviews",
    "decisions": "Decisions of people",
}
NO_ROWS: Mapping[str, Sequence[Row]] = {}


def downloads(run: RunSummary) -> None:
    """Report and tables of one run."""
    report_and_tables([run.run_id])


def report_and_tables(run_ids: Sequence[str], shown: Mapping[str, Sequence[Row]] = NO_ROWS) -> None:
    """The report, and any table in the format of one's choice; each is made when it is asked for.

    `shown`: tables that the page holds already, by name; they stand first in the list.
    """
    bench = workbench()
    stem = run_ids[0] if len(run_ids) == 1 else f"{len(run_ids)}-runs"
    with st.container(horizontal=True, vertical_alignment="bottom"):
        st.download_button(
            "Report (one HTML file)", data=lambda: bench.report(run_ids).encode(), mime="text/html",
            file_name=f"{stem}-report.html", icon=":material/description:", on_click="ignore", key="download_report",
            help="Opens without network in any browser, and prints.",
        )  # fmt: skip
        name = st.selectbox(
            "Table", [*shown, *TABLE_NAMES], format_func=lambda one: NAMES.get(one, one), key="table_name", width=300
        )
        kind = format_choice("table_format")
        st.download_button(
            "Download table",
            data=lambda: encoded(shown[name], kind) if name in shown else bench.table(run_ids, name, kind),
            file_name=f"{stem}-{name.lower().replace(' ', '-')}.{kind}", mime=MEDIA[kind], icon=":material/download:",
            on_click="ignore", key="download_table",
        )  # fmt: skip


def format_choice(key: str) -> TableFormat:
    """CSV, JSON or Parquet."""
    return st.selectbox("Format", TABLE_FORMATS, format_func=str.upper, key=key, width=120)


def rows_download(rows: Sequence[Row], name: str, kind: TableFormat, label: str) -> None:
    """One table that the page holds already."""
    st.download_button(
        label, data=lambda: encoded(rows, kind), file_name=f"{name}.{kind}", mime=MEDIA[kind],
        icon=":material/download:", on_click="ignore", key=f"download_{name}", disabled=not rows,
    )  # fmt: skip
