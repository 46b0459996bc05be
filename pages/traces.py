"""Traces: what did the agent actually do?"""

from pages.components.shell import OVERVIEW, TRACES, TRAIN, bootstrap

bootstrap()

import streamlit as st

from agentopt_core.config import DEMO_LABEL
from pages.components.picker import run_picker
from pages.components.say import plain
from pages.components.states import empty_state, guarded, heading, lagging
from pages.components.traces_detail import detail, pair_asked, pair_view
from pages.components.traces_filter import addressed_filter, filters
from pages.components.traces_list import PAGE_ROWS, page_number, trace_list
from pages.components.workbench import workbench


@st.fragment(run_every=2.0)
def first_rollout(run_id: str) -> None:
    """Draws the page anew once there is something to read."""
    if workbench().trace_facets(run_id).evaluations:
        st.rerun()


def draw() -> None:
    bench = workbench()
    runs = {run.run_id: run for run in bench.runs()}
    run_id = st.query_params.get("run") or next(iter(runs), None)
    with heading("Traces"):
        if runs:
            run_picker(runs, run_id, TRACES)
    lagging(bench.history_problem)
    if run_id is None:
        empty_state("No run yet", "Start a training first.", ":material/forum:")
        st.page_link(OVERVIEW, label="Start a training", icon=":material/play_arrow:")
        return
    run = bench.run(run_id)
    run_id = run.run_id  # the address may hold only its beginning
    if run.status == "damaged":
        st.warning(plain(run.status_reason, 600), title="This run is damaged")
    facets = bench.trace_facets(run_id)
    if not facets.evaluations:
        empty_state(
            "No rollout has ended yet",
            "The first conversations appear with the baseline. The Train page shows how far the run is.",
            ":material/hourglass_top:",
        )
        st.page_link(TRAIN, label="Open the run", icon=":material/show_chart:", query_params={"run": run_id})
        first_rollout(run_id)
        return
    if (asked := pair_asked()) is not None:
        pair_view(bench, run, *asked)
        return
    which, number = addressed_filter(facets), page_number()
    filters(facets, which)
    page = bench.traces(run_id, which, number * PAGE_ROWS, PAGE_ROWS)
    if page.hits and not page.rows:  # beyond the end: the list has become shorter than the address thinks
        number = (page.hits - 1) // PAGE_ROWS
        page = bench.traces(run_id, which, number * PAGE_ROWS, PAGE_ROWS)
    left, right = st.columns([5, 6], gap="medium")
    with left, guarded():
        trace_list(bench, run, which, page, number)
        if run.is_demo:
            st.caption(DEMO_LABEL)
    with right, guarded():
        detail(bench, run, which, page, number)


with guarded():
    draw()
