"""The proposals of one update: who was measured on how many tasks, who was dropped, who went on."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING
from urllib.parse import urlencode

import pandas as pd
import streamlit as st

from agentopt_core.proposals import Screened
from agentopt_core.views import RunSummary
from agentopt_core.views.search import ScreeningView
from pages.components.review_card import show_change
from pages.components.say import DASH, accuracy, interval, measured, plain, visible

if TYPE_CHECKING:
    from agentopt_core.workbench import Workbench

FATES = {
    "chosen": "✓ chosen",
    "dropped": "✕ dropped",
    "unchanged": "· changes nothing",
    "duplicate": "· same set",
    "invalid": "! not valid",
}
"""Sign and word of what became of a proposal."""


def screening_panel(bench: Workbench, run: RunSummary, step: int) -> None:
    """The bracket of an update's proposals, folded away; nothing where the update was the only proposal."""
    found = bench.screening(run.run_id, step)
    if found is None:
        return
    written = sum(not one.screened.merged_of for one in found.proposals)
    label = f"Search: update {step} is the best of {written} proposals"
    with st.expander(label, icon=":material/account_tree:", key="screening", on_change="rerun") as panel:
        if not panel.open:
            return
        st.caption(summary(found))
        _bracket(run, found)
        _code(found)


def summary(found: ScreeningView) -> str:
    """How the winner was found, in Markdown."""
    winner = next((one.screened for one in found.proposals if one.screened.number == found.chosen), None)
    if winner is None:
        return "No proposal changes the accepted set."
    if not winner.rounds:
        return f"{plain(winner.name.capitalize())} is the only one that makes a new set: nothing had to be compared."
    sizes = ", then ".join(map(str, found.samples))
    last = winner.rounds[-1]
    return (
        f"Compared on {sizes} training tasks, the worse half dropped each time ({found.rollouts} rollouts). "
        f"{plain(winner.name.capitalize())} went on: {measured(last.after)} against {measured(last.before)} of the "
        f"accepted set on the same tasks, {last.fixed} fixed, {last.broken} broken. A winner looks better here than it "
        "is, so it was evaluated afresh on all training tasks; only that counts."
    )


def bracket_frame(run_id: str, found: ScreeningView) -> pd.DataFrame:
    """One row a proposal, one column a round."""
    rows = []
    for one in (proposal.screened for proposal in found.proposals):
        by_tasks = {each.tasks: each for each in one.rounds}
        cells = {
            f"round_{tasks}": _cell(by_tasks[tasks].after.correct, by_tasks[tasks].after.n, by_tasks[tasks].fixed,
                                    by_tasks[tasks].broken) if tasks in by_tasks else None
            for tasks in found.samples
        }  # fmt: skip
        last = one.rounds[-1] if one.rounds else None
        rows.append(
            {
                "name": _name(one),
                "fate": _fate(one),
                "changes": visible(", ".join(one.changes) or "nothing")[:300],
                **cells,
                "accuracy": f"{accuracy(last.after)} ({interval(last.after)})" if last else None,
                "before": accuracy(last.before) if last else None,
                "link": _rollouts(run_id, found.evaluation, one.series) if one.series else None,
                "note": visible(one.note)[:400] or None,
            }
        )
    return pd.DataFrame(rows)


def _cell(correct: int, n: int, fixed: int, broken: int) -> str:
    return f"{correct} of {n}  (+{fixed} −{broken})"


def _name(one: Screened) -> str:
    return " + ".join(map(str, one.merged_of)) + " merged" if one.merged_of else str(one.number)


def _fate(one: Screened) -> str:
    if one.fate == "duplicate":
        return f"{FATES[one.fate]} as {one.same_as}"
    return f"{FATES[one.fate]} in round {len(one.rounds)}" if one.fate == "dropped" and one.rounds else FATES[one.fate]


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
        format_func=lambda one: _name(shown[one].screened),
    )  # fmt: skip
    for action in shown[number].actions:
        st.markdown(f"**{action.op.capitalize()} {plain(action.name, 80)}**")
        show_change(action.before, action.after, ("accepted" if action.before else "nothing", f"proposal {number}"))
