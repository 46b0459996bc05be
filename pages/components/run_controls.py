"""Pause, resume and stop: commands to the trainer of a run. Stopping now is asked for twice."""

from __future__ import annotations

import streamlit as st

from agentopt_core.errors import AgentOptError
from agentopt_core.views import RunSummary
from pages.components.person import who
from pages.components.say import plain, title
from pages.components.workbench import workbench

STOPS = {"stop_after_epoch": "Stop after this epoch", "stop": "Stop now"}
STOPPING = "stopping"
"""In the session: the run for which "Stop now" waits for its confirmation."""


def controls(run: RunSummary) -> None:
    """The commands that the run can be given now."""
    if run.status in {"running", "waiting"}:
        if run.status == "running" and st.button("Pause", icon=":material/pause:", key="pause"):
            _ask(run, "pause", "Asked to pause: rollouts in flight end first.")
        chosen = st.menu_button("Stop", list(STOPS), format_func=STOPS.__getitem__, icon=":material/stop:", key="stop")
        if chosen == "stop":
            _ask_to_be_sure(run.run_id)
            st.rerun()
        elif chosen:
            _ask(run, chosen, f"{STOPS[chosen]}: asked. What was accepted stays.")
    elif run.status == "paused":
        if st.button("Resume", icon=":material/play_arrow:", type="primary", key="resume"):
            _ask(run, "resume", "Asked to resume.")
        st.button("Stop", icon=":material/stop:", key="stop_paused", on_click=_ask_to_be_sure, args=(run.run_id,))
    elif run.can_resume and st.button("Resume", icon=":material/play_arrow:", type="primary", key="resume"):
        _ask(run, "resume", "A trainer goes on where the journal ends.")
        st.rerun()


def _ask(run: RunSummary, kind: str, said: str) -> None:
    """Give the run's trainer a command; what came of it is said in a toast, for the next tick draws all else anew."""
    try:
        if kind == "resume":
            workbench().resume(run.run_id, who())
        else:
            workbench().command(run.run_id, kind, who())
    except AgentOptError as error:
        st.toast(plain(str(error), 400), icon=":material/error:", duration="long")
    else:
        st.toast(said, icon=":material/check:")


def _ask_to_be_sure(run_id: str) -> None:
    st.session_state[STOPPING] = run_id


def is_asked(run_id: str) -> bool:
    """The question whether to stop this run is open."""
    return bool(st.session_state.get(STOPPING) == run_id)


def no_longer_asked() -> None:
    """The question is answered, or the run it was about has ended."""
    st.session_state.pop(STOPPING, None)


@st.dialog("Stop now?", on_dismiss=no_longer_asked)
def sure_to_stop(run: RunSummary) -> None:
    """The question; what was asked is done only here."""
    st.markdown(
        f"**{plain(title(run))}** ({plain(run.run_id)}) stops where it is. The evaluation under way is cut off; what "
        "was accepted stays, and the run can be resumed."
    )
    if st.button("Stop this run", type="primary", icon=":material/stop:", key="stop_for_sure"):
        no_longer_asked()
        _ask(run, "stop", "Asked to stop. What was accepted stays.")
        st.rerun()
