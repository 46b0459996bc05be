"""Runs beside each other as figures: accuracy by evaluation, and what the accuracy cost.

Each figure is a table and a Vega-Lite specification: Plotly's script alone takes a browser longer to run than the whole
page may take.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd

from agentopt_core.reports.sentences import SUBJECTS, letter
from agentopt_core.reports.svg import thinned
from agentopt_core.rollouts import Proportion
from agentopt_core.views import ComparedRun, Subject
from pages.components.curve import WORDS, ends, per_cent
from pages.components.say import accuracy, compact, cost, interval, shorten, title

COLORS = ("#4F72E3", "#D9822B", "#1E9E6A", "#B05CC9", "#D05252", "#7A8699")
"""One a run, readable on the light and on the dark ground; a letter and a shape stand beside each."""
SHAPES = ("circle", "square", "diamond", "triangle-up", "cross", "triangle-down")
MOST_POINTS = 600
"""Points a run sends to the browser; of longer runs every accepted one and an even choice of the others."""
_SPREAD = 0.07
"""How far the runs' points stand apart sideways, in evaluations, so that intervals do not lie over each other."""
_PERCENT = {"domain": [0, 103], "nice": False}
_HEIGHT = 330

Spec = dict[str, Any]


def curves_table(runs: Sequence[ComparedRun]) -> pd.DataFrame:
    """One row per run and evaluation that is drawn; shares in per cent, a share that was not measured is None."""
    rows = []
    for position, one in enumerate(runs):
        aside = (position - (len(runs) - 1) / 2) * _SPREAD
        for point in thinned(one.curve, MOST_POINTS):
            low, high = ends(point.result)
            rows.append(
                {
                    "run": _name(position, one),
                    "x": point.evaluation + aside,
                    "evaluation": point.evaluation,
                    "best": None if one.run.in_batches else per_cent(point.best),
                    "accuracy": per_cent(point.result),
                    "low": low,
                    "high": high,
                    "kept": point.verdict in ("baseline", "kept"),
                    "outcome": WORDS[point.verdict],
                    "training": _said(point.result),
                    "validation": per_cent(point.validation),
                    "validated": _said(point.validation) if point.validation and point.validation.n else "",
                }
            )
    shares = dict.fromkeys(("x", "best", "accuracy", "low", "high", "validation"), float)
    return pd.DataFrame(rows).astype(shares) if rows else pd.DataFrame(rows)


def curves_chart(runs: Sequence[ComparedRun]) -> Spec:
    """Accepted accuracy as steps, every candidate with its 95 % interval, the validation split as a dotted line."""
    drawn = [position for position, one in enumerate(runs) if one.curve]
    legend = {
        "title": None,
        "orient": "top",
        "direction": "horizontal",
        "columns": 2,
        "labelLimit": 300,
        "symbolOpacity": 1,
    }
    color, shape = _scales(runs, drawn, legend)
    x = {
        "field": "x", "type": "quantitative", "title": "Evaluation (0 = baseline)",
        "scale": {"zero": False, "padding": 16, "nice": False},
        "axis": {"grid": False, "tickMinStep": 1, "format": "d"},
    }  # fmt: skip
    y = {"type": "quantitative", "scale": _PERCENT, "title": ""}
    tips = [
        {"field": field, "type": "nominal", "title": said}
        for field, said in (
            ("run", "Run"), ("evaluation", "Evaluation"), ("outcome", "Outcome"), ("training", "Training"),
        )
    ]  # fmt: skip
    validated = {
        "transform": [{"filter": "isValid(datum.validation)"}],
        "encoding": {
            "x": x, "y": {"field": "validation", **y}, "color": color,
            "tooltip": [*tips[:2], {"field": "validated", "type": "nominal", "title": "Validation"}],
        },
        "layer": [
            {"mark": {"type": "line", "strokeDash": [2, 3], "strokeWidth": 1.5}},
            {"mark": {"type": "point", "shape": _THIN_CROSS, "size": 40, "strokeWidth": 1.3, "opacity": 0.9}},
        ],
    }  # fmt: skip
    points = {
        "mark": {"type": "point", "size": 70, "strokeWidth": 1.6, "opacity": 1},
        "params": [_ZOOM],
        "encoding": {
            "x": x,
            "y": {
                "field": "accuracy", **y, "title": "Accuracy, training tasks (%)",
                "axis": {"values": [0, 20, 40, 60, 80, 100], "tickSize": 0, "domain": False},
            },
            "color": color, "shape": shape,
            "fill": {"condition": {"test": "datum.kept", **color, "legend": None}, "value": "transparent"},
            "tooltip": tips,
        },
    }  # fmt: skip
    steps = {
        "mark": {"type": "line", "interpolate": "step-after", "strokeWidth": 2.5},
        "encoding": {"x": x, "y": {"field": "best", **y}, "color": color},
    }
    return {"height": _HEIGHT, "layer": [_bars(x, y, color, 3, 0.4), steps, validated, points]}


