"""Overview: what is going on?"""

from pages.components.shell import TASKS, TRAIN, bootstrap

bootstrap()

import streamlit as st

from agentopt_core.config import DEMO_LABEL, Budget
from agentopt_core.views import LIVE
from pages.components.run_list import FILTERS, live_cards, runs_table
from pages.components.say import DASH, FIT, accuracy, compact, plain, points
from pages.components.states import empty_state, guarded, heading, lagging
from pages.components.task_sets import UPLOAD
from pages.components.workbench import workbench

TICK_S = 2.0
WATCHABLE_MS = 350.0
QUICK_REQUESTS = 600
"""What one click may ask of an endpoint that may cost money."""


def figures(runs) -> None:
    live = sum(run.status in LIVE for run in runs)
    latest = next((run for run in runs if run.best and run.baseline), None)
    n = f", n = {latest.best.n}" if latest else ""
    costs = [run.usage.cost_usd for run in runs]
    total = None if None in costs else sum(costs)
    card = {"border": True, "height": "stretch"}
    quiet = {"delta_color": "off", "delta_arrow": "off", **card}
    with st.grid(5, min_column_width=150):
        st.metric("Runs", len(runs), f"{live} live", **quiet)
        st.metric(
            "Newest run, accuracy",
            accuracy(latest.best if latest else None),
            f"{points(latest.baseline, latest.best)}{n}" if latest and latest.best_evaluation else None,
            help="Of its accepted functions, on its own training tasks; the test split stands in the table.",
            **card,
        )
        st.metric("Functions learned", sum(run.functions for run in runs), "over all runs", **quiet)
        requests = compact(sum(run.usage.requests for run in runs))
        st.metric("Tokens", compact(sum(run.usage.tokens for run in runs)), f"{requests} requests", **quiet)
        st.metric(
            "Cost",
            DASH if total is None else f"${total:.3f}",
            "a price is unknown" if total is None else "over all runs",
            help="A dash when the price of a model is unknown.",
            **quiet,
        )


@st.fragment(run_every=TICK_S)
def live(drawn: frozenset[tuple[str, str]]) -> None:
    """Live runs as they go on; draws the whole page again when a run came, ended or changed its status."""
    with guarded():
        runs = workbench().runs()
        if states(runs) != drawn:
            st.rerun()
        running = [run for run in runs if run.status in LIVE]
        if running:
            st.subheader("Live", anchor=False)
            live_cards(workbench(), running)


def states(runs) -> frozenset[tuple[str, str, int]]:
    """What the page below the live cards depends on; it is drawn anew when this changes."""
    return frozenset((run.run_id, run.status, run.evaluations) for run in runs)


def quick_config(config):
    """What one click starts: the demo model at a pace a person can watch, a real endpoint with a limit."""
    if not config.is_demo:
        return config.with_(budget=Budget(requests=QUICK_REQUESTS))
    endpoint = config.agent.endpoint.with_(demo_latency_ms=WATCHABLE_MS)
    return config.with_(
        agent=config.agent.with_(endpoint=endpoint), optimizer=config.optimizer.with_(endpoint=endpoint)
    )


def quick_start(first: bool) -> None:
    bench = workbench()
    preset = next(iter(bench.presets().values()))
    endpoint = preset.config.agent.endpoint
    samples = [one for one in bench.task_sets() if one.is_sample]
    with st.grid(max(1, min(3, len(samples))), min_column_width=260):
        for sample in samples:
            with st.container(border=True, height="stretch"):
                st.markdown(f"**{plain(sample.name)}**")
                st.caption(plain(sample.description, 240))
                st.space("stretch")
                with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
                    st.caption(f"{sample.splits.get('train', 0)} training tasks", width="content")
                    if st.button(
                        "Start training", icon=":material/play_arrow:", key=f"quick_{sample.id}",
                        type="primary" if first else "secondary",
                    ):  # fmt: skip
                        config = quick_config(preset.config).with_(name=sample.name)
                        run_id = bench.start(config, sample.id, by="dashboard")
                        st.toast("Training started.", icon=":material/play_arrow:")
                        st.switch_page(TRAIN, query_params={"run": run_id})
    if endpoint.is_demo:
        st.caption(DEMO_LABEL if first else "The demo model answers. For another one, open Train.")
        return
    st.caption(
        f"One click calls {plain(endpoint.model)} at {plain(endpoint.base_url or 'the OpenAI API')} and ends after "
        f"{QUICK_REQUESTS} requests at most. The Train page takes another limit, or the demo model instead."
    )


STEPS = (
    (":material/flag:", "Baseline", "The agent solves every training task without functions."),
    (":material/edit_note:", "Update", "The optimizer reads the failures and adds, revises or removes functions."),
    (
        ":material/rule:",
        "Keep or roll back",
        "The tasks are solved again. What is no better is rolled back.",
    ),
    (":material/output:", "Export", "What was learned is plain Python, with tools for the OpenAI API."),
)


def welcome() -> None:
    st.markdown(
        "AgentOpt trains an LLM agent without touching the LLM: it writes functions for the agent, measures them "
        "on your tasks, keeps what helps and rolls back what does not."
    )
    st.subheader("Start with a sample set", anchor=False)
    quick_start(first=True)
    with st.container(horizontal=True):
        st.page_link(TASKS, label="Bring your own tasks", icon=":material/upload_file:", query_params={"view": UPLOAD})
        st.page_link(TRAIN, label="Choose every setting", icon=":material/tune:")
    st.subheader("What happens then", anchor=False)
    with st.grid(4, min_column_width=220):
        for icon, name, what in STEPS:
            with st.container(gap="xxsmall"):
                st.markdown(f"{icon} **{name}**")
                st.caption(what)


def draw() -> None:
    runs = workbench().runs()
    with heading("Overview"):
        pass
    lagging(workbench().history_problem)
    if runs:
        figures(runs)
    live(states(runs))
    if not runs:
        welcome()
        return
    with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
        st.subheader("Runs", anchor=False, width="content")
        chosen = st.segmented_control(
            "Show", list(FILTERS), format_func=lambda name: FILTERS[name][0], default="all", required=True, key="show",
            bind="query-params", label_visibility="collapsed",
        )  # fmt: skip
    shown = [run for run in runs if run.status in FILTERS[chosen or "all"][1]]
    if shown:
        runs_table(workbench(), shown)
        demo = f" {DEMO_LABEL}" if any(run.is_demo for run in shown) else ""
        st.caption(
            "Baseline and best are measured on each run's own training tasks. Test is the accuracy on tasks that "
            f"training never saw; a dash there means {FIT}, or not opened yet.{demo}"
        )
    else:
        empty_state("No run here", "Choose another filter above.")
    st.subheader("Quick start", anchor=False)
    quick_start(first=False)


with guarded():
    draw()
