"""One run as it learns: status, controls, figures, progress, curve, log and updates."""

from __future__ import annotations

import time
from collections.abc import Sequence

import pandas as pd
import streamlit as st

from agentopt_core.config import DEMO_LABEL, RunConfig
from agentopt_core.errors import AgentOptError, NotFound
from agentopt_core.rollouts import PROTECTION
from agentopt_core.views import LIVE, EventLine, Progress, RunSummary, UpdateView
from pages.components.curve import accuracy_curve
from pages.components.picker import run_picker
from pages.components.run_ending import ending
from pages.components.run_form import fill_form
from pages.components.run_list import models, status_badge
from pages.components.say import (
    accuracy,
    clock,
    compact,
    cost,
    interval,
    outcome,
    plain,
    points,
    remaining,
    shorten,
    split_words,
    title,
    under_way,
)
from pages.components.shell import FUNCTIONS, TRAIN
from pages.components.states import error_state, guarded, lagging
from pages.components.workbench import workbench

TICK_S = 1.0
UPDATES_A_PAGE = 8
SEVERITIES = {"info": "Info", "good": "Good news", "warning": "Warnings", "error": "Errors"}
SIGNS = {"info": "·", "good": "✓", "warning": "!", "error": "✕"}
STOPS = {"stop_after_epoch": "Stop after this epoch", "stop": "Stop now"}
VERDICTS = {
    "kept": ("kept", "blue", ":material/check:"),
    "rolled_back": ("rolled back", "orange", ":material/undo:"),
    "rejected": ("rejected", "red", ":material/thumb_down:"),
    "unchanged": ("unchanged", "gray", ":material/remove:"),
    "baseline": ("baseline", "gray", ":material/flag:"),
    "pending": ("being decided", "gray", ":material/hourglass:"),
    "refused": ("refused", "red", ":material/block:"),
}
"""Word, colour and icon of what became of a candidate or a proposal."""


def show_run(run_id: str) -> None:
    """The run; it redraws itself as long as a trainer holds it."""
    run = _recorded(run_id)
    if run is None or run.status in LIVE:
        st.fragment(_tick, run_every=TICK_S)(run_id)
    else:
        _draw(run)
    _settings(workbench().config(run_id))


def _recorded(run_id: str) -> RunSummary | None:
    """None for a run so new that the history has not read of it yet."""
    try:
        return workbench().run(run_id)
    except NotFound:
        return None


def _tick(run_id: str) -> None:
    with guarded():
        run = _recorded(run_id)
        if run is None:
            st.title(plain(run_id), anchor=False)
            st.progress(0, text="The trainer is getting ready")
            return
        if run.status not in LIVE:
            st.rerun()  # before the end is drawn here: it would stand on the page twice until the page is drawn anew
        _draw(run)


def _draw(run: RunSummary) -> None:
    bench = workbench()
    run_id = run.run_id  # the address may hold only its beginning
    progress = bench.progress(run_id)
    _header(run)
    lagging(bench.history_problem)
    if run.status == "failed":
        error_state(run.status_reason, run.hint, title="The run cannot go on")
        _train_again(bench.config(run_id), key="again_failed")
    elif run.status in {"interrupted", "damaged"}:
        st.warning(f"{plain(run.status_reason, 600)}  \n{plain(run.hint, 300)}", title="No trainer works on this run")
    if run.status in {"finished", "stopped"}:
        ending(run)
    _figures(run, bench.config(run_id))
    if run.status in LIVE:
        _progress(run, progress)
    left, right = st.columns([5, 3], gap="medium")
    with left:
        curve = bench.curve(run_id)
        if curve:
            st.altair_chart(accuracy_curve(curve), key="curve", alt=f"Accuracy by evaluation: {outcome(run)}")
        else:
            st.caption("The curve begins with the baseline: the agent without functions, on all training tasks.")
    with right:
        _log(bench.events(run_id, limit=200))
    _updates(run, bench.updates(run_id))


