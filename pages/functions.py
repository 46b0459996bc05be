"""Functions: what has it learned?"""

from pages.components.shell import FUNCTIONS, OVERVIEW, TRAIN, bootstrap

bootstrap()

import streamlit as st

from agentopt_core.config import DEMO_LABEL
from pages.components.function_view import compare, export_panel, version_list
from pages.components.picker import run_picker
from pages.components.say import outcome, plain
from pages.components.states import empty_state, error_state, guarded, heading
from pages.components.workbench import workbench


def draw() -> None:
    bench = workbench()
    runs = {run.run_id: run for run in bench.runs()}
    run_id = st.query_params.get("run") or next(iter(runs), None)
    with heading("Functions"):
        if runs:
            run_picker(runs, run_id, FUNCTIONS)
    if run_id is None:
        empty_state("No run yet", "Functions are what training writes.", ":material/function:")
        st.page_link(OVERVIEW, label="Start a training", icon=":material/play_arrow:")
        return
    run = bench.run(run_id)
    run_id = run.run_id  # the address may hold only its beginning
    st.caption(plain(outcome(run), 600) + (f" {DEMO_LABEL}" if run.is_demo else ""))
    versions = bench.function_versions(run_id)
    if not versions:
        empty_state(
            "Nothing was proposed yet",
            "The first update comes after the baseline was measured. The Train page shows how far it is.",
            ":material/hourglass_top:",
        )
        st.page_link(TRAIN, label="Open the run", icon=":material/show_chart:", query_params={"run": run_id})
        return
    left, right = st.columns([2, 3], gap="medium")
    with left:
        selected = version_list(run_id, versions)
        export_panel(bench, run)
    with right:
        if selected is None:
            error_state(
                f"This run has no function called {st.query_params.get('name', '')}.",
                "Choose one from the list.",
                title="No such function",
            )
        else:
            compare(run_id, selected, versions, bench.updates(run_id))


with guarded():
    draw()
