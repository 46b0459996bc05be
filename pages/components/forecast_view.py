"""What a run will take, in words: requests, tokens, money, time, and the smallest gain its tasks can show."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import streamlit as st

from agentopt_core.errors import AgentOptError
from agentopt_core.evaluation.power import smallest_gain
from agentopt_core.views import Forecast
from pages.components.say import DASH, compact, count, duration, plain

if TYPE_CHECKING:
    from agentopt_core.workbench import Workbench


def show_forecast(ahead: Forecast) -> None:
    """The forecast as a table, and how it was reckoned."""
    table = {"Training tasks": count(ahead.train_tasks)}
    if ahead.step_tasks < ahead.train_tasks:
        table["Tasks of a batch"] = count(ahead.step_tasks)
    if ahead.val_tasks:
        table["Validation tasks"] = count(ahead.val_tasks)
    table |= {
        "Test tasks, at the end": count(ahead.test_tasks),
        "Evaluations": f"{count(ahead.evaluations_min)} to {count(ahead.evaluations_max)}",
        "Rollouts, at most": count(ahead.rollouts_max),
        "Requests": requests(ahead),
        "Tokens": DASH if ahead.tokens is None else " to ".join(map(compact, ahead.tokens)),
        "Cost": dollars(ahead.usd),
        "Time": DASH if ahead.seconds is None else " to ".join(map(duration, ahead.seconds)),
    }
    st.table(table, border="horizontal")
    for reason, n in ahead.skipped.items():
        st.caption(f":material/visibility_off: {n} training tasks will be skipped: each {plain(reason, 200)}.")
    st.caption(plain(reckoned(ahead), 1200))
    st.caption(plain(gains(ahead), 600))


def requests(ahead: Forecast) -> str:
    """The range of requests."""
    most = "no bound" if ahead.requests_max is None else compact(ahead.requests_max)
    return f"{compact(ahead.requests_min)} to {most}"


def dollars(usd: tuple[float, float] | None) -> str:
    """A range of US dollars; a dash when a price is unknown."""
    if usd == (0.0, 0.0):
        return "free"
    return DASH if usd is None else " to ".join(f"${amount:.2f}" for amount in usd)


def reckoned(ahead: Forecast) -> str:
    """How the ranges came about."""
    said = f"A rollout takes {ahead.requests_per_rollout} requests. Bounds, not promises: most runs end below."
    if ahead.past:
        names = ", ".join(f"'{run.name}'" for run in ahead.past[:3])
        more = f" and {len(ahead.past) - 3} more" if len(ahead.past) > 3 else ""
        rollouts = sum(run.rollouts for run in ahead.past)
        said += f" Tokens and time as in {names}{more}: the same models on these tasks, {rollouts} rollouts."
    elif ahead.tokens is not None:
        said += " Tokens by the length of the questions, at 1 to 4 replies a task; no earlier run shows the time."
    if ahead.usd is None:
        said += " No price is known for these models."
    return said


def gains(ahead: Forecast) -> str:
    """The smallest gain that the tasks of each split can show."""
    shown, silent = [], []
    for split, n in (("training", ahead.step_tasks), ("validation", ahead.val_tasks), ("test", ahead.test_tasks)):
        if n and (gain := smallest_gain(n)) is not None:
            shown.append(f"{100 * gain:.0f} points on {n} {split} tasks")
        elif n:
            silent.append(f"{n} {split} tasks are too few to show any gain")
    said = f"The smallest gain these tasks can show (80 % power): {', '.join(shown)}." if shown else ""
    return " ".join(filter(None, (said, f"The {'; the '.join(silent)}." if silent else "")))


def preset_costs(bench: Workbench, presets: Mapping[str, Any], taskset_id: str) -> None:
    """Each preset in training terms, with what it takes on these tasks."""
    rows: dict[str, list[str]] = {name: [] for name in ("Preset", "E", "C", "Actions a step", "Kept for", "Evaluations",
                                                        "Requests", "Tokens", "Cost")}  # fmt: skip
    for preset in presets.values():
        training = preset.config.training
        try:
            ahead = bench.forecast(preset.config, taskset_id)
        except AgentOptError as error:
            st.caption(f"{plain(error.message, 400)} {plain(error.hint, 300)}")
            return
        rows["Preset"].append(preset.name)
        rows["E"].append(str(training.epochs))
        rows["C"].append(str(training.patience) if training.early_stop else "off")
        rows["Actions a step"].append(str(preset.config.optimizer.max_actions))
        kept = {"strict": "gain", "accept_ties": "gain or tie", "evidence": "evidence"}[training.acceptance]
        rows["Kept for"].append(kept if training.roll_back else "anything")
        rows["Evaluations"].append(f"{count(ahead.evaluations_min)} to {count(ahead.evaluations_max)}")
        rows["Requests"].append(requests(ahead))
        rows["Tokens"].append(DASH if ahead.tokens is None else " to ".join(map(compact, ahead.tokens)))
        rows["Cost"].append(dollars(ahead.usd))
    st.dataframe(rows, hide_index=True, key="preset_table", alt="What each preset costs on these tasks")
    st.caption("For the models of your first setting; each evaluation runs all training tasks once.")
