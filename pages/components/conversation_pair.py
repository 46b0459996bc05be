"""The same task under two function sets, side by side: what differs on top, then the replies turn by turn."""

from __future__ import annotations

from itertools import zip_longest
from typing import TYPE_CHECKING

import streamlit as st

from agentopt_core.functions import FunctionSet
from agentopt_core.views.traces import Trace
from pages.components.conversation import TURNS, Ink, question, turn_view, verdict_panel
from pages.components.conversation_timeline import timeline
from pages.components.say import plain
from pages.components.traces_list import outcome_word

if TYPE_CHECKING:
    from agentopt_core.workbench import Workbench


def differing(before: FunctionSet | None, after: FunctionSet | None) -> str:
    """Which functions two sets do not share, in a sentence."""
    if before is None or after is None:
        return "Which functions differ is not known: the start of an evaluation was not reported."
    parts = {
        "added": [name for name in after.names if name not in before],
        "revised": [f.name for f in after.each() if (old := before.get(f.name)) and old.digest != f.digest],
        "removed": [name for name in before.names if name not in after],
    }
    told = [f"{what} {', '.join(names)}" for what, names in parts.items() if names]
    if not told:
        return "Both carried the same functions: whatever differs is chance."
    return f"From left to right: {'; '.join(told)}."


def pair(bench: Workbench, run_id: str, left: Trace, right: Trace) -> None:
    """Two rollouts of one task."""
    st.markdown(plain(differing(left.functions, right.functions), 1_000))
    same = left.rollout.correct == right.rollout.correct and left.rollout.is_fault == right.rollout.is_fault
    answers = {(one.rollout.score.extracted if one.rollout.score else one.rollout.answer.text) for one in (left, right)}
    compared = "same answer" if len(answers) == 1 else "different answers"
    st.caption(f"{'Same verdict' if same else 'Different verdicts'}, {compared}.")
    ink = Ink()
    for column, trace in zip(st.columns(2, gap="medium"), (left, right), strict=True):
        with column:
            rollout = trace.rollout
            word = outcome_word(rollout.correct if rollout.score and not rollout.is_fault else None)
            st.markdown(f"**Evaluation {trace.evaluation}** · {word}")
            verdict_panel(trace)
            st.html(timeline(trace.turns(), rollout.seconds, rollout.usage))
            if trace.unmatched:
                st.caption(trace.unmatched)
    question(bench, run_id, left, "pair")
    both = list(zip_longest(left.turns(), right.turns()))
    for number, turns in enumerate(both[: TURNS // 2], 1):
        for column, turn, trace in zip(st.columns(2, gap="medium"), turns, (left, right), strict=True):
            with column:
                if turn is None:
                    st.caption(f"No reply {number}: it had ended.")
                else:
                    turn_view(turn, number, trace.functions, ink, f"pair_{trace.evaluation}_{trace is right}")
    if len(both) > TURNS // 2:
        st.caption(f"{len(both) - TURNS // 2} more turns; open one of the two for all of them.")
