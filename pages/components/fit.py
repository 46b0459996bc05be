"""How far a run's figures are fit: the gap to unseen tasks, and who looked at these how often."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import streamlit as st

from agentopt_core.evaluation.gap import gap_sentence, gaps
from agentopt_core.views import CurvePoint, Opening, RunSummary
from pages.components.say import FIT, moment, plain

if TYPE_CHECKING:
    from agentopt_core.workbench import Workbench


def fit_line(bench: Workbench, run: RunSummary, curve: Sequence[CurvePoint]) -> None:
    """The sentences below the curve; nothing before the baseline was measured."""
    if curve:
        said = fit_words(run, curve, bench.looks_at_test(run.run_id))
        st.caption(f":material/visibility: {plain(said, 1_500)}")


def fit_words(run: RunSummary, curve: Sequence[CurvePoint], looks: Sequence[Opening]) -> str:
    """The gap with n and interval, looks at the validation split, and when the test split was opened."""
    said = [f"{gap_sentence(split, *found)}." for split, found in gaps(run, curve).items()]
    validated = [point for point in curve if point.validation]
    if validated:
        sets = f"{len(validated)} set{'s' * (len(validated) != 1)}"
        n = validated[-1].validation.n if validated[-1].validation else 0
        said.append(f"Looks at the validation split: {sets} measured on it, the baseline included (n = {n}).")
    if looks:
        whom = " and ".join("the baseline" if one.subject == "baseline" else "the chosen set" for one in looks)
        said.append(f"The test split was opened once, for {whom}: {moment(looks[0].at)} (n = {looks[0].n}).")
    elif run.test_tasks:
        said.append(f"The test split ({run.test_tasks} tasks) has not been opened by this run.")
    elif not validated:
        said.append(f"Neither validation nor test split: {FIT}.")
    return " ".join(said)
