"""The answers to a proposal: approve, reject with a reason, edit, approve a part, try on some tasks."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import streamlit as st

from agentopt_core.reviews import MAX_REASON, Decision, TrialRequest
from agentopt_core.views.reviews import ReviewCard
from pages.components.person import who
from pages.components.review_edit import drafted, edit_panel
from pages.components.review_keep import forget, kept, key_of
from pages.components.say import plain
from pages.components.states import answer, guarded

if TYPE_CHECKING:
    from agentopt_core.workbench import Workbench

TEMPLATES = {
    "Too special": "It fits single training tasks instead of the kind of task; write it for the general case.",
    "Breaks others": "It breaks tasks that were solved before; keep their behaviour.",
    "Could be chance": "The gain is too small to tell from chance; look for a cause that several failed tasks share.",
    "Hard to read": "The code is hard to follow; make it shorter and name what it does.",
    "Reaches outside": "It reaches for network, files or processes, which this function does not need.",
}
"""Reasons to click, each a sentence that the optimizer can act on."""
PANELS = {
    "reject": ("Reject", "X", ":material/thumb_down:"),
    "edit": ("Edit", "E", ":material/edit:"),
    "part": ("Approve a part", "P", ":material/rule:"),
    "try": ("Try", "T", ":material/science:"),
}
SENT_S = 30.0
"""Seconds after which an answer that nothing came of may be given again."""
NAMED = 80
TRIED = 5
"""Tasks of a trial unless somebody says otherwise."""


def actions(bench: Workbench, card: ReviewCard) -> None:
    """The bar of answers, and below it the panel of the one that is being prepared."""
    with guarded():
        if _on_its_way(card):
            st.info("Your answer is on its way to the trainer.", icon=":material/send:")
            return
        panel = st.session_state.get(key_of(card, "panel"))
        with st.container(horizontal=True, vertical_alignment="center", key="review_actions"):
            approve = st.button("Approve", type="primary", icon=":material/check:", shortcut="Shift+A", key="approve")
            for name, (label, shortcut, icon) in PANELS.items():
                if name == "part" and len(card.actions) < 2:
                    continue
                st.button(
                    label, icon=icon, shortcut=shortcut, key=f"panel_{name}", on_click=_toggle, args=(card, name),
                    type="secondary", disabled=name == "try" and card.trying,
                    help="Open: press again to close" if panel == name else None,
                )  # fmt: skip
        if approve:
            _decide(bench, card, Decision(step=card.step, choice="approve"), "Approved")
        elif panel in PANELS:
            with st.container(border=True, key="review_panel"):
                _draw(bench, card, panel)


def _draw(bench: Workbench, card: ReviewCard, panel: str) -> None:
    if panel == "reject":
        _reject(bench, card)
    elif panel == "part":
        _part(bench, card)
    elif panel == "try":
        _try(bench, card)
    elif edits := edit_panel(bench, card):
        with st.container(horizontal=True):
            if st.button("Approve as edited", type="primary", icon=":material/check:", key="approve_edited"):
                _decide(bench, card, Decision(step=card.step, choice="approve", edits=edits), "Approved as edited")
            tasks = int(st.session_state.get(key_of(card, "tasks_kept"), TRIED))
            if st.button("Try as edited", icon=":material/science:", key="try_edited", disabled=card.trying,
                         help=f"On {tasks} tasks; Try sets how many"):  # fmt: skip
                _request(bench, card, TrialRequest(step=card.step, tasks=tasks, edits=edits))


def _toggle(card: ReviewCard, panel: str) -> None:
    key = key_of(card, "panel")
    st.session_state[key] = None if st.session_state.get(key) == panel else panel


def _reject(bench: Workbench, card: ReviewCard) -> None:
    st.caption("The optimizer reads the reason before its next proposal.")
    with st.container(horizontal=True, gap="small"):
        for label, sentence in TEMPLATES.items():
            st.button(label, key=f"because_{label}", on_click=_because, args=(card, sentence))
    reason = kept(
        card, "reason", "", "Reason", max_chars=MAX_REASON, height=100, placeholder="What should be different?"
    )
    if st.button("Reject", type="primary", icon=":material/thumb_down:", key="reject"):
        if not reason.strip():
            st.markdown(":red[:material/error: A rejection needs a reason: click one above or write your own.]")
            return
        _decide(bench, card, Decision(step=card.step, choice="reject", reason=reason.strip()), "Rejected")


def _because(card: ReviewCard, sentence: str) -> None:
    key = key_of(card, "reason")
    written = str(st.session_state.get(key, "")).strip()
    if sentence not in written:
        st.session_state[key] = f"{written}\n{sentence}".strip()[:MAX_REASON]


def _part(bench: Workbench, card: ReviewCard) -> None:
    st.caption("What is not ticked is rejected. A part is another set than the one proposed, so it is measured anew.")
    only = tuple(
        action.name
        for number, action in enumerate(card.actions)
        if st.checkbox(f"{action.op} {plain(action.name, NAMED)}", key=key_of(card, f"only_{number}"))
    )
    some = 0 < len(only) < len(card.actions)
    if only and not some:
        st.caption("That is all of it: use Approve.")
    edits = tuple(text for text in drafted(card) if text.name in only)
    if edits:
        names = plain(", ".join(text.name for text in edits), 200)
        st.caption(f":material/edit: Taken as you edited it: {names}.")
        if bench.check_edits(card.run_id, card.step, edits, only):
            st.markdown(":red[:material/error: An edit cannot be used yet; Edit shows the reasons at the fields.]")
            some = False
    label = f"Approve {len(only)} of {len(card.actions)} changes"
    if st.button(label, type="primary", icon=":material/rule:", key="approve_part", disabled=not some):
        decision = Decision(step=card.step, choice="approve", only=only, edits=edits)
        _decide(bench, card, decision, f"Approved {', '.join(only)}")


def _try(bench: Workbench, card: ReviewCard) -> None:
    most = min(200, max(2, card.base.n if card.base else 20))
    st.caption(
        "Runs the proposal in the sandbox on some tasks, failed and solved ones by turns. Nothing is decided yet."
    )
    kept_number = key_of(card, "tasks_kept")  # a widget that is not drawn is forgotten
    tasks = st.slider("Tasks", 1, most, min(st.session_state.get(kept_number, TRIED), most), key=key_of(card, "tasks"))
    st.session_state[kept_number] = tasks
    if st.button(f"Try on {tasks} task{'s' if tasks > 1 else ''}", type="primary", icon=":material/science:",
                 key="try", disabled=card.trying):  # fmt: skip
        _request(bench, card, TrialRequest(step=card.step, tasks=tasks))


def _decide(bench: Workbench, card: ReviewCard, decision: Decision, said: str) -> None:
    with guarded():
        bench.decide(card.run_id, decision, who())
        st.session_state[key_of(card, "sent")] = (time.time(), len(card.declined))
        forget(card)
        answer(f"{plain(said, 120)}: update {card.step}.", ":material/check:")
        st.rerun()


def _request(bench: Workbench, card: ReviewCard, trial: TrialRequest) -> None:
    with guarded():
        bench.try_proposal(card.run_id, trial, who())
        st.session_state[key_of(card, "panel")] = None
        answer(f"The trial of update {card.step} begins; its result appears here.", ":material/science:")
        st.rerun()


def _on_its_way(card: ReviewCard) -> bool:
    sent = st.session_state.get(key_of(card, "sent"))
    return bool(sent) and len(card.declined) == sent[1] and time.time() - sent[0] < SENT_S
