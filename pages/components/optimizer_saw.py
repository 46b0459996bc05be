"""What the optimizer saw: the requests of a step, what was chosen to stand in them, and their exact text."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import streamlit as st

from agentopt_core.optimizer.causes import MEANING
from agentopt_core.saying import visible
from agentopt_core.views import RunSummary, SeenRequest, SeenStep
from pages.components.say import count, plain
from pages.components.updates import SHOWN

if TYPE_CHECKING:
    from agentopt_core.workbench import Workbench

OPEN = "saw"
"""In the address: the step whose requests are shown; with it, the part is open."""
_MEANING: Mapping[str, str] = {cause: meaning for cause, meaning in MEANING.items()}


def optimizer_saw(bench: Workbench, run: RunSummary) -> None:
    """A closed part of the page; what is in it is read when it is opened."""
    asked = st.query_params.get(OPEN, "")
    with st.expander(
        "What the optimizer saw", expanded=bool(asked), icon=":material/visibility:", on_change="rerun",
        key="optimizer_saw",
    ) as part:  # fmt: skip
        if part.open:
            _steps(bench, run, asked)


def _steps(bench: Workbench, run: RunSummary, asked: str) -> None:
    steps = {str(one.step): one for one in bench.seen_steps(run.run_id)}
    if not steps:
        st.caption(
            "Nothing yet: the optimizer is asked when the baseline is measured. Runs of older versions did not keep "
            "what it read; train again with their settings to see it."
        )
        return
    wanted = next((one for one in (asked, st.query_params.get(SHOWN, "")) if one in steps), next(iter(steps)))

    def choose() -> None:
        st.query_params[OPEN] = st.session_state["saw_step"]

    step = st.selectbox(
        "Step", list(steps), index=list(steps).index(wanted), format_func=lambda one: _step_name(steps[one]),
        key="saw_step", on_change=choose, width=420,
    )  # fmt: skip
    requests = bench.seen_requests(run.run_id, steps[step].step)
    st.dataframe(
        _table(requests), hide_index=True, key="saw_requests", alt=f"The {len(requests)} requests of step {step}",
        column_config={"of budget": st.column_config.ProgressColumn(format="%.0f %%", min_value=0, max_value=100)},
    )  # fmt: skip
    st.caption(
        "Tokens are estimated, rather too high than too low; the budget is never passed. Each request asks for one "
        "action, or again after a refusal."
    )
    chosen = st.selectbox(
        "Request", requests, format_func=lambda one: one.name.capitalize(), key=f"saw_request_{step}", width=420
    )
    if chosen is not None:
        _request(bench, run, chosen)


def _step_name(step: SeenStep) -> str:
    parts = f" in {step.parts} parts" if step.parts > 1 else ""
    asked = "1 request" if step.requests == 1 else f"{step.requests} requests"
    return f"Step {step.step}: {asked}{parts}, up to {count(step.most_tokens)} of {count(step.budget)} tokens"


def _table(requests: Sequence[SeenRequest]) -> dict[str, list[object]]:
    return {
        "request": [one.name for one in requests],
        "tokens": [one.tokens for one in requests],
        "budget": [one.budget for one in requests],
        "of budget": [100 * one.tokens / one.budget if one.budget else None for one in requests],
        "histories shown": [
            f"{sum(cause.shown for cause in one.causes)} of {sum(cause.of for cause in one.causes)}" for one in requests
        ],
    }


def _request(bench: Workbench, run: RunSummary, chosen: SeenRequest) -> None:
    if chosen.causes:
        st.dataframe(
            {
                "histories": [plain(one.cause.replace("_", " "), 60) for one in chosen.causes],
                "shown": [one.shown for one in chosen.causes],
                "of": [one.of for one in chosen.causes],
                "what it means": [_MEANING.get(one.cause, "the task was solved") for one in chosen.causes],
            },
            hide_index=True, key=f"saw_causes_{chosen.step}_{chosen.part}_{chosen.request}",
            alt="Failures by cause: how many were shown",
        )  # fmt: skip
        st.caption("Training tasks. The cause is told by what the agent did; the gold answer plays no part in it.")
    text = bench.seen_text(run.run_id, chosen.step, chosen.part, chosen.request)
    st.code("\n".join(map(visible, text.split("\n"))), language=None, wrap_lines=True, height=420)
    if bench.is_private(run.run_id):
        st.caption("The tasks of this run are private: the text can be read here, and not be downloaded.")
        return
    stem = f"{run.run_id}-step-{chosen.step}-{chosen.name.replace(', ', '-').replace(' ', '-')}"
    st.download_button(
        "Download text",
        data=lambda: bench.seen_file(run.run_id, chosen.step, chosen.part, chosen.request),
        file_name=f"{stem}.txt", mime="text/plain", icon=":material/download:", on_click="ignore", key="saw_download",
    )  # fmt: skip
