"""The card of a proposal: evidence first, then why, then what changes, line by line."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import streamlit as st

from agentopt_core.config import DEMO_LABEL
from agentopt_core.functions import Function
from agentopt_core.reports.diff import Note, diff_rows, side_by_side
from agentopt_core.reports.evidence import budget_words
from agentopt_core.reviews import Finding
from agentopt_core.views import ActionView
from agentopt_core.views.reviews import ReviewCard, TrialView
from pages.components.notes import update_note
from pages.components.review_actions import actions
from pages.components.review_queue import changes, name_of, next_waiting, open_card
from pages.components.review_watch import asked, decided_line, watch
from pages.components.say import accuracy, clock, cost, count, interval, measured, plain, points, shorten
from pages.components.shell import TRACES
from pages.components.updates import VERDICTS, badge

if TYPE_CHECKING:
    from agentopt_core.workbench import Workbench

CHIPS = 16
"""Tasks named at once; the rest is a number."""
SIGNIFICANT = 0.05
STATES = {
    "waiting": ("waits for you", "orange", ":material/rate_review:"),
    "decided": ("decided", "gray", ":material/check:"),
    "withdrawn": ("withdrawn", "gray", ":material/remove:"),
}


def show_card(bench: Workbench, card: ReviewCard, queue: Sequence[ReviewCard]) -> None:
    """One proposal and, while it waits, the answers to it."""
    _headline(card)
    watch(bench, card, queue)
    _state(card, queue)
    if card.state == "waiting":
        actions(bench, card)
    for late in card.declined[-3:]:
        st.caption(f"An answer of {plain(late.by, 60)} at {clock(late.at)} was declined: {plain(late.reason, 300)}")
    _evidence(card)
    if card.rationale:
        st.markdown(f"**Why** {plain(card.rationale, 2_000)}")
    _trials(card)
    _changes(card)
    update_note(bench, card.run_id, card.step)


def _headline(card: ReviewCard) -> None:
    with st.container(horizontal=True, vertical_alignment="center"):
        st.subheader(
            f"Update {card.step} of {plain(name_of(card), 60)}: {plain(changes(card), 160)}",
            anchor=False,
            width="content",
        )
        word, color, icon = STATES[card.state] if card.verdict == "pending" else badge(card.verdict, card.evidence)
        st.badge(word, color=color, icon=icon)
        if card.is_demo:
            st.badge(DEMO_LABEL, color="gray")


def _state(card: ReviewCard, queue: Sequence[ReviewCard]) -> None:
    if card.state == "waiting":
        return
    if card.decision is not None:
        st.markdown(decided_line(card))
        if card.verdict == "pending":
            st.caption(what_follows(card))
    elif card.state == "withdrawn":
        st.caption("The run ended before anybody decided.")
    elif not asked(card):
        st.caption("Nobody was asked about this update: the rule of the run decided.")
    if card.verdict != "pending" and card.reason:
        st.caption(f"**What became of it** {plain(card.reason, 900)}")
    following = next_waiting(queue, card)
    if following:
        st.button(
            f"Next waiting: update {following.step} of {plain(name_of(following), 40)}", key="next_waiting",
            icon=":material/arrow_forward:", type="primary",
            on_click=open_card, args=(following.run_id, str(following.step)),
        )  # fmt: skip


def what_follows(card: ReviewCard) -> str:
    """What happens after a decision that has no verdict yet."""
    decision = card.decision
    if decision is None:
        return ""
    if decision.choice == "reject":
        return "The update is withdrawn; the optimizer reads the reason before its next proposal."
    if decision.only is not None or decision.edited:
        return "What was approved is another set than the one proposed, so it is measured anew; then the rule decides."
    if card.candidate is None:
        return "It is measured now; then the rule of the run keeps it or rolls it back."
    return "It has been measured already and goes in now."


def weight(card: ReviewCard) -> tuple[str, str]:
    """What the figures are worth, in a word and a sentence: `gain`, `loss`, `noise`, `no change` or `not measured`."""
    if card.candidate is None or card.p_value is None:
        return "not measured", "The proposal was not run yet."
    difference = points(card.base, card.candidate) or "an unknown difference"
    fixed, broken = len(card.fixed), len(card.broken)
    paired = f"{fixed} fixed, {broken} broken, exact two-sided p = {card.p_value:.2g}"
    if fixed == broken == 0:
        return "no change", f"No task changed sides ({paired})."
    if card.p_value >= SIGNIFICANT:
        return "noise", f"{difference}: chance alone does this often enough ({paired})."
    return ("gain" if fixed > broken else "loss"), f"{difference}: hard to explain by chance ({paired})."


_WEIGHTS = {
    "gain": ("green", ":material/trending_up:"),
    "loss": ("red", ":material/trending_down:"),
    "noise": ("orange", ":material/blur_on:"),
    "no change": ("gray", ":material/remove:"),
    "not measured": ("gray", ":material/hourglass:"),
}


def _evidence(card: ReviewCard) -> None:
    word, sentence = weight(card)
    color, icon = _WEIGHTS[word]
    with st.container(border=True, gap="small"):
        before, after, verdict = st.columns([1, 1, 2], gap="medium")
        with before:
            _figure("Before", card.base_evaluation, card)
        with after:
            _figure("After", card.evaluation, card)
        with verdict:
            st.badge(word, color=color, icon=icon)
            paired = f" Paired on {card.n} tasks scored under both." if card.n else ""
            st.caption(f"{plain(sentence, 300)}{paired} Measured on the training tasks.")
            if card.when == "before" and card.candidate is not None and card.decision is not None:
                st.caption("It was measured after the decision.")
            if card.rule:
                st.caption(f"**The rule says: {VERDICTS[card.rule][0]}.** {plain(card.rule_reason, 900)}")
            if card.usage.requests:
                st.caption(
                    f"This step so far: {cost(card.usage)}, {count(card.usage.requests)} requests, "
                    f"{count(card.usage.tokens)} tokens."
                )
        both = {"a": str(card.base_evaluation), "b": str(card.evaluation)}
        _chips(card, "✓ Fixed", "green", card.fixed, both)
        _chips(card, "✗ Broken", "red", card.broken, both)
        if card.evidence and card.evidence.looked:
            found = card.evidence
            st.caption(
                f"**On the validation split ({found.n} tasks, against evaluation {found.against}):** "
                f"{plain(budget_words(found), 400)}"
            )
            on_validation = {"a": str(found.against), "b": str(card.evaluation), "split": "val"}
            _chips(card, "✓ Fixed, validation", "green", found.fixed, on_validation)
            _chips(card, "✗ Broken, validation", "red", found.broken, on_validation)


def _figure(label: str, evaluation: int | None, card: ReviewCard) -> None:
    result = card.base if label == "Before" else card.candidate
    change = points(card.base, card.candidate) if label == "After" else None
    n = f", n = {result.n}" if result else ""
    about = f"Training tasks; 95 % interval {interval(result)}" if result else None
    st.metric(
        f"{label} (train{n})", accuracy(result) if result else "not run yet", delta=change, delta_color="off",
        help=about,
    )  # fmt: skip
    if result:
        st.caption(f"95 %: {interval(result)}, n = {result.n} training tasks, evaluation {evaluation}")


def _chips(card: ReviewCard, label: str, color: str, tasks: Sequence[str], where: dict[str, str]) -> None:
    if not tasks:
        return
    with st.container(horizontal=True, gap="small", vertical_alignment="center"):
        st.markdown(f":{color}-badge[{label} {len(tasks)}]", width="content")
        for task in tasks[:CHIPS]:
            st.page_link(
                TRACES, label=plain(task, 24), width="content", help="What the agent did on it",
                query_params={"run": card.run_id, "task": task, **where},
            )  # fmt: skip
        if len(tasks) > CHIPS:
            st.caption(f"and {len(tasks) - CHIPS} more", width="content")


def _trials(card: ReviewCard) -> None:
    for trial in card.trials:
        with st.container(border=True, gap="xsmall"):
            st.markdown(f"**Tried by {plain(trial.by, 60)} at {clock(trial.at)}** {trial_line(trial)}")
            where = {"evaluation": str(trial.evaluation), "split": "train", "series": trial.series}
            _chips(card, "✓ Fixed", "green", trial.fixed, where)
            _chips(card, "✗ Broken", "red", trial.broken, where)


def trial_line(trial: TrialView) -> str:
    """A trial's result as Markdown."""
    edited = f" With edits to {plain(', '.join(trial.edited), 160)}." if trial.edited else ""
    return f"Before {measured(trial.before)}, after {measured(trial.after)}.{edited}"


