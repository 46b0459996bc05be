"""Tasks x versions: which tasks each set of functions solves. A canvas table, so that thousands of cells stay light."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd
import streamlit as st

from agentopt_core.rollouts import Proportion
from agentopt_core.views import RunSummary, TaskMatrix, VersionColumn
from pages.components.never_solved import never_solved
from pages.components.say import measured, shorten
from pages.components.shell import TRACES
from pages.components.states import empty_state
from pages.components.updates import VERDICTS

if TYPE_CHECKING:
    from agentopt_core.workbench import Workbench

PAGE = 150
"""Tasks on a page."""
SIGNS = {"s": "✓", "f": "✕", "n": "?", "-": "·"}
"""Letter of a cell -> the sign it is drawn as."""
LEGEND = "✓ solved, ✕ failed, ? not scored (a fault), · not evaluated"
_COLORS = {"✓": "green", "✕": "red", "?": "orange", "·": "gray"}
_MARKS = {"kept": "✓", "baseline": "▪", "rolled_back": "↶", "rejected": "✕", "pending": "…", "unchanged": "–"}
TOTALS = ("Solved", "of scored")
"""The first rows: for each version, how many tasks it solved, and n."""


def matrix_view(bench: Workbench, run: RunSummary) -> None:
    """The matrix, what it says in numbers, and its links to the conversations."""
    page = max(1, _number(st.query_params.get("tasks_page")))
    split = "val" if st.query_params.get("split") == "val" else "train"
    matrix = bench.task_matrix(run.run_id, split, (page - 1) * PAGE, PAGE)
    if matrix.has_validation:
        chosen = st.segmented_control(
            "Split", ["train", "val"], default=split, required=True, key="matrix_split", label_visibility="collapsed",
            format_func={"train": "Training tasks", "val": "Validation tasks"}.__getitem__,
        )  # fmt: skip
        if chosen != split:
            st.query_params["split"] = chosen
            st.query_params.pop("tasks_page", None)
            st.rerun()
    if not matrix.tasks:
        empty_state("No task was run yet", "The matrix begins with the baseline.", ":material/grid_on:")
        return
    _churned(matrix)
    _figures(matrix)
    _table(run, matrix)
    _pages(matrix, page)
    never_solved(bench, run, matrix)


def _number(text: str | None) -> int:
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 7 else 1


def _churned(matrix: TaskMatrix) -> None:
    """A banner where the mean hides what changed."""
    if not matrix.churn:
        return
    told = [
        f"Update {one.step} ({VERDICTS[one.verdict][0]}): {one.fixed} fixed, {one.broken} broken, n = {one.n}."
        for one in sorted(matrix.churn, key=lambda one: -(one.fixed + one.broken))[:3]
    ]
    more = f" And {len(matrix.churn) - 3} more updates." if len(matrix.churn) > 3 else ""
    st.warning(
        " ".join(told) + more, title="About the same accuracy, but other tasks are solved", icon=":material/swap_horiz:"
    )


def _figures(matrix: TaskMatrix) -> None:
    ceiling = Proportion(correct=matrix.ceiling, n=matrix.scored)
    best = max((one for one in matrix.columns if one.scored), key=lambda one: one.solved / one.scored, default=None)
    parts = [f"Ceiling: {measured(ceiling)} of the tasks were solved by some version"]
    if best:
        parts.append(f"the best single one, {_what(best)}, reaches {measured(_share(best))}")
    parts.append(f"never solved: {matrix.never}")
    where = "training" if matrix.split == "train" else "validation"
    st.caption(f"{'; '.join(parts)}. {matrix.tasks} {where} tasks, {len(matrix.columns)} versions.")


def _share(column: VersionColumn) -> Proportion:
    return Proportion(correct=column.solved, n=column.scored, faults=column.faults)


def _what(column: VersionColumn) -> str:
    return "the baseline" if column.evaluation == 0 else f"evaluation {column.evaluation}"


def matrix_frame(matrix: TaskMatrix) -> pd.DataFrame:
    """First the totals of the columns, then a row for each task; one column for each version.

    A cell is a list of one sign, because the table draws that as a coloured mark by itself; a style for each cell
    took twenty times as long.
    """
    data: dict[str, list[object]] = {
        "task": [*TOTALS, *(shorten(line.task_id, 60) for line in matrix.lines)],
        "solved": ["", "", *(f"{line.solved} of {line.scored}" for line in matrix.lines)],
    }
    for number, column in enumerate(matrix.columns):
        data[str(column.evaluation)] = [
            [str(column.solved)] if column.scored else ["–"],
            [str(column.scored)],
            *([SIGNS[line.cells[number]]] for line in matrix.lines),
        ]
    return pd.DataFrame(data)


def _table(run: RunSummary, matrix: TaskMatrix) -> None:
    frame = matrix_frame(matrix)

    def open_trace() -> None:
        cells = st.session_state["matrix"].selection.cells
        row, column = cells[0] if cells else (0, "")
        if row >= len(TOTALS) and column.isdigit():
            task = matrix.lines[row - len(TOTALS)].task_id
            st.switch_page(TRACES, query_params={"run": run.run_id, "task": task, "evaluation": column})

    versions = {
        str(one.evaluation): st.column_config.MultiselectColumn(
            f"{_MARKS[one.verdict]} {one.evaluation}",
            width=54,
            help=f"{_what(one).capitalize()}{f', update {one.step}' if one.step else ''}: {VERDICTS[one.verdict][0]}, "
            f"{measured(_share(one))}",
            options=list(_COLORS),
            color=list(_COLORS.values()),
        )
        for one in matrix.columns
    }
    st.dataframe(
        frame,
        hide_index=True,
        key="matrix",
        on_select=open_trace,
        selection_mode="single-cell",
        height=min(720, 40 + 30 * len(frame)),
        row_height=30,
        alt=f"Tasks by versions: {LEGEND}",
        column_config={
            "task": st.column_config.TextColumn("Task", pinned=True, width=170),
            "solved": st.column_config.TextColumn(
                "Solved by", pinned=True, width=90, help="Versions that solved it, of those under which it was scored"
            ),
            **versions,
        },
    )
    st.caption(
        f"{LEGEND}. Columns: evaluations; ▪ baseline, ✓ kept, ↶ rolled back, ✕ rejected. Hardest tasks first. "
        "Click a cell to read its conversation."
    )


def _pages(matrix: TaskMatrix, page: int) -> None:
    pages = -(-matrix.tasks // PAGE)
    if pages <= 1:
        return

    def turn() -> None:
        st.query_params["tasks_page"] = str(st.session_state["matrix_page"])

    st.number_input(
        f"Page of {pages} ({PAGE} tasks each)", 1, pages, min(page, pages), key="matrix_page", on_change=turn, width=220
    )
