"""The event log: filters, search, older pages, download. It stands still unless it is told to follow."""

from __future__ import annotations

import html
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import pandas as pd
import streamlit as st

from agentopt_core.views import EventLine
from pages.components.colors import AMBER, GREEN, RED
from pages.components.say import clock, moment, plain, shorten
from pages.components.task_upload import issues_csv

if TYPE_CHECKING:
    from agentopt_core.workbench import Workbench

SEVERITIES = {"info": "Info", "good": "Good news", "warning": "Warnings", "error": "Errors"}
SIGNS = {"info": "·", "good": "✓", "warning": "!", "error": "✕"}
_COLORS = {"info": "inherit", "good": GREEN, "warning": AMBER, "error": RED}
_STYLE = (
    "<style>.ao-log{border-collapse:collapse;width:100%;font-size:.84rem;line-height:1.4}"
    ".ao-log td{border:0;border-bottom:1px solid rgba(135,145,165,.2);padding:4px 6px 4px 0;vertical-align:top;"
    "overflow-wrap:anywhere}.ao-log td:first-child{opacity:.75;white-space:nowrap;width:4.2rem}"
    ".ao-log td:nth-child(2){width:1.1rem;text-align:center;font-weight:600}</style>"
)
KINDS = {
    "measurements": ("Measurements", ("evaluation_started", "evaluation_finished", "verdict_reached")),
    "optimizer": (
        "Optimizer",
        ("step_started", "proposal_refused", "proposal_made", "proposals_screened", "update_proposed"),
    ),
    "people": (
        "People",
        ("review_requested", "trial_finished", "review_decided", "command_obeyed", "command_declined"),
    ),
    "test": ("Test split", ("split_opened", "held_out_measured")),
    "faults": ("Faults", ("request_finished", "rollout_finished", "warned", "run_failed")),
    "run": ("Start and end", ("run_started", "run_finished", "run_failed")),
}
"""Groups of event kinds, in words."""
PAGE = 30
MOST = 50_000
"""Lines a download holds, the newest."""


def event_log(bench: Workbench, run_id: str, live: bool) -> None:
    """The log of a run, newest first, one page at a time."""
    shown = st.pills(
        "Event log", list(SEVERITIES), format_func=SEVERITIES.__getitem__, selection_mode="multi",
        default=list(SEVERITIES), key="log", bind="query-params",
    )  # fmt: skip
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        kinds = st.multiselect(
            "Kinds", list(KINDS), format_func=lambda kind: KINDS[kind][0], key="log_kinds", bind="query-params",
            placeholder="All kinds", label_visibility="collapsed", width=230,
        )  # fmt: skip
        text = st.text_input(
            "Search the log", key="log_text", bind="query-params", placeholder="Search the text", max_chars=200,
            label_visibility="collapsed", width="stretch",
        )  # fmt: skip
    wanted: dict[str, Any] = {
        "severities": list(shown) if shown and len(shown) < len(SEVERITIES) else None,
        "kinds": [kind for group in kinds for kind in KINDS[group][1]] if kinds else None,
        "text": (text or "").strip(),
    }
    before = _before()
    lines = bench.events(run_id, PAGE + 1, before, **wanted)
    more, lines = len(lines) > PAGE, lines[:PAGE]
    if lines:
        with st.container(height=320 if len(lines) > 6 else "content", border=True, key="log_lines"):
            st.html(log_html(lines))
    else:
        st.caption("No event fits these filters." if before is None else "There are no older events.")
    _turn(lines, more, before, live)
    st.download_button(
        "Download CSV", data=lambda: log_csv(bench.events(run_id, MOST, None, **wanted)), file_name=f"{run_id}-log.csv",
        mime="text/csv", icon=":material/download:", on_click="ignore", key="log_csv", type="tertiary",
        help=f"All events that fit these filters, the newest {MOST:,} at most.",
    )  # fmt: skip


def _before() -> int | None:
    """The offset before which the page ends, from the address; None: the newest events."""
    asked = st.query_params.get("before", "")
    return int(asked) if asked.isascii() and asked.isdigit() and len(asked) < 18 else None


def _turn(lines: Sequence[EventLine], more: bool, before: int | None, live: bool) -> None:
    def go(offset: int | None) -> None:
        if offset is None:
            st.query_params.pop("before", None)
        else:
            st.query_params["before"] = str(offset)

    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        if more:
            st.button("Older", icon=":material/chevron_right:", key="log_older", on_click=go, args=(lines[-1].offset,))
        if before is not None:
            st.button("Newest", icon=":material/first_page:", key="log_newest", on_click=go, args=(None,))
            if lines:
                st.caption(f"Up to {plain(moment(lines[0].at))}; new events do not move this page.", width="content")
        elif live and lines:
            st.button(
                "Hold", icon=":material/pause:", key="log_hold", on_click=go, args=(lines[0].offset + 1,),
                help="Keep this page as it is while new events come in.",
            )  # fmt: skip


def log_html(lines: Sequence[EventLine]) -> str:
    """The lines as HTML for `st.html`: time, sign and text, which wraps instead of being cut off."""
    rows = "".join(
        f"<tr><td>{clock(line.at)}</td><td title='{SEVERITIES[line.severity]}' style='color:{_COLORS[line.severity]}'>"
        f"{SIGNS[line.severity]}</td><td>{html.escape(shorten(line.text, 600))}</td></tr>"
        for line in lines
    )
    return f"{_STYLE}<table class='ao-log' aria-label='Event log, newest first'>{rows}</table>"


def log_csv(lines: Sequence[EventLine]) -> bytes:
    """The lines as CSV that a spreadsheet takes for text; times are seconds since 1970, UTC."""
    frame = pd.DataFrame(
        [(line.at, line.kind, line.severity, shorten(line.text, 10_000)) for line in lines],
        columns=["at", "kind", "severity", "text"],
    )
    return issues_csv(frame)
