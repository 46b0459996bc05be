"""Train: how is it learning? Without `?run=` it is the form that starts a run."""

from pages.components.shell import TRAIN, bootstrap

bootstrap()

import streamlit as st

from agentopt_core.errors import NotFound
from pages.components.picker import run_picker
from pages.components.run_form import new_run
from pages.components.run_view import show_run
from pages.components.states import error_state, guarded, heading
from pages.components.workbench import workbench


def draw() -> None:
    bench = workbench()
    run_id = st.query_params.get("run")
    missing = None
    if run_id:
        try:
            bench.config(run_id)
        except NotFound as error:
            missing = error
        else:
            show_run(run_id)
            return
    runs = {run.run_id: run for run in bench.runs()}
    with heading("Train"):
        if runs:
            run_picker(runs, None, TRAIN)
    if missing:
        error_state(missing.message, "Open one from the list, or start a new one here.", title="No such run")
    new_run(bench, st.query_params.get("tasks"))


with guarded():
    draw()
