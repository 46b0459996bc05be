"""The form of a new study: fields on one side, a checked StudyFile on the other."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import streamlit as st

from agentopt_core.config import AgentConfig, OptimizerConfig
from agentopt_core.errors import AgentOptError, ConfigError
from agentopt_core.studies.arms import ABLATION, AGENTS, arms_of
from agentopt_core.studies.plan import KINDS, StudyFile, parse_study, to_toml
from agentopt_core.words import JsonObject
from pages.components.endpoint_form import KEEP
from pages.components.forecast_view import dollars
from pages.components.person import who
from pages.components.say import DASH, compact, duration, plain, shorten
from pages.components.shell import STUDIES
from pages.components.states import answer, error_state
from pages.components.task_sets import set_label

if TYPE_CHECKING:
    from agentopt_core.workbench import Workbench

SWEEPS = {
    "training.epochs": ("Epochs, at most (E)", "3, 1, 10"),
    "training.patience": ("Patience (C)", "2, 0, 5"),
    "optimizer.max_actions": ("Actions a step", "3, 1"),
    "optimizer.strategy": ("Batch strategy", ""),
    "optimizer.batch_size": ("Batch size", ""),
}
"""Setting -> what the form calls it, and the values it begins with; the first is what the others are compared with."""
_ENDPOINTS = {"role": "agent", "model": "", "base_url": "", "api_key_env": "OPENAI_API_KEY"}


def offered_sweeps() -> dict[str, tuple[str, str]]:
    """Those of the sweeps whose setting a run has."""
    has = OptimizerConfig.model_fields
    return {path: words for path, words in SWEEPS.items() if not path.startswith("optimizer.") or path[10:] in has}


def form_study(values: Mapping[str, Any]) -> StudyFile:
    """The study that the fields describe. Raises: ConfigError naming what is wrong."""
    kind = values["kind"]
    config: JsonObject = {
        "training": {
            "epochs": values["epochs"],
            "patience": values["patience"],
            "validation": "off",
            "max_evaluations": values["max_evaluations"],
        }
    }
    endpoint = values["endpoint"]
    config["agent"] = {"endpoint": endpoint}
    config["optimizer"] = {"endpoint": endpoint}
    data: JsonObject = {
        "kind": kind,
        "name": (values["name"] or "").strip(),
        "tasks": list(values["tasks"]),
        "seeds": list(range(1, int(values["seeds"]) + 1)),
        "parallel": values["parallel"],
        "budget": {"usd": values["budget_usd"], "tokens": values["budget_tokens"]},
        "config": _without_none(config),
    }
    if not data["tasks"]:
        raise ConfigError("No task set is chosen.", "Choose at least one.")
    if kind in ("ablation", "agents"):
        data["arms"] = list(values["arms"])
    elif kind == "sweep":
        data["sweep"] = {path: list(found) for path, text in values["sweep"].items() if (found := _listed(text))}
        data["grid"] = bool(values["grid"])
    elif kind == "models":
        for role in ("agent", "optimizer"):
            data[f"{role}s"] = [_endpoint(row, endpoint) for row in values["endpoints"] if row.get("role") == role]
    return parse_study(to_toml(StudyFile.model_validate(data)), "The study")


def _without_none(table: JsonObject) -> JsonObject:
    return {
        name: _without_none(value) if isinstance(value, dict) else value
        for name, value in table.items()
        if value is not None
    }


def _listed(text: str) -> list[int | float | str]:
    """The values of a field, separated by commas: numbers where they are, else words."""
    found: list[int | float | str] = []
    for part in filter(None, (one.strip() for one in (text or "").split(","))):
        try:
            found.append(int(part))
        except ValueError:
            found.append(part)
    return found


def _endpoint(row: Mapping[str, Any], base: JsonObject) -> JsonObject:
    model = str(row.get("model") or "").strip()
    if model in ("", "demo"):
        return {"kind": "demo"}
    address = str(row.get("base_url") or "").strip()
    key = str(row.get("api_key_env") or "").strip() or "OPENAI_API_KEY"
    found: JsonObject = {"kind": "openai", "model": model, "api_key_env": key}
    return {**found, "base_url": address} if address else found


def new_study(bench: Workbench, wanted: str | None) -> None:
    """The form, what the study will take, and the button that starts it."""
    left, right = st.columns([5, 2], gap="large")
    with left:
        values = _fields(bench, wanted)
    with right, st.container(border=True):
        st.subheader("Forecast", anchor=False)
        _start(bench, values)


def _fields(bench: Workbench, wanted: str | None) -> dict[str, Any]:
    st.subheader("New study", anchor=False)
    if wanted in KINDS and st.session_state.get("study_wanted") != wanted:
        st.session_state["study_kind"] = st.session_state["study_wanted"] = wanted
    kind = st.segmented_control(
        "What is asked", list(KINDS), format_func=lambda one: KINDS[one][0], default="ablation", required=True,
        key="study_kind", **KEEP,
    )  # fmt: skip
    st.caption(KINDS[kind][1])
    sets = {one.id: one for one in bench.task_sets() if not one.problem}
    usual = [one.id for one in sets.values() if one.is_sample][: 3 if kind == "transfer" else 1]
    values: dict[str, Any] = {"kind": kind}
    with st.grid(2, min_column_width=300, vertical_alignment="bottom"):
        values["tasks"] = st.multiselect(
            "Task sets", list(sets), default=usual, format_func=lambda one: set_label(sets, one),
            key=f"study_tasks_{kind}", max_selections=20, select_all=False, **KEEP,
        )  # fmt: skip
        values["name"] = st.text_input("Name", key="study_name", max_chars=200, placeholder="optional", **KEEP)
    _of_kind(kind, values)
    st.subheader("Every run", anchor=False)
    values["endpoint"] = _model(bench)
    with st.grid(4, min_column_width=150, vertical_alignment="bottom"):
        values["seeds"] = _number("Seeds", "seeds", 3, "Each arm is trained once with each seed.", 1, 50)
        values["epochs"] = _number(
            "Epochs, at most (E)", "epochs", 4, "Accepted updates after which a run ends.", 1, 1000
        )
        values["patience"] = _number(
            "Patience (C)", "patience", 2, "More rolled-back updates in a row end it.", 0, 1000
        )
        values["max_evaluations"] = _number(
            "Evaluations, at most", "max_evaluations", 9, "Of the training tasks, baseline included: what a run "
            "without early stop may cost. Empty: 1 + E × (C + 1).", 1, None,
        )  # fmt: skip
    with st.expander("Limits of the whole study"), st.grid(4, min_column_width=150, vertical_alignment="bottom"):
        values["budget_usd"] = _number(
            "Budget (USD)", "budget_usd", None, "Each run gets an equal part of what is left.", 0.01, None, 0.5
        )
        values["budget_tokens"] = _number("Budget (tokens)", "budget_tokens", None, "Likewise.", 1, None, 100_000)
        values["parallel"] = _number("Runs at once", "parallel", None, "Empty: one per core.", 1, 64)
    return values


def _of_kind(kind: str, values: dict[str, Any]) -> None:
    """What is compared."""
    match kind:
        case "ablation":
            titles = {arm.key: arm.title for arm in ABLATION}
            values["arms"] = st.pills(
                "Arms", list(titles), format_func=titles.__getitem__, selection_mode="multi", default=list(titles),
                key="study_ablation", **KEEP,
            )  # fmt: skip
        case "agents":
            known = AGENTS if "kind" in AgentConfig.model_fields else {}
            values["arms"] = st.pills(
                "Agents", list(known), format_func=AGENTS.__getitem__, selection_mode="multi", default=list(known),
                key="study_agents", **KEEP,
            )  # fmt: skip
        case "sweep":
            values["sweep"] = {}
            with st.grid(3, min_column_width=200, vertical_alignment="bottom"):
                for path, (words, usual) in offered_sweeps().items():
                    values["sweep"][path] = st.text_input(
                        words, value=usual, key=f"study_sweep_{path}", max_chars=200, placeholder="not varied",
                        help="Values separated by commas; the first is the reference.", **KEEP,
                    )  # fmt: skip
            values["grid"] = st.toggle(
                "Every combination", key="study_grid", help="Without it one setting is changed at a time.", **KEEP
            )
        case "models":
            st.caption(
                "One line an endpoint; every agent is trained with every optimizer. A key's variable, never a key."
            )
            column = st.column_config
            values["endpoints"] = st.data_editor(
                [{**_ENDPOINTS, "model": "demo"}, {**_ENDPOINTS, "role": "optimizer", "model": "demo"}],
                num_rows="dynamic", key="study_endpoints", hide_index=True,
                column_config={
                    "role": column.SelectboxColumn("Role", options=["agent", "optimizer"], required=True),
                    "model": column.TextColumn("Model", help="demo: the offline demo model", max_chars=200),
                    "base_url": column.TextColumn("Base URL", max_chars=500),
                    "api_key_env": column.TextColumn("Variable that holds the key", max_chars=100),
                },
            )  # fmt: skip
        case _:
            st.caption(
                "Each set is trained on once a seed; its functions are then measured on the others' test splits."
            )


def _model(bench: Workbench) -> JsonObject:
    """The endpoint of both roles; `demo` is the offline demo model."""
    usual = bench.default_endpoint()
    with st.grid(3, min_column_width=200, vertical_alignment="bottom"):
        model = st.text_input(
            "Model", value=usual.model, key="study_model", max_chars=200, help="demo: the offline demo model", **KEEP
        )
        is_demo = (model or "").strip() in ("", "demo")
        address = st.text_input(
            "Base URL", value=usual.base_url or "", key="study_base_url", max_chars=500, disabled=is_demo,
            placeholder="the OpenAI API", **KEEP,
        )  # fmt: skip
        key = st.text_input(
            "Variable that holds the key", value=usual.api_key_env, key="study_key_env", max_chars=100,
            disabled=is_demo, **KEEP,
        )  # fmt: skip
    return _endpoint({"model": model, "base_url": address, "api_key_env": key}, {})


def _number(
    label: str, name: str, usual: float | None, why: str, low: float, high: float | None, step: float = 1
) -> float | None:
    found: float | None = st.number_input(
        label, value=usual, key=f"study_{name}", help=why, min_value=low, max_value=high, step=step,
        placeholder="no limit", **KEEP,
    )  # fmt: skip
    return found


def _start(bench: Workbench, values: Mapping[str, Any]) -> None:
    try:
        file = form_study(values)
        ahead = bench.study_forecast(file)
        arms = arms_of(file)
    except AgentOptError as error:
        st.caption(f":material/info: **Not ready.** {plain(error.message, 600)} {plain(error.hint, 300)}")
        return
    st.table(
        {
            "Arms": str(len(arms)),
            "Runs": f"{ahead.runs} ({len(arms)} × {len(file.tasks)} × {len(file.seeds)} seeds)",
            "Requests": " to ".join(map(compact, ahead.requests)),
            "Tokens": DASH if ahead.tokens is None else " to ".join(map(compact, ahead.tokens)),
            "Cost": dollars(ahead.usd),
            "Time": DASH if ahead.seconds is None else " to ".join(map(duration, ahead.seconds)),
        },
        border="horizontal",
    )
    st.caption("Bounds, not promises. " + plain("; ".join(shorten(arm.title, 60) for arm in arms), 600))
    if st.button("Start study", type="primary", icon=":material/play_arrow:", width="stretch", key="start_study"):
        try:
            study_id = bench.start_study(file, by=who())
        except AgentOptError as error:
            error_state(error.message, error.hint)
            return
        answer("Study started. It goes on when this page is closed.", ":material/play_arrow:")
        st.switch_page(STUDIES, query_params={"study": study_id})
    st.download_button(
        "As a file for the command line", data=to_toml(file), file_name=f"{file.kind}.toml", mime="application/toml",
        icon=":material/download:", width="stretch", on_click="ignore", key="download_study_file",
    )  # fmt: skip
