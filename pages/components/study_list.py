"""The studies there are, and the examples to begin with."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import pandas as pd
import streamlit as st

from agentopt_core.errors import AgentOptError
from agentopt_core.studies.plan import KINDS, read_study
from agentopt_core.studies.view import StudySummary
from agentopt_core.workbench import ROOT
from pages.components.person import who
from pages.components.say import moment, plain, shorten
from pages.components.shell import STUDIES
from pages.components.states import answer, empty_state, error_state
from pages.components.study_view import STATUS

if TYPE_CHECKING:
    from agentopt_core.workbench import Workbench

EXAMPLES = ROOT / "docs" / "studies"
"""A study file of each kind, for the sample sets and the demo model."""


def study_picker(known: Sequence[StudySummary], chosen: str | None) -> None:
    """A list of all studies, newest first; choosing one opens it, and a button leads to the form."""
    by_id = {one.study_id: one for one in known}
    key = f"picked_study_{chosen}"

    def open_study() -> None:
        picked = st.session_state[key]
        if picked and picked != chosen:
            st.query_params.clear()
            st.query_params["study"] = picked

    st.selectbox(
        "Study", list(by_id), index=list(by_id).index(chosen) if chosen else None, key=key, on_change=open_study,
        format_func=lambda one: f"{shorten(by_id[one].title, 60)} · {one[:15]} · {one[-4:]}", width=340,
        placeholder="Open a study", label_visibility="collapsed",
    )  # fmt: skip
    if chosen:
        st.page_link(STUDIES, label="All studies, new study", icon=":material/list:")


def studies_table(known: Sequence[StudySummary]) -> None:
    """All studies, newest first; damaged ones with their reason."""
    rows = [
        {
            "open": f"/studies?study={one.study_id}",
            "title": shorten(one.title, 100),
            "kind": KINDS[one.kind][0] if one.kind else "",
            "status": STATUS[one.status][1],
            "done": one.ended / one.planned if one.planned else 0.0,
            "runs": f"{one.ended} of {one.planned}",
            "tasks": shorten(", ".join(one.task_sets), 120),
            "seeds": one.seeds,
            "made": moment(one.made_at) if one.made_at else "",
            "by": shorten(one.by, 60),
            "demo": "demo" if one.demo else "",
        }
        for one in known
    ]
    text = st.column_config.TextColumn
    st.dataframe(
        pd.DataFrame(rows), hide_index=True, key="studies_table", alt="All studies with kind, status and progress",
        column_config={
            "open": st.column_config.LinkColumn("", display_text="Open", width=60, pinned=True),
            "title": text("Study", width=260, pinned=True),
            "kind": text("Kind"),
            "status": text("Status"),
            "done": st.column_config.ProgressColumn("Done", format="percent", width=90),
            "runs": text("Runs ended"),
            "tasks": text("Task sets", width=260),
            "seeds": st.column_config.NumberColumn("Seeds", width=60),
            "made": text("Made"),
            "by": text("By"),
            "demo": text("Model", width=70),
        },
    )  # fmt: skip
    for one in known:
        if one.status is None:
            st.caption(f":material/warning: {plain(one.study_id)} cannot be read: {plain(one.reason, 400)}")


def examples(bench: Workbench) -> None:
    """Nothing is there yet: one click runs an example with the demo model."""
    empty_state(
        "No study yet",
        "A study trains the same agent many times and says what differs, with n, interval and p. Run an example on the "
        "sample tasks, or describe your own below.",
        ":material/experiment:",
    )
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown("Run an example (demo model):", width="content")
        for path in sorted(EXAMPLES.glob("*.toml")):
            if path.stem in KINDS and st.button(
                KINDS[path.stem][0], key=f"example_{path.stem}", icon=":material/play_arrow:", help=KINDS[path.stem][1]
            ):
                _run_example(bench, path.stem)


def _run_example(bench: Workbench, kind: str) -> None:
    try:
        study_id = bench.start_study(read_study(EXAMPLES / f"{kind}.toml"), by=who())
    except AgentOptError as error:
        error_state(error.message, error.hint)
        return
    answer("Study started. It goes on when this page is closed.", ":material/play_arrow:")
    st.switch_page(STUDIES, query_params={"study": study_id})
