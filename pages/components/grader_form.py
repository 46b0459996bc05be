"""Who judges answers: the grader that fits each task, one for all, Python of the user's own, or a language model."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import streamlit as st

from agentopt_core.config import Endpoint, GraderKind, RunConfig
from agentopt_core.grading import EXAMPLE
from pages.components.endpoint_form import KEEP, endpoint_json, own_endpoint_values

GRADER_PATHS = {"grader_kind": ("grader", "kind"), "grader_code": ("grader", "code")}
"""Form field -> where its value lives in the configuration."""
GRADER_FIELDS = (*GRADER_PATHS, "judge", "judge_model", "judge_base_url", "judge_api_key_env")
_KINDS: dict[GraderKind, tuple[str, str]] = {
    "auto": (
        "chosen by the answer",
        "Numbers, options, formulas and text are each compared as such; the trace says how.",
    ),
    "exact": ("exact", "Character for character, but for space around the answer."),
    "text": ("text", "By its words and their order: case, space and punctuation do not matter."),
    "numeric": ("number", "By its value: 1,000 and 1000.0 are the same; the unit may be left out."),
    "choice": ("option", "By the option it names, in full or by its letter; naming two is wrong."),
    "math": ("formula", "As mathematics: 1/2 and \\frac{1}{2} are the same."),
    "gaia": ("GAIA", "By the rules of the GAIA benchmark."),
    "tabmwp": ("TabMWP", "By the rules of the TabMWP benchmark."),
    "regex": ("pattern", "The gold is a regular expression that the whole answer must match."),
    "python": ("your own, in Python", "Code of yours that says right or wrong."),
    "judge": ("a language model", "A model says whether answer and gold mean the same: an opinion, marked as judged."),
}
"""Kind -> its name, and what it does in a sentence."""


def grader_values(config: RunConfig) -> dict[str, Any]:
    """What the fields of the judge show for a configuration."""
    judge = config.grader.judge
    own = own_endpoint_values(judge or config.agent.endpoint, config.agent.endpoint)
    return {"judge": judge is not None, **{f"judge_{name}": value for name, value in own.items()}}


def judge_json(values: Mapping[str, Any], base: dict[str, Any] | None) -> dict[str, Any] | None:
    """The judge's endpoint as JSON, or None where no model is to judge; the rest comes from `base`, if there is one."""
    kind = values["grader_kind"]
    if kind != "judge" and not (kind == "auto" and values["judge"]):
        return None
    # The agent's temperature is none of a judge's: it should say the same of the same answer.
    known = base or Endpoint(temperature=0.0).model_dump(mode="json")
    return {**endpoint_json(values, "judge", known), "temperature": known["temperature"]}


def grader_fields() -> None:
    """The fields, in an expander."""
    with st.expander("Grading"):
        kind = st.selectbox(
            "Grader", list(_KINDS), format_func=lambda one: _KINDS[one][0], key="form_grader_kind", width=320, **KEEP
        )
        st.caption(_KINDS[kind][1])
        match kind:
            case "python":
                _code_fields()
            case "judge":
                _judge_fields()
            case "auto":
                asked = st.toggle(
                    "A model judges the tasks that ask for it", key="form_judge",
                    help="Tasks with the answer type 'judge': no rule can compare their answers.", **KEEP,
                )  # fmt: skip
                if asked:
                    _judge_fields()


def _code_fields() -> None:
    st.text_area("Code of the grader", key="form_grader_code", height=220, placeholder=EXAMPLE, **KEEP)
    st.caption(
        "It runs in the sandbox, in calls of its own; nothing else sees the gold answer. It is tried on the first "
        "task's gold before the run starts."
    )
    st.button(
        "Start from an example", icon=":material/code:",
        on_click=lambda: st.session_state.update(form_grader_code=EXAMPLE),
        disabled=bool(st.session_state.get("form_grader_code")),
    )  # fmt: skip


def _judge_fields() -> None:
    if st.session_state.get("form_kind") == "demo":
        st.caption("The demo model judges, too: it compares the words and understands nothing.")
        return
    model, url, variable = st.columns(3)
    model.text_input("Model of the judge", key="form_judge_model", placeholder="as the agent", **KEEP)
    url.text_input("Base URL of the judge", key="form_judge_base_url", placeholder="as the agent", **KEEP)
    variable.text_input(
        "Variable with the judge's key", key="form_judge_api_key_env", placeholder="as the agent", **KEEP
    )
    st.caption(
        "It sees question, gold and answer, and its requests count against the run's budget. The same answer is judged "
        "once a run. An answer may try to talk it into a verdict: look at some of them before you trust the curve."
    )
