"""The updates of a run: a page of them as the list, and one of them in detail."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from agentopt_core.evidence import Evidence, outcome_word
from agentopt_core.significance import mcnemar_p
from agentopt_core.views import LIVE, RunSummary, UpdateView
from agentopt_core.views.reviews import DecisionView
from pages.components.say import accuracy, interval, measured, plain, points
from pages.components.shell import FUNCTIONS, REVIEW, TRACES

A_PAGE = 8
VERDICTS = {
    "kept": ("kept", "blue", ":material/check:"),
    "rolled_back": ("rolled back", "orange", ":material/undo:"),
    "rejected": ("rejected", "red", ":material/thumb_down:"),
    "unchanged": ("unchanged", "gray", ":material/remove:"),
    "baseline": ("baseline", "gray", ":material/flag:"),
    "pending": ("being decided", "gray", ":material/hourglass:"),
    "refused": ("refused", "red", ":material/block:"),
}
"""Word, colour and icon of what became of a candidate or a proposal."""
GATED = {
    "accepted": ("accepted", "blue", ":material/verified:"),
    "provisional": ("provisional", "violet", ":material/hourglass_top:"),
    "indecisive": ("indecisive", "orange", ":material/question_mark:"),
}
"""The same where the evidence gate decided."""
SHOWN = "update"
"""The step in the address whose update is shown in detail."""


def chosen_step(updates: Sequence[UpdateView]) -> int | None:
    """The update that the address asks for, else the newest; None before the first."""
    asked = st.query_params.get(SHOWN, "")
    steps = [update.step for update in updates]
    if asked.isascii() and asked.isdigit() and asked[:9] == asked and int(asked) in steps:
        return int(asked)
    return steps[-1] if steps else None


def show(step: int) -> None:
    """Show this update in detail from now on, and turn the list to its page."""
    st.query_params[SHOWN] = str(step)
    st.session_state["turn_updates_to"] = step


def update_list(run: RunSummary, updates: Sequence[UpdateView], chosen: int | None) -> None:
    """A page of the updates, newest first; a click shows one in detail."""
    st.subheader("Updates", anchor=False)
    if not updates:
        yet = "None yet: the optimizer writes the first one when the baseline is measured."
        st.caption(yet if run.status in LIVE else "The run has no update.")
        return
    newest = list(reversed(updates))
    pages = -(-len(newest) // A_PAGE)
    page = 1
    if pages > 1:
        wanted = st.session_state.pop("turn_updates_to", None)
        place = next((number for number, update in enumerate(newest) if update.step == wanted), None)
        if place is not None:
            st.session_state["updates_page"] = place // A_PAGE + 1
        page = st.pagination(pages, key="updates_page", bind="query-params")
    for update in newest[(page - 1) * A_PAGE : page * A_PAGE]:
        _row(run, update, update.step == chosen)


def badge(verdict: str, evidence: Evidence | None) -> tuple[str, str, str]:
    """Word, colour and icon of a verdict, the gate's where it decided."""
    found = outcome_word(verdict, evidence)
    return GATED[found] if found in GATED else VERDICTS[verdict]


def _verdict(run: RunSummary, update: UpdateView) -> tuple[str, str, str]:
    word, color, icon = badge(update.verdict, update.evidence)
    if update.verdict == "pending" and run.status not in LIVE:
        return "not decided", color, ":material/remove:"
    if update.verdict == "pending" and run.status == "waiting":
        return "waits for a review", "orange", ":material/rate_review:"
    return word, color, icon


def _did(run: RunSummary, update: UpdateView) -> str:
    working = update.verdict == "pending" and run.status in LIVE
    nothing = "the optimizer is at work" if working else "no valid action"
    return ", ".join(f"{action.op} {action.name}" for action in update.actions) or nothing


def _p(update: UpdateView) -> str:
    return f"exact p = {mcnemar_p(len(update.fixed), len(update.broken)):.2g}"


