"""The evidence gate on the Train page: what is left of the budget, every look, and how noisy the measurements are."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import pandas as pd
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
    "accepted": (ACCENT, "circle", True),
    "provisional": (VIOLET, "circle", False),
    "indecisive": (AMBER, "diamond", False),
    "rejected": (RED, "cross", True),
}
"""Colour and shape of what the gate found, and whether it is filled."""
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
        st.vega_lite_chart(
            looks_table(drawn), looks_chart(), key="evidence_looks",
            alt="Gain on the validation split of each update that was judged, with its 95 % interval",
        )  # fmt: skip
    rows = [look_row(update, one) for update, one in reversed(judged)]
    st.dataframe(
        {name: [row[name] for row in rows] for name in rows[0]}, hide_index=True, key="evidence_table",
        height="content" if len(rows) <= 8 else 315, alt="What the evidence gate found of each update",
    )  # fmt: skip
    st.caption(LOOK_NOTES)


def looks_table(drawn: Sequence[tuple[UpdateView, Evidence]]) -> pd.DataFrame:
    """One row per judged update that has an interval; gains in percentage points."""
    return pd.DataFrame(
        [
            {
                "update": update.step,
                "found": WORDS[one.word],
                "gain": 100 * (one.difference or 0.0),
                "low": 100 * one.interval[0],
                "high": 100 * one.interval[1],
                "paired": f"{one.n} validation tasks, {len(one.fixed)} fixed, {len(one.broken)} broken",
                "interval": f"{100 * one.interval[0]:+.1f} to {100 * one.interval[1]:+.1f} points",
                "p": f"{one.p_value or 0.0:.2g}, needed {one.level:.2g}",
            }
            for update, one in drawn
            if one.interval
        ]
    )


def looks_chart() -> dict[str, Any]:
    """The gain of each judged update with its interval, and the line of no gain; a Vega-Lite specification."""
    words = [WORDS[one] for one in LOOKS]

    def scale(of: Sequence[str]) -> dict[str, Any]:
        return {
            "field": "found", "type": "nominal", "scale": {"domain": words, "range": list(of)},
            "legend": {"title": None, "orient": "top", "direction": "horizontal", "symbolOpacity": 1},
        }  # fmt: skip

    color = scale([color for color, *_ in LOOKS.values()])
    x = {
        "field": "update", "type": "quantitative", "title": "Update", "scale": {"zero": False, "padding": 16},
        "axis": {"grid": False, "tickMinStep": 1, "format": "d"},
    }  # fmt: skip
    y = {"type": "quantitative", "title": "Gain (points), validation"}
    tips = [
        {"field": field, "type": "nominal", "title": said}
        for field, said in (
            ("update", "Update"), ("found", "Found"), ("interval", "95 % interval"), ("paired", "Paired"), ("p", "p"),
        )
    ]  # fmt: skip
    return {
        "height": 240,
        "layer": [
            {"mark": {"type": "rule", "strokeDash": [2, 3], "color": GREY}, "encoding": {"y": {"datum": 0}}},
            {
                "mark": {"type": "rule", "strokeWidth": 2},
                "encoding": {"x": x, "y": {"field": "low", **y}, "y2": {"field": "high"}, "color": color},
            },
            {
                "mark": {"type": "point", "size": 90, "strokeWidth": 2, "opacity": 1},
                "encoding": {
                    "x": x, "y": {"field": "gain", **y}, "color": color, "tooltip": tips,
                    "shape": scale([shape for _, shape, _ in LOOKS.values()]),
                    "fill": {**scale([color if full else "transparent" for color, _, full in LOOKS.values()]),
                             "legend": None},
                },
            },
        ],
    }  # fmt: skip


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
