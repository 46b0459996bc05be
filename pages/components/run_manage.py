"""Keeping runs in order: name, tags, note, putting away, deleting, and the way back."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import streamlit as st

from agentopt_core.views import LIVE, About, RunSummary
from agentopt_core.views.keeping import MAX_NAME, MAX_NOTE, MAX_TAGS
from pages.components.notes import note_text
from pages.components.person import who
from pages.components.say import moment, plain, shorten, title
from pages.components.states import answer, guarded

if TYPE_CHECKING:
    from agentopt_core.workbench import Workbench

_OPEN = "manage_open"
"""(`edit` or `delete`, run ids) of the dialog that is open."""
_UNDO = "manage_undo"
"""(what was done in words, run ids, kind, names before) of the last change that can be taken back."""


def open_dialog(kind: str, run_ids: Sequence[str]) -> None:
    """Have `manage_dialogs` open one when the page is drawn next."""
    st.session_state[_OPEN] = (kind, tuple(run_ids))


def close_dialog() -> None:
    """Forget it, and what was there when it opened."""
    _, run_ids = st.session_state.pop(_OPEN, ("", ()))
    for run_id in run_ids:
        st.session_state.pop(_seen(run_id), None)


def _seen(run_id: str) -> str:
    return f"about_{run_id}"


def dialog_is_open() -> bool:
    """Somebody may be typing: the page is not to be drawn anew, which would lose what was typed."""
    return _OPEN in st.session_state


def manage_dialogs(bench: Workbench, runs: Sequence[RunSummary], tags: Sequence[str]) -> None:
    """Draw the dialog that somebody opened, if any. `tags` are those in use."""
    kind, run_ids = st.session_state.get(_OPEN, ("", ()))
    chosen = [run for run in runs if run.run_id in run_ids]
    if not chosen:
        close_dialog()
    elif kind == "edit":
        edit_dialog(bench, chosen[0], tags)
    else:
        delete_dialog(bench, chosen)


@st.dialog("Name, tags and note", width="medium", icon=":material/edit_note:", on_dismiss=close_dialog)
def edit_dialog(bench: Workbench, run: RunSummary, tags: Sequence[str]) -> None:
    """Everything that people write about a run, and who wrote what."""
    with guarded():
        # What was there when the dialog opened: the form must not change under the hands of whoever writes.
        key = _seen(run.run_id)
        about: About = st.session_state.setdefault(key, bench.about(run.run_id))
        st.caption(f"{plain(run.run_id, 80)} · {plain(run.task_set, 80)}")
        name = st.text_input("Name", title(run), max_chars=MAX_NAME, key=f"{key}_name")
        chosen = st.multiselect(
            "Tags", sorted({*tags, *about.tags}), list(about.tags), accept_new_options=True, max_selections=MAX_TAGS,
            format_func=lambda tag: shorten(tag, 40), key=f"{key}_tags", placeholder="Choose or type a tag",
        )  # fmt: skip
        text = st.text_area(
            "Note", about.note, height=160, max_chars=MAX_NOTE, key=f"{key}_note",
            help="Markdown; images and HTML stay text",
        )  # fmt: skip
        if text.strip() and text != about.note:
            with st.expander("Preview of the note"):
                note_text(text)
        if about.changes:
            with st.expander(f"Who changed what ({len(about.changes)})"):
                for change in reversed(about.changes[-20:]):
                    st.caption(f"{moment(change.at)} · {plain(change.by, 60)}: {plain(change.text, 200)}")
        with st.container(horizontal=True, horizontal_alignment="right"):
            if st.button("Save", type="primary", key=f"{key}_save", icon=":material/check:"):
                _save(bench, run, about, name, chosen, text)
                close_dialog()
                st.rerun()


def _save(
    bench: Workbench, run: RunSummary, about: About, name: str, tags: Sequence[str], text: str
) -> None:  # fmt: skip
    said = []
    if name.strip() != title(run):
        kept = bench.rename(run.run_id, name, who(), about.revision)
        st.session_state[_UNDO] = (f"renamed to {title_of(name)}", (run.run_id,), "renamed", (kept.before.name,))
        said.append(kept.overwrote or "name")
    if tuple(tags) != about.tags:
        said.append(bench.tag(run.run_id, tags, who(), about.revision).overwrote or "tags")
    if text.strip() != about.note:
        said.append(bench.note(run.run_id, text, who(), seen=about.revision).overwrote or "note")
    answer(plain(f"Saved: {', '.join(said)}." if said else "Nothing was changed.", 400), ":material/edit_note:")


def title_of(name: str) -> str:
    """A new name as it is quoted; an empty one goes back to the settings'."""
    return f"“{shorten(name, 60)}”" if name.strip() else "the name in its settings"


