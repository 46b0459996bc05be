"""Runs beside each other as figures: accuracy by evaluation, and what the accuracy cost."""

from __future__ import annotations

from collections.abc import Sequence

import plotly.graph_objects as go

from agentopt_core.reports.sentences import SUBJECTS, letter
from agentopt_core.reports.svg import thinned
from agentopt_core.views import ComparedRun, CurvePoint, Subject
from pages.components.curve import WORDS
from pages.components.say import accuracy, compact, cost, interval, shorten, title

COLORS = ("#4F72E3", "#D9822B", "#1E9E6A", "#B05CC9", "#D05252", "#7A8699")
"""One a run, readable on the light and on the dark ground; a letter and a shape stand beside each."""
SHAPES = ("circle", "square", "diamond", "triangle-up", "star", "hexagon")
MOST_POINTS = 600
"""Points a run sends to the browser; of longer runs every accepted one and an even choice of the others."""
_SPREAD = 0.07
"""How far the runs' points stand apart sideways, in evaluations, so that intervals do not lie over each other."""


def curves_figure(runs: Sequence[ComparedRun], height: int = 330) -> go.Figure:
    """Accepted accuracy as steps, every candidate with its 95 % interval, the validation split as a dashed line."""
    figure = go.Figure()
    for position, one in enumerate(runs):
        curve = thinned(one.curve, MOST_POINTS)
        if not curve:
            continue
        name, color, shape = _name(position, one), COLORS[position], SHAPES[position]
        aside = (position - (len(runs) - 1) / 2) * _SPREAD
        x = [point.evaluation + aside for point in curve]
        figure.add_scatter(
            x=x, y=[None if one.run.in_batches else _percent(point.best.accuracy) for point in curve], mode="lines",
            name=name, legendgroup=name,
            line={"color": color, "shape": "hv", "width": 2.5}, hoverinfo="skip", showlegend=False,
        )  # fmt: skip
        kept = [point.verdict in ("baseline", "kept") for point in curve]
        figure.add_scatter(
            x=x, y=[_percent(point.result.accuracy) for point in curve], mode="markers", name=name, legendgroup=name,
            error_y=_whiskers(curve, color),
            marker={
                "symbol": [shape if is_kept else f"{shape}-open" for is_kept in kept], "size": 9, "color": color,
                "line": {"width": 1.5, "color": color},
            },
            customdata=[
                (point.evaluation, WORDS[point.verdict], interval(point.result), point.result.n) for point in curve
            ],
            hovertemplate=f"{name}<br>evaluation %{{customdata[0]}}, %{{customdata[1]}}<br>%{{y:.1f}} % "
            "(95 % interval %{customdata[2]}, n = %{customdata[3]}, training tasks)<extra></extra>",
        )  # fmt: skip
        validated = [(point, point.validation) for point in curve if point.validation and point.validation.n]
        if validated:
            figure.add_scatter(
                x=[point.evaluation + aside for point, _ in validated],
                y=[_percent(result.accuracy) for _, result in validated],
                mode="lines+markers", name=f"{letter(position)} validation", legendgroup=name,
                line={"color": color, "dash": "dot", "width": 1.5}, marker={"symbol": "x-thin-open", "size": 8},
                customdata=[(interval(result), result.n) for _, result in validated],
                hovertemplate=f"{name}<br>validation: %{{y:.1f}} % (95 % interval %{{customdata[0]}}, "
                "n = %{customdata[1]})<extra></extra>",
            )  # fmt: skip
    figure.update_layout(
        height=height, margin={"l": 8, "r": 8, "t": 8, "b": 8}, hovermode="closest",
        legend={"orientation": "h", "y": 1.02, "yanchor": "bottom", "x": 0, "xanchor": "left"},
        xaxis={"title": "Evaluation (0 = baseline)", "dtick": _tick(runs), "showgrid": False, "zeroline": False},
        yaxis={"title": "Accuracy, training tasks (%)", "range": [0, 103], "dtick": 20, "zeroline": False},
    )  # fmt: skip
    return figure


def _whiskers(curve: Sequence[CurvePoint], color: str) -> dict[str, object]:
    high, low = [], []
    for point in curve:
        found, middle = point.result.interval, point.result.accuracy
        high.append(100 * (found[1] - middle) if found and middle is not None else 0)
        low.append(100 * (middle - found[0]) if found and middle is not None else 0)
    red, green, blue = (int(color[at : at + 2], 16) for at in (1, 3, 5))
    faint = f"rgba({red},{green},{blue},0.45)"
    return {"type": "data", "symmetric": False, "array": high, "arrayminus": low, "color": faint, "width": 0}


def cost_figure(runs: Sequence[ComparedRun], subject: Subject, height: int = 330) -> go.Figure | None:
    """Accuracy with its interval over the run's whole cost; None where no cost is known. Unknown ones are not drawn.

    Where all that is known is free, tokens stand for the cost.
    """
    figure = go.Figure()
    free = not any(one.run.usage.cost_usd for one in runs)
    for position, one in enumerate(runs):
        found = one.measured(subject)
        if found is None or found.result.accuracy is None or one.run.usage.cost_usd is None:
            continue
        low, high = found.result.interval or (found.result.accuracy, found.result.accuracy)
        middle, color, usage = found.result.accuracy, COLORS[position], one.run.usage
        figure.add_scatter(
            x=[usage.tokens if free else usage.cost_usd], y=[100 * middle], name=_name(position, one),
            mode="markers+text", text=[letter(position)], textposition="middle right", textfont={"size": 14},
            showlegend=False,
            error_y={"type": "data", "symmetric": False, "array": [100 * (high - middle)],
                     "arrayminus": [100 * (middle - low)], "color": color, "thickness": 1.5, "width": 5},
            marker={"symbol": SHAPES[position], "size": 12, "color": color},
            hovertemplate=f"{_name(position, one)}<br>{accuracy(found.result)} (95 % interval "
            f"{interval(found.result)}, n = {found.result.n})<br>{cost(usage)}, {compact(usage.tokens)} tokens"
            "<extra></extra>",
        )  # fmt: skip
    if not figure.data:
        return None
    highest = max(trace.x[0] for trace in figure.data)
    figure.update_layout(
        height=height, margin={"l": 8, "r": 8, "t": 34, "b": 8},
        xaxis={"title": "Tokens of the run (every cost is $0)" if free else "Cost of the run (USD)",
               "range": [0, 1.2 * highest or 1], "tickprefix": "" if free else "$", "zeroline": False},
        yaxis={"title": f"{SUBJECTS[subject]} (%)", "range": [0, 103], "dtick": 20, "zeroline": False},
    )  # fmt: skip
    return figure


def unpriced(runs: Sequence[ComparedRun], subject: Subject) -> list[str]:
    """Runs that the cost figure leaves out because a price is not known, with their accuracy."""
    told = []
    for position, one in enumerate(runs):
        found = one.measured(subject)
        if found and one.run.usage.cost_usd is None:
            told.append(f"{_name(position, one)}: {accuracy(found.result)}, cost unknown")
    return told


def _name(position: int, one: ComparedRun) -> str:
    # Plotly reads a few tags and entities in names: what would be one is shown as it is written.
    safe = shorten(title(one.run), 40).replace("&", "&amp;").replace("<", "&lt;")
    return f"{letter(position)} · {safe}".replace("%{", "% {")


def _percent(share: float | None) -> float | None:
    return None if share is None else 100 * share


def _tick(runs: Sequence[ComparedRun]) -> int:
    longest = max((one.curve[-1].evaluation for one in runs if one.curve), default=0)
    return max(1, -(-longest // 12))
