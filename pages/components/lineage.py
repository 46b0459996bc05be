"""The versions of a run as a graph: kept sets are the trunk, the others its side branches; and one of them in full."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

import plotly.graph_objects as go
import streamlit as st

from agentopt_core.functions import FunctionSet
from agentopt_core.reports.diff import side_by_side
from agentopt_core.views import LineageNode, RunSummary
from pages.components.function_change import change_buttons
from pages.components.say import accuracy, measured, plain, points, shorten
from pages.components.shell import TRACES, TRAIN
from pages.components.states import error_state
from pages.components.updates import VERDICTS

if TYPE_CHECKING:
    from agentopt_core.workbench import Workbench


class Look(NamedTuple):
    """How what became of a set is drawn: never by its colour alone."""

    lane: int
    symbol: str
    color: str


LOOKS = {
    "baseline": Look(0, "square", "#7C879B"),
    "kept": Look(0, "circle", "#4C6FE0"),
    "rolled_back": Look(1, "triangle-down", "#D07B22"),
    "rejected": Look(2, "x", "#CF4B4B"),
    "unchanged": Look(3, "line-ew-open", "#7C879B"),
    "pending": Look(1, "diamond-open", "#7C879B"),
}
AT_ONCE = 120
"""Nodes shown at once; of more, the newest are shown and a slider under the graph moves along."""
_LABELLED = 26
"""Up to so many nodes, those of the side branches have their accuracy beside them, too."""
_LABEL_WIDTH = 0.045
"""Of a label, as a share of the graph."""
DIFFS = 12
"""Functions whose difference is shown at most."""


def lineage_view(bench: Workbench, run: RunSummary) -> None:
    """The graph, and below it the version that the address or a click selects."""
    nodes = bench.lineage(run.run_id)
    if not nodes:
        st.caption("The graph begins with the baseline.")
        return
    wanted = st.query_params.get("version", str(run.best_evaluation or 0))
    selected = next((node for node in nodes if str(node.evaluation) == wanted), None)

    def select() -> None:
        chosen = st.session_state["lineage"].selection.points
        evaluation = chosen[0]["customdata"][0] if chosen else None
        if isinstance(evaluation, int):
            st.query_params["version"] = str(evaluation)
            st.query_params.pop("set_against", None)

    st.plotly_chart(
        lineage_figure(nodes, selected),
        key="lineage",
        on_select=select,
        selection_mode="points",
        config={"displayModeBar": False},
        alt=f"{len(nodes)} versions: " + ", ".join(f"{n} {word}" for word, n in _tally(nodes).items()),
    )
    st.caption(
        "Each mark is a set of functions with its accuracy and n on the training tasks; a ring is a change by hand. "
        "Hover for the reason, click to look at the set."
    )
    if selected is None:
        error_state(f"This run has no evaluation {wanted}.", "Choose a version in the graph.", title="No such version")
        return
    _version(bench, run, nodes, selected)


def _tally(nodes: Sequence[LineageNode]) -> dict[str, int]:
    words: dict[str, int] = {}
    for node in nodes:
        word = VERDICTS[node.verdict][0]
        words[word] = words.get(word, 0) + 1
    return words


def lineage_figure(nodes: Sequence[LineageNode], selected: LineageNode | None = None) -> go.Figure:
    """The graph: steps from left to right, one lane for each thing that became of a set."""
    figure = go.Figure()
    lanes = {LOOKS[node.verdict].lane for node in nodes} | {0}
    depth = {lane: -row for row, lane in enumerate(sorted(lanes))}
    place = {node.step: (node.step, depth[LOOKS[node.verdict].lane]) for node in nodes}
    trunk = [node for node in nodes if LOOKS[node.verdict].lane == 0]
    side_x: list[float | None] = []
    side_y: list[float | None] = []
    for node in nodes:
        if LOOKS[node.verdict].lane:
            x, y = place[node.step]
            side_x += [x - 0.55, x - 0.1, None]
            side_y += [0, y + 0.12, None]
    line = {"width": 1.5, "color": "rgba(124,135,155,.55)"}
    end = nodes[-1].step
    figure.add_scatter(x=[0, end], y=[0, 0], mode="lines", line={**line, "width": 3}, hoverinfo="skip")
    figure.add_scatter(x=side_x, y=side_y, mode="lines", line=line, hoverinfo="skip")
    by_hand = [node for node in nodes if node.by]
    _rings(figure, [place[node.step] for node in by_hand], "#A06CD5", 20)
    if selected:
        _rings(figure, [place[selected.step]], "#4C6FE0", 28)
    few = len(nodes) <= _LABELLED
    heights = _heights(trunk, min(len(nodes), AT_ONCE))
    for verdict, look in LOOKS.items():
        own = [node for node in nodes if node.verdict == verdict]
        if not own:
            continue
        word = VERDICTS[verdict][0]
        figure.add_scatter(
            x=[place[node.step][0] for node in own],
            y=[place[node.step][1] for node in own],
            mode="markers+text",
            name=word,
            marker={
                "symbol": look.symbol,
                "size": 13 if len(nodes) <= 50 else 9,
                "color": look.color,
                "opacity": 1,
                "line": {"width": 2 if "open" in look.symbol else 0, "color": look.color},
            },
            selected={"marker": {"opacity": 1}},
            unselected={"marker": {"opacity": 1}, "textfont": {"color": None}},
            text=[_label(node, heights.get(node.step)) if few or look.lane == 0 else "" for node in own],
            textposition=["top center" if look.lane == 0 else "bottom center" for _ in own],
            textfont={"size": 11},
            cliponaxis=False,
            customdata=[[node.evaluation] for node in own],
            hovertext=[_hover(node) for node in own],
            hovertemplate="%{hovertext}<extra></extra>",
        )
    names = {lane: word for lane, word in ((0, "kept"), (1, "rolled back"), (2, "rejected"), (3, "unchanged"))}
    long = len(nodes) > AT_ONCE
    first, last = -0.7, end + 0.7
    if long:  # the newest, or those around the one that is looked at
        last = max(AT_ONCE - 0.5, min(end, selected.step + AT_ONCE // 2 if selected else end)) + 0.7
        first = last - AT_ONCE
    head = 1.3 if any(heights.values()) else 0.85
    figure.update_layout(
        height=round(70 + 62 * (len(lanes) + head) + (70 if long else 0)),
        margin={"l": 8, "r": 16, "t": 8, "b": 24 if long else 8},
        showlegend=False,
        dragmode="pan" if long else False,
        hoverlabel={"align": "left"},
        xaxis={
            "title": {"text": "Update"},
            "range": [first, last],
            "dtick": 1 if len(nodes) <= 40 else 5 if len(nodes) <= AT_ONCE else None,
            "showgrid": False,
            "zeroline": False,
            "rangeslider": {"visible": long, "thickness": 0.12},
        },
        yaxis={
            "tickvals": list(depth.values()),
            "ticktext": [names[lane] for lane in depth],
            "range": [min(depth.values()) - 0.85, head],
            "showgrid": False,
            "zeroline": False,
            "fixedrange": True,
        },
    )
    return figure


def _rings(figure: go.Figure, places: Sequence[tuple[int, int]], color: str, size: int) -> None:
    figure.add_scatter(
        x=[x for x, _ in places],
        y=[y for _, y in places],
        mode="markers",
        marker={"symbol": "circle-open", "size": size, "color": color, "line": {"width": 2}},
        hoverinfo="skip",
        cliponaxis=False,
    )


def _heights(trunk: Sequence[LineageNode], shown: int) -> dict[int, int]:
    """Step -> at which of two heights the label of a kept set stands; without one where both are taken.

    The newest come first: of many, they matter most.
    """
    free = [float("inf")] * 2
    heights = {}
    for node in reversed(trunk):
        for height, taken in enumerate(free):
            if node.step <= taken - _LABEL_WIDTH * shown:
                heights[node.step] = height
                free[height] = node.step
                break
    return heights


def _label(node: LineageNode, height: int | None) -> str:
    """Accuracy and n, below a mark of a side branch and above one of the trunk."""
    if node.result is None:
        return ""
    text = f"{accuracy(node.result)}<br>n = {node.result.n}"
    if LOOKS[node.verdict].lane:
        return f" <br>{text}"
    return "" if height is None else text + "<br> " * (1 + 2 * height)


def _hover(node: LineageNode) -> str:
    """What a mark says; Plotly reads a little HTML, so that a stranger's signs are written as such."""
    lines = [f"<b>{'Baseline' if node.step == 0 else f'Update {node.step}'}: {VERDICTS[node.verdict][0]}</b>"]
    if node.by:
        lines.append(f"by hand: {_safe(node.by, 60)}")
    if node.result:
        lines.append(measured(node.result))
    if node.changes:
        lines.append(_safe(", ".join(node.changes), 110))
    reason = shorten(node.reason, 240)
    lines += [_safe(reason[start : start + 80], 80) for start in range(0, len(reason), 80)]
    return "<br>".join(lines)


