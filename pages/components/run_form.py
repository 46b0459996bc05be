"""The form a run is configured with: widgets on one side, a validated RunConfig on the other."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import streamlit as st

from agentopt_core.config import RunConfig, parse_config
from agentopt_core.errors import AgentOptError
from agentopt_core.prompts import default_prompts
from agentopt_core.words import JsonObject
from pages.components.agent_form import AGENT_PATHS, agent_fields
from pages.components.approval_form import APPROVAL_PATHS, approval_fields
from pages.components.endpoint_form import ENDPOINT_FIELDS, KEEP, checks, endpoint_json, endpoint_values, model_fields
from pages.components.evidence_form import EVIDENCE_PATHS, evidence_fields
from pages.components.forecast_view import preset_costs, show_forecast
from pages.components.grader_form import GRADER_FIELDS, GRADER_PATHS, grader_fields, grader_values, judge_json
from pages.components.health_form import HEALTH_PATHS, health_fields
from pages.components.person import who
from pages.components.sandbox_form import SANDBOX_PATHS, isolation_note, sandbox_fields, sandbox_refused
from pages.components.say import plain
from pages.components.search_form import SEARCH_PATHS, search_fields
from pages.components.shell import TRAIN
from pages.components.states import error_state
from pages.components.strategy_form import STRATEGY_PATHS, strategy_fields
from pages.components.task_sets import set_label

if TYPE_CHECKING:
    from agentopt_core.workbench import Workbench

_PATHS = {
    "epochs": ("training", "epochs"),
    "patience": ("training", "patience"),
    "acceptance": ("training", "acceptance"),
    "roll_back": ("training", "roll_back"),
    "early_stop": ("training", "early_stop"),
    "stop_at_perfect": ("training", "stop_at_perfect"),
    "open_test": ("training", "open_test"),
    "max_evaluations": ("training", "max_evaluations"),
    "validation": ("training", "validation"),
    "null_edits": ("training", "null_edits"),
    "max_actions": ("optimizer", "max_actions"),
    "progressive": ("optimizer", "progressive"),
    "turn_cap": ("agent", "turn_cap"),
    "concurrency": ("concurrency",),
    "seed": ("seed",),
    "budget_usd": ("budget", "usd"),
    "budget_tokens": ("budget", "tokens"),
    "budget_requests": ("budget", "requests"),
    **AGENT_PATHS,
    **APPROVAL_PATHS,
    **EVIDENCE_PATHS,
    **GRADER_PATHS,
    **HEALTH_PATHS,
    **SANDBOX_PATHS,
    **SEARCH_PATHS,
    **STRATEGY_PATHS,
}
"""Form field -> where its value lives in the configuration."""


def form_values(config: RunConfig) -> dict[str, Any]:
    """What the fields of the training part show for a configuration."""
    values = {}
    for name, path in _PATHS.items():
        value: Any = config
        for part in path:
            value = getattr(value, part)
        values[name] = list(value) if isinstance(value, tuple) else value
    return {**values, **grader_values(config)}


def form_config(values: Mapping[str, Any], base: JsonObject, prompts: dict[str, str]) -> RunConfig:
    """The configuration the form describes; what it does not show comes from `base`, a configuration as JSON.

    Raises: ConfigError naming what is wrong.
    """
    data: dict[str, Any] = copy.deepcopy(base)
    for name, path in _PATHS.items():
        target = data
        for part in path[:-1]:
            target = target[part]
        target[path[-1]] = values[name]
    data["name"] = values.get("name") or ""
    for role in ("agent", "optimizer"):
        data[role]["endpoint"] = endpoint_json(values, role, data[role]["endpoint"])
    data["grader"]["judge"] = judge_json(values, data["grader"]["judge"])
    data["prompts"] = default_prompts().changed(prompts).model_dump()
    return parse_config(data)


def fill_form(config: RunConfig) -> None:
    """Put a configuration into the form, with what the form does not show; call it before the form is drawn."""
    for name, value in {**form_values(config), **endpoint_values(config)}.items():
        st.session_state[f"form_{name}"] = value
    st.session_state["form_name"] = config.name
    st.session_state["form_base"] = config.model_dump(mode="json")
    shipped = default_prompts().texts
    for name, text in config.prompts.texts.items():
        if name in shipped:
            st.session_state[f"prompt_{name}"] = text


def new_run(bench: Workbench, wanted_tasks: str | None) -> None:
    """The whole form, with its forecast and the button that starts the training."""
    presets = bench.presets()
    if "form_epochs" not in st.session_state:
        first = next(iter(presets))
        fill_form(presets[first].config)
        st.session_state["form_preset"] = first
    left, right = st.columns([5, 2], gap="large")
    with left:
        chosen = _tasks(bench, wanted_tasks)
        model_fields()
        agent_fields(bench.isolation)
        _training(bench, presets, chosen)
        evidence_fields()
        search_fields()
        strategy_fields()
        approval_fields()
        grader_fields()
        health_fields()
        sandbox_fields()
        _prompts()
    with right, st.container(border=True):
        st.subheader("Forecast", anchor=False)
        _start(bench, chosen)


def _tasks(bench: Workbench, wanted: str | None) -> str | None:
    sets = {one.id: one for one in bench.task_sets()}
    if wanted in sets and st.session_state.get("form_wanted") != wanted:
        st.session_state["form_tasks"] = st.session_state["form_wanted"] = wanted
    st.subheader("What to train on", anchor=False)
    tasks_column, name_column = st.columns(2)
    chosen = tasks_column.selectbox(
        "Task set",
        list(sets),
        format_func=lambda one: f"{set_label(sets, one)}, {sets[one].splits.get('train', 0)} training tasks",
        key="form_tasks",
        **KEEP,
    )
    name_column.text_input("Name of the run", key="form_name", max_chars=200, placeholder="optional", **KEEP)
    return chosen


def _training(bench: Workbench, presets: Mapping[str, Any], taskset_id: str | None) -> None:
    def apply() -> None:
        chosen = st.session_state["form_preset"]
        if chosen:
            st.session_state["form_base"] = presets[chosen].config.model_dump(mode="json")
            for name, value in form_values(presets[chosen].config).items():
                if name not in AGENT_PATHS:  # like the model, which agent it is has nothing to do with a preset
                    st.session_state[f"form_{name}"] = value

    st.subheader("Training", anchor=False)
    preset = st.pills(
        "Start from", list(presets), format_func=lambda key: presets[key].name, key="form_preset", on_change=apply,
        **KEEP,
    )  # fmt: skip
    st.caption(presets[preset].explanation if preset else "Your own settings.")
    with st.expander("What each preset costs", on_change="rerun", key="preset_costs") as costs:
        if costs.open and taskset_id is not None:
            preset_costs(bench, presets, taskset_id)
    with st.grid(4, min_column_width=150, vertical_alignment="bottom"):
        _number("Epochs, at most (E)", "epochs", "Accepted updates after which training ends.", 1, 1000)
        _number("Patience (C)", "patience", "Training stops after more than C rolled-back updates in a row.", 0, 1000)
        _number("Actions a step", "max_actions", "Functions one update may add, revise or remove, at most.", 1, 20)
        _number("Rollouts at once", "concurrency", "Tasks solved at the same time.", 1, 512)
    words = {"strict": "only a gain", "accept_ties": "a gain or a tie", "evidence": "evidence"}
    validations = {"off": "not measured", "kept": "for kept updates", "all": "for all updates"}
    with st.grid(2, min_column_width=300, vertical_alignment="bottom"):
        st.segmented_control(
            "An update is kept for", list(words), format_func=words.__getitem__, key="form_acceptance", required=True,
            help="Algorithm 2 asks for a strict gain; the authors' code also keeps ties; evidence is asked for on the "
            "validation split.", **KEEP,
        )  # fmt: skip
        st.segmented_control(
            "Validation split", list(validations), format_func=validations.__getitem__, key="form_validation",
            required=True, help="Measured beside training, where the task set has one. It shows whether what was "
            "learned holds on tasks that the optimizer never read. It decides nothing, unless updates are kept for "
            "evidence: then whatever gains on the training tasks is measured on it.", **KEEP,
        )  # fmt: skip
    with st.grid(4, min_column_width=150, vertical_alignment="bottom"):
        _switch("Roll-back", "roll_back", "Withdraw an update that is not better.")
        _switch("Early stop", "early_stop", "Stop by patience; without it only E and the limits end the run.")
        _switch(
            "Progressive update", "progressive", "Change the accepted functions; without it each step writes a new set."
        )
        _number("Null edits", "null_edits", "Times the baseline is measured again without any change: what noise alone "
                "does to the accuracy. Each costs one evaluation.", 0, 20)  # fmt: skip
    with st.expander("Limits, budget and seed"), st.grid(4, min_column_width=150, vertical_alignment="bottom"):
        _number("Budget (USD)", "budget_usd", "Needs models with a known price. Empty: no limit.", 0.01, None, 0.5)
        _number(
            "Budget (tokens)", "budget_tokens", "Prompt and completion, all roles. Empty: no limit.", 1, None, 100_000
        )
        _number("Budget (requests)", "budget_requests", "Over all roles. Empty: no limit.", 1, None, 100)
        _number(
            "Evaluations, at most", "max_evaluations", "Baseline included. Empty: no limit beside E and C.", 1, None
        )
        _number("Turns a task", "turn_cap", "Replies of the agent's model in one rollout, at most.", 1, 200)
        _number("Seed", "seed", "For whatever is drawn; the demo model answers by it too.", 0, None)
        _switch(
            "Open the test split", "open_test",
            "When training has ended by a rule, measure the untrained agent and the chosen functions on it, once.",
        )  # fmt: skip
        _switch("Stop at a perfect score", "stop_at_perfect", "End when every training task is solved.")


def _number(label: str, name: str, why: str, low: float, high: float | None, step: float = 1) -> None:
    st.number_input(label, key=f"form_{name}", help=why, min_value=low, max_value=high, step=step,
                    placeholder="no limit", **KEEP)  # fmt: skip


def _switch(label: str, name: str, why: str) -> None:
    st.toggle(label, key=f"form_{name}", help=why, **KEEP)


def _prompts() -> None:
    shipped = default_prompts().texts
    changed = [name for name in shipped if st.session_state.get(f"prompt_{name}", shipped[name]) != shipped[name]]
    # The label stays the same: with another one it would be another expander, and closed.
    with st.expander("Prompts"):
        if changed:
            st.caption(f":material/edit: {len(changed)} changed for this run: {', '.join(map(plain, changed))}")
        if not shipped:
            st.caption("No prompt texts are installed.")
            return
        st.caption(
            "Every text the models are sent. A change counts for this run only; {{places}} are filled at run time."
        )
        name = st.selectbox("Prompt", list(shipped), key="chosen_prompt", **KEEP)
        key = f"prompt_{name}"
        st.session_state.setdefault(key, shipped[name])
        st.text_area("Text", key=key, height=320, label_visibility="collapsed", **KEEP)
        if name in changed:
            st.button(
                "Back to the shipped text", icon=":material/undo:",
                on_click=lambda: st.session_state.update({key: shipped[name]}),
            )  # fmt: skip


def _start(bench: Workbench, taskset_id: str | None) -> None:
    state, base = st.session_state, st.session_state["form_base"]
    values = {name: state.get(f"form_{name}") for name in (*_PATHS, *ENDPOINT_FIELDS, *GRADER_FIELDS, "name")}
    edits = {name: state[f"prompt_{name}"] for name in default_prompts().texts if f"prompt_{name}" in state}
    if taskset_id is None:
        st.caption("Choose a task set first.")
        return
    try:
        config = form_config(values, base, edits)
        ahead = bench.forecast(config, taskset_id)
    except AgentOptError as error:
        error_state(error.message, error.hint, title="Not ready")
        return
    show_forecast(ahead)
    try:
        bench.require_sandbox(config)
    except AgentOptError as error:
        sandbox_refused(error)
        return
    isolation_note(bench.isolation)
    if st.button("Start training", type="primary", icon=":material/play_arrow:", width="stretch", key="start_training"):
        run_id = bench.start(config, taskset_id, by=who())
        st.toast("Training started.", icon=":material/play_arrow:")
        st.switch_page(TRAIN, query_params={"run": run_id})
    if st.button("Check endpoint", icon=":material/network_check:", width="stretch", key="check_endpoint"):
        roles = (config.agent.endpoint, config.optimizer.endpoint, config.grader.judge)
        for endpoint in dict.fromkeys(one for one in roles if one is not None):
            place = endpoint.base_url or ("this machine" if endpoint.is_demo else "the OpenAI API")
            st.caption(f"{plain(endpoint.model)} at {plain(place)}")
            with st.spinner("Asking the endpoint"):
                checks(bench.check_endpoint(endpoint))
