"""Compare: which run is better, and is it chance?"""

from pages.components.shell import OVERVIEW, bootstrap

bootstrap()

import streamlit as st

from pages.components.states import empty_state, guarded, heading


def draw() -> None:
    with heading("Compare"):
        pass
    empty_state("No run yet", "Start a training first.")
    st.page_link(OVERVIEW, label="Start a training", icon=":material/play_arrow:")


with guarded():
    draw()