def _safe(text: str, limit: int) -> str:
    return shorten(text, limit).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _version(bench: Workbench, run: RunSummary, nodes: Sequence[LineageNode], node: LineageNode) -> None:
    word, color, icon = VERDICTS[node.verdict]
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
        with st.container(horizontal=True, vertical_alignment="center", width="content"):
            what = "Baseline" if node.step == 0 else f"Set of update {node.step}"
            st.subheader(what, anchor=False, width="content")
            st.badge(word, color=color, icon=icon)
            if node.by:
                st.badge(f"by {plain(node.by, 60)}", color="violet", icon=":material/edit:")
        change_buttons(bench, run, node)
    gain = points(node.base, node.result)
    flips = f" {node.fixed} tasks fixed, {node.broken} broken against its parent ({gain})." if gain else ""
    st.caption(f"{measured(node.result)} on the training tasks.{flips} {plain(node.reason, 1_000)}")
    with st.container(horizontal=True, gap="small"):
        st.page_link(
            TRACES, label="Its conversations", icon=":material/forum:",
            query_params={"run": run.run_id, "evaluation": str(node.evaluation)},
        )  # fmt: skip
        st.page_link(TRAIN, label="On the curve", icon=":material/show_chart:", query_params={"run": run.run_id})
    sets = bench.function_sets(run.run_id)
    _set_diff(sets, nodes, node)


