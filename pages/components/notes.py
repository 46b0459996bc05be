"""Notes that people write about runs and updates, in Markdown without raw HTML and without images."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from agentopt_core.views.keeping import MAX_NOTE
from pages.components.person import who
from pages.components.say import plain, visible
from pages.components.states import answer

if TYPE_CHECKING:
    from agentopt_core.workbench import Workbench


def safe_markdown(text: str) -> str:
    """A note as Markdown that fetches nothing: images stay text. Raw HTML is text already, Streamlit sees to that."""
    return visible(text).replace("![", r"!\[")


def note_text(text: str) -> None:
    """Draw a note as its writer meant it."""
    st.markdown(safe_markdown(text))


def notes(bench: Workbench, run_id: str) -> None:
    """What people wrote about a run and its updates, if anything."""
    about = bench.about(run_id)
    written = [("", about.note)] if about.note else []
    written += [(f"**Update {step}**  \n", note) for step, note in about.update_notes.items()]
    if written:
        with st.container(border=True, gap="small"):
            for name, note in written:
                st.markdown(name + safe_markdown(note))


def update_note(bench: Workbench, run_id: str, step: int) -> None:
    """The note on one update, with a popover to write it."""
    about = bench.about(run_id)
    written = about.update_notes.get(step, "")
    if written:
        note_text(written)
    with st.popover("Edit note" if written else "Add a note", icon=":material/edit_note:", type="tertiary"):
        # The revision is part of the key: the form shows what it will replace.
        text = st.text_area(
            f"Note on update {step}", written, max_chars=MAX_NOTE, key=f"note_{run_id}_{step}_{about.revision}",
            help="Markdown; images and HTML stay text",
        )  # fmt: skip
        if st.button("Save note", key=f"save_note_{run_id}_{step}", type="primary", disabled=text.strip() == written):
            kept = bench.note(run_id, text, who(), step, seen=about.revision)
            answer(plain(f"Note on update {step} saved. {kept.overwrote}", 400), ":material/edit_note:")
            st.rerun()
