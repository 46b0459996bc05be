"""The evidence gate on the Train page: what is left of the budget, every look, and how noisy the measurements are."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import plotly.graph_objects as go
import streamlit as st

from agentopt_core.evidence import Evidence
from agentopt_core.reports.evidence import LOOK_NOTES, WORDS, budget_words, look_row, standing
from agentopt_core.views import UpdateView
from agentopt_core.views.gate import Repeated, SameSet, Share
from pages.components.colors import ACCENT, AMBER, GREY, RED, VIOLET
from pages.components.person import who
from pages.components.say import percent, plain
from pages.components.shell import TRAIN
from pages.components.states import guarded

if TYPE_CHECKING:
    from agentopt_core.workbench import Workbench

TIMES = 6
"""Measurements of an A/A check: enough for two reruns of what flipped."""
LOOKS_DRAWN = 60
"""The newest looks that the figure shows; the table holds all."""
LOOKS = {
    "accepted": (ACCENT, "circle"),
    "provisional": (VIOLET, "circle-open"),
    "indecisive": (AMBER, "diamond-open"),
    "rejected": (RED, "x"),
}
"""Colour and shape of what the gate found."""
RULES = {"strict": "only a gain", "accept_ties": "a gain or a tie", "evidence": "evidence"}
SUBJECTS = {"baseline": "Baseline", "accepted": "Accepted set"}
SPLITS = {"train": "training tasks", "val": "validation tasks", "test": "test tasks"}


def evidence_panel(bench: Workbench, run_id: str, updates: Sequence[UpdateView], gated: bool, null_edits: int) -> None:
    """The gate's part where the run has one; below it the A/A check and repeats, which any run may have."""
    if gated:
        judged = [(update, update.evidence) for update in updates if update.evidence]
        st.subheader("Evidence", anchor=False)
        _budget(judged[-1][1] if judged else None)
        if warning := standing(updates):
            st.caption(f":orange[:material/hourglass_top:] {plain(warning, 400)}")
        if judged:
            _looks(judged)
    if gated or null_edits:
        with st.expander("How noisy are these measurements?", on_change="rerun", key="noise_check") as part:
            if part.open:
                noise(bench.same_set(run_id), bench.repeated(run_id))
                _measure(bench, run_id)


def _measure(bench: Workbench, run_id: str) -> None:
    """A check of the accepted set, measured in a run of its own."""
    if st.button(
        f"Measure the accepted set {TIMES} times", icon=":material/balance:", key="measure_same_set",
        help=f"A run of its own: {TIMES} times all training tasks, no optimizer. Its page then shows the check.",
    ):  # fmt: skip
        with guarded():
            started = bench.start_same_set(run_id, TIMES, by=who())
            st.toast("The A/A check has started.", icon=":material/balance:")
            st.switch_page(TRAIN, query_params={"run": started})


def _budget(last: Evidence | None) -> None:
    if last is None:
        st.caption("No update has been judged yet. Those that gain on the training tasks are, on the validation split.")
        return
    share = last.spent / last.budget if last.budget else 0.0
    st.progress(min(1.0, share), text=plain(budget_words(last), 400))


def _looks(judged: Sequence[tuple[UpdateView, Evidence]]) -> None:
    drawn = [(update, one) for update, one in judged if one.interval and one.difference is not None][-LOOKS_DRAWN:]
    if drawn:
        st.plotly_chart(
            looks_figure(drawn), key="evidence_looks", config={"displayModeBar": False},
            alt="Gain on the validation split of each update that was judged, with its 95 % interval",
        )  # fmt: skip
    rows = [look_row(update, one) for update, one in reversed(judged)]
    st.dataframe(
        {name: [row[name] for row in rows] for name in rows[0]}, hide_index=True, key="evidence_table",
        height="content" if len(rows) <= 8 else 315, alt="What the evidence gate found of each update",
    )  # fmt: skip
    st.caption(LOOK_NOTES)


