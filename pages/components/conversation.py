"""One rollout as a conversation: question, replies, calls with what they gave, and the verdict.

Everything shown is a stranger's text. Long text is folded, and code is coloured only up to a bound a page, so that a
message of any length keeps the page small.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import streamlit as st

from agentopt_core.functions import FunctionSet
from agentopt_core.reports.diff import Language
from agentopt_core.rollouts import ExecutionError, Message
from agentopt_core.tasks import Attachment
from agentopt_core.views.traces import CallStep, Trace, Turn
from pages.components.code_block import code_block
from pages.components.mathtext import answer_with_formulas, with_formulas
from pages.components.say import DASH, cost, count, plain, shorten, size, visible

if TYPE_CHECKING:
    from agentopt_core.workbench import Workbench

FOLDED = 2_000
"""Characters of a message that are shown at first."""
SHOWN = 200_000
"""Characters that "show all" shows at most."""
COLOURED = 6_000
"""Characters of code that are coloured on one page; each colour is an element of the page."""
TURNS = 30
"""Replies that are drawn at once."""
IMAGE_BYTES = 8_000_000
_IMAGES = ("image/png", "image/jpeg", "image/gif", "image/webp")
ENDED = {
    "answered": "",
    "turn_cap": "Ended at the turn limit without an answer.",
    "refused": "The model refused.",
    "fault": "A fault of the infrastructure: neither right nor wrong.",
}


class Ink:
    """How much code may still be coloured on this page."""

    def __init__(self) -> None:
        self.left = COLOURED

    def language(self, code: str, wanted: Language) -> Language | None:
        """The language to colour in, or None from where the page would grow too large."""
        if len(code) > self.left:
            return None
        self.left -= len(code)
        return wanted


def long_text(text: str, key: str, *, formulas: bool = True) -> None:
    """Text of any length: its beginning, and all of it when asked for."""
    if len(text) <= FOLDED:
        if formulas:
            st.markdown(with_formulas(text))
        else:
            code_block(text)
        return
    whole = st.toggle(f"Show all {count(len(text))} characters", key=key)
    if whole:
        st.code(visible(text[:SHOWN]), language=None, wrap_lines=True, height=420)
    else:
        code_block(text[:FOLDED] + " …", height=260)
    if whole and len(text) > SHOWN:
        st.caption(f"The first {count(SHOWN)} characters; the journal of the run holds all of it.")


def verdict_panel(trace: Trace) -> None:
    """What came out: the answer, the gold answer, and why the grader decides so."""
    rollout, score = trace.rollout, trace.rollout.score
    with st.container(border=True, gap="xsmall"):
        answer, gold, how = st.columns([3, 3, 4])
        with answer:
            st.caption("Answer that was compared")
            st.markdown(_answer(score.extracted if score else rollout.answer.text))
        with gold:
            st.caption("Gold answer")
            st.markdown(_answer(trace.task.answer or "") if trace.task else DASH)
        with how:
            st.caption("Grader")
            if score:
                st.markdown(f"{plain(score.method, 60)} · extracted by {plain(score.rule, 60)} · {score.ms:.1f} ms")
            else:
                st.markdown("not graded")
        if score:
            st.markdown(plain(score.reason, 1_500))
        ended = " ".join(filter(None, (ENDED[rollout.ended], rollout.note)))
        if ended:
            st.markdown(plain(ended, 1_500))


def _answer(text: str) -> str:
    return answer_with_formulas(shorten(text, 400)) if text.strip() else DASH


def question(bench: Workbench, run_id: str, trace: Trace, key: str) -> None:
    """What the agent was asked and with which files; what it was told to be is folded away."""
    for number, message in enumerate(trace.opening):
        if message.role == "system":
            with st.expander(f"System prompt ({count(len(message.content))} characters)", key=f"{key}_system_{number}"):
                long_text(message.content, f"{key}_system_all_{number}", formulas=False)
            continue
        with st.container(border=True, gap="xsmall"):
            st.markdown(":material/person: **Question**")
            long_text(message.content, f"{key}_question_{number}")
            _files(bench, run_id, trace, message)
    if not trace.opening and trace.task:
        with st.container(border=True):
            st.markdown(":material/person: **Question**")
            long_text(trace.task.question, f"{key}_question")


def _files(bench: Workbench, run_id: str, trace: Trace, message: Message) -> None:
    attachments = trace.task.attachments if trace.task else ()
    if not attachments and message.images:
        st.caption(f"Shown with {len(message.images)} image(s); the run's tasks cannot be read any more.")
    for one in attachments[:12]:
        shown = "shown to the model" if one.path in message.images else "in its folder"
        st.caption(
            f":material/attach_file: {plain(one.path, 120)} · {plain(one.media_type, 60)} · {size(one.bytes)} · {shown}"
        )
        if one.media_type in _IMAGES and one.bytes <= IMAGE_BYTES:
            _image(bench, run_id, one)
    if len(attachments) > 12:
        st.caption(f"and {len(attachments) - 12} more files")


def _image(bench: Workbench, run_id: str, attachment: Attachment) -> None:
    try:
        data = bench.run_attachment(run_id, attachment)
        st.image(data, width=360, caption=plain(attachment.path, 120))
    except Exception as error:  # by its words: the core may have been imported anew meanwhile
        st.caption(f"The picture cannot be shown. {plain(str(error), 300)}")


def turns_shown(turns: tuple[Turn, ...], key: str) -> tuple[int, tuple[Turn, ...]]:
    """The replies to draw, and the number of the first; a long conversation is shown in parts."""
    if len(turns) <= TURNS:
        return 0, turns
    starts = list(range(0, len(turns), TURNS))
    start = st.selectbox(
        "Replies", starts, format_func=lambda at: f"Replies {at + 1} to {min(at + TURNS, len(turns))} of {len(turns)}",
        key=f"{key}_part", width=260,
    )  # fmt: skip
    return start, turns[start : start + TURNS]


def turn_view(turn: Turn, number: int, functions: FunctionSet | None, ink: Ink, key: str) -> None:
    """One reply with its calls."""
    with st.container(border=True, gap="small"):
        facts = []
        if turn.request:
            usage = turn.request.usage
            facts = [
                f"{turn.request.ms:,.0f} ms",
                f"{count(usage.prompt_tokens)} + {count(usage.completion_tokens)} tokens",
            ]
            facts += [cost(usage)] + ([f"{turn.request.attempts} attempts"] if turn.request.attempts > 1 else [])
        st.markdown(
            f":material/smart_toy: **Reply {number}**"
            + (f" · :small[{plain(' · '.join(facts), 200)}]" if facts else "")
        )
        if turn.message.reasoning:
            with st.expander("What the model thought", key=f"{key}_thought_{number}"):
                long_text(turn.message.reasoning, f"{key}_thought_all_{number}")
        if turn.message.content:
            long_text(turn.message.content, f"{key}_reply_{number}")
        elif not turn.calls:
            st.caption("An empty reply.")
        for place, step in enumerate(turn.calls, 1):
            call_view(step, functions, ink, f"{key}_call_{number}_{place}")
        for place, told in enumerate(turn.told):
            st.caption("The agent is told")
            long_text(told.content, f"{key}_told_{number}_{place}", formulas=False)


def call_view(step: CallStep, functions: FunctionSet | None, ink: Ink, key: str) -> None:
    """One call: arguments, what it printed, what it gave or why it failed."""
    use = step.use
    failed = use is not None and not use.result.ok
    sign = "✗ failed" if failed else "✓ ran" if use else "○ not executed"
    time = f" · {plain(f'{use.result.ms:,.1f} ms')}" if use else ""
    icon = {"python": ":material/code:", "shell": ":material/terminal:"}.get(step.name, ":material/function:")
    if step.name == "final_answer" and not use:
        icon, sign = ":material/flag:", "answer"
    st.markdown(f"{icon} **{plain(step.name, 80)}** · {sign}{time}")
    _arguments(step, ink, key)
    if use and use.result.stdout:
        st.caption("Printed")
        long_text(use.result.stdout, f"{key}_stdout", formulas=False)
    if use and use.result.ok and use.result.value is not None:
        value = use.result.value
        st.caption("Value")
        long_text(value if isinstance(value, str) else _json(value), f"{key}_value", formulas=False)
    if use and use.result.error:
        error_view(use.result.error, functions, step.name)
    if not use and step.told and step.name != "final_answer":
        st.caption("The agent is told")
        long_text(step.told, f"{key}_told", formulas=False)


def _arguments(step: CallStep, ink: Ink, key: str) -> None:
    raws: dict[str, tuple[str, Language]] = {"python": ("code", "python"), "shell": ("command", "bash")}
    raw = raws.get(step.name)
    code = step.use.arguments.get(raw[0]) if step.use and raw else None
    if raw and isinstance(code, str):
        text, language = code, raw[1]
    elif step.use and step.use.arguments:
        text, language = _json(step.use.arguments), "json"
    else:
        text, language = (step.call.arguments if step.call else ""), "json"
    if not text:
        return
    if len(text) > FOLDED:
        long_text(text, f"{key}_arguments", formulas=False)
    else:
        code_block(text, ink.language(text, language))


def error_view(error: ExecutionError, functions: FunctionSet | None, name: str) -> None:
    """Why a call failed, with the line of the function's own source."""
    st.error(f"**{plain(error.type, 80)}**: {plain(error.message, 1_200)}", icon=":material/error:")
    function = functions.get(name) if functions else None
    lines = function.code.splitlines() if function else []
    for number in (error.lines or ((error.line,) if error.line else ()))[-3:]:
        if 0 < number <= len(lines):
            code_block(f"{number:>4}  {lines[number - 1][:300]}")
        else:
            st.caption(f"Line {number}")


def _json(value: object) -> str:
    try:
        return json.dumps(value, ensure_ascii=False, indent=2)
    except ValueError:  # Python refuses to write integers of thousands of digits
        return "(A number too long to be written out.)"
