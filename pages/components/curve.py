"""The accuracy curve: every evaluation with its 95 % interval, and what became of it as shape, colour and word."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import altair as alt
import pandas as pd

from agentopt_core.diagnosis import noise_spread
from agentopt_core.evidence import outcome_word
from agentopt_core.rollouts import Proportion
from agentopt_core.views import CurvePoint, Signs
from pages.components.colors import ACCENT, AMBER, GREEN, GREY, RED, VIOLET
from pages.components.say import DASH, accuracy, interval, percent, shorten

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
_WORD = 62
"""Pixels a word takes beside its neighbours; where there are fewer, only shape, colour and legend tell points apart."""
PICK = "pick"
"""The chart's selection: `{"evaluation": number}` of the point that was clicked."""
ZOOM = "zoom"
"""Its other selection. Streamlit forgets the zoom at new data unless it is told to listen to it."""
_X = {"title": "Evaluation (0 = baseline)", "scale": alt.Scale(zero=False, padding=24, nice=False)}
_Y = alt.Scale(domain=[0, 109], nice=False)


def curve_table(curve: Sequence[CurvePoint], signs: Signs) -> pd.DataFrame:
    """One row per evaluation; shares in per cent. What holds for the whole run stands in every row."""
    spread = noise_spread(curve[0].result, signs.again)
    first = curve[0].result.accuracy
    ceiling = signs.ever_solved.accuracy if signs.ever_solved else None
    batches = _in_batches(curve)
    rows = []
    for point in curve:
        word = WORDS[point.verdict]
        found = outcome_word(point.verdict, point.evidence)
        outcome = word if found in WORDS.values() else f"{word}, {found}"
        low, high = ends(point.result)
        val_low, val_high = ends(point.validation)
        rows.append(
            {
                "evaluation": point.evaluation,
                "accuracy": per_cent(point.result),
                "low": low,
                "high": high,
                "best": None if batches else per_cent(point.best),  # a line would join different tasks
                "val": per_cent(point.validation),
                "val_low": val_low,
                "val_high": val_high,
                "noise_low": None if spread is None or first is None else 100 * max(0.0, first - spread),
                "noise_high": None if spread is None or first is None else 100 * min(1.0, first + spread),
                "ceiling": None if ceiling is None else 100 * ceiling,
                "mark": word,
                "by_hand": bool(point.by),
                "color": _STROKES[_LABELS.index(word)],
                "result": _said(point.result),
                "validation": _said(point.validation),
                "outcome": _outcome(point, outcome),
                "epoch": point.epoch,
                "functions": shorten(", ".join(point.functions), 120) or "none",
                "reason": shorten(point.reason, 160),
            }
        )
    return pd.DataFrame(rows).astype(
        {"best": float, "val": float, "val_low": float, "val_high": float, "ceiling": float}
    )


def _in_batches(curve: Sequence[CurvePoint]) -> bool:
    """The accepted set was measured again, on the tasks of another step."""
    return any(point.renewed for point in curve)


def _outcome(point: CurvePoint, word: str) -> str:
    if point.renewed:
        return "the accepted functions, on the tasks of the next step"
    return f"{word}, by hand of {shorten(point.by, 60)}" if point.by else word


def per_cent(result: Proportion | None) -> float | None:
    """The accuracy in per cent; None where nothing was measured."""
    share = result.accuracy if result else None
    return None if share is None else 100 * share


def ends(result: Proportion | None) -> tuple[float | None, float | None]:
    """The ends of its 95 % interval in per cent, from below."""
    low, high = (result.interval if result else None) or (None, None)
    return (None, None) if low is None or high is None else (100 * low, 100 * high)


def _said(result: Proportion | None) -> str:
    if result is None or result.accuracy is None:
        return DASH
    return f"{accuracy(result)} ({result.correct} of {result.n} tasks, 95 % interval {interval(result)})"


