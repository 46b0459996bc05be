"""Runs as a table and as live cards."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import pandas as pd
import streamlit as st

from agentopt_core.views import LIVE, RunSummary
from pages.components.say import DASH, accuracy, ago, cost, interval, plain, shorten, title, under_way
from pages.components.shell import TRAIN

if TYPE_CHECKING:
    from agentopt_core.workbench import Workbench

STATUS = {
    "starting": ("Starting", ":material/hourglass_top:", "blue"),
    "running": ("Running", ":material/play_circle:", "blue"),
    "waiting": ("Waits for a review", ":material/rate_review:", "orange"),
    "paused": ("Paused", ":material/pause_circle:", "orange"),
    "finished": ("Finished", ":material/check_circle:", "gray"),
    "stopped": ("Stopped", ":material/stop_circle:", "gray"),
    "failed": ("Failed", ":material/error:", "red"),
    "interrupted": ("Interrupted", ":material/power_off:", "orange"),
    "damaged": ("Damaged", ":material/broken_image:", "red"),
}
"""Word, icon and colour of every status."""

FILTERS = {
    "all": ("All", frozenset(STATUS)),
    "live": ("Live", LIVE),
    "finished": ("Finished", frozenset({"finished", "stopped"})),
    "attention": ("Needs attention", frozenset({"failed", "interrupted", "damaged"})),
}


CURVES = 20
"""Newest runs whose row shows a curve; each takes a query."""


def status_badge(run: RunSummary) -> None:
    """The status as icon, word and colour, with its reason on hover."""
    word, icon, color = STATUS[run.status]
    st.badge(word, icon=icon, color=color, help=plain(run.status_reason, 400) or None)


def runs_frame(runs: Sequence[RunSummary], curves: Mapping[str, Sequence[float]]) -> pd.DataFrame:
    """One row per run; shares in per cent."""
    return pd.DataFrame(
        {
            "open": [":material/open_in_full: Open" for _ in runs],
            "run": [title(run) for run in runs],
            "status": [[STATUS[run.status][0]] for run in runs],
            "tasks": [shorten(run.task_set, 60) for run in runs],
            "baseline": [_percent(run.baseline) for run in runs],
            "best": [_percent(run.best) for run in runs],
            "interval": [interval(run.best) for run in runs],
            "n": [run.best.n if run.best else None for run in runs],
            "test": [_percent(run.held_out.chosen if run.held_out else None) for run in runs],
            "test_n": [run.held_out.chosen.n if run.held_out else None for run in runs],
            "curve": [list(curves.get(run.run_id, ())) for run in runs],
            "model": [shorten(models(run), 60) for run in runs],
            "functions": [run.functions for run in runs],
            "cost": [cost(run.usage) for run in runs],
            "updated": [ago(run.updated_at) for run in runs],
        }
    )


def runs_table(bench: Workbench, runs: Sequence[RunSummary]) -> None:
    """The table of runs; a button in each row opens the run on the Train page."""
    shown = list(runs)
    curves = {
        run.run_id: [100 * (point.best.accuracy or 0.0) for point in bench.curve(run.run_id)] for run in shown[:CURVES]
    }

    def open_run() -> None:
        click = st.session_state["open_run"]
        st.switch_page(TRAIN, query_params={"run": shown[click.row].run_id})

    words = [word for word, _, _ in STATUS.values()]
    colors = [color for _, _, color in STATUS.values()]
    number = st.column_config.NumberColumn
    st.dataframe(
        runs_frame(shown, curves),
        hide_index=True,
        placeholder=DASH,
        alt="All runs with status, accuracy before and after, cost and time",
        column_config={
            "open": st.column_config.ButtonColumn("", on_click=open_run, key="open_run", type="tertiary", width=92),
            "run": st.column_config.TextColumn("Run", width=150),
            "status": st.column_config.MultiselectColumn("Status", options=words, color=colors, width=110),
            "tasks": st.column_config.TextColumn("Tasks", width=120),
            "model": st.column_config.TextColumn("Model", width=105),
            "baseline": number("Baseline", format="%.1f %%", help="Accuracy without functions, training tasks"),
            "best": number("Best", format="%.1f %%", help="Accuracy of the accepted functions, training tasks"),
            "interval": st.column_config.TextColumn("95 % interval", help="Wilson's interval of the best"),
            "curve": st.column_config.LineChartColumn(
                "Curve", y_min=0, y_max=100, width=90, help="Accepted accuracy over the evaluations, 0 to 100 %"
            ),
            "n": number("n", help="Scored training tasks", width=45),
            "test": number("Test", format="%.1f %%", width=75, help="On the test split, which training never saw"),
            "test_n": number("Test n", help="Scored test tasks", width=60),
            "functions": number("Functions", width=75),
            "cost": "Cost",
            "updated": "Updated",
        },
    )


def live_cards(bench: Workbench, runs: Sequence[RunSummary]) -> None:
    """A card for every live run, to re-attach with one click."""
    for run in runs:
        progress = bench.progress(run.run_id)
        with st.container(border=True, horizontal=True, vertical_alignment="center"):
            with st.container(width=300, gap="xxsmall"):
                st.markdown(f"**{plain(title(run))}**")
                st.caption(f"{plain(run.task_set, 60)}, {run.train_tasks} tasks, {plain(models(run), 60)}")
            status_badge(run)
            with st.container():
                share = progress.done / progress.total if progress and progress.total else 0.0
                doing = under_way(progress) if progress else ""
                st.progress(
                    min(1.0, share), text=f"{doing or 'Between evaluations'} · best so far {accuracy(run.best)}"
                )
            st.page_link(TRAIN, label="Watch", icon=":material/visibility:", query_params={"run": run.run_id})


def models(run: RunSummary) -> str:
    if run.agent_model == run.optimizer_model:
        return "Demo model" if run.is_demo else run.agent_model
    return f"{run.agent_model}, {run.optimizer_model}"


def _percent(result: object) -> float | None:
    share = getattr(result, "accuracy", None)
    return None if share is None else 100 * share
