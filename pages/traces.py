"""Traces: what did the agent actually do?"""

from pages.components.shell import OVERVIEW, bootstrap

bootstrap()

import streamlit as st

from pages.components.states import empty_state, guarded, heading


def draw() -> None:
    with heading("Traces"):
        pass
    empty_state("No run yet", "Start a training first.")
    st.page_link(OVERVIEW, label="Start a training", icon=":material/play_arrow:")


with guarded():
    draw()