@st.dialog("Delete for good?", icon=":material/delete_forever:", on_dismiss=close_dialog)
def delete_dialog(bench: Workbench, runs: Sequence[RunSummary]) -> None:
    """Names what would be gone and asks once more."""
    with guarded():
        for run in runs:
            st.markdown(f"**{plain(title(run))}**  \n{plain(run.run_id, 80)}")
        held = [run for run in runs if run.status in LIVE]
        if held:
            st.warning(
                f"{len(held)} of them {'is' if len(held) == 1 else 'are'} being trained. Stop the training first."
            )
            return
        st.caption(
            "Its settings, tasks, rollouts, decisions and notes are deleted from the disk; there is no way back. "
            "What was exported stays. To only hide a run, archive it."
        )
        sure = st.checkbox(
            f"Yes, delete {'this run' if len(runs) == 1 else f'these {len(runs)} runs'}", key="delete_sure"
        )
        with st.container(horizontal=True, horizontal_alignment="right"):
            if st.button("Delete", type="primary", icon=":material/delete_forever:", disabled=not sure, key="delete"):
                for run in runs:
                    bench.delete_run(run.run_id, who())
                answer(f"Deleted {_named(runs)}.", ":material/delete_forever:")
                close_dialog()
                st.rerun()


def archive(bench: Workbench, runs: Sequence[RunSummary]) -> None:
    """Put runs away, or take them out where they are; can be undone."""
    away = not runs[0].archived
    for run in runs:
        (bench.archive if away else bench.unarchive)(run.run_id, who())
    kind, words = ("archived", "archived") if away else ("unarchived", "taken out of the archive")
    st.session_state[_UNDO] = (words, tuple(run.run_id for run in runs), kind, ())
    answer(f"{_named(runs)}: {words}.", ":material/archive:" if away else ":material/unarchive:")


def undo_bar(bench: Workbench, runs: Sequence[RunSummary]) -> None:
    """The last change that can be taken back, with the button that does it."""
    done = st.session_state.get(_UNDO)
    if done is None:
        return
    words, run_ids, kind, names = done
    changed = [run for run in runs if run.run_id in run_ids]
    if not changed:
        st.session_state.pop(_UNDO)
        return
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.caption(f":material/history: {_named(changed)}: {plain(words)}.", width="content")
        st.button("Undo", key="manage_undo_button", type="tertiary", icon=":material/undo:",
                  on_click=_undo, args=(bench, run_ids, kind, names))  # fmt: skip


def _undo(bench: Workbench, run_ids: Sequence[str], kind: str, names: Sequence[str]) -> None:
    st.session_state.pop(_UNDO, None)
    with guarded():
        for number, run_id in enumerate(run_ids):
            match kind:
                case "archived":
                    bench.unarchive(run_id, who())
                case "unarchived":
                    bench.archive(run_id, who())
                case _:
                    bench.rename(run_id, names[number], who())
        answer("Taken back.", ":material/undo:")


def _named(runs: Sequence[RunSummary]) -> str:
    return plain(title(runs[0]), 60) if len(runs) == 1 else f"{len(runs)} runs"