def _header(run: RunSummary) -> None:
    with st.container(gap="xxsmall"):
        with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
            with st.container(horizontal=True, vertical_alignment="center", width="stretch"):
                st.title(plain(title(run)), anchor=False, width="content")
                status_badge(run)
            with st.container(horizontal=True, width="content", vertical_alignment="center"):
                _controls(run)
                run_picker({one.run_id: one for one in workbench().runs()}, run.run_id, TRAIN)
        facts = [plain(run.task_set, 60), split_words(run)]
        facts.append(DEMO_LABEL if run.is_demo else plain(models(run), 80))
        with st.container(horizontal=True, vertical_alignment="center", gap="xsmall"):
            st.caption(" · ".join(facts), width="content")
            if run.level:
                st.badge(
                    f"functions isolated: {run.level}", icon=":material/shield:",
                    color="gray" if run.level in ("namespaces", "landlock") else "orange",
                    help=plain(run.isolation or PROTECTION[run.level], 900),
                )  # fmt: skip

        for reason, n in run.skipped.items():
            tasks = "1 task is" if n == 1 else f"{n} tasks are"
            st.caption(
                f":material/visibility_off: {tasks} skipped, neither right nor wrong: each {plain(reason, 200)}."
            )


def _controls(run: RunSummary) -> None:
    bench = workbench()

    def ask(kind: str, said: str) -> None:
        # as toasts: the next tick draws everything else anew
        try:
            if kind == "resume":
                bench.resume(run.run_id, "dashboard")
            else:
                bench.command(run.run_id, kind, "dashboard")
        except AgentOptError as error:
            st.toast(plain(str(error), 400), icon=":material/error:", duration="long")
        else:
            st.toast(said, icon=":material/check:")

    if run.status == "running":
        if st.button("Pause", icon=":material/pause:", key="pause"):
            ask("pause", "Asked to pause: rollouts in flight end first.")
        chosen = st.menu_button("Stop", list(STOPS), format_func=STOPS.__getitem__, icon=":material/stop:", key="stop")
        if chosen:
            ask(chosen, f"{STOPS[chosen]}: asked. What was accepted stays.")
    elif run.status == "paused":
        if st.button("Resume", icon=":material/play_arrow:", type="primary", key="resume"):
            ask("resume", "Asked to resume.")
        if st.button("Stop", icon=":material/stop:", key="stop_paused"):
            ask("stop", "Asked to stop. What was accepted stays.")
    elif run.can_resume and st.button("Resume", icon=":material/play_arrow:", type="primary", key="resume"):
        ask("resume", "A trainer goes on where the journal ends.")
        st.rerun()


def _figures(run: RunSummary, config: RunConfig) -> None:
    card = {"border": True, "height": "stretch"}
    quiet = {"delta_color": "off", "delta_arrow": "off", **card}
    n = f" (n = {run.best.n})" if run.best else ""
    about = f"Of the accepted functions; 95 % interval {interval(run.best)}. Baseline {accuracy(run.baseline)}."
    limit = f"limit ${config.budget.usd:.2f}" if config.budget.usd else "no limit set"
    row = f"{run.withdrawn_in_a_row} steps without gain, C = {run.patience}"
    gain = points(run.baseline, run.best) if run.best_evaluation else None
    if config.budget.requests:
        limit = f"{run.usage.requests} of {config.budget.requests} requests"
    elif config.budget.tokens:
        limit = f"{compact(run.usage.tokens)} of {compact(config.budget.tokens)} tokens"
    with st.grid(5, min_column_width=150):
        st.metric(f"Accuracy{n}", accuracy(run.best), gain, help=about, **card)
        st.metric("Accepted epochs", f"{run.epoch} of {run.max_epochs}", row, **quiet)
        st.metric("Functions", run.functions, f"{run.evaluations} evaluations", **quiet)
        st.metric("Tokens", compact(run.usage.tokens), f"{compact(run.usage.requests)} requests", **quiet)
        st.metric("Cost", cost(run.usage), limit, help="A dash when a model's price is unknown.", **quiet)


