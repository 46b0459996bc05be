"""Functions: what has it learned?"""

from pages.components.shell import FUNCTIONS, OVERVIEW, TRAIN, bootstrap

bootstrap()

import streamlit as st

from agentopt_core.config import DEMO_LABEL
from agentopt_core.views import RunSummary
from pages.components.function_change import new_buttons, show_dialog
from pages.components.function_evidence import evidence_view
from pages.components.function_view import functions_view
from pages.components.lineage import lineage_view
from pages.components.matrix import matrix_view
from pages.components.picker import run_picker
from pages.components.presentation import presenting
from pages.components.say import measured, outcome, plain
from pages.components.states import empty_state, guarded, heading
from pages.components.workbench import workbench

VIEWS = {"Functions": functions_view, "Lineage": lineage_view, "Tasks": matrix_view, "Evidence": evidence_view}


def draw() -> None:
    bench = workbench()
    runs = {run.run_id: run for run in bench.runs()}
    run_id = st.query_params.get("run") or next(iter(runs), None)
    if run_id and run_id not in runs:  # the address may hold only its beginning
        run_id = next((one for one in runs if one.startswith(run_id)), run_id)
    with heading("Functions"):
        if run_id not in runs and not presenting():
            new_buttons(None)
        if runs:
            run_picker(runs, run_id, FUNCTIONS)
    show_dialog(bench)
    if run_id is None:
        empty_state("No run yet", "Functions are what training writes.", ":material/function:")
        st.page_link(OVERVIEW, label="Start a training", icon=":material/play_arrow:")
        return
    run = bench.run(run_id)
    run_id = run.run_id  # the address may hold only its beginning
    facts = [plain(outcome(run), 600), plain(unseen(run)), plain(run.origin, 300)]
    st.caption(" ".join(filter(None, facts)) + (f" {DEMO_LABEL}" if run.is_demo else ""))
    if not bench.function_versions(run_id):
        empty_state(
            "Nothing was proposed yet",
            "The first update comes after the baseline was measured. The Train page shows how far it is.",
            ":material/hourglass_top:",
        )
        if not presenting():
            new_buttons(run_id)
        st.page_link(TRAIN, label="Open the run", icon=":material/show_chart:", query_params={"run": run_id})
        return
    with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
        view = st.segmented_control(
            "View", list(VIEWS), default="Lineage" if "version" in st.query_params else "Functions", required=True,
            key="view", bind="query-params", label_visibility="collapsed", width="content",
        )  # fmt: skip
        if not presenting():
            with st.container(horizontal=True, width="content", gap="small"):
                new_buttons(run_id)
    with guarded():
        VIEWS[view or "Functions"](bench, run)


def unseen(run: RunSummary) -> str:
    """What the functions do on tasks that training never saw, shortly; or that nothing shows it."""
    found = run.held_out
    if found is None:
        return f"{run.hold_out_label.capitalize()}."
    return f"Held-out test: {measured(found.baseline)} to {measured(found.chosen)}."


with guarded():
    draw()
