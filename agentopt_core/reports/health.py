"""The functions' credit, and how far training and unseen tasks have come apart, in a run's report."""

from __future__ import annotations

from agentopt_core.evaluation.gap import gap_sentence, gaps
from agentopt_core.reports.facts import RunFacts
from agentopt_core.reports.page import notes, table, text
from agentopt_core.saying import DASH, measured
from agentopt_core.views.health import CreditView


def credit_table(facts: RunFacts) -> str:
    """What each function of the accepted set is worth; empty where it was not measured."""
    shown = [one for one in facts.credits if one.in_use]
    if not shown:
        return ""
    first = shown[0]
    other = "a fresh run of the whole set" if first.control else "the evaluation by which the set was kept"
    rows = [
        (
            text(one.function),
            text(measured(one.with_function)),
            text(measured(one.without)),
            text(_points(one)),
            str(len(one.helped)),
            str(len(one.hurt)),
            f"{one.p_value:.2g}",
            f"{one.p_together:.2g}",
        )
        for one in shown
    ]
    said = (
        f"Training tasks that used the function in evaluation {first.evaluation}: {other}, against the set without it. "
        f"p (Holm) is raised for the {len(shown)} functions measured together."
    )
    heads = ("Function", "With it", "Without it", "Points (95 %)", "Helped", "Hurt", "p", "p (Holm)")
    return f"<p>{text(said, 600)}</p>{table(heads, rows, (4, 5, 6, 7))}"


def gap_notes(facts: RunFacts) -> str:
    """A sentence for each split of unseen tasks that was measured."""
    found = gaps(facts.compared.run, facts.compared.curve)
    return notes([f"{gap_sentence(split, *one)}." for split, one in found.items()])


def _points(one: CreditView) -> str:
    if one.difference is None or one.interval is None:
        return DASH
    low, high = one.interval
    return f"{100 * one.difference:+.1f} ({100 * low:+.1f} to {100 * high:+.1f})"