@lru_cache(maxsize=1)
def curve_chart() -> dict[str, Any]:
    """The chart of a `curve_table` as a Vega-Lite specification, the same for all runs: new points do not redraw it.

    A click on a point of the training line is its selection `PICK`; Shift and the wheel zoom, dragging moves. Made
    once: to build it takes longer than all that a tick asks of the history.
    """
    base = alt.Chart(alt.NamedData("curve"))
    mark = {"field": "mark", "type": "nominal"}
    legend = alt.Legend(title=None, orient="top", direction="horizontal", symbolSize=80, values=_LABELS[:4])
    x = alt.X("evaluation:Q", axis=alt.Axis(tickMinStep=1, format="d", grid=False, labelFlush=False), **_X)
    y = alt.Y(
        "accuracy:Q",
        title="Accuracy (%)",
        scale=_Y,
        axis=alt.Axis(values=[0, 20, 40, 60, 80, 100], tickSize=0, domain=False),
    )
    # Validation stands a little to the right, so that its intervals do not lie on those of training.
    beside = base.transform_calculate(evaluation="datum.evaluation + 0.12").transform_filter("isValid(datum.val)")
    val_x = alt.X("evaluation:Q", **_X)
    points = (
        base.mark_point(size=110, strokeWidth=2, opacity=1, cursor="pointer")
        .properties(name="points")  # a name made from the data would be another chart at each new point
        .encode(
            x=x,
            y=y,
            shape=alt.Shape(**mark, scale=alt.Scale(domain=_LABELS, range=_SHAPES), legend=legend),
            stroke=alt.Stroke(**mark, scale=alt.Scale(domain=_LABELS, range=_STROKES), legend=legend),
            fill=alt.Fill(**mark, scale=alt.Scale(domain=_LABELS, range=_FILLS), legend=legend),
            tooltip=[
                alt.Tooltip("evaluation:Q", title="Evaluation"),
                alt.Tooltip("outcome:N", title="Outcome"),
                alt.Tooltip("reason:N", title="Reason"),
                alt.Tooltip("result:N", title="Training"),
                alt.Tooltip("validation:N", title="Validation"),
                alt.Tooltip("epoch:Q", title="Accepted epochs"),
                alt.Tooltip("functions:N", title="Functions"),
            ],
        )
        .add_params(
            alt.selection_point(name=PICK, fields=["evaluation"], on="click", toggle=False),
            alt.selection_interval(name=ZOOM, bind="scales", encodings=["x"], zoom="wheel![event.shiftKey]"),
        )
    )
    words = (
        base.transform_joinaggregate(points="count()")
        .transform_filter(f"datum.points * {_WORD} <= width")
        .mark_text(dy=-11, fontSize=11)
        .encode(x=x, y=alt.Y("high:Q", scale=_Y, title=""), text="mark:N", color=alt.Color("color:N", scale=None))
    )
    chart = alt.layer(
        *_whole_run(base),
        _whiskers(base, x, "low", "high").encode(color=alt.Color("color:N", scale=None)),
        base.mark_line(interpolate="step-after", strokeWidth=2, color=ACCENT, opacity=0.8).encode(
            x=x, y=alt.Y("best:Q", scale=_Y, title="")
        ),
        _whiskers(beside, val_x, "val_low", "val_high", VIOLET),
        beside.mark_line(strokeWidth=2, strokeDash=[5, 3], color=VIOLET).encode(
            x=val_x, y=alt.Y("val:Q", scale=_Y, title="")
        ),
        beside.mark_square(size=46, color=VIOLET, opacity=1).encode(x=val_x, y=alt.Y("val:Q", scale=_Y, title="")),
        base.transform_filter("datum.by_hand")
        .mark_point(size=340, shape="circle", strokeWidth=1.5, opacity=1, color=GREEN)
        .encode(x=x, y=alt.Y("accuracy:Q", scale=_Y, title="")),
        points,
        words,
    ).properties(height=340)
    made = chart.to_dict()
    return {name: part for name, part in made.items() if name not in ("data", "config")}


def _whole_run(base: alt.Chart) -> list[alt.Chart]:
    """The noise band and the ceiling, drawn once across the chart; nothing where they were not measured."""
    once = base.transform_filter("datum.evaluation == 0")
    noise = once.transform_filter("isValid(datum.noise_low)")
    top = once.transform_filter("isValid(datum.ceiling)")
    return [
        noise.mark_rect(color=GREY, opacity=0.22).encode(y=alt.Y("noise_low:Q", scale=_Y, title=""), y2="noise_high:Q"),
        noise.mark_rule(color=GREY, opacity=0.5).encode(y=alt.Y("noise_high:Q", scale=_Y, title="")),
        noise.mark_rule(color=GREY, opacity=0.5).encode(y=alt.Y("noise_low:Q", scale=_Y, title="")),
        top.mark_rule(color=GREEN, strokeDash=[2, 3], strokeWidth=1.5).encode(y=alt.Y("ceiling:Q", scale=_Y, title="")),
    ]


def _whiskers(base: alt.Chart, x: alt.X, low: str, high: str, color: str | None = None) -> alt.Chart:
    mark = {"color": color} if color else {}
    return base.mark_rule(strokeWidth=5, strokeCap="round", opacity=0.3, **mark).encode(
        x=x, y=alt.Y(f"{low}:Q", scale=_Y, title=""), y2=f"{high}:Q"
    )


def legend_words(curve: Sequence[CurvePoint], signs: Signs, hold_out: str) -> str:
    """What the lines and bands of the chart stand for, in a sentence each, with n and split."""
    first = curve[0].result
    line = "" if _in_batches(curve) else ", the step line is the accepted set"
    said = [f"Blue: training tasks (n = {curve[-1].result.n}, {hold_out}){line}."]
    if _in_batches(curve):
        said.append(
            "Training in batches: each step has tasks of its own. A candidate compares with the diamond before it (the "
            "accepted set on the same tasks); points of different steps do not compare."
        )
    validated = [point.validation for point in curve if point.validation]
    if validated:
        gated = any(point.evidence for point in curve)
        part = "on which the evidence gate judges" if gated else "which decide nothing"
        said.append(f"Violet squares: validation tasks (n = {validated[-1].n}), {part}.")
    if any(point.by for point in curve):
        said.append("Green ring: changed by hand.")
    spread = noise_spread(first, signs.again)
    times = f"{len(signs.again)} time{'s' * (len(signs.again) != 1)}"
    if spread is None:
        said.append("Noise was not measured: set null edits to 1 or more to have the baseline run again.")
    elif spread == 0:
        said.append(f"Noise: measured again {times} without a change, the baseline gave the same accuracy.")
    else:
        said.append(f"Grey band: noise, {100 * spread:.1f} points when the baseline was measured again {times}.")
    if signs.ever_solved:
        top = signs.ever_solved
        said.append(
            f"Green dots: {percent(top.accuracy)} ({top.correct} of {top.n}) of the training tasks were solved by "
            "some version, the most a choice among them could reach."
        )
    said.append("Bars: 95 % intervals. A click shows the update; Shift and wheel zoom, a double click resets.")
    return " ".join(said)
