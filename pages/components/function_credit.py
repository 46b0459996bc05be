"""What each function is worth: the tasks that used it, run with it and without it, and asking for that."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import pandas as pd
import plotly.graph_objects as go
import streamlit as st

from agentopt_core.config import DEMO_LABEL
from agentopt_core.diagnosis import WEAK_P
from agentopt_core.errors import AgentOptError
from agentopt_core.rollouts import Proportion
from agentopt_core.views import RunSummary
from agentopt_core.views.health import CreditView
from pages.components.colors import GREEN, GREY, RED
from pages.components.person import who
from pages.components.say import DASH, accuracy, plain, shorten
from pages.components.shell import TRACES
from pages.components.states import answer, error_state

if TYPE_CHECKING:
    from agentopt_core.workbench import Workbench

BARS = 25
"""Functions that are drawn at most."""
HOW_TO_READ = (
    "Helps or harms: the 95 % interval lies on one side of zero and p (Holm) is below 0.05. A hint: the interval alone "
    "says so. Open: zero lies within it; with few tasks that is the usual case, and no proof of uselessness. Click a "
    "row of the table to read what the agent did without the function."
)


def credit_view(bench: Workbench, run: RunSummary) -> None:
    """The heading with the question to the trainer, the table, and the differences with their intervals."""
    found = bench.credits(run.run_id)
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
        st.subheader("Credit", anchor=False, width="content")
        _ask(bench, run, {one.function for one in found if one.in_use})
    shown = [one for one in found if one.in_use] or found
    if not shown:
        st.caption(
            "Not measured yet. Credit runs the training tasks that used a function once more without it, and the "
            "whole set as a control: what a function is worth, with n and interval."
        )
        return
    st.caption(credit_words(run, shown))
    _table(run, shown)
    left, right = st.columns([3, 2], gap="medium")
    with left:
        _figure(shown)
    with right:
        st.caption(HOW_TO_READ)
        st.download_button(
            "Credit as CSV", lambda: bench.credit_csv(run.run_id), f"{run.run_id}-credit.csv", "text/csv",
            icon=":material/download:", type="tertiary", key="credit_csv",
            help=f"All {len(found)} measurements, those of earlier sets, too",
        )  # fmt: skip


def credit_words(run: RunSummary, shown: Sequence[CreditView]) -> str:
    """What was compared, of which set, and how to take it; Markdown."""
    first = shown[0]
    other = "a fresh run of the whole set" if first.control else "the evaluation by which the set was kept"
    now = "" if first.in_use else " The set that is accepted now was not measured."
    demo = f" {DEMO_LABEL}" if run.is_demo else ""
    return plain(
        f"Training tasks that used the function in evaluation {first.evaluation}: {other}, against the set without it. "
        f"p is exact (McNemar); p (Holm) is raised for the {len(shown)} functions measured together.{now}{demo}",
        900,
    )


def sign_of(one: CreditView) -> str:
    """What the measurement says, in a word with its sign: no more than interval and test bear together."""
    low, high = one.interval or (-1.0, 1.0)
    if low <= 0 <= high:
        return "· open"
    sign, word = ("+", "helps") if low > 0 else ("−", "harms")
    return f"{sign} {word}" if one.p_together < WEAK_P else f"{sign} hint"


def credit_frame(shown: Sequence[CreditView]) -> pd.DataFrame:
    """One row for each function."""
    return pd.DataFrame(
        {
            "function": [shorten(one.function, 60) for one in shown],
            "says": [sign_of(one) for one in shown],
            "with": [_share(one.with_function) for one in shown],
            "without": [_share(one.without) for one in shown],
            "difference": [_difference(one) for one in shown],
            "helped": [len(one.helped) for one in shown],
            "hurt": [len(one.hurt) for one in shown],
            "p": [one.p_value for one in shown],
            "together": [one.p_together for one in shown],
        }
    )


def _share(result: Proportion) -> str:
    if result.interval is None:
        return DASH
    low, high = result.interval
    return f"{accuracy(result)} ({result.correct}/{result.n}; 95 %: {100 * low:.0f}–{100 * high:.0f})"


def _difference(one: CreditView) -> str:
    if one.difference is None or one.interval is None:
        return DASH
    low, high = one.interval
    return f"{100 * one.difference:+.1f} ({100 * low:+.0f} to {100 * high:+.0f})"


def _table(run: RunSummary, shown: Sequence[CreditView]) -> None:
    number, words = st.column_config.NumberColumn, st.column_config.TextColumn

    def open_traces() -> None:
        rows = st.session_state["credit"].selection.rows
        if rows:
            one = shown[rows[0]]
            place = {"evaluation": str(one.evaluation), "split": "train", "series": f"mask-{one.function}"}
            st.switch_page(TRACES, query_params={"run": run.run_id, **place})

    st.dataframe(
        credit_frame(shown),
        hide_index=True,
        key="credit",
        on_select=open_traces,
        selection_mode="single-row",
        placeholder=DASH,
        height=400 if len(shown) > 10 else "auto",
        alt="What each function is worth on the training tasks that used it",
        column_config={
            "function": words("Function", width=170),
            "says": words("Finding", width=80, help=HOW_TO_READ),
            "with": words("With it", width=190, help="Training tasks that used it, n, 95 % interval"),
            "without": words("Without it", width=190, help="The same tasks, n, 95 % interval"),
            "difference": words("Points (95 %)", width=140, help="Accuracy with it minus without it"),
            "helped": number("+ Helped", help="Tasks solved with it and failed without it"),
            "hurt": number("− Hurt", help="Tasks failed with it and solved without it"),
            "p": number("p", format="%.2g", help="Two-sided exact McNemar test"),
            "together": number("p (Holm)", format="%.2g", help="Raised for the functions measured together"),
        },
    )


def _figure(shown: Sequence[CreditView]) -> None:
    drawn = [one for one in shown if one.difference is not None and one.interval is not None]
    drawn = sorted(drawn, key=lambda one: one.difference or 0.0)[-BARS:]
    if not drawn:
        return
    middle = [100 * (one.difference or 0.0) for one in drawn]
    ends = [one.interval or (0.0, 0.0) for one in drawn]
    colors = {"+ helps": GREEN, "− harms": RED}
    figure = go.Figure(
        go.Scatter(
            x=middle,
            y=[f"{sign_of(one)[0]} {shorten(one.function, 30)} (n = {one.without.n}) " for one in drawn],
            mode="markers",
            marker={"size": 11, "color": [colors.get(sign_of(one), GREY) for one in drawn]},
            error_x={
                "type": "data", "symmetric": False, "color": GREY, "thickness": 1.5, "width": 4,
                "array": [100 * high - at for (_, high), at in zip(ends, middle, strict=True)],
                "arrayminus": [at - 100 * low for (low, _), at in zip(ends, middle, strict=True)],
            },
            hoverinfo="skip",
        )
    )  # fmt: skip
    figure.add_vline(x=0, line_width=1, line_dash="dot", line_color=GREY)
    figure.update_layout(
        height=110 + 30 * len(drawn),
        margin={"l": 8, "r": 16, "t": 40, "b": 8},
        title={"text": "What each function adds, with 95 % intervals", "font": {"size": 15}},
        xaxis={"title": {"text": "Points, training tasks that used it"}, "range": [-105, 105]},
        yaxis={"type": "category", "automargin": True},
        dragmode=False,
    )
    st.plotly_chart(figure, key="credit_bars", config={"displayModeBar": False}, alt="Credit of each function")


def _ask(bench: Workbench, run: RunSummary, measured: set[str]) -> None:
    uses = bench.signs(run.run_id).uses
    done = bool(measured) and all(use.name in measured for use in uses if use.calls)
    waits = bench.credit_wait(run.run_id)
    hindrance = bench.credit_hindrance(run)
    if waits:
        st.caption(f":material/hourglass_top: Asked by {plain(waits.by, 40)}; the trainer has not answered yet.")
    why = "Runs the training tasks that used each function again, so it costs requests."
    if hindrance or done:
        why = str(hindrance or "It is measured for every accepted function that a training task used.")
    if st.button(
        "Measure credit", icon=":material/balance:", key="measure_credit", disabled=bool(hindrance or waits or done),
        help=plain(why, 600),
    ):  # fmt: skip
        try:
            bench.measure_credit(run.run_id, who())
        except AgentOptError as error:
            error_state(error.message, error.hint)
            return
        answer("Asked for credit. It stands here when the trainer has measured it.")
        st.rerun()
