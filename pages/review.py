"""Review: should this update go in?"""

from pages.components.shell import bootstrap

bootstrap()

import streamlit as st

from pages.components.presentation import presenting
from pages.components.review_card import show_card
from pages.components.review_queue import chosen, nothing_waits, queue_column, steps_between
from pages.components.review_watch import watch
from pages.components.states import error_state, guarded, heading
from pages.components.workbench import workbench


def draw() -> None:
    bench = workbench()
    queue = bench.review_queue()
    with heading("Review"):
        steps_between(queue)
    found = chosen(bench, queue, st.query_params.get("run"), st.query_params.get("update"))
    if found.problem:
        error_state(*found.problem, title="No such update")
    if found.card is None:
        watch(bench, None, queue)
        nothing_waits(bench, queue)
        return
    # From now on the address names the card: it stays when somebody decides, and the link can be passed on.
    st.query_params.update({"run": found.card.run_id, "update": str(found.card.step)})
    if presenting():
        show_card(bench, found.card, queue)
        return
    # The card first: on a narrow screen the columns stand below each other.
    left, right = st.columns([3, 1], gap="medium")
    with left:
        show_card(bench, found.card, queue)
    with right:
        queue_column(bench, queue, found.card)


with guarded():
    draw()