def looks_figure(drawn: Sequence[tuple[UpdateView, Evidence]]) -> go.Figure:
    """The gain of each judged update with its interval, and the line of no gain."""
    figure = go.Figure()
    figure.add_hline(y=0, line={"color": GREY, "width": 1, "dash": "dot"})
    for word, (color, shape) in LOOKS.items():
        some = [(update, one) for update, one in drawn if one.word == word]
        if not some:
            continue
        gains = [100 * (one.difference or 0.0) for _, one in some]
        ends = [(100 * one.interval[0], 100 * one.interval[1]) for _, one in some if one.interval]
        figure.add_trace(
            go.Scatter(
                x=[update.step for update, _ in some], y=gains, name=WORDS[word], mode="markers",
                marker={"color": color, "symbol": shape, "size": 10, "line": {"width": 2, "color": color}},
                error_y={
                    "type": "data", "symmetric": False, "color": color, "thickness": 1.5, "width": 4,
                    "array": [high - gain for gain, (_, high) in zip(gains, ends, strict=True)],
                    "arrayminus": [gain - low for gain, (low, _) in zip(gains, ends, strict=True)],
                },
                customdata=[
                    [one.n, f"{one.p_value or 0.0:.2g}", f"{one.level:.2g}", len(one.fixed), len(one.broken), *end]
                    for (_, one), end in zip(some, ends, strict=True)
                ],
                hovertemplate="Update %{x}: %{y:+.1f} points (95 % interval %{customdata[5]:+.1f} to "
                "%{customdata[6]:+.1f})<br>n = %{customdata[0]} validation tasks, %{customdata[3]} fixed, "
                "%{customdata[4]} broken<br>p = %{customdata[1]}, needed %{customdata[2]}"
                f"<extra>{WORDS[word]}</extra>",
            )
        )  # fmt: skip
    figure.update_xaxes(title="Update", dtick=1 if len(drawn) <= 20 else None, showgrid=False)
    figure.update_yaxes(title="Gain (points), validation", zeroline=False)
    figure.update_layout(
        height=240, margin={"l": 4, "r": 4, "t": 4, "b": 4}, legend={"orientation": "h", "y": 1.16, "x": 0},
        showlegend=True,
    )  # fmt: skip
    return figure


def noise(found: SameSet | None, repeated: Sequence[Repeated]) -> None:
    """The A/A check and repeats, or how to get them."""
    if found is None:
        st.caption("No A/A check: the baseline was measured once. A run with null edits measures it again, unchanged.")
    else:
        st.markdown(
            f"**A/A check.** The same set, measured {found.measurements} times on {found.tasks} training tasks, is "
            "never better than itself. Each rule would have called it better in:"
        )
        rows = [
            (RULES[rule.rule], f"{rule.better} of {rule.pairs}", percent(rule.better / rule.pairs))
            for rule in found.rules
        ]
        st.dataframe(
            {"Kept for": [row[0] for row in rows], "Ordered pairs": [row[1] for row in rows],
             "Share": [row[2] for row in rows]},
            hide_index=True, key="same_set", alt="How often each rule calls the same set better",
        )  # fmt: skip
        st.caption(
            f"Evidence as at a run's first look (p at most {found.level:.2g}), with {found.reruns} reruns of flipped "
            "tasks taken from the other measurements. Pairs share measurements: they are not independent."
        )
    for one in repeated:
        split = SPLITS[one.split]
        st.markdown(
            f"**{SUBJECTS[one.subject]}, {one.k} runs of each of {one.once.tasks} {split}:** solved at least once "
            f"(pass@{one.k}) {share_words(one.once)}; every time (pass^{one.k}) {share_words(one.always)}."
        )


def share_words(share: Share) -> str:
    """`62.5 % (95 % interval 40.0–81.2 %, n = 20)`."""
    return f"{percent(share.value)} (95 % interval {100 * share.low:.1f}–{100 * share.high:.1f} %, n = {share.tasks})"
