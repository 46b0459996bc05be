"""The proposals of one update: who was measured on how many tasks, who was dropped, who went on."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING
from urllib.parse import urlencode

import pandas as pd
import streamlit as st

from agentopt_core.views import RunSummary
from agentopt_core.views.search import ScreeningView
from pages.components.review_card import show_change
from pages.components.say import DASH, accuracy, interval, plain, shorten

if TYPE_CHECKING:
    from agentopt_core.workbench import Workbench


def screening_panel(bench: Workbench, run: RunSummary, step: int) -> None:
    """The bracket of an update's proposals, folded away; nothing where the update was the only proposal."""
    found = bench.screening(run.run_id, step)
    if found is None:
        return
    label = f"Search: update {step} is the best of {found.written} proposals"
    with st.expander(label, icon=":material/account_tree:", key="screening", on_change="rerun") as panel:
        if not panel.open:
            return
        st.caption(found.summary)
        _bracket(run, found)
        _code(found)


def bracket_frame(run_id: str, found: ScreeningView) -> pd.DataFrame:
    """One row a proposal, one column a round."""
    rows = []
    for one in (proposal.screened for proposal in found.proposals):
        by_tasks = {each.tasks: each for each in one.rounds}
        cells = {f"round_{tasks}": by_tasks[tasks].tally if tasks in by_tasks else None for tasks in found.samples}
        last = one.rounds[-1] if one.rounds else None
        rows.append(
            {
                "name": one.label,
                "fate": one.outcome,
                "changes": shorten(", ".join(one.changes) or "nothing", 300),
                **cells,
                "accuracy": f"{accuracy(last.after)} ({interval(last.after)})" if last else None,
                "before": accuracy(last.before) if last else None,
                "link": _rollouts(run_id, found.evaluation, one.series) if one.series else None,
                "note": shorten(one.note, 400) or None,
            }
        )
    return pd.DataFrame(rows)


def _rollouts(run_id: str, evaluation: int, series: str) -> str:
    where: Mapping[str, str] = {"run": run_id, "evaluation": str(evaluation), "split": "train", "series": series}
    return f"traces?{urlencode(where)}"


def _bracket(run: RunSummary, found: ScreeningView) -> None:
    text = st.column_config.TextColumn
    rounds = {
        f"round_{tasks}": text(
            f"{tasks} tasks", help="Solved, of those scored; fixed and broken against the accepted set", width=115
        )
        for tasks in found.samples
    }  # fmt: skip
    st.dataframe(
        bracket_frame(run.run_id, found),
        hide_index=True,
        placeholder=DASH,
        key="bracket",
        alt="Proposals of the update with their result in each round",
        column_config={
            "name": text("Proposal", width=100, pinned=True),
            "fate": text("Outcome", width=130),
            "changes": text("Changes", width=260),
            **rounds,
            "accuracy": text("Last round (95 %)", help="Accuracy on the training tasks of its last round", width=150),
            "before": text("Accepted set", help="On the same tasks", width=90),
            "link": st.column_config.LinkColumn("Rollouts", display_text="Open", width=65),
            "note": text("Note", width=400),
        },
    )  # fmt: skip


def _code(found: ScreeningView) -> None:
    """What a proposal would have changed, so that a loser can be read too."""
    shown = {one.screened.number: one for one in found.proposals if one.actions}
    if not shown:
        return
    number = st.segmented_control(
        "Code of proposal", list(shown), default=next(iter(shown)), required=True, key=f"screened_{found.step}",
        format_func=lambda one: shown[one].screened.label,
    )  # fmt: skip
    for action in shown[number].actions:
        st.markdown(f"**{action.op.capitalize()} {plain(action.name, 80)}**")
        show_change(action.before, action.after, ("accepted" if action.before else "nothing", f"proposal {number}"))
