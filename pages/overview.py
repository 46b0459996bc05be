"""Overview: what is going on?"""

from pages.components.shell import COMPARE, REVIEW, bootstrap

bootstrap()

import streamlit as st

from agentopt_core.config import DEMO_LABEL
from agentopt_core.views import LIVE
from agentopt_core.views.keeping import matching
from pages.components.notes import notes
from pages.components.presentation import presenting
from pages.components.run_list import FILTERS, figures, live_cards, runs_table
from pages.components.run_manage import archive, dialog_is_open, manage_dialogs, open_dialog, undo_bar
from pages.components.say import FIT, plain, shorten, title
from pages.components.states import empty_state, guarded, heading, lagging
from pages.components.welcome import calls_whom, load_sample_button, sample_sets, welcome
from pages.components.workbench import workbench

TICK_S = 2.0
SHOWN_REVIEWS = 5
MAX_COMPARED = 6


@st.fragment(run_every=TICK_S)
def live(drawn: frozenset[tuple[str, str, int]]) -> None:
    """Live runs as they go on; draws the whole page again when a run came, ended or changed its status."""
    with guarded():
        runs = workbench().runs()
        if states(runs) != drawn and not dialog_is_open():
            st.rerun()
        running = [run for run in runs if run.status in LIVE]
        if running:
            st.subheader("Live", anchor=False)
            live_cards(workbench(), running)


def states(runs) -> frozenset[tuple[str, str, int]]:
    """What the page below the live cards depends on; it is drawn anew when this changes."""
    return frozenset((run.run_id, run.status, run.evaluations) for run in runs)


def waiting_reviews(runs) -> None:
    """What waits for a person comes before everything else."""
    waiting = workbench().waiting_reviews()
    if not waiting:
        return
    names = {run.run_id: title(run) for run in runs}
    with st.container(border=True, horizontal=True, vertical_alignment="center"):
        many = len(waiting) != 1
        st.markdown(
            f":material/rate_review: **{len(waiting)} update{'s wait' if many else ' waits'} for you**", width="content"
        )
        for run_id, step in waiting[:SHOWN_REVIEWS]:
            st.page_link(
                REVIEW,
                label=f"Update {step} of {plain(names.get(run_id, run_id), 40)}",
                icon=":material/arrow_forward:",
                query_params={"run": run_id, "update": str(step)},
            )
        if len(waiting) > SHOWN_REVIEWS:
            st.caption(f"and {len(waiting) - SHOWN_REVIEWS} more", width="content")


def filtered(runs):
    """The runs that the filters leave; the filters are in the address."""
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.subheader("Runs", anchor=False, width="content")
        text = st.text_input(
            "Search", key="q", bind="query-params", placeholder="Search name, tasks, tag, note",
            label_visibility="collapsed", width=250, max_chars=200, icon=":material/search:",
        )  # fmt: skip
        known = sorted({tag for run in runs for tag in run.tags}, key=str.casefold)
        tags = (
            st.multiselect(
                "Tags", known, key="tags", bind="query-params", placeholder="Any tag", label_visibility="collapsed",
                width=190, format_func=lambda tag: shorten(tag, 40),
            )
            if known
            else []
        )  # fmt: skip
        st.space("stretch")
        chosen = st.segmented_control(
            "Show", list(FILTERS), format_func=lambda name: FILTERS[name][0], default="all", required=True, key="show",
            bind="query-params", label_visibility="collapsed",
        )  # fmt: skip
    statuses = FILTERS[chosen or "all"][1]
    return matching(runs, statuses, archived=chosen == "archived", text=text or "", tags=tags), known


def selection_bar(chosen) -> None:
    """What can be done with the ticked runs. It has its line from the start: a tick must not move the table."""
    with st.container(horizontal=True, vertical_alignment="center", gap="small", height=42, border=False):
        if not chosen:
            st.caption("Tick runs to compare, archive or delete them; the menu of a row has its name, tags and note.")
            return
        st.markdown(f"**{len(chosen)} ticked**", width="content")
        if 2 <= len(chosen) <= MAX_COMPARED:
            together = {"runs": ",".join(run.run_id for run in chosen)}
            st.page_link(COMPARE, label="Compare", icon=":material/compare_arrows:", query_params=together)
        else:
            st.caption(f"Tick 2 to {MAX_COMPARED} to compare them", width="content")
        away = chosen[0].archived
        if st.button(
            "Take out of the archive" if away else "Archive", key="archive_ticked", type="tertiary",
            icon=":material/unarchive:" if away else ":material/archive:",
        ):  # fmt: skip
            archive(workbench(), [run for run in chosen if run.archived == away])
            st.rerun()
        if len(chosen) == 1:
            st.button("Name, tags, note", key="edit_ticked", type="tertiary", icon=":material/edit_note:",
                      on_click=open_dialog, args=("edit", [chosen[0].run_id]))  # fmt: skip
        st.button("Delete", key="delete_ticked", type="tertiary", icon=":material/delete:",
                  on_click=open_dialog, args=("delete", [run.run_id for run in chosen]))  # fmt: skip


def draw() -> None:
    bench = workbench()
    runs = bench.runs()
    with heading("Overview"):
        pass
    lagging(bench.history_problem)
    waiting_reviews(runs)
    if runs:
        figures([run for run in runs if not run.archived])
    live(states(runs))
    if not runs:
        welcome(bench)
        return
    shown, tags = filtered(runs)
    undo_bar(bench, runs)
    if shown:
        bar = st.container()
        chosen = runs_table(bench, shown)
        with bar:
            selection_bar(chosen)
        if len(chosen) == 1:
            notes(bench, chosen[0].run_id)
        demo = f" {DEMO_LABEL}" if any(run.is_demo for run in shown) else ""
        st.caption(
            "Train: accuracy on each run's own training tasks, at the start and with the accepted functions. Test: on "
            f"tasks that training never saw; a dash there means {FIT}, or not opened yet.{demo}"
        )
    else:
        empty_state("No run here", "Change the filters above.")
    manage_dialogs(bench, runs, tags)
    if presenting():
        return
    with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
        st.subheader("Quick start", anchor=False, width="content")
        load_sample_button(bench, loaded=any(run.sample for run in runs))
    sample_sets(bench)
    calls_whom(bench, labelled=any(run.is_demo for run in shown))


with guarded():
    draw()
