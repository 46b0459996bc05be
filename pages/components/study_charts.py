"""A study as figures: every difference with its interval, and for transfer the grid."""

from __future__ import annotations

from collections.abc import Sequence

import plotly.graph_objects as go
from plotly.subplots import make_subplots

from agentopt_core.studies.result import ALL, Change, Row
from agentopt_core.studies.view import StudyView
from pages.components.compare_charts import COLORS, SHAPES
from pages.components.say import shorten

MOST_ROWS = 120
"""Rows of the table that are drawn; more cannot be read."""


def forest_figure(study: StudyView) -> go.Figure | None:
    """Gains, and differences to the reference, in points with 95 % intervals: a line an arm, a mark a task set.

    None where nothing is measured yet.
    """
    rows = [row for row in study.table.rows if row.gain is not None][:MOST_ROWS]
    if not rows:
        return None
    arms = list(dict.fromkeys(row.title for row in rows))
    sets = sorted(dict.fromkeys(row.tasks for row in rows), key=ALL.__eq__)  # all together come last
    compares = any(row.against for row in rows)
    splits = " and ".join(sorted({row.split for row in rows}))
    titles = [f"Gain: after minus before ({splits} tasks)"]
    if compares:
        titles.append(f"Against the reference ({_safe(study.table.reference, 40)})")
    figure = make_subplots(cols=len(titles), shared_yaxes=True, horizontal_spacing=0.03, subplot_titles=titles)
    for position, tasks in enumerate(sets):
        here = [row for row in rows if row.tasks == tasks]
        _marks(figure, here, [row.gain for row in here], arms, position, len(sets), column=1)
        if compares:
            _marks(figure, here, [row.against for row in here], arms, position, len(sets), column=2)
    figure.add_vline(x=0, line={"color": "#8791A5", "width": 1, "dash": "dot"})
    figure.update_xaxes(title_text="Points (95 % interval)", ticksuffix="", zeroline=False)
    figure.update_yaxes(
        tickvals=list(range(len(arms))), ticktext=[_safe(arm, 80).replace(" × ", " ×<br>") for arm in arms],
        range=[len(arms) - 0.5, -0.5],
        showgrid=False, zeroline=False,
    )  # fmt: skip
    figure.update_layout(
        height=130 + len(arms) * (26 + 15 * len(sets)), margin={"l": 8, "r": 8, "t": 70, "b": 8},
        legend={"orientation": "h", "y": 0.995, "yanchor": "top", "yref": "container", "x": 0},
    )  # fmt: skip
    return figure


def _marks(
    figure: go.Figure, rows: Sequence[Row], changes: Sequence[Change | None], arms: Sequence[str], position: int,
    sets: int, column: int,
) -> None:  # fmt: skip
    found = [(row, one) for row, one in zip(rows, changes, strict=True) if one is not None]
    color = "#8791A5" if rows[0].tasks == ALL else COLORS[position % len(COLORS)]
    shape = "hexagram" if rows[0].tasks == ALL else SHAPES[position % len(SHAPES)]
    figure.add_scatter(
        x=[100 * one.share for _, one in found],
        y=[arms.index(row.title) + 0.7 * ((position + 0.5) / sets - 0.5) for row, _ in found],
        name=f"{_safe(rows[0].tasks_title, 40)}, n = {max((one.tasks for _, one in found), default=0)}",
        legendgroup=rows[0].tasks, showlegend=column == 1 and sets > 1,
        mode="markers", marker={"symbol": shape, "size": 9, "color": color},
        error_x={"type": "data", "symmetric": False, "array": [100 * (one.high - one.share) for _, one in found],
                 "arrayminus": [100 * (one.share - one.low) for _, one in found], "color": color, "thickness": 1.5,
                 "width": 4},
        customdata=[
            (_safe(row.title, 80), _safe(row.tasks_title, 60), f"{100 * one.low:+.1f} to {100 * one.high:+.1f}",
             one.tasks, len(row.seeds), f"{one.p:.2g}", f"{one.holm:.2g}", row.split)
            for row, one in found
        ],
        hovertemplate="%{customdata[0]}<br>%{customdata[1]}<br>%{x:+.1f} points (95 % interval %{customdata[2]})<br>"
        "n = %{customdata[3]} %{customdata[7]} tasks × %{customdata[4]} seeds, p = %{customdata[5]} "
        "(Holm %{customdata[6]})<extra></extra>",
        row=1, col=column,
    )  # fmt: skip


def transfer_figure(study: StudyView) -> go.Figure | None:
    """Trained on (line) and tested on (column): test accuracy and its gain over the untrained agent, written in."""
    rows = [row for row in study.table.rows if row.after is not None]
    if study.file.kind != "transfer" or not rows:
        return None
    names = {row.tasks: row.tasks_title for row in study.table.rows}
    sets = list(names)
    found = {(row.arm, row.tasks): row for row in rows}
    shares: list[list[float | None]] = []
    texts: list[list[str]] = []
    for source in sets:
        line = [found.get((source, tasks)) for tasks in sets]
        shares.append([100 * row.after.share if row and row.after else None for row in line])
        texts.append([_cell(row) for row in line])
    figure = go.Figure(
        go.Heatmap(
            z=shares, x=[_safe(names[one], 30) for one in sets], y=[_safe(names[one], 30) for one in sets], text=texts,
            texttemplate="%{text}", zmin=0, zmax=100, xgap=3, ygap=3,
            colorscale=[(0, "#E8ECF8"), (1, "#4F72E3")], colorbar={"title": "%", "thickness": 10},
            hovertemplate="trained on %{y}<br>tested on %{x}<br>%{text}<extra></extra>",
        )
    )  # fmt: skip
    figure.update_layout(
        height=120 + 90 * len(sets), margin={"l": 8, "r": 8, "t": 8, "b": 8},
        xaxis={"title": "Tested on (test split)", "showgrid": False},
        yaxis={"title": "Trained on", "autorange": "reversed", "showgrid": False},
    )  # fmt: skip
    return figure


def _cell(row: Row | None) -> str:
    if row is None or row.after is None:
        return ""
    gain = (
        ""
        if row.gain is None
        else f"<br>{100 * row.gain.share:+.1f} [{100 * row.gain.low:+.0f}, {100 * row.gain.high:+.0f}]"
    )
    return f"<b>{100 * row.after.share:.1f} %</b>{gain}<br>n = {row.after.tasks} × {len(row.seeds)}"


def _safe(text: str, limit: int) -> str:
    # Plotly reads a few tags and entities in names: what would be one is shown as it is written.
    return shorten(text, limit).replace("&", "&amp;").replace("<", "&lt;").replace("%{", "% {")