def _progress(run: RunSummary, progress: Progress | None) -> None:
    if progress is None or progress.phase == "idle":
        st.progress(0, text="Paused" if run.status == "paused" else "The trainer is getting ready")
        return
    if progress.phase == "optimizing":
        st.progress(1.0, text="The optimizer reads the failures and writes an update")
        return
    said = [under_way(progress), f"{progress.correct} right"]
    if progress.faults:
        said.append(f"{progress.faults} not scored")
    said.append("paused" if run.status == "paused" else remaining(progress, time.time()))
    st.progress(min(1.0, progress.done / max(1, progress.total)), text=", ".join(filter(None, said)))


def _log(events: Sequence[EventLine]) -> None:
    shown = st.pills(
        "Event log", list(SEVERITIES), format_func=SEVERITIES.__getitem__, selection_mode="multi",
        default=list(SEVERITIES), key="log", bind="query-params",
    )  # fmt: skip
    lines = [event for event in events if event.severity in (shown or SEVERITIES)]
    st.dataframe(
        pd.DataFrame(
            {
                "at": [clock(event.at) for event in lines],
                "sign": [SIGNS[event.severity] for event in lines],
                "text": [shorten(event.text, 600) for event in lines],
            },
            dtype="string",
        ),
        hide_index=True, height=272 if len(lines) > 6 else "auto", key="log_table", alt="Event log, newest first",
        column_config={
            "at": st.column_config.TextColumn("Time", width=70),
            "sign": st.column_config.TextColumn("", width=28),
            "text": st.column_config.TextColumn("What happened", width=420),
        },
    )  # fmt: skip


def _updates(run: RunSummary, updates: Sequence[UpdateView]) -> None:
    if not updates:
        return
    st.subheader("Updates", anchor=False)
    pages = -(-len(updates) // UPDATES_A_PAGE)
    page = st.pagination(pages, key="updates_page", bind="query-params") if pages > 1 else 1
    newest = list(reversed(updates))
    for update in newest[(page - 1) * UPDATES_A_PAGE : page * UPDATES_A_PAGE]:
        _update(run, update)


def _update(run: RunSummary, update: UpdateView) -> None:
    word, color, icon = VERDICTS[update.verdict]
    undecided = update.verdict == "pending" and run.status not in LIVE
    if undecided:
        word, icon = "not decided", ":material/remove:"
    with st.container(border=True, horizontal=True, vertical_alignment="center", key=f"update_{update.step}"):
        st.badge(word, color=color, icon=icon)
        with st.container(gap="xxsmall"):
            working = update.verdict == "pending" and not undecided
            nothing = "the optimizer is at work" if working else "no valid action"
            did = ", ".join(f"{action.op} {action.name}" for action in update.actions) or nothing
            change = f": {accuracy(update.base)} to {accuracy(update.candidate)}" if update.candidate else ""
            tally = f", fixed {len(update.fixed)}, broke {len(update.broken)}" if update.candidate else ""
            st.markdown(f"**Update {update.step}** {plain(did, 160)}{change}{tally}")
            number = len(update.refusals)
            refused = f" {number} proposal{'s' if number > 1 else ''} refused." if number else ""
            st.caption(plain(update.reason, 300) + refused)
        if update.actions:
            st.page_link(
                FUNCTIONS, label="Diff", icon=":material/difference:",
                query_params={"run": run.run_id, "name": update.actions[0].name, "step": str(update.step)},
            )  # fmt: skip


def _settings(config: RunConfig) -> None:
    with st.expander("Settings and prompts of this run", on_change="rerun", key="settings") as settings:
        if not settings.open:
            return
        _train_again(config, key="again")
        left, right = st.columns(2)
        left.json(config.model_dump(mode="json", exclude={"prompts"}), expanded=1)
        with right:
            texts = config.prompts.texts
            if texts:
                st.code(texts[st.selectbox("Prompt", list(texts), key="run_prompt")], language=None, wrap_lines=True)


def _train_again(config: RunConfig, key: str) -> None:
    """A new run's form, filled with these settings."""
    if st.button("Train again with these settings", icon=":material/replay:", key=key):
        fill_form(config)
        st.session_state["form_preset"] = None
        st.switch_page(TRAIN)
