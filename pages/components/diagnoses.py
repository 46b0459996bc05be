"""What goes wrong in a run, named, with its evidence and what to try."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from agentopt_core.diagnosis import Diagnosis
from pages.components.say import plain


def diagnoses(found: Sequence[Diagnosis]) -> None:
    """A card for each; nothing where nothing is wrong."""
    if not found:
        return
    with st.grid(2 if len(found) > 1 else 1, min_column_width=340):
        for one in found:
            with st.container(border=True, gap="xxsmall", height="stretch", key=f"diagnosis_{one.kind}"):
                st.markdown(f":orange[:material/troubleshoot:] **{plain(one.name)}**")
                st.caption(f"{plain(one.evidence, 900)}  \n**Try:** {plain(one.advice, 600)}")
