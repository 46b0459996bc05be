"""What waits for a person, and which of it is shown."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

import streamlit as st

from agentopt_core.errors import NotFound
from agentopt_core.significance import mcnemar_p
from agentopt_core.views import UpdateView
from agentopt_core.views.reviews import DecisionView, ReviewCard
from pages.components.say import ago, clock, moment, plain, shorten
from pages.components.shell import OVERVIEW, REVIEW, TRAIN
from pages.components.states import empty_state
from pages.components.updates import VERDICTS

if TYPE_CHECKING:
    from agentopt_core.workbench import Workbench

SHOWN = 30
"""Proposals and updates in a list at once."""
RUNS = 12
"""Newest runs whose decisions are recalled when nothing waits."""


class Chosen(NamedTuple):
    """The card that is shown, or why there is none."""

    card: ReviewCard | None
    problem: tuple[str, str] | None = None
    """Message and next move where the address names what does not exist."""


def chosen(bench: Workbench, queue: Sequence[ReviewCard], run: str | None, update: str | None) -> Chosen:
    """What the address asks for; without an update the run's first that waits, else its last; without a run, the
    first that waits anywhere.
    """
    if run is None:
        return Chosen(queue[0] if queue else None)
    try:
        run_id = bench.run(run).run_id  # the address may hold only its beginning
    except NotFound as error:
        return Chosen(None, (error.message, error.hint))
    waiting = [card for card in queue if card.run_id == run_id]
    if update is None and waiting:
        return Chosen(waiting[0])
    updates = bench.updates(run_id)
    if update is None:
        return Chosen(_card(bench, run_id, updates[-1]) if updates else None)
    found = next((one for one in updates if str(one.step) == update), None)
    if found is None:
        return Chosen(None, (f"This run has no update {update}.", "Choose one from the list."))
    return Chosen(_card(bench, run_id, found))


def _card(bench: Workbench, run_id: str, update: UpdateView) -> ReviewCard:
    try:
        return bench.review(run_id, update.step)
    except NotFound:
        return _unasked(bench, run_id, update)


def _unasked(bench: Workbench, run_id: str, update: UpdateView) -> ReviewCard:
    """The card of an update that nobody was asked about: to be read, not to be answered."""
    run = bench.run(run_id)
    node = next((one for one in bench.lineage(run_id) if one.step == update.step), None)
    return ReviewCard(
        run_id=run_id,
        run_name=run.name,
        is_demo=run.is_demo,
        step=update.step,
        when="after",
        state="decided",
        asked_at=0.0,
        deadline=None,
        on_timeout="reject",
        rationale=update.rationale,
        actions=update.actions,
        findings=(),
        base_evaluation=(node.parent if node else None) or 0,
        evaluation=update.evaluation,
        base=update.base,
        candidate=update.candidate,
        fixed=update.fixed,
        broken=update.broken,
        p_value=mcnemar_p(len(update.fixed), len(update.broken)) if update.candidate else None,
        evidence=update.evidence,
        verdict=update.verdict,
        reason=update.reason,
    )


def changes(card: ReviewCard) -> str:
    """What a proposal changes, in words."""
    return ", ".join(f"{action.op} {action.name}" for action in card.actions) or "no valid change"


def name_of(card: ReviewCard) -> str:
    """What people call the run."""
    return shorten(card.run_name or card.run_id, 60)


def steps_between(queue: Sequence[ReviewCard]) -> None:
    """Buttons to the proposals before and after the one that is shown, and the keys."""
    with st.container(horizontal=True, width="content", vertical_alignment="center"):
        if queue:
            st.caption(f"{len(queue)} waiting", width="content")
        if len(queue) > 1:
            st.button("Previous", icon=":material/arrow_upward:", key="review_previous", shortcut="K",
                      on_click=_step, args=(queue, -1))  # fmt: skip
            st.button("Next", icon=":material/arrow_downward:", key="review_next", shortcut="J",
                      on_click=_step, args=(queue, 1))  # fmt: skip
        with st.popover("?", help="Keyboard shortcuts"):
            st.markdown(
                "`Shift+A` approve  \n`X` reject  \n`E` edit  \n`P` approve a part  \n`T` try on some tasks  \n"
                "`J` next waiting, `K` previous  \nThey rest while you type in a field."
            )


def _step(queue: Sequence[ReviewCard], by: int) -> None:
    places = [(card.run_id, str(card.step)) for card in queue]
    here = (st.query_params.get("run", places[0][0]), st.query_params.get("update", places[0][1]))
    at = places.index(here) if here in places else (-1 if by > 0 else 0)
    open_card(*places[(at + by) % len(places)])


def open_card(run_id: str, step: str) -> None:
    """Show another card; for `on_click`."""
    st.query_params.update({"run": run_id, "update": step})


def next_waiting(queue: Sequence[ReviewCard], card: ReviewCard) -> ReviewCard | None:
    """The proposal to look at after this one."""
    return next((one for one in queue if (one.run_id, one.step) != (card.run_id, card.step)), None)


def queue_column(bench: Workbench, queue: Sequence[ReviewCard], shown: ReviewCard) -> None:
    """The waiting proposals of all runs, then the updates of the run that is shown."""
    st.subheader(f"Waiting ({len(queue)})", anchor=False)
    if not queue:
        st.caption("Nothing waits for a person now.")
    for card in queue[:SHOWN]:
        _entry(card, (card.run_id, card.step) == (shown.run_id, shown.step))
    if len(queue) > SHOWN:
        st.caption(f"and {len(queue) - SHOWN} more")
    updates = bench.updates(shown.run_id)
    st.subheader("Updates of this run", anchor=False)
    with st.container(gap="xxsmall"):
        for update in updates[::-1][:SHOWN]:
            word = VERDICTS[update.verdict][0]
            what = ", ".join(action.name for action in update.actions) or "no valid change"
            st.button(
                f"{'▸ ' if update.step == shown.step else ''}{update.step} · {word} · {plain(what, 40)}",
                key=f"update_{shown.run_id}_{update.step}", type="tertiary", disabled=update.step == shown.step,
                on_click=open_card, args=(shown.run_id, str(update.step)),
            )  # fmt: skip
    if len(updates) > SHOWN:
        st.caption(f"The newest {SHOWN} of {len(updates)}. The Train page lists all.")
    st.page_link(TRAIN, label="Open the run", icon=":material/show_chart:", query_params={"run": shown.run_id})


def _entry(card: ReviewCard, here: bool) -> None:
    with st.container(border=True, gap="xxsmall", key=f"waiting_{card.run_id}_{card.step}"):
        st.button(
            f"{'▸ ' if here else ''}**Update {card.step}** of {plain(name_of(card), 40)}",
            key=f"open_{card.run_id}_{card.step}", type="tertiary", disabled=here,
            on_click=open_card, args=(card.run_id, str(card.step)),
        )  # fmt: skip
        st.caption(plain(changes(card), 90))
        facts = [f"asked {ago(card.asked_at)}"]
        if card.deadline is not None:
            facts.append(f"until {clock(card.deadline)}")
        if card.findings:
            facts.append(f"? {len(card.findings)} finding{'s' if len(card.findings) > 1 else ''}")
        st.caption(" · ".join(facts))


def nothing_waits(bench: Workbench, queue: Sequence[ReviewCard]) -> None:
    """How to have updates wait, the way to those that do, and what was decided lately."""
    if queue:
        st.button(f"Open the first of {len(queue)} waiting", key="open_first", type="primary",
                  on_click=open_card, args=(queue[0].run_id, str(queue[0].step)))  # fmt: skip
        return
    runs = bench.runs()
    empty_state(
        "Nothing waits for you",
        "To be asked, choose “a person, always” or “a person, on a risk” under Who decides when a training is set up. "
        "Its proposals then appear here by themselves.",
        ":material/rate_review:",
    )
    st.page_link(TRAIN if runs else OVERVIEW, label="Set up a training", icon=":material/play_arrow:")
    decided: list[tuple[float, str, str, int, DecisionView]] = []
    for run in runs[:RUNS]:
        decided += [(d.at, run.run_id, run.name, step, d) for step, d in bench.decisions(run.run_id).items()]
    if not decided:
        return
    st.subheader("Decided lately", anchor=False)
    for at, run_id, name, step, decision in sorted(decided, key=lambda one: one[0], reverse=True)[:10]:
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            st.page_link(REVIEW, label=f"Update {step} of {plain(name or run_id, 60)}",
                         query_params={"run": run_id, "update": str(step)}, width="content")  # fmt: skip
            did = {"approve": "✓ approved", "reject": "✗ rejected"}[decision.choice]
            reason = f": {plain(decision.reason, 160)}" if decision.reason else ""
            st.caption(f"{did} by {plain(decision.by, 60)}, {moment(at)}{reason}")