def _row(run: RunSummary, update: UpdateView, chosen: bool) -> None:
    word, color, icon = _verdict(run, update)
    with st.container(horizontal=True, wrap=False, vertical_alignment="center", key=f"update_{update.step}"):
        change, n = "", update.candidate.n if update.candidate else 0
        if update.candidate:
            change = f": {accuracy(update.base)} to {accuracy(update.candidate)} of {n} training tasks"
        tally = f", fixed {len(update.fixed)}, broke {len(update.broken)}" if update.candidate else ""
        badge = f":{color}-badge[{icon} {word}]"  # on the line of the words: a column would squeeze them on a phone
        facts = []
        if update.candidate:
            facts.append(f"95 % interval {interval(update.candidate)}, n = {n} training tasks, {_p(update)}.")
        if number := len(update.refusals):
            facts.append(f"{number} proposal{'s' if number > 1 else ''} refused.")
        facts.append(plain(update.reason, 200))
        beneath = " ".join(filter(None, facts))
        st.markdown(
            f"{badge} **Update {update.step}** {plain(_did(run, update), 160)}{change}{tally}"
            + (f"  \n:gray[:small[{beneath}]]" if beneath else ""),
            width="stretch",
        )
        st.button(
            "Shown" if chosen else "Details", key=f"show_{update.step}", type="tertiary", disabled=chosen,
            on_click=show, args=(update.step,),
        )  # fmt: skip


def update_detail(run: RunSummary, update: UpdateView, decision: DecisionView | None) -> None:
    """One update: what it did, what came of it by numbers, why, who decided, and the ways on."""
    word, color, icon = _verdict(run, update)
    with st.container(border=True, gap="xsmall", key="update_detail"):
        with st.container(horizontal=True, vertical_alignment="center"):
            st.markdown(f"**Update {update.step}**", width="content")
            st.badge(word, color=color, icon=icon)
            if update.by:
                st.badge(f"by hand of {plain(update.by, 60)}", icon=":material/edit:", color="green")
        st.markdown(plain(_did(run, update), 300))
        if update.candidate:
            change = points(update.base, update.candidate)
            st.caption(
                f"Training: {measured(update.base)} before, {measured(update.candidate)} after"
                f"{f', {change}' if change else ''}. Fixed {len(update.fixed)}, broke {len(update.broken)}, "
                f"{_p(update)}."
            )
        if update.reason:
            st.caption(f"**Reason:** {plain(update.reason, 600)}")
        st.caption(f"**Decided by:** {_decider(update, decision)}")
        if update.rationale:
            st.caption(f"**Rationale:** {plain(update.rationale, 500)}")
        _ways_on(run, update)


def _decider(update: UpdateView, decision: DecisionView | None) -> str:
    if decision is None:
        return "the rule of the run" if update.verdict != "pending" else "nobody yet"
    did = {"approve": "approved", "reject": "rejected"}[decision.choice]
    part = f" only {plain(', '.join(decision.only), 120)}" if decision.only else ""
    edited = f", edited {plain(', '.join(decision.edited), 120)}" if decision.edited else ""
    reason = f": {plain(decision.reason, 400)}" if decision.reason else ""
    return f"{plain(decision.by, 80)} {did}{part}{edited}{reason}"


def _ways_on(run: RunSummary, update: UpdateView) -> None:
    with st.container(horizontal=True, gap="small", vertical_alignment="center"):
        about = {"run": run.run_id, "update": str(update.step)}
        st.page_link(REVIEW, label="Review", icon=":material/rate_review:", query_params=about)
        for action in update.actions[:3]:
            st.page_link(
                FUNCTIONS, label="Diff" if len(update.actions) == 1 else f"Diff of {plain(action.name, 30)}",
                icon=":material/difference:",
                query_params={"run": run.run_id, "name": action.name, "step": str(update.step)},
            )  # fmt: skip
        if update.evaluation is None:
            return
        where = {"run": run.run_id, "evaluation": str(update.evaluation)}
        for outcome, tasks in (("fixed", update.fixed), ("broken", update.broken)):
            if tasks:
                st.page_link(
                    TRACES, label=f"{len(tasks)} {outcome}", icon=":material/forum:",
                    query_params={**where, "outcome": outcome},
                )  # fmt: skip