def _set_diff(sets: Mapping[int, FunctionSet], nodes: Sequence[LineageNode], node: LineageNode) -> None:
    """The whole set against that of any other version."""
    others = {str(one.evaluation): one for one in nodes if one.evaluation is not None and one is not node}
    options = ["nothing", *others]
    wanted = st.query_params.get("set_against", str(node.parent))

    def choose() -> None:
        st.query_params["set_against"] = st.session_state[key]

    def label(evaluation: str) -> str:
        one = others.get(evaluation)
        if one is None:
            return "nothing"
        what = "the baseline" if one.step == 0 else f"update {one.step}"
        return f"the set of {what} ({VERDICTS[one.verdict][0]}, {accuracy(one.result)})"

    key = f"set_against_{node.evaluation}"
    chosen = st.selectbox(
        "Compare the whole set with",
        options,
        index=options.index(wanted) if wanted in options else 0,
        format_func=label,
        key=key,
        on_change=choose,
        width=420,
    )
    new = sets.get(node.evaluation if node.evaluation is not None else -1, FunctionSet())
    old = FunctionSet() if chosen == "nothing" else sets.get(int(chosen), FunctionSet())
    names = list(dict.fromkeys((*new.names, *old.names)))
    changed = [name for name in names if _digest(old, name) != _digest(new, name)]
    same = [name for name in names if name not in changed]
    if same:
        st.caption(f"Unchanged: {plain(', '.join(same), 600)}.")
    if not names:
        st.caption("Both sets are empty: the agent has only Python and its answer.")
    for name in changed[:DIFFS]:
        before, after = old.get(name), new.get(name)
        done = "revised" if before and after else "added" if after else "removed"
        st.markdown(f"**{plain(name, 80)}** {done}")
        heads = (f"{name}, before" if before else "nothing", f"{name}, after" if after else "removed")
        st.html(side_by_side(before.code if before else "", after.code if after else "", heads))
    if len(changed) > DIFFS:
        st.caption(f"{len(changed) - DIFFS} more changed functions; each has its own page under Functions.")


def _digest(functions: FunctionSet, name: str) -> str | None:
    function = functions.get(name)
    return function.digest if function else None