def cost_table(runs: Sequence[ComparedRun], subject: Subject) -> pd.DataFrame:
    """One row per run whose cost and accuracy are known. `spent` is in tokens where all that is known is free."""
    free, rows = _is_free(runs), []
    for position, one in enumerate(runs):
        found, usage = one.measured(subject), one.run.usage
        if found is None or found.result.accuracy is None or usage.cost_usd is None:
            continue
        low, high = ends(found.result)
        rows.append(
            {
                "run": _name(position, one),
                "letter": letter(position),
                "spent": float(usage.tokens if free else usage.cost_usd),
                "accuracy": per_cent(found.result),
                "low": low,
                "high": high,
                "result": _said(found.result),
                "cost": f"{cost(usage)}, {compact(usage.tokens)} tokens",
            }
        )
    return pd.DataFrame(rows)


def cost_chart(runs: Sequence[ComparedRun], subject: Subject) -> Spec:
    """Accuracy with its interval over the run's whole cost, for a `cost_table` that has rows."""
    color, shape = _scales(runs, range(len(runs)), None)  # the letters stand beside the marks
    free = _is_free(runs)
    x = {
        "field": "spent", "type": "quantitative", "scale": {"zero": True, "padding": 24},
        "title": "Tokens of the run (every cost is $0)" if free else "Cost of the run (USD)",
        "axis": {"grid": False, "format": "~s" if free else "$~g", "tickCount": 5},
    }  # fmt: skip
    y = {"type": "quantitative", "scale": _PERCENT, "title": ""}
    tips = [
        {"field": field, "type": "nominal", "title": said}
        for field, said in (("run", "Run"), ("result", SUBJECTS[subject]), ("cost", "Cost"))
    ]
    point = {
        "mark": {"type": "point", "size": 130, "filled": True, "opacity": 1},
        "encoding": {
            "x": x,
            "y": {
                "field": "accuracy", **y, "title": f"{SUBJECTS[subject]} (%)",
                "axis": {"values": [0, 20, 40, 60, 80, 100], "tickSize": 0, "domain": False},
            },
            "color": color, "shape": shape, "tooltip": tips,
        },
    }  # fmt: skip
    name = {
        "mark": {"type": "text", "dx": 14, "fontSize": 14, "fontWeight": 600},
        "encoding": {
            "x": x, "y": {"field": "accuracy", **y}, "text": {"field": "letter"}, "color": color,
        },
    }  # fmt: skip
    return {"height": _HEIGHT, "layer": [_bars(x, y, color, 2, 0.8), point, name]}


def unpriced(runs: Sequence[ComparedRun], subject: Subject) -> list[str]:
    """Runs that the cost figure leaves out because a price is not known, with their accuracy."""
    told = []
    for position, one in enumerate(runs):
        found = one.measured(subject)
        if found and one.run.usage.cost_usd is None:
            told.append(f"{_name(position, one)}: {accuracy(found.result)}, cost unknown")
    return told


_THIN_CROSS = "M-.7,-.7L.7,.7M.7,-.7L-.7,.7"
_ZOOM = {
    "name": "zoom",
    "select": {"type": "interval", "encodings": ["x"], "zoom": "wheel![event.shiftKey]"},
    "bind": "scales",
}


def _bars(x: Spec, y: Spec, color: Spec, width: float, opacity: float) -> Spec:
    return {
        "mark": {"type": "rule", "strokeWidth": width, "opacity": opacity},
        "encoding": {"x": x, "y": {"field": "low", **y}, "y2": {"field": "high"}, "color": color},
    }


def _scales(runs: Sequence[ComparedRun], drawn: Sequence[int], legend: Spec | None) -> tuple[Spec, Spec]:
    """Colour and shape of each run. One that differs from the others in its legend would leave all without."""
    names = [_name(position, runs[position]) for position in drawn]
    color, shape = (
        {
            "field": "run", "type": "nominal", "legend": legend,
            "scale": {"domain": names, "range": [kinds[at] for at in drawn]},
        }
        for kinds in (COLORS, SHAPES)
    )  # fmt: skip
    return color, shape


def _is_free(runs: Sequence[ComparedRun]) -> bool:
    return not any(one.run.usage.cost_usd for one in runs)


def _name(position: int, one: ComparedRun) -> str:
    return f"{letter(position)} · {shorten(title(one.run), 40)}"


def _said(result: Proportion) -> str:
    return f"{accuracy(result)} (95 % interval {interval(result)}, n = {result.n})"
