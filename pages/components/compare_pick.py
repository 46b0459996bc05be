"""Choosing the runs to compare: a list, and the address `?runs=a,b`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import streamlit as st

from agentopt_core.views import RunSummary
from agentopt_core.workbench.compare import MOST_RUNS
from pages.components.picker import label


def asked_runs(known: Mapping[str, RunSummary]) -> tuple[list[str], list[str]]:
    """The runs of the address that exist, at most six, and what it names that does not; ids may be cut short.

    An address without runs gets the two newest that have been measured.
    """
    if "runs" not in st.query_params:
        return [run.run_id for run in known.values() if run.best][:2], []
    asked = [one for one in st.query_params["runs"].split(",") if one]
    found: list[str] = []
    missing: list[str] = []
    for one in asked:
        matching = [one] if one in known else [run_id for run_id in known if run_id.startswith(one)]
        if len(matching) == 1:
            found.append(matching[0])
        else:
            missing.append(one)
    return list(dict.fromkeys(found))[:MOST_RUNS], missing


def pick_runs(known: Mapping[str, RunSummary], asked: Sequence[str]) -> None:
    """The list; what is chosen goes into the address, the comparison before and after it stays in step."""
    key = f"compared_{','.join(asked)}"  # a key of its own for each choice, so that an address opened later is followed

    def choose() -> None:
        chosen = st.session_state[key]
        for name in ("first", "second"):
            st.query_params.pop(name, None)
        st.query_params["runs"] = ",".join(chosen)

    st.multiselect(
        "Runs", list(known), default=list(asked), format_func=lambda run_id: label(known[run_id]), key=key,
        on_change=choose, max_selections=MOST_RUNS, placeholder="Choose two to six runs", label_visibility="collapsed",
        width=720,
    )  # fmt: skip
