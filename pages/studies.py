"""Studies: one question over many runs with repeated seeds."""

from pages.components.shell import bootstrap

bootstrap()

import streamlit as st

from agentopt_core.config import DEMO_LABEL
from pages.components.states import error_state, guarded, heading
from pages.components.study_form import new_study
from pages.components.study_list import examples, studies_table, study_picker
from pages.components.study_view import show_study
from pages.components.workbench import workbench


def draw() -> None:
    bench = workbench()
    known = bench.studies()
    asked = st.query_params.get("study")
    matching = [one for one in known if asked and one.study_id.startswith(asked)]
    with heading("Studies"):
        if known:
            study_picker(known, matching[0].study_id if len(matching) == 1 else None)
    if asked and len(matching) == 1:
        show_study(matching[0].study_id)
        return
    if asked:
        error_state(f"There is no study {asked}.", "Open one from the list, or start a new one.", title="No such study")
    if known:
        studies_table(known)
        if any(one.demo for one in known):
            st.caption(DEMO_LABEL)
    else:
        examples(bench)
    new_study(bench, st.query_params.get("kind"))


with guarded():
    draw()
