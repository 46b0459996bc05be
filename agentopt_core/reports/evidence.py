"""What the evidence gate found, as rows and sentences: the same on the Train page and in reports."""

from __future__ import annotations

from collections.abc import Sequence

from agentopt_core.evidence import Evidence, EvidenceWord
from agentopt_core.reports.page import notes, table, text
from agentopt_core.saying import DASH
from agentopt_core.views import UpdateView

WORDS: dict[EvidenceWord, str] = {
    "accepted": "✓ accepted",
    "provisional": "~ provisional",
    "indecisive": "? indecisive",
    "rejected": "✗ rejected",
}
"""A sign and a word, never colour alone."""
LOOK_NOTES = (
    "Gain: validation accuracy of the update minus that of the accepted set at the first look, in points, with its "
    "95 % interval. Fixed and broken: over all runs of a task, reruns of flipped tasks included; settled: flipped at "
    "first, even after its reruns. p: one-sided exact test, needed: what it had to reach."
)


def budget_words(last: Evidence) -> str:
    """What is spent of the false-accept budget, and on how many looks."""
    looks = f"{last.looks} look{'s' * (last.looks != 1)}"
    return (
        f"False-accept budget: {100 * last.spent:.2f} of {100 * last.budget:.2f} % spent, {looks} at the validation "
        "split. What an accepted update was judged at is given back."
    )


def standing(updates: Sequence[UpdateView]) -> str:
    """A sentence where the set that the run holds was not accepted but kept otherwise; empty where it was."""
    kept = [update for update in updates if update.verdict == "kept"]
    if not kept or kept[-1].evidence is None or kept[-1].evidence.word == "accepted":
        return ""
    last = kept[-1]
    if last.evidence and last.evidence.word == "provisional":
        return (
            f"The set that the run holds is provisional: update {last.step} was kept on weak evidence and counts as no "
            "accepted epoch."
        )
    return f"The set that the run holds was kept by a person against the gate, with update {last.step}."


def look_row(update: UpdateView, one: Evidence) -> dict[str, str]:
    """One update in the table, as text: what was not measured is a dash."""
    row = dict.fromkeys(("Gain", "n", "Fixed", "Broken", "Settled", "p", "Needed"), DASH)
    if one.looked:
        row |= {
            "n": str(one.n),
            "Fixed": str(len(one.fixed)),
            "Broken": str(len(one.broken)),
            "Settled": str(one.settled),
            "Needed": f"{one.level:.2g}",
        }
    if one.p_value is not None:
        row["p"] = f"{one.p_value:.2g}"
    if one.difference is not None and one.interval is not None:
        low, high = one.interval
        row["Gain"] = f"{100 * one.difference:+.1f} ({100 * low:+.1f} to {100 * high:+.1f})"
    return {
        "Update": str(update.step),
        "Found": WORDS[one.word] + ("" if one.looked else ", on training"),
        **row,
        "Spent so far": f"{100 * one.spent:.2f} %",
        "Protected, broken": ", ".join(one.protected_broken) or DASH,
    }


def evidence_section(updates: Sequence[UpdateView], *, private: bool) -> str:
    """The report's part; empty for a run without the gate. `private`: no ids of tasks."""
    judged = [(update, update.evidence) for update in updates if update.evidence]
    if not judged:
        return ""
    rows = [look_row(update, one) for update, one in judged]
    if private:
        rows = [{name: value for name, value in row.items() if name != "Protected, broken"} for row in rows]
    cells = [tuple(text(value, 400) for value in row.values()) for row in rows]
    return table(tuple(rows[0]), cells, (0,)) + notes(
        filter(None, (standing(updates), budget_words(judged[-1][1]), LOOK_NOTES))
    )
