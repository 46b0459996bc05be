"""What a home without runs shows: three steps, and one click to see them happen."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from agentopt_core.config import DEMO_LABEL, Budget, RunConfig
from agentopt_core.views import TaskSetSummary
from pages.components.person import who
from pages.components.say import plain
from pages.components.shell import TASKS, TRAIN
from pages.components.states import answer
from pages.components.task_sets import UPLOAD

if TYPE_CHECKING:
    from agentopt_core.workbench import Workbench

WATCHABLE_MS = 350.0
QUICK_REQUESTS = 600
"""What one click may ask of an endpoint that may cost money."""

STEPS = (
    (":material/checklist:", "1. Tasks", "Questions with known answers: a sample set, or your own file."),
    (
        ":material/show_chart:",
        "2. Train",
        "The optimizer reads the failures, writes functions for the agent, and the tasks are solved again. "
        "What is no better is rolled back.",
    ),
    (
        ":material/rate_review:",
        "3. Review",
        "See which tasks each change fixed or broke, approve or edit it, and export plain Python.",
    ),
)


def welcome(bench: Workbench) -> None:
    """The guided start."""
    st.markdown(
        "AgentOpt trains an LLM agent without touching the LLM: it writes functions for the agent, measures them "
        "on your tasks, keeps what helps and rolls back what does not."
    )
    with st.grid(3, min_column_width=240):
        for icon, name, what in STEPS:
            with st.container(border=True, height="stretch", gap="xsmall"):
                st.markdown(f"{icon} **{name}**")
                st.caption(what)
    samples = [one for one in bench.task_sets() if one.is_sample]
    with st.container(horizontal=True, vertical_alignment="center"):
        if samples and st.button(
            "Train on sample tasks", icon=":material/play_arrow:", type="primary", key="start_first"
        ):
            quick_start(bench, samples[0])
        load_sample_button(bench, loaded=False)
        st.page_link(TASKS, label="Bring your own tasks", icon=":material/upload_file:", query_params={"view": UPLOAD})
        st.page_link(TRAIN, label="Choose every setting", icon=":material/tune:")
    calls_whom(bench)
    st.subheader("Sample sets", anchor=False)
    sample_sets(bench, samples)


def load_sample_button(bench: Workbench, loaded: bool) -> None:
    """Brings in the finished run that ships with the project unless it is there, and opens it."""
    if st.button(
        "Open the sample run" if loaded else "Load the sample run", icon=":material/inventory_2:", key="load_sample",
        help="A finished run of the demo model with reviews, so that every page shows something at once",
    ):  # fmt: skip
        run_id = bench.load_sample_run(who())
        if not loaded:
            answer("The sample run is loaded. Demo model: its numbers say nothing about a real one.")
        st.switch_page(TRAIN, query_params={"run": run_id})


def sample_sets(bench: Workbench, samples: list[TaskSetSummary] | None = None) -> None:
    """The sample sets, each with the click that trains on it."""
    samples = [one for one in bench.task_sets() if one.is_sample] if samples is None else samples
    with st.grid(max(1, min(3, len(samples))), min_column_width=260):
        for sample in samples:
            with st.container(border=True, height="stretch"):
                st.markdown(f"**{plain(sample.name)}**")
                st.caption(plain(sample.description, 240))
                st.space("stretch")
                with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
                    st.caption(f"{sample.splits.get('train', 0)} training tasks", width="content")
                    if st.button("Start training", icon=":material/play_arrow:", key=f"quick_{sample.id}"):
                        quick_start(bench, sample)


def quick_start(bench: Workbench, sample: TaskSetSummary) -> None:
    """Start a training and show it."""
    config = quick_config(next(iter(bench.presets().values())).config).with_(name=sample.name)
    run_id = bench.start(config, sample.id, by=who())
    answer("Training started.", ":material/play_arrow:")
    st.switch_page(TRAIN, query_params={"run": run_id})


def calls_whom(bench: Workbench, labelled: bool = False) -> None:
    """Which model one click calls, and what bounds it. `labelled`: the page says already what the demo model is."""
    endpoint = next(iter(bench.presets().values())).config.agent.endpoint
    if endpoint.is_demo:
        if not labelled:
            st.caption(DEMO_LABEL)
        return
    st.caption(
        f"One click calls {plain(endpoint.model)} at {plain(endpoint.base_url or 'the OpenAI API')} and ends after "
        f"{QUICK_REQUESTS} requests at most. The Train page takes another limit, or the demo model instead."
    )


def quick_config(config: RunConfig) -> RunConfig:
    """What one click starts: the demo model at a pace a person can watch, a real endpoint with a limit."""
    if not config.is_demo:
        return config.with_(budget=Budget(requests=QUICK_REQUESTS))
    endpoint = config.agent.endpoint.with_(demo_latency_ms=WATCHABLE_MS)
    return config.with_(
        agent=config.agent.with_(endpoint=endpoint), optimizer=config.optimizer.with_(endpoint=endpoint)
    )
