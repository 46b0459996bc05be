"""The list of the Traces page: one page of the rollouts that the filters leave, and which of them is open."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING

import pandas as pd
import streamlit as st

from agentopt_core.rollouts import Proportion
from agentopt_core.views import RunSummary
from agentopt_core.views.traces import (
    TRACES_DOWNLOADED,
    TraceFilter,
    TracePage,
    TraceRow,
)
from pages.components.presentation import presenting
from pages.components.say import DASH, count, measured, percent, plain, shorten
from pages.components.states import empty_state
from pages.components.traces_filter import SPLITS, Place

if TYPE_CHECKING:
    from agentopt_core.workbench import Workbench

PAGE_ROWS = 50


def opened(page: TracePage) -> tuple[str, Place | None] | None:
    """Task and place of the conversation that the address opens; no place where it names the task alone."""
    task = st.query_params.get("task")
    if not task:
        return (page.rows[0].task_id, _place(page.rows[0])) if page.rows else None
    number, _, rest = st.query_params.get("open", "").partition(".")
    split, _, series = rest.partition(".")
    if number.isdecimal() and len(number) < 9 and split in SPLITS:
        return task, Place(int(number), split, series[:80])
    number = st.query_params.get("evaluation", "")
    if number.isdecimal() and len(number) < 9:
        return task, Place(int(number), st.query_params.get("split", ""), st.query_params.get("series", "")[:80])
    return task, None


def _place(row: TraceRow) -> Place:
    return Place(row.evaluation, row.split, row.series)


def open_row(row: TraceRow) -> None:
    """Have the address open a row's conversation; filters and page stay."""
    for name in ("a", "b"):
        st.query_params.pop(name, None)
    st.query_params.update({"task": row.task_id, "open": _place(row).address})


def page_number() -> int:
    """Which page of the list the address asks for, from 0."""
    asked = st.query_params.get("page", "")
    return max(0, int(asked) - 1) if asked.isdecimal() and len(asked) < 9 else 0


def is_open(row: TraceRow, shown: tuple[str, Place | None] | None) -> bool:
    """The row is the one whose conversation is shown."""
    if shown is None or shown[1] is None or row.task_id != shown[0]:
        return False
    return _place(row) in (shown[1], shown[1]._replace(split=row.split if not shown[1].split else shown[1].split))


def trace_list(bench: Workbench, run: RunSummary, which: TraceFilter, page: TracePage, number: int) -> None:
    """How many there are, the rows of one page, paging, and the download."""
    st.markdown(hits(page, which))
    if page.left_out:
        st.caption(
            f"Text was searched in the {count(page.searched)} newest of these rollouts; "
            f"{count(page.left_out)} older ones were not looked at. Narrow by evaluation to search further back."
        )
    if not page.rows:
        empty_state("No rollout is like this", "Clear a filter, or choose another evaluation.", ":material/filter_alt:")
        return
    shown = opened(page)
    at = next((index for index, row in enumerate(page.rows) if is_open(row, shown)), None)
    key = f"trace_rows_{which.model_dump_json()}_{number}"

    def select() -> None:
        rows = st.session_state[key].selection.rows
        if rows and rows[0] < len(page.rows):
            open_row(page.rows[rows[0]])

    st.dataframe(
        rows_frame(page.rows),
        hide_index=True,
        key=key,
        on_select=select,
        selection_mode="single-row",
        selection_default=None if at is None else {"selection": {"rows": [at]}},
        placeholder=DASH,
        height=min(560, 38 + 35 * len(page.rows)),
        alt="Rollouts that the filters leave, one row each",
        column_config={
            "outcome": st.column_config.TextColumn("Outcome", width=80),
            "task": st.column_config.TextColumn("Task", width=108),
            "evaluation": st.column_config.TextColumn("Eval.", width=52, help="Evaluation, with its split and series"),
            "change": st.column_config.TextColumn("Change", width=70, help="Against the accepted set of that moment"),
            "answer": st.column_config.TextColumn("Answer", width=70),
            "calls": st.column_config.TextColumn("Calls", width=44, help="Calls; ✗ with those that failed"),
            "seconds": st.column_config.NumberColumn("Time", format="%.2f s", width=56),
            "cost": st.column_config.NumberColumn("Cost", format="$%.3f", width=56),
        },
    )
    _paging(page, number)
    if not presenting():
        _downloads(bench, run, which, page)


