"""The proposals of one update in a report: the rounds of each and what became of it."""

from __future__ import annotations

from agentopt_core.reports.page import folded, notes, share, table, text
from agentopt_core.saying import DASH
from agentopt_core.views.search import ScreeningView


def screening(found: ScreeningView, private: bool) -> str:
    """A folded table. Of tasks that must not be published no note is shown: it may quote one."""
    rows = []
    for one in (proposal.screened for proposal in found.proposals):
        by_tasks = {each.tasks: text(each.tally) for each in one.rounds}
        rows.append(
            (
                text(one.label),
                text(one.outcome),
                text(", ".join(one.changes) or "nothing", 300),
                *(by_tasks.get(tasks, DASH) for tasks in found.samples),
                share(one.rounds[-1].after) if one.rounds else DASH,
                text(one.note, 600) if one.note and not private else DASH,
            )
        )
    heads = ("No.", "Outcome", "Changes", *(f"{tasks} tasks" for tasks in found.samples), "Last round", "Note")
    label = f"The best of {found.written} proposals"
    return folded(label, notes([found.summary]) + table(heads, rows))
