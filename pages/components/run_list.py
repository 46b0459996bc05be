"""Runs as a table and as live cards."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import pandas as pd
import streamlit as st

from agentopt_core.views import LIVE, RunSummary
from pages.components.presentation import presenting
from pages.components.run_manage import archive, open_dialog
from pages.components.say import (
    DASH,
    accuracy,
    ago,
    compact,
    cost,
    interval,
    measured,
    plain,
    points,
    shorten,
    title,
    under_way,
)
from pages.components.shell import REVIEW, TRAIN
from pages.components.states import guarded

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
    "attention": ("Needs attention", frozenset({"waiting", "failed", "interrupted", "damaged"})),
    "archived": ("Archived", frozenset(STATUS)),
}
"""Name and statuses of every filter; all but the last leave out what was put away."""

SHOWN = 500
"""Rows of the table, at most; the newest."""
CURVES = 100
"""Newest runs whose row shows a curve."""
POINTS = 30
"""Runs that a sparkline shows, at most; the newest."""

MENU = {
    "edit": ":material/edit_note: Name, tags, note",
    "archive": ":material/archive: Archive",
    "unarchive": ":material/unarchive: Take out of the archive",
    "delete": ":material/delete: Delete",
}
"""What the menu of a row offers."""


def status_badge(run: RunSummary) -> None:
    """The status as icon, word and colour, with its reason on hover."""
    word, icon, color = STATUS[run.status]
    st.badge(word, icon=icon, color=color, help=plain(run.status_reason, 400) or None)


def figures(runs: Sequence[RunSummary]) -> None:
    """The home in five figures; each sparkline goes over the runs, the newest at its right."""
    oldest_first = list(reversed(runs))
    live = sum(run.status in LIVE for run in runs)
    latest = next((run for run in runs if run.best and run.baseline), None)
    costs = [run.usage.cost_usd for run in runs]
    total = None if None in costs else sum(cost or 0.0 for cost in costs)
    card = {"border": True, "height": "stretch", "chart_type": "area"}
    quiet = {"delta_color": "off", "delta_arrow": "off", **card}
    columns = st.columns([2, 3, 3, 2, 2.5])
    columns[0].metric(
        "Runs",
        len(runs),
        f"{live} live",
        chart_data=_spark([*range(1, len(runs) + 1)]),
        help="Archived ones are not counted.",
        **quiet,
    )
    best, test = latest.best if latest else None, latest.held_out if latest else None
    columns[1].metric(
        "Newest run, training tasks",
        accuracy(best),
        points(latest.baseline, best) if latest and latest.best_evaluation else None,
        delta_description=f"n = {best.n}, {interval(best)}" if best else None,
        chart_data=_spark([100 * run.best.accuracy for run in oldest_first if run.best and run.best.n]),
        help=f"Its accepted functions on its own training tasks: {measured(best)}. The line: the runs before.",
        **card,
    )
    columns[2].metric(
        "Newest run, held-out test",
        accuracy(test.chosen if test else None),
        points(test.baseline, test.chosen) if test else None,
        delta_description=f"n = {test.chosen.n}, {interval(test.chosen)}" if test else latest and latest.hold_out_label,
        chart_data=_spark([100 * run.held_out.chosen.accuracy for run in oldest_first if _tested(run)]),
        help="On test tasks that training never saw. A dash: not measured. The line: the runs before.",
        **card,
    )
    columns[3].metric(
        "Functions learned",
        sum(run.functions for run in runs),
        "over all runs",
        chart_data=_spark([run.functions for run in oldest_first]),
        **quiet,
    )
    columns[4].metric(
        "Cost",
        DASH if total is None else f"${total:.3f}",
        "price unknown" if total is None else "over all runs",
        delta_description=f"{compact(sum(run.usage.tokens for run in runs))} tokens",
        chart_data=None if total is None else _spark([cost or 0.0 for cost in reversed(costs)]),
        help="A dash when the price of a model is unknown.",
        **quiet,
    )


def _tested(run: RunSummary) -> bool:
    return run.held_out is not None and run.held_out.chosen.accuracy is not None


def _spark(values: Sequence[float]) -> list[float] | None:
    """The newest values for a sparkline; None where there is nothing to compare."""
    return list(values[-POINTS:]) if len(values) > 1 else None


def runs_frame(runs: Sequence[RunSummary], curves: Mapping[str, Sequence[float]]) -> pd.DataFrame:
    """One row per run; shares in per cent."""
    return pd.DataFrame(
        {
            "open": [":material/open_in_full: Open" for _ in runs],
            "menu": [_menu(run) for run in runs],
            "run": [title(run) for run in runs],
            "status": [[STATUS[run.status][0]] for run in runs],
            "tasks": [shorten(run.task_set, 60) for run in runs],
            "baseline": [_percent(run.baseline) for run in runs],
            "best": [_percent(run.best) for run in runs],
            "interval": [interval(run.best) for run in runs],
            "n": [run.best.n if run.best else None for run in runs],
            "test": [_percent(run.held_out.chosen if run.held_out else None) for run in runs],
            "test_interval": [interval(run.held_out.chosen if run.held_out else None) for run in runs],
            "test_n": [run.held_out.chosen.n if run.held_out else None for run in runs],
            "curve": [list(curves.get(run.run_id, ())) for run in runs],
            "tags": [[shorten(tag, 40) for tag in run.tags] for run in runs],
            "cost": [cost(run.usage) for run in runs],
            "updated": [ago(run.updated_at) for run in runs],
            "reason": [shorten(run.status_reason, 160) for run in runs],
            "functions": [run.functions for run in runs],
            "model": [shorten(models(run), 60) for run in runs],
        }
    )


def _menu(run: RunSummary) -> list[str]:
    offered = ["edit", "unarchive" if run.archived else "archive"]
    return [MENU[name] for name in (offered if run.status in LIVE else [*offered, "delete"])]


PRESENTED = (
    "open",
    "run",
    "status",
    "baseline",
    "best",
    "interval",
    "n",
    "test",
    "test_interval",
    "test_n",
    "curve",
    "cost",
)
"""Columns that people see who look on."""


def _columns(frame: pd.DataFrame, runs: Sequence[RunSummary]) -> list[str]:
    """What is shown, from left to right: where every run needs attention, why comes before how good it is."""
    if presenting():
        return list(PRESENTED)
    names = list(frame)
    if all(run.status in FILTERS["attention"][1] for run in runs):
        names.remove("reason")
        names.insert(names.index("status") + 1, "reason")
    return names


def runs_table(bench: Workbench, runs: Sequence[RunSummary]) -> list[RunSummary]:
    """The table of runs; returns those that are ticked. A button opens the run, a menu keeps it in order."""
    shown = list(runs[:SHOWN])
    curves = bench.best_curves([run.run_id for run in shown[:CURVES] if not run.in_batches])

    def open_run() -> None:
        click = st.session_state["open_run"]
        st.switch_page(TRAIN, query_params={"run": shown[click.row].run_id})

    def act() -> None:
        click = st.session_state["run_menu"]
        run = shown[click.row]
        action = next(name for name, label in MENU.items() if label == click.label)
        if action in ("archive", "unarchive"):
            with guarded():
                archive(bench, [run])
        else:
            open_dialog(action, [run.run_id])

    words = [word for word, _, _ in STATUS.values()]
    colors = [color for _, _, color in STATUS.values()]
    number, words_column, button = (
        st.column_config.NumberColumn,
        st.column_config.TextColumn,
        st.column_config.ButtonColumn,
    )
    frame = runs_frame(shown, curves)
    # Ticks are row numbers: other rows make another table.
    rows = hashlib.sha256("\n".join(run.run_id for run in shown).encode()).hexdigest()[:12]
    state = st.dataframe(
        frame,
        key=f"runs_{rows}",
        on_select="rerun",
        selection_mode="multi-row",
        column_order=_columns(frame, shown),
        hide_index=True,
        row_height=46 if presenting() else None,
        placeholder=DASH,
        alt="Runs with status, accuracy before and after on training tasks, held-out test, cost and time",
        column_config={
            "open": button("", on_click=open_run, key="open_run", type="tertiary", width=88, pinned=True),
            "run": words_column("Run", width=170),
            "status": st.column_config.MultiselectColumn("Status", options=words, color=colors, width=136),
            "tasks": words_column("Tasks", width=125),
            "baseline": number(
                "Train base", format="%.1f %%", width=76, help="Accuracy without functions, training tasks"
            ),
            "best": number(
                "Train best", format="%.1f %%", width=72, help="Accuracy of the accepted functions, training tasks"
            ),
            "interval": words_column("Train 95 %", width=100, help="Of the best (Wilson), training tasks"),
            "n": number("Train n", help="Scored training tasks", width=62),
            "test": number("Test", format="%.1f %%", width=80, help="On the test split, which training never saw"),
            "test_interval": words_column("Test 95 %", width=100, help="Of the held-out test (Wilson)"),
            "test_n": number("Test n", help="Scored test tasks", width=58),
            "curve": st.column_config.LineChartColumn(
                "Curve",
                y_min=0,
                y_max=100,
                width=84,
                help="Accepted accuracy on the training tasks after every verdict, 0 to 100 %",
            ),
            "tags": st.column_config.ListColumn("Tags", width=130),
            "cost": words_column("Cost", width=64),
            "updated": words_column("Updated", width=92),
            "reason": words_column("Why this status", width=200),
            "functions": number("Functions", width=75),
            "model": words_column("Model", width=105),
            "menu": button("", on_click=act, key="run_menu", type="tertiary", width=44, pinned=True),
        },
    )
    if len(runs) > SHOWN:
        st.caption(f"The newest {SHOWN} of {len(runs)} runs are shown; the search finds older ones.")
    return [shown[row] for row in state.selection.rows if row < len(shown)]


def live_cards(bench: Workbench, runs: Sequence[RunSummary]) -> None:
    """A card for every live run, to re-attach with one click."""
    for run in runs:
        progress = bench.progress(run.run_id)
        with st.container(border=True, horizontal=True, vertical_alignment="center"):
            with st.container(width=260, gap=None):
                st.markdown(f"**{plain(title(run))}**")
                st.caption(f"{plain(run.task_set, 60)}, {run.train_tasks} tasks, {plain(models(run), 60)}")
            status_badge(run)
            with st.container():
                share = progress.done / progress.total if progress and progress.total else 0.0
                doing = under_way(progress) if progress else ""
                st.progress(
                    min(1.0, share),
                    text=f"{doing or 'Between evaluations'} · best on training tasks {accuracy(run.best)}",
                )
            if run.status == "waiting":
                st.page_link(REVIEW, label="Review", icon=":material/rate_review:", query_params={"run": run.run_id})
            st.page_link(TRAIN, label="Watch", icon=":material/visibility:", query_params={"run": run.run_id})


def models(run: RunSummary) -> str:
    if run.agent_model == run.optimizer_model:
        return "Demo model" if run.is_demo else run.agent_model
    return f"{run.agent_model}, {run.optimizer_model}"


def _percent(result: object) -> float | None:
    share = getattr(result, "accuracy", None)
    return None if share is None else 100 * share
