"""The page of a proposal draws itself anew when something happened to it, and only then: what is typed stays."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import TYPE_CHECKING

import streamlit as st

from agentopt_core.views.reviews import ReviewCard
from pages.components.say import ago, clock, duration, plain
from pages.components.states import guarded

if TYPE_CHECKING:
    from agentopt_core.workbench import Workbench

TICK_S = 1.0
AT_LIMIT = {"reject": "rejected", "approve": "approved"}

Seen = tuple[object, ...]
"""What a drawing of the page depends on; another value asks for another drawing."""


def seen(card: ReviewCard | None, queue: Sequence[tuple[str, int]]) -> Seen:
    """All of a card and of the queue that can change while the page stands."""
    if card is None:
        return (tuple(queue),)
    return (tuple(queue), card.state, card.decision, card.trying, card.trials, card.declined, card.verdict, card.usage)


def watch(bench: Workbench, card: ReviewCard | None, queue: Sequence[ReviewCard]) -> None:
    """Say how long the card has waited, each second, and draw the whole page anew when something happened.

    Only this line is drawn each second. Once a card's verdict stands, only the queue is looked at.
    """
    drawn = seen(card, [(one.run_id, one.step) for one in queue])
    open_still = card is not None and asked(card) and card.verdict == "pending"
    place = (card.run_id, card.step) if card is not None and open_still else None
    st.fragment(_tick, run_every=TICK_S)(bench, place, card, drawn)


def asked(card: ReviewCard) -> bool:
    """People were asked about it: a card made of an update that nobody was asked about has no moment of asking."""
    return card.asked_at > 0


def _tick(bench: Workbench, place: tuple[str, int] | None, card: ReviewCard | None, drawn: Seen) -> None:
    with guarded():
        now = bench.review(*place) if place else card
        if seen(now, bench.waiting_reviews()) != drawn:
            st.rerun()  # the whole page
        if now is not None and now.state == "waiting":
            st.markdown(waiting_line(now, time.time()))


def waiting_line(card: ReviewCard, now: float) -> str:
    """Since when a proposal waits and what happens when nobody answers, as Markdown."""
    since = f"Waits since {clock(card.asked_at)} ({ago(card.asked_at, now)})"
    if card.trying:
        since = f":material/hourglass_top: A trial is running; its result appears here. {since}"
    if card.deadline is None:
        return f"{since}, as long as it takes."
    left = card.deadline - now
    if left <= 0:
        return f"{since}. The time limit has passed: it is being {AT_LIMIT[card.on_timeout]}."
    return f"{since}. Without an answer it is **{AT_LIMIT[card.on_timeout]} in {duration(left)}**."


def decided_line(card: ReviewCard) -> str:
    """Who decided what, when and why, as Markdown; empty while nobody did."""
    decision = card.decision
    if decision is None:
        return ""
    did = {"approve": "approved", "reject": "rejected"}[decision.choice]
    part = f" only {plain(', '.join(decision.only), 160)}" if decision.only is not None else ""
    edited = f", with edits to {plain(', '.join(decision.edited), 160)}" if decision.edited else ""
    reason = f": {plain(decision.reason, 800)}" if decision.reason else "."
    return f"**{plain(decision.by, 60)}** {did} it{part}{edited} at {clock(decision.at)}{reason}"
