"""One study: how far it is, what it answers, the table, the figure, and what can be taken away."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd
import streamlit as st

from agentopt_core.config import DEMO_LABEL
from agentopt_core.errors import AgentOptError
from agentopt_core.studies.export import accuracy, change, counts, exported
from agentopt_core.studies.plan import KINDS, to_toml
from agentopt_core.studies.result import Row
from agentopt_core.studies.view import StudySummary, StudyView
from pages.components.person import who
from pages.components.presentation import presenting
from pages.components.say import DASH, FIT, ago, duration, plain, shorten
from pages.components.shell import COMPARE, TRAIN
from pages.components.states import answer, empty_state, guarded
from pages.components.study_charts import forest_figure, transfer_figure
from pages.components.workbench import workbench

if TYPE_CHECKING:
    from agentopt_core.workbench import Workbench

TICK_S = 2.0
LIVE = ("starting", "running", "paused")
STATUS = {
    "starting": (":material/hourglass_top:", "Starting"),
    "running": (":material/play_circle:", "Running"),
    "paused": (":material/pause_circle:", "Paused"),
    "done": (":material/check_circle:", "Done"),
    "stopped": (":material/stop_circle:", "Stopped"),
    "interrupted": (":material/error:", "Interrupted"),
    "waiting": (":material/hourglass_top:", "Not begun"),
    "failed": (":material/error:", "Ended early"),
    None: (":material/error:", "Damaged"),
}
FORMATS = {"md": ("Markdown", "text/markdown"), "csv": ("CSV", "text/csv"), "latex": ("LaTeX", "application/x-tex")}
MOST_LINKS = 12
MOST_SHOWN = 25
"""Rows of the table that are shown without scrolling."""
MOST_COMPARED = 6


def show_study(study_id: str) -> None:
    """The study, drawn anew every two seconds while a process works on it."""
    live = workbench().study(study_id).summary.status in LIVE
    if live:
        st.fragment(_drawn, run_every=TICK_S)(study_id, live)
    else:
        _drawn(study_id, live)


def _drawn(study_id: str, live: bool) -> None:
    with guarded():
        bench = workbench()
        study = bench.study(study_id)
        if live and study.summary.status not in LIVE:
            st.rerun()
        _head(bench, study)
        _progress(study)
        if study.table.measured:
            _answer(study)
            _figures(study)
            study_table(study)
            if live:  # a file would be gone with the next drawing, perhaps between the click and its download
                st.caption("The table can be taken along when no process works on the study any more.")
            else:
                _take_along(study)
        else:
            empty_state(
                "Nothing is measured yet",
                "The table fills as runs end; the Train page shows how each of them is learning.",
                ":material/hourglass_top:",
            )
        _about(study)


def _head(bench: Workbench, study: StudyView) -> None:
    made = study.summary
    icon, word = STATUS[made.status]
    with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
        with st.container(gap="xxsmall"):
            st.subheader(plain(made.title), anchor=False)
            kind = KINDS[study.file.kind]
            st.caption(
                f"{icon} **{word}**: {plain(made.reason, 300)} · {kind[0]} · {plain(', '.join(made.task_sets), 300)} · "
                f"{made.seeds} seed{'s' * (made.seeds != 1)} · by {plain(made.by, 60)}, {ago(made.made_at)} · "
                f"{duration(study.work_s)} so far · {study.parallel} at once"
            )
        with st.container(horizontal=True, horizontal_alignment="right", width="content"):
            _controls(bench, study)


def _controls(bench: Workbench, study: StudyView) -> None:
    made = study.summary
    if made.status == "running":
        if st.button("Pause", icon=":material/pause:", key="pause_study"):
            _ask(bench, made, "pause", "Asked to pause: rollouts in flight end first.")
        with st.popover("Stop", icon=":material/stop:"):
            st.markdown(
                f"**{plain(made.title)}** and its runs under way stop where they are. What is measured stays, and the "
                "study can be gone on with."
            )
            if st.button("Stop this study", type="primary", key="stop_study"):
                _ask(bench, made, "stop", "Asked to stop. What is measured stays.")
    elif made.status == "paused":
        if st.button("Resume", icon=":material/play_arrow:", type="primary", key="resume_study"):
            _ask(bench, made, "resume", "Asked to go on.")
    elif made.status != "starting" and study.table.measured < study.table.planned and st.button(
        "Go on", icon=":material/play_arrow:", type="primary", key="go_on_study",
        help="What is measured is not repeated; runs that failed or were stopped go on where they stood.",
    ):  # fmt: skip
        _ask(bench, made, "resume", "The study goes on.")
        st.rerun()


def _ask(bench: Workbench, made: StudySummary, kind: str, said: str) -> None:
    try:
        if kind == "resume":
            bench.go_on_with_study(made.study_id, who())
        else:
            bench.command_study(made.study_id, kind, who())
    except AgentOptError as error:
        st.toast(plain(str(error), 400), icon=":material/error:", duration="long")
    else:
        answer(said)


def _progress(study: StudyView) -> None:
    made = study.summary
    share = made.ended / made.planned if made.planned else 0.0
    st.progress(share, text=f"{study.table.measured} of {made.planned} runs measured")
    if made.status == "done" and study.table.measured == study.table.planned:
        return
    with st.expander("Runs by arm", expanded=made.status in LIVE), st.grid(3, min_column_width=260):
        for arm in study.progress:
            failed = f", {arm.failed} not measured" if arm.failed else ""
            with st.container(gap="xxsmall"):
                done = (arm.measured + arm.failed) / arm.planned if arm.planned else 0.0
                st.progress(done, text=f"{plain(arm.title, 60)}: {arm.measured} of {arm.planned}{failed}")
                for run_id, where in arm.running[:MOST_LINKS]:
                    st.page_link(
                        TRAIN, label=plain(where, 60), icon=":material/show_chart:", query_params={"run": run_id}
                    )


def _answer(study: StudyView) -> None:
    for one in study.answer:
        st.markdown(plain(one, 1200))
    if study.summary.demo:
        st.caption(DEMO_LABEL)


def _figures(study: StudyView) -> None:
    grid = transfer_figure(study)
    if grid is not None:
        st.plotly_chart(grid, key="study_grid_figure", alt="Test accuracy by training set and test set")
    figure = forest_figure(study)
    if figure is not None:
        st.plotly_chart(figure, key="study_forest", alt="Differences in points with 95 % intervals, one line an arm")


def study_frame(study: StudyView) -> pd.DataFrame:
    """The table, a row an arm and task set; every cell with its interval, every row with its n and split."""
    rows = study.table.rows
    frame = pd.DataFrame([_cells(row, any(one.paper for one in rows)) for row in rows])
    if study.file.kind == "models":  # the price is half of the answer
        frame.insert(2, "Cost a run", frame.pop("Cost a run"))
    return frame


def _cells(row: Row, has_paper: bool) -> dict[str, object]:
    paper = {"The paper": row.paper or DASH} if has_paper else {}
    return {
        "Arm": shorten(row.title, 80),
        "Tasks": shorten(row.tasks_title, 60),
        "n": counts(row),
        "Split": row.split if row.split == "test" else f"train ({FIT})",
        "Before": accuracy(row.before),
        "After": accuracy(row.after),
        "Gain (points)": change(row.gain),
        "Against the reference": "reference" if row.is_reference else change(row.against),
        **paper,
        "Epochs": row.epochs,
        "Functions": row.functions,
        "Requests a run": row.requests,
        "Cost a run": row.cost_usd,
        "Time a run": DASH if row.wall_s is None else duration(row.wall_s),
        "Runs": f"/compare?runs={','.join(row.run_ids[:MOST_COMPARED])}" if row.run_ids else None,
    }


def study_table(study: StudyView) -> None:
    """The table; its last column leads to the runs."""
    text, number = st.column_config.TextColumn, st.column_config.NumberColumn
    st.dataframe(
        study_frame(study),
        hide_index=True,
        placeholder=DASH,
        height="content" if len(study.table.rows) <= MOST_SHOWN else 720,
        key="study_table",
        alt="The arms of the study with accuracy before and after, differences, intervals, p, n and cost",
        column_config={
            "Arm": text(width=230, pinned=True),
            "Tasks": text(width=150),
            "Before": text(width=155, help="Share of test tasks solved by what the run began with [95 % interval]"),
            "After": text(width=165, help="By the set that the run ended with [95 % interval]"),
            "Gain (points)": text(width=260, help="After minus before [95 % interval], exact p, p after Holm"),
            "Against the reference": text(width=260, help=f"Reference: {shorten(study.table.reference, 100)}"),
            "n": text(width=160, help="Scored rollouts; tasks times seeds"),
            "Epochs": number(format="%.1f", width=70, help="Accepted updates, mean over runs"),
            "Functions": number(format="%.1f", width=80, help="Learned, mean over runs"),
            "Requests a run": number(format="%.0f", width=90),
            "Cost a run": number(format="$%.3f", width=80, help="A dash: no price is known"),
            "Runs": st.column_config.LinkColumn(display_text="Compare", width=80),
        },
    )
    for row in study.table.rows:
        for problem in row.problems[:MOST_LINKS]:
            st.caption(f":material/warning: Missing: {plain(f'{row.title}, {row.tasks_title}, {problem}', 500)}")


def _take_along(study: StudyView) -> None:
    made = study.summary
    with st.container(horizontal=True, vertical_alignment="center"):
        for format, (name, media) in FORMATS.items():
            ending = "tex" if format == "latex" else format
            st.download_button(
                name, data=exported(study, format), mime=media,
                file_name=f"{made.study_id}.{ending}", icon=":material/download:", on_click="ignore",
                key=f"download_study_{format}",
            )  # fmt: skip
        runs = [run_id for row in study.table.rows for run_id in row.run_ids]
        if len(runs) > 1:
            st.page_link(
                COMPARE, label="First runs beside each other", icon=":material/compare_arrows:",
                query_params={"runs": ",".join(dict.fromkeys(runs[:MOST_COMPARED]))},
            )  # fmt: skip


def _about(study: StudyView) -> None:
    with st.expander("How to read it", expanded=bool(study.table.measured)):
        st.markdown("\n".join(f"- {plain(one, 1200)}" for one in study.notes))
    if presenting():
        return
    with st.expander("The study's file"):
        st.code(to_toml(study.file), language="toml")
        st.caption(f"Command line: `python -m agentopt_core study show {study.summary.study_id}`")
