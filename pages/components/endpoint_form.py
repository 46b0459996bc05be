"""The form's part about models: which endpoint plays each role, and whether it can."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

import streamlit as st

from agentopt_core.agents.vision import probably_takes_images
from agentopt_core.config import DEMO_LABEL, DEMO_MODEL, Endpoint, RunConfig
from pages.components.say import plain

ENDPOINT_FIELDS = (
    "kind", "base_url", "api_key_env", "agent_model", "optimizer_model", "optimizer_base_url", "optimizer_api_key_env",
    "temperature", "vision", "demo_latency_ms",
)  # fmt: skip
KEEP: dict[str, Any] = {"persist_state": "session"}
"""Fields keep their values while another page is open."""


def endpoint_values(config: RunConfig) -> dict[str, Any]:
    """What the fields of the model part show for a configuration."""
    agent = config.agent.endpoint
    optimizer = own_endpoint_values(config.optimizer.endpoint, agent)
    return {
        "kind": agent.kind,
        "base_url": agent.base_url or "",
        "agent_model": "" if agent.is_demo else agent.model,
        "api_key_env": agent.api_key_env,
        "temperature": agent.temperature,
        "vision": agent.vision,
        "demo_latency_ms": agent.demo_latency_ms,
        **{f"optimizer_{name}": value for name, value in optimizer.items()},
    }


def own_endpoint_values(endpoint: Endpoint, agent: Endpoint) -> dict[str, str]:
    """What another role's fields show; empty where it is as the agent."""
    return {
        "model": "" if endpoint.model == agent.model else endpoint.model,
        "base_url": "" if endpoint.base_url == agent.base_url else endpoint.base_url or "",
        "api_key_env": "" if endpoint.api_key_env == agent.api_key_env else endpoint.api_key_env,
    }


def endpoint_json(values: Mapping[str, Any], role: str, base: dict[str, Any]) -> dict[str, Any]:
    """One role's endpoint as JSON; what the form does not show comes from `base`."""
    if values["kind"] == "demo":
        latency = values["demo_latency_ms"]
        return {
            **base, "kind": "demo", "model": DEMO_MODEL, "base_url": None, "vision": False, "demo_latency_ms": latency,
        }  # fmt: skip

    def chosen(of_agent: str, own: str) -> str:
        """An empty field of another role means: as the agent."""
        said = (values[f"{role}_{own}"] or "").strip() if role != "agent" else ""
        return said or (values[of_agent] or "").strip()

    return {
        **base,
        "kind": "openai",
        "model": chosen("agent_model", "model"),
        "base_url": chosen("base_url", "base_url") or None,
        "api_key_env": chosen("api_key_env", "api_key_env"),
        "temperature": values["temperature"],
        "vision": bool(values["vision"]) if role == "agent" else base.get("vision", False),
    }


def model_fields() -> None:
    """The fields that choose the models."""
    st.subheader("Model", anchor=False)
    words = {"demo": "Demo model", "openai": "OpenAI-compatible endpoint"}
    kind = st.segmented_control(
        "Model", list(words), format_func=words.__getitem__, key="form_kind", required=True,
        label_visibility="collapsed", **KEEP,
    )  # fmt: skip
    if kind == "demo":
        st.caption(DEMO_LABEL)
        st.number_input(
            "Time a reply takes (ms)", key="form_demo_latency_ms", min_value=0.0, max_value=10_000.0, step=50.0,
            format="%.0f", width=220, help="So that a run can be watched.", **KEEP,
        )  # fmt: skip
        return
    first, second = st.columns(2)
    first.text_input(
        "Base URL", key="form_base_url", placeholder="https://api.openai.com/v1",
        help="Empty: the OpenAI API. Ollama: http://localhost:11434/v1. vLLM: http://localhost:8000/v1. "
        "llama.cpp: http://localhost:8080/v1.", **KEEP,
    )  # fmt: skip
    variable = second.text_input(
        "Environment variable with the key", key="form_api_key_env",
        help="Its name, not the key: a key is never typed here and never stored.", **KEEP,
    )  # fmt: skip
    first.text_input(
        "Model of the agent", key="form_agent_model", placeholder="gpt-4o-mini", on_change=_guess_vision, **KEEP
    )
    second.text_input("Model of the optimizer", key="form_optimizer_model", placeholder="as the agent", **KEEP)
    first.text_input(
        "Base URL of the optimizer", key="form_optimizer_base_url", placeholder="as the agent",
        help="For an optimizer that runs elsewhere than the agent.", **KEEP,
    )  # fmt: skip
    second.text_input(
        "Variable with the optimizer's key", key="form_optimizer_api_key_env", placeholder="as the agent", **KEEP
    )
    first.number_input(
        "Temperature", key="form_temperature", min_value=0.0, max_value=2.0, step=0.1, placeholder="the endpoint's own",
        **KEEP,
    )  # fmt: skip
    second.checkbox(
        "The agent's model takes images", key="form_vision",
        help="Filled in by the model's name; you know better. Tasks that need an image shown are skipped without it.",
        **KEEP,
    )  # fmt: skip
    if variable and not os.environ.get(variable):
        st.caption(
            f":material/key_off: {plain(variable)} is not set where the dashboard runs. In the shell that starts it: "
            f'`export {_code(variable)}=...`, or write `{_code(variable)} = "..."` into `.streamlit/secrets.toml`; '
            "then start the dashboard again. Local servers usually need no key."
        )


def _guess_vision() -> None:
    """Another model was named: fill in what is known of it."""
    st.session_state["form_vision"] = probably_takes_images(st.session_state["form_agent_model"] or "")


def _code(text: str) -> str:
    return "".join(c for c in text if c.isalnum() or c == "_")[:80]


_STATES = {
    "ok": ":green[:material/check_circle:]",
    "warning": ":orange[:material/warning:]",
    "failed": ":red[:material/error:]",
    "skipped": ":gray[:material/remove_circle:]",
}


def checks(found: list[Any]) -> None:
    """Findings, each with its sign, its detail and the move that mends it."""
    for one in found:
        st.markdown(f"{_STATES[one.state]} **{plain(one.name)}** {plain(one.detail, 300)}")
        if one.hint and one.state != "ok":
            st.code(one.hint, language=None, wrap_lines=True)
