"""One run as it learns: status, controls, figures, progress, curve, log and updates."""

from __future__ import annotations

import time
from collections.abc import Sequence

import streamlit as st

from agentopt_core.config import DEMO_LABEL, RunConfig
from agentopt_core.diagnosis import diagnose
from agentopt_core.errors import NotFound
from agentopt_core.forecast import time_left
from agentopt_core.rollouts import PROTECTION
from agentopt_core.views import LIVE, CurvePoint, Progress, RunSummary, Signs
from pages.components.curve import PICK, ZOOM, curve_chart, curve_table, legend_words
from pages.components.diagnoses import diagnoses
from pages.components.event_log import event_log
from pages.components.evidence_panel import evidence_panel
from pages.components.fit import fit_line
from pages.components.optimizer_saw import optimizer_saw
from pages.components.picker import run_picker
from pages.components.presentation import presenting
from pages.components.report_downloads import downloads
from pages.components.run_controls import controls, is_asked, no_longer_asked, sure_to_stop
from pages.components.run_ending import ending
from pages.components.run_form import fill_form
from pages.components.run_list import models, status_badge
from pages.components.say import (
    accuracy,
    compact,
    cost,
    duration,
    interval,
    outcome,
    plain,
    points,
    remaining,
    split_words,
    title,
    under_way,
)
from pages.components.screening import screening_panel
from pages.components.shell import REVIEW, TRAIN
from pages.components.spending import spending
from pages.components.states import corner, error_state, guarded, lagging
from pages.components.updates import chosen_step, show, update_detail, update_list
from pages.components.workbench import workbench

TICK_S = 0.5
"""With the history's own look at the journals an event is on the screen within a second."""


def show_run(run_id: str) -> None:
    """The run; it redraws itself as long as a trainer holds it, and stands still while a question is open."""
    run = _recorded(run_id)
    if run is not None and run.status in LIVE and is_asked(run.run_id):
        _draw(run)
        sure_to_stop(run)
    elif run is None or run.status in LIVE:
        st.fragment(_tick, run_every=TICK_S)(run_id)
    else:
        no_longer_asked()
        _draw(run)
    if not presenting():
        if run is not None and run.evaluations:
            optimizer_saw(workbench(), run)
            _take_along(run)
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
        if is_asked(run.run_id):
            st.rerun()  # without the clock: a tick would close the dialog
        _draw(run)


def _draw(run: RunSummary) -> None:
    bench = workbench()
    run_id = run.run_id  # the address may hold only its beginning
    live = run.status in LIVE
    config = bench.config(run_id)
    curve = bench.curve(run_id)
    signs = bench.signs(run_id)
    updates = bench.updates(run_id)
    _header(run)
    lagging(bench.history_problem)
    _state(run, config)
    _figures(run, curve)
    doing, spent = st.columns(2, gap="medium") if live else (None, st.container())
    if doing:
        with doing:
            _progress(run, bench.progress(run_id), time_left(run, curve, config.training.evaluations_limit))
    with spent:
        if not presenting():
            spending(bench.usage_by_role(run_id), config.budget, bench.pace(run_id) if live else None)
    chosen = chosen_step(updates)
    left, right = st.columns([5, 3], gap="medium")
    with left:
        _curve(run, curve, signs)
    with right:
        if chosen is not None:
            shown = next(update for update in updates if update.step == chosen)
            update_detail(run, shown, bench.decisions(run_id).get(chosen))
        else:
            st.caption("A click on a point of the curve will show its update here.")
    fit_line(bench, run, curve)
    if chosen is not None and config.search.proposals > 1:
        screening_panel(bench, run, chosen)
    diagnoses(diagnose(run, curve, signs))
    training = config.training
    evidence_panel(bench, run_id, updates, training.acceptance == "evidence", training.null_edits)
    left, right = st.columns([5, 3], gap="medium")
    with left:
        update_list(run, updates, chosen)
    with right:
        if not presenting():
            event_log(bench, run_id, live)


def _state(run: RunSummary, config: RunConfig) -> None:
    """What a person should know of the run's state before its figures, with the next move."""
    if run.status == "failed":
        error_state(run.status_reason, run.hint, title="The run cannot go on")
        _train_again(config, key="again_failed")
    elif run.status in {"interrupted", "damaged"}:
        st.warning(f"{plain(run.status_reason, 600)}  \n{plain(run.hint, 300)}", title="No trainer works on this run")
    elif run.status == "waiting":
        _waits(run)
    if run.status in {"finished", "stopped"}:
        ending(run)