def _changes(card: ReviewCard) -> None:
    general = [finding for finding in card.findings if not _places(finding, card.actions)]
    for finding in general:
        st.markdown(f":orange-badge[? {finding.kind.replace('_', ' ')}] {plain(finding.text, 400)}")
    if not card.actions:
        st.caption("The optimizer proposed no valid change.")
    for action in card.actions:
        _change(card, action)


def _change(card: ReviewCard, action: ActionView) -> None:
    old, new = action.before, action.after
    with st.container(gap="xsmall", key=f"change_{card.run_id}_{card.step}_{card.actions.index(action)}"):
        st.markdown(f"**{action.op.capitalize()} {plain(action.name, 80)}**")
        show_change(
            old, new, ("accepted" if old else "nothing", "proposed" if new else "removed"), _notes(card, action)
        )


def show_change(
    old: Function | None,
    new: Function | None,
    heads: tuple[str, str],
    notes: Mapping[int, Sequence[Note]] | None = None,
) -> None:
    """A function's code side by side; description, arguments and packages folded below it where they differ."""
    st.html(side_by_side(old.code if old else "", new.code if new else "", heads, "python", notes))
    texts = [
        ("Description", old.description if old else "", new.description if new else "", "text"),
        ("Arguments", _schema(old), _schema(new), "json"),
        ("Packages", ", ".join(old.packages) if old else "", ", ".join(new.packages) if new else "", "text"),
    ]
    changed = [one for one in texts if one[1] != one[2]]
    if changed:
        names = ", ".join(name for name, *_ in changed)
        with st.expander(names if old is None else f"{names} changed"):
            for name, before, after, language in changed:
                st.caption(name)
                st.html(side_by_side(before, after, heads, language))  # type: ignore[arg-type]


