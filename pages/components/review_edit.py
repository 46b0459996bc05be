"""Editing a proposal: the five fields of each function, what is wrong with them, and what was changed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from agentopt_core.actions import Refusal
from agentopt_core.functions import Function
from agentopt_core.reports.diff import side_by_side
from agentopt_core.reviews import FunctionText
from agentopt_core.views.reviews import ReviewCard
from pages.components.function_change import told
from pages.components.review_keep import kept, key_of, remembered
from pages.components.say import plain

if TYPE_CHECKING:
    from agentopt_core.workbench import Workbench

_CODE_FONT = "{font: .84rem/1.5 'Source Code Pro', ui-monospace, monospace; tab-size: 4}"


def edit_panel(bench: Workbench, card: ReviewCard) -> tuple[FunctionText, ...]:
    """The editor. Returns the functions that were edited once all of them pass the static check; else nothing."""
    functions = _editable(card)
    if not functions:
        st.caption("There is nothing to edit: the proposal only removes functions.")
        return ()
    st.html(f"<style>[class*=st-key-{key_of(card, 'edit')}] textarea {_CODE_FONT}</style>")
    number = next(iter(functions))
    if len(functions) > 1:
        number = st.segmented_control(
            "Function", list(functions), format_func=lambda one: plain(functions[one].name, 60), required=True,
            default=number, key=key_of(card, "edited_function"),
        )  # fmt: skip
    # Read before the fields are drawn, so that each reason stands at its field.
    edits = drafted(card)
    faults = bench.check_edits(card.run_id, card.step, edits) if edits else []
    name = functions[number].name
    _fields(card, number, functions[number], tuple(one for one in faults if one.name == name))
    if not edits:
        st.caption("Nothing is edited yet.")
        return ()
    for text in edits:
        original = next(function for function in functions.values() if function.name == text.name)
        st.html(side_by_side(original.code, text.code, (f"{text.name}: proposed", "edited")))
    if faults:
        names = ", ".join(sorted({one.name for one in faults}))
        st.markdown(f":red[:material/error: {plain(names, 200)} cannot be used yet; the reasons stand at the fields.]")
        return ()
    st.caption(":material/check: It passes the static checks. An edited proposal is measured anew.")
    return edits


def drafted(card: ReviewCard) -> tuple[FunctionText, ...]:
    """The functions that were edited so far, valid or not, as their fields stand or were left."""
    pairs = [(function, _written(card, number, function)) for number, function in _editable(card).items()]
    return tuple(text for function, text in pairs if text != _text(function))


def _editable(card: ReviewCard) -> dict[str, Function]:
    return {str(number): action.after for number, action in enumerate(card.actions) if action.after is not None}


def _text(function: Function) -> FunctionText:
    from agentopt_core.workbench.evidence import as_text  # brings the whole core along

    return as_text(function)


def _written(card: ReviewCard, number: str, function: Function) -> FunctionText:
    """The function as its fields stand now, on the page or remembered."""
    start = _text(function)
    fields = {
        field: remembered(card, f"edit_{number}_{field}", getattr(start, field))
        for field in ("description", "arguments", "packages", "code")
    }
    return FunctionText(name=function.name, **fields)


def _fields(card: ReviewCard, number: str, function: Function, wrong: tuple[Refusal, ...]) -> None:
    start = _text(function)
    name = f"edit_{number}_"
    left, right = st.columns([2, 3], gap="medium")
    with left:
        st.text_input("Name", function.name, disabled=True, key=key_of(card, name + "name"))
        told(wrong, "name")
        kept(card, name + "description", start.description, "Description", height=100, max_chars=1_024)
        told(wrong, "description")
        kept(card, name + "arguments", start.arguments, "Arguments (JSON schema)", height=180,
                         max_chars=12_000)  # fmt: skip
        told(wrong, "arguments")
        kept(card, name + "packages", start.packages, "Packages", height=68, max_chars=2_000)
        told(wrong, "packages")
    with right:
        kept(card, name + "code", start.code, "Code", height=440, max_chars=30_000)
        told(wrong, "code")
