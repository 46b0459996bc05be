"""Choosing a run: the same control on every page that shows one."""

from __future__ import annotations

from collections.abc import Mapping

import streamlit as st

from agentopt_core.views import RunSummary
from pages.components.say import moment, title


def run_picker(runs: Mapping[str, RunSummary], run_id: str | None, page: str) -> None:
    """A list of all runs, newest first; choosing one opens `page` for it."""

    # A key of its own for each run: the choice made on one page must not stand on another's.
    key = f"picked_run_{run_id}"

    def open_run() -> None:
        picked = st.session_state[key]
        if picked and picked != run_id:
            st.switch_page(page, query_params={"run": picked})

    st.selectbox(
        "Run",
        list(runs),
        index=list(runs).index(run_id) if run_id in runs else None,
        format_func=lambda one: label(runs[one]),
        placeholder="Open a run",
        label_visibility="collapsed",
        key=key,
        on_change=open_run,
        width=300,
    )


def label(run: RunSummary) -> str:
    """How a run stands in the list: unlike any other, and with nothing in it that changes while the run goes on.

    The control knows its options by these words: of two that read the same it would choose one.
    """
    return f"{title(run)} · {moment(run.created_at)} · {run.run_id[-4:]}"