def _curve(run: RunSummary, curve: Sequence[CurvePoint], signs: Signs) -> None:
    if not curve:
        st.caption("The curve begins with the baseline: the agent without functions, on all training tasks.")
        return
    steps = {point.evaluation: point.step for point in curve}

    def picked() -> None:
        points = st.session_state["curve"]["selection"].get(PICK) or []
        step = steps.get(points[0].get("evaluation")) if points else None
        new = st.session_state.get("curve_picked") != step  # a zoom reports the point that was clicked before, too
        st.session_state["curve_picked"] = step
        if new and step is not None:
            show(step)

    st.vega_lite_chart(
        curve_table(curve, signs), curve_chart(), key="curve", on_select=picked, selection_mode=[PICK, ZOOM],
        alt=f"Accuracy by evaluation: {outcome(run)}",
    )  # fmt: skip
    st.caption(plain(legend_words(curve, signs, run.hold_out_label), 1200))


def _waits(run: RunSummary) -> None:
    """The run stands still until a person decides: the way there, where nobody overlooks it."""
    with st.container(border=True, horizontal=True, vertical_alignment="center"):
        st.markdown(f":orange[:material/rate_review:] **An update waits for you.** {plain(run.status_reason, 300)}")
        st.page_link(
            REVIEW, label="**Decide on the Review page**", icon=":material/arrow_forward:",
            query_params={"run": run.run_id}, width="content",
        )  # fmt: skip


def _header(run: RunSummary) -> None:
    with st.container(gap="xxsmall"):
        with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
            with st.container(horizontal=True, vertical_alignment="center", width="stretch"):
                st.title(plain(title(run)), anchor=False, width="content")
                status_badge(run)
            with st.container(horizontal=True, width="content", vertical_alignment="center"):
                controls(run)
                run_picker({one.run_id: one for one in workbench().runs()}, run.run_id, TRAIN)
                corner()
        facts = [plain(run.task_set, 60), split_words(run)]
        if run.origin:
            facts.append(plain(run.origin, 160))
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


def _figures(run: RunSummary, curve: Sequence[CurvePoint]) -> None:
    card = {"border": True, "height": "stretch"}
    quiet = {"delta_color": "off", "delta_arrow": "off", **card}
    n = f" (train, n = {run.best.n})" if run.best else ""
    about = (
        f"Of the accepted functions on the training tasks; 95 % interval {interval(run.best)}. Baseline "
        f"{accuracy(run.baseline)}."
    )
    row = f"{run.withdrawn_in_a_row} steps without gain, C = {run.patience}"
    gain = points(run.baseline, run.best) if run.best_evaluation else None
    validated = [point for point in curve if point.validation and point.verdict in ("baseline", "kept")]
    with st.grid(5, min_column_width=150):
        st.metric(f"Accuracy{n}", accuracy(run.best), gain, help=about, **card)
        if validated:
            first, last = validated[0].validation, validated[-1].validation
            by_it = validated[-1].evidence is not None
            chosen = " The set was accepted by this very look, so expect a little less." if by_it else ""
            st.metric(
                f"Validation (n = {last.n})", accuracy(last), points(first, last) if len(validated) > 1 else None,
                help=f"Of the accepted functions on tasks that the optimizer never read; 95 % interval "
                f"{interval(last)}. Baseline {accuracy(first)}.{chosen}", **card,
            )  # fmt: skip
        else:
            st.metric("Tokens", compact(run.usage.tokens), f"{compact(run.usage.requests)} requests", **quiet)
        st.metric("Accepted epochs", f"{run.epoch} of {run.max_epochs}", row, **quiet)
        st.metric("Functions", run.functions, f"{run.evaluations} evaluation{'s' * (run.evaluations != 1)}", **quiet)
        st.metric(
            "Cost", cost(run.usage), f"{compact(run.usage.tokens)} tokens", help="A dash when a price is unknown.",
            **quiet,
        )  # fmt: skip


def _progress(run: RunSummary, progress: Progress | None, left: tuple[float, float] | None) -> None:
    if progress is None or progress.phase == "idle":
        resting = {"paused": "Paused", "waiting": "Waits for a review"}
        st.progress(0, text=resting.get(run.status, "The trainer is getting ready"))
    elif progress.phase == "optimizing":
        st.progress(1.0, text="The optimizer reads the failures and writes an update")
    else:
        said = [under_way(progress), f"{progress.correct} right"]
        if progress.faults:
            said.append(f"{progress.faults} not scored")
        said.append("paused" if run.status == "paused" else remaining(progress, time.time()))
        st.progress(min(1.0, progress.done / max(1, progress.total)), text=", ".join(filter(None, said)))
    if left is not None:
        st.caption(
            f"Run: {duration(left[0])} to {duration(left[1])} left until a rule ends it.",
            help="By the median time of the last evaluations: soonest when every further update is kept (E) or "
            "withdrawn (C), at most in the worst case of Algorithm 2. A perfect score, a limit or a person may end it "
            "sooner.",
        )


def _take_along(run: RunSummary) -> None:
    with st.expander("Report and tables of this run", on_change="rerun", key="take_along") as part:
        if part.open:
            downloads(run)


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