def _schema(function: Function | None) -> str:
    return json.dumps(function.parameters, indent=2, ensure_ascii=False) if function else ""


def _places(finding: Finding, changed: Sequence[ActionView]) -> bool:
    """It can be told at a line of the code that is proposed."""
    return finding.line is not None and any(
        action.after is not None
        and action.name == finding.function
        and finding.line <= action.after.code.count("\n") + 1
        for action in changed
    )


def _notes(card: ReviewCard, action: ActionView) -> dict[int, list[Note]]:
    """Findings at their lines; where a single function changed, also what the change fixed and broke."""
    notes: dict[int, list[Note]] = {}
    for finding in card.findings:
        if finding.line is not None and finding.function == action.name:
            said = Note(f"{finding.kind.replace('_', ' ')}: {shorten(finding.text, 400)}")
            notes.setdefault(finding.line, []).append(said)
    if len(card.actions) == 1 and action.after is not None:
        rows = diff_rows(action.before.code if action.before else "", action.after.code)
        first = next((row.right.number for row in rows if row.kind != "same" and row.right), None)
        if first is not None:
            if card.fixed:
                notes.setdefault(first, []).append(Note(f"This change fixed {_named(card.fixed)}.", "fixed"))
            if card.broken:
                notes.setdefault(first, []).append(Note(f"This change broke {_named(card.broken)}.", "broken"))
    return notes


def _named(tasks: Sequence[str]) -> str:
    rest = f" and {len(tasks) - 6} more" if len(tasks) > 6 else ""
    return ", ".join(shorten(task, 40) for task in tasks[:6]) + rest
