"""The accuracy curve: every evaluation with its 95 % interval, and what became of it as shape, colour and word."""

from __future__ import annotations

from collections.abc import Sequence

import altair as alt
import pandas as pd

from agentopt_core.views import CurvePoint
from pages.components.say import accuracy, interval, shorten

ACCENT, AMBER, GREY, RED = "#4F72E3", "#D9822B", "#8791A5", "#D05252"
"""Readable on the light and on the dark ground."""

WORDS = {
    "baseline": "baseline",
    "kept": "kept",
    "rolled_back": "rolled back",
    "rejected": "rejected",
    "unchanged": "unchanged",
    "pending": "being decided",
}
_LABELS = list(WORDS.values())
_CROSS = "M-.8,-.8L.8,.8M.8,-.8L-.8,.8"
_SHAPES = ["diamond", "circle", _CROSS, "square", "triangle-right", "circle"]
_STROKES = [GREY, ACCENT, AMBER, RED, GREY, GREY]
_FILLS = [GREY, ACCENT, "transparent", "transparent", "transparent", "transparent"]
_MANY = 14
"""More points than this and only shapes, colours and legend tell them apart: words would lie over each other."""


def curve_table(curve: Sequence[CurvePoint]) -> pd.DataFrame:
    """One row per evaluation; shares in per cent."""
    rows = []
    for point in curve:
        low, high = point.result.interval or (None, None)
        rows.append(
            {
                "evaluation": point.evaluation,
                "accuracy": None if point.result.accuracy is None else 100 * point.result.accuracy,
                "low": None if low is None else 100 * low,
                "high": None if high is None else 100 * high,
                "best": None if point.best.accuracy is None else 100 * point.best.accuracy,
                "mark": WORDS[point.verdict],
                "color": _STROKES[_LABELS.index(WORDS[point.verdict])],
                "result": f"{accuracy(point.result)} ({point.result.correct} of {point.result.n} tasks)",
                "interval": interval(point.result),
                "epoch": point.epoch,
                "functions": shorten(", ".join(point.functions), 120) or "none",
                "reason": shorten(point.reason, 160),
                "split": point.split,
            }
        )
    return pd.DataFrame(rows)


def accuracy_curve(curve: Sequence[CurvePoint], height: int = 350) -> alt.LayerChart:
    """The curve as a chart whose specification does not depend on the data, so that new points do not redraw it."""
    table = curve_table(curve)
    scale = alt.Scale(domain=[0, 112], nice=False)
    x = alt.X(
        "evaluation:Q",
        title="Evaluation (0 = baseline)",
        scale=alt.Scale(zero=False, padding=24, nice=False),
        axis=alt.Axis(tickMinStep=1, format="d", grid=False, labelFlush=False),
    )
    y = alt.Y(
        "accuracy:Q",
        title="Accuracy on the training tasks (%)",
        scale=scale,
        axis=alt.Axis(values=[0, 20, 40, 60, 80, 100], tickSize=0, domain=False),
    )
    mark = {"field": "mark", "type": "nominal"}
    legend = alt.Legend(title=None, orient="top", direction="horizontal", symbolSize=80, values=_LABELS[:3])
    base = alt.Chart(table)
    whiskers = base.mark_rule(strokeWidth=6, strokeCap="round", opacity=0.3).encode(
        x=x,
        y=alt.Y("low:Q", scale=scale, title=""),
        y2="high:Q",
        color=alt.Color("color:N", scale=None),
    )
    accepted = base.mark_line(interpolate="step-after", strokeWidth=2, color=ACCENT, opacity=0.8).encode(
        x=x, y=alt.Y("best:Q", scale=scale, title="")
    )
    points = base.mark_point(size=90, strokeWidth=2, opacity=1).encode(
        x=x,
        y=y,
        shape=alt.Shape(**mark, scale=alt.Scale(domain=_LABELS, range=_SHAPES), legend=legend),
        stroke=alt.Stroke(**mark, scale=alt.Scale(domain=_LABELS, range=_STROKES), legend=legend),
        fill=alt.Fill(**mark, scale=alt.Scale(domain=_LABELS, range=_FILLS), legend=legend),
        tooltip=[
            alt.Tooltip("evaluation:Q", title="Evaluation"),
            alt.Tooltip("mark:N", title="Outcome"),
            alt.Tooltip("result:N", title="Accuracy"),
            alt.Tooltip("interval:N", title="95 % interval"),
            alt.Tooltip("epoch:Q", title="Accepted epochs"),
            alt.Tooltip("functions:N", title="Functions"),
            alt.Tooltip("reason:N", title="Reason"),
        ],
    )
    words = (
        base.transform_joinaggregate(points="count()")
        .transform_filter(f"datum.points <= {_MANY}")
        .mark_text(dy=-13, fontSize=11)
        .encode(
            x=x,
            y=alt.Y("high:Q", scale=scale, title=""),
            text="mark:N",
            color=alt.Color("color:N", scale=None),
        )
    )
    return alt.layer(whiskers, accepted, points, words).properties(height=height)
