"""What the Compare page is asked: everything that is chosen stands in its address, and an address opens it again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING

import streamlit as st

from agentopt_core.errors import NotFound
from agentopt_core.views import RunSummary
from agentopt_core.workbench.compare import MOST_RUNS
from pages.components.picker import label

if TYPE_CHECKING:
    from agentopt_core.workbench import Workbench


def known_runs(bench: Workbench) -> dict[str, RunSummary]:
    """All runs, newest first, with those of the address that the history had not read of yet."""
    known = {run.run_id: run for run in bench.runs()}
    unread = asked_runs(known)[1]
    for one in unread:
        with suppress(NotFound):
            bench.run(one)  # which reads its journal
    return {run.run_id: run for run in bench.runs()} if unread else known


def asked_runs(known: Mapping[str, RunSummary]) -> tuple[list[str], list[str]]:
    """The runs of the address that exist, at most six, and what it names that does not; ids may be cut short.

    An address without runs gets the newest one that was measured, and the newest other one on the same tasks.
    """
    if "runs" not in st.query_params:
        return usual_runs([run for run in known.values() if run.best]), []
    found: list[str] = []
    missing: list[str] = []
    for one in filter(None, st.query_params["runs"].split(",")):
        matching = [one] if one in known else [run_id for run_id in known if run_id.startswith(one)]
        (found if len(matching) == 1 else missing).append(matching[0] if len(matching) == 1 else one)
    return list(dict.fromkeys(found))[:MOST_RUNS], missing


def usual_runs(measured: Sequence[RunSummary]) -> list[str]:
    """The two to begin with, the older one first; `measured` is newest first."""
    if not measured:
        return []
    newest, *others = measured
    other = next((run for run in others if run.task_set == newest.task_set), next(iter(others), None))
    return [other.run_id, newest.run_id] if other else [newest.run_id]


def pick_runs(known: Mapping[str, RunSummary], asked: Sequence[str]) -> None:
    """The list of runs."""

    def choose() -> None:
        for name in ("first", "second"):
            st.query_params.pop(name, None)
        st.query_params["runs"] = ",".join(st.session_state["compared"])

    _follow("compared", list(asked))
    st.multiselect(
        "Runs", list(known), format_func=lambda run_id: label(known[run_id]), key="compared", on_change=choose,
        max_selections=MOST_RUNS, select_all=False, placeholder="Choose two to six runs",
        label_visibility="collapsed", width=720,
    )  # fmt: skip


def switch(label: str, name: str, words: Mapping[str, str], usual: str) -> str:
    """A row of buttons of which one is chosen."""
    _follow(name, _asked(name, words, usual))
    st.segmented_control(
        label, list(words), format_func=lambda one: words[one], required=True, key=name, on_change=_remember,
        args=[name], label_visibility="collapsed",
    )  # fmt: skip
    return st.session_state[name]


def choice(label: str, name: str, words: Mapping[str, str], usual: str) -> str:
    """A list of which one is chosen."""
    _follow(name, _asked(name, words, usual))
    return st.selectbox(
        label, list(words), format_func=lambda one: words[one], key=name, on_change=_remember, args=[name]
    )


def _asked(name: str, words: Mapping[str, str], usual: str) -> str:
    asked = st.query_params.get(name)
    return asked if asked in words else usual


def _follow(name: str, value: object) -> None:
    """The address decides, also where it was changed while the page was open."""
    if st.session_state.get(name) != value:
        st.session_state[name] = value


def _remember(name: str) -> None:
    st.query_params[name] = st.session_state[name]
