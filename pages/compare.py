"""Compare: which run is better, and is it chance?"""

from pages.components.shell import OVERVIEW, bootstrap

bootstrap()

import streamlit as st

from agentopt_core.config import DEMO_LABEL
from agentopt_core.reports.rows import pair_rows, run_row, setting_rows
from agentopt_core.reports.sentences import SUBJECTS, cautions, comparison_sentence, count_sentence, letter
from pages.components.compare_charts import cost_chart, cost_table, curves_chart, curves_table, unpriced
from pages.components.compare_pick import asked_runs, known_runs, pick_runs, switch
from pages.components.compare_tables import pairs_table, runs_table, settings_table
from pages.components.compare_tasks import task_by_task
from pages.components.presentation import presenting
from pages.components.report_downloads import report_and_tables
from pages.components.say import plain
from pages.components.states import empty_state, error_state, guarded, heading, lagging
from pages.components.workbench import workbench


def draw() -> None:
    bench = workbench()
    known = known_runs(bench)
    asked, missing = asked_runs(known)
    with heading("Compare"):
        if known:
            pick_runs(known, asked)
    lagging(bench.history_problem)
    if not known:
        empty_state(
            "No run yet", "Two runs are needed to compare: start a training first.", ":material/compare_arrows:"
        )
        st.page_link(OVERVIEW, label="Start a training", icon=":material/play_arrow:")
        return
    if missing:
        error_state(f"Not found: {', '.join(missing)}.", "Choose from the list above.", title="No such run")
    if not asked:
        empty_state("No run is chosen", "Choose two to six runs in the list above.", ":material/compare_arrows:")
        return
    runs = bench.compared(asked)
    subject = switch("What stands for a run", "measure", SUBJECTS, "best")
    pairs = bench.compare_all(runs, subject)
    letters = {one.run.run_id: letter(position) for position, one in enumerate(runs)}
    for pair in pairs[:1]:
        names = (letters[pair.before.place.run_id], letters[pair.after.place.run_id])
        st.markdown(f"**{plain(comparison_sentence(pair, *names), 900)}**")
    notes = cautions(runs, pairs, subject)
    if len(runs) == 1:
        notes.insert(0, "Only one run is chosen: choose another one to compare it with.")
    if any(one.run.is_demo for one in runs):
        notes.append(DEMO_LABEL)
    st.caption("  \n".join(plain(note, 400) for note in notes))
    left, right = st.columns([5, 3], gap="medium")
    with left:
        curves = curves_table(runs)
        if len(curves):
            st.vega_lite_chart(
                curves, curves_chart(runs), key="curves", alt="Accuracy by evaluation, one colour and shape a run"
            )
            st.caption(
                "Line: the accepted set. Filled: accepted, hollow: withdrawn; bars: 95 % intervals. Dotted: "
                "validation. Shift and wheel zoom."
            )
        else:
            st.caption("No evaluation has ended yet: the curves begin with the baselines.")
    with right:
        spent = cost_table(runs, subject)
        if len(spent):
            st.vega_lite_chart(
                spent, cost_chart(runs, subject), key="cost", alt="Accuracy against cost, one mark a run"
            )
        for sentence in unpriced(runs, subject):
            st.caption(plain(sentence, 200))
    runs_table(runs)
    if len(pairs) > 1:
        st.subheader("Every pair", anchor=False)
        st.caption(count_sentence(pairs))
        pairs_table(pairs, letters)
    st.subheader("Task by task", anchor=False)
    with guarded():
        if len(runs) > 1:
            task_by_task(bench, runs, (runs[0].measured(subject), runs[1].measured(subject)))
        else:
            task_by_task(bench, runs, (runs[0].measured("baseline"), runs[0].measured("best")))
    if presenting():
        return
    st.subheader("Settings", anchor=False)
    settings = []
    with guarded():
        settings = bench.settings(asked)
        settings_table(settings, list(letters.values()))
    st.subheader("Take it along", anchor=False)
    report_and_tables(
        asked,
        {
            "These runs": [run_row(one) for one in runs],
            "These pairs": pair_rows(pairs),
            "These settings": setting_rows(settings, asked),
        },
    )


with guarded():
    draw()