def hits(page: TracePage, which: TraceFilter) -> str:
    """The count of hits with its n; the share solved where the rows are one whole measurement."""
    found = f"**{count(page.hits)} rollout{'' if page.hits == 1 else 's'}**"
    share = Proportion(correct=page.solved, n=page.scored, faults=page.hits - page.scored)
    whole = which.evaluation is not None and not (which.outcome or which.function or which.error or which.text)
    if whole:
        where = f" on {SPLITS[page.rows[0].split]}" if page.rows else ""
        return f"{found}{where} · solved {plain(measured(share))}"
    where = f"of evaluation {which.evaluation}" if which.evaluation is not None else "of all evaluations"
    where += f" on {SPLITS[which.split]}" if which.split else ", all splits together"
    if which.outcome:
        return f"{found} {where}"
    return f"{found} {where} · {count(page.solved)} of {count(page.scored)} scored solved ({percent(share.accuracy)})"


def rows_frame(rows: Sequence[TraceRow]) -> pd.DataFrame:
    """One line per rollout."""
    return pd.DataFrame(
        {
            "outcome": [outcome_word(row.correct) for row in rows],
            "task": [shorten(row.task_id, 80) for row in rows],
            "evaluation": [
                " ".join(
                    filter(None, (str(row.evaluation), "" if row.split == "train" else row.split, row.series[:30]))
                )
                for row in rows
            ],
            "change": [{"fixed": "▲ fixed", "broken": "▼ broken"}.get(row.change) for row in rows],
            "answer": [shorten(row.extracted or row.answer, 80) or None for row in rows],
            "calls": [f"{row.calls}{f' ({row.failed_calls} ✗)' if row.failed_calls else ''}" for row in rows],
            "seconds": [row.seconds for row in rows],
            "cost": [row.usage.cost_usd for row in rows],
        }
    )


def outcome_word(correct: bool | None) -> str:
    """Sign and word of an outcome."""
    return "○ not scored" if correct is None else "✓ solved" if correct else "✗ failed"


def _paging(page: TracePage, number: int) -> None:
    pages = -(-page.hits // PAGE_ROWS)
    if pages < 2:
        return

    def turn(to: int) -> None:
        st.query_params["page"] = str(to + 1)

    with st.container(horizontal=True, vertical_alignment="center"):
        st.button(
            "", icon=":material/chevron_left:", key="page_back", help="Newer page", disabled=number == 0,
            on_click=turn, args=(number - 1,),
        )  # fmt: skip
        first = number * PAGE_ROWS + 1
        st.caption(f"{count(first)} to {count(first + len(page.rows) - 1)} of {count(page.hits)}", width="content")
        st.button(
            "", icon=":material/chevron_right:", key="page_on", help="Next page", disabled=number + 1 >= pages,
            on_click=turn, args=(number + 1,),
        )  # fmt: skip


def _downloads(bench: Workbench, run: RunSummary, which: TraceFilter, page: TracePage) -> None:
    if bench.folder(run.run_id).manifest().private:
        st.caption("The tasks of this run are private: nothing of them can be downloaded.")
        return
    with st.container(horizontal=True, vertical_alignment="center"):
        for kind, label, mime in _FORMATS:
            st.download_button(
                label, lambda kind=kind: bench.traces_file(run.run_id, which, kind), f"{run.run_id}-rollouts.{kind}",
                mime, icon=":material/download:", key=f"traces_{kind}", type="tertiary",
            )  # fmt: skip
        if page.hits > TRACES_DOWNLOADED:
            st.caption(f"The first {count(TRACES_DOWNLOADED)} of {count(page.hits)} rows.", width="content")


_FORMATS = (
    ("csv", "CSV", "text/csv"),
    ("json", "JSON", "application/json"),
    ("parquet", "Parquet", "application/vnd.apache.parquet"),
)


def neighbours(
    page: TracePage, shown: tuple[str, Place | None], fetch: Callable[[int], TracePage], number: int
) -> Iterator[tuple[TraceRow | None, int]]:
    """The rows before and after the shown one in the list, each with the page it stands on."""
    at = next((index for index, row in enumerate(page.rows) if is_open(row, shown)), None)
    for step in (-1, 1):
        place = None if at is None else at + step
        if place is None:
            yield None, number
        elif 0 <= place < len(page.rows):
            yield page.rows[place], number
        elif number + step >= 0 and (number + step) * PAGE_ROWS < page.hits:
            rows = fetch(number + step).rows
            yield (rows[0 if step > 0 else -1] if rows else None), number + step
        else:
            yield None, number
