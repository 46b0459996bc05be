"""The form's part about the agent: which one solves the tasks."""

from __future__ import annotations

import streamlit as st

from agentopt_core.config import FUNCTION_CALLING, REACT
from agentopt_core.rollouts import Isolation
from pages.components.endpoint_form import KEEP
from pages.components.say import plain

AGENT_PATHS = {
    "agent_kind": ("agent", "kind"),
    "agent_shell": ("agent", "shell"),
    "tool_calling": ("optimizer", "tool_calling"),
}
"""Form field -> where its value lives in the configuration."""

NAMES = {FUNCTION_CALLING: "Function calling", REACT: "ReAct (text only)"}
SAID = {
    FUNCTION_CALLING: "The model calls functions and Python as tools. Its endpoint must offer function calling.",
    REACT: "The model writes thoughts and actions as text and reads what came of them. It works with endpoints that "
    "have no function calling; switch the optimizer's tool calls off there, too.",
}
_OWN = "Your own agent. Its code runs in the trainer's process with the trainer's rights, outside the sandbox."


def agent_fields(isolation: Isolation) -> None:
    """The fields, with a sentence that says what they come to."""
    with st.expander("Agent"):
        with st.grid(3, min_column_width=220, vertical_alignment="bottom"):
            kind = st.selectbox(
                "Agent", list(NAMES), format_func=lambda kind: NAMES.get(kind) or plain(kind), key="form_agent_kind",
                accept_new_options=True, help="Or type module:object, the class of an agent of your own.", **KEEP,
            )  # fmt: skip
            st.toggle(
                "Shell", key="form_agent_shell", disabled=kind != REACT,
                help="The ReAct agent may run command lines too, each in a jail of its own without network.", **KEEP,
            )  # fmt: skip
            st.toggle(
                "The optimizer calls tools", key="form_tool_calling",
                help="Off: it writes its actions as text, for an endpoint without function calling.", **KEEP,
            )  # fmt: skip
        st.caption(SAID.get(kind, _OWN))
        if kind == REACT and st.session_state.get("form_agent_shell") and isolation.level != "namespaces":
            why = isolation.lacking.get("namespaces", "")
            st.caption(
                f":material/info: No shell is offered here: it needs isolation at level 'namespaces'. {plain(why)}"
            )
