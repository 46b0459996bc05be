"""Empty and error states: what it is, and the next move. Never a traceback."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager

import streamlit as st

from pages.components.person import person_badge
from pages.components.presentation import presentation_switch
from pages.components.say import plain

_ANSWERS = "answers"
_log = logging.getLogger("agentopt.dashboard")


@contextmanager
def heading(title: str) -> Iterator[None]:
    """The page's one title; what is drawn inside stands at the right of the same line, before presentation and name."""
    with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
        st.title(title, anchor=False, width="content")
        with st.container(horizontal=True, horizontal_alignment="right", vertical_alignment="center", gap="small"):
            yield
            corner()


def corner() -> None:
    """What stands at the top right of every page: presentation, and who is there."""
    presentation_switch()
    person_badge()


def answer(text: str, icon: str = ":material/check:") -> None:
    """Answer an action with a toast, which outlives the redrawing of the page that follows. `text` is Markdown."""
    st.session_state.setdefault(_ANSWERS, []).append((text, icon))


def answered() -> None:
    """Show what `answer` was told since; the frame around every page calls it."""
    for text, icon in st.session_state.pop(_ANSWERS, ()):
        st.toast(text, icon=icon)


def empty_state(title: str, next_move: str, icon: str = ":material/inbox:") -> None:
    """Nothing is here yet, and what to do about it."""
    with st.container(border=True, horizontal_alignment="center", gap="xsmall"):
        st.space("small")
        st.markdown(f"### {icon}", width="content")
        st.markdown(f"**{title}**", width="content")
        st.caption(next_move, width="content", text_alignment="center")
        st.space("small")


def error_state(message: str, hint: str = "", title: str = "This did not work") -> None:
    """What went wrong and the next move; both may hold a stranger's text."""
    st.error(f"{plain(message, 1200)}  \n{plain(hint, 600)}" if hint else plain(message, 1200), title=title)


def lagging(problem: str | None) -> None:
    """The history does not follow the journals at the moment: what is shown may be old, and nothing is lost."""
    if problem:
        st.warning(plain(problem, 600), title="The figures may be old")


@contextmanager
def guarded() -> Iterator[None]:
    """Turns whatever goes wrong inside into an error state. Streamlit's own control flow passes through."""
    try:
        yield
    except Exception as error:
        # by its fields, not by its class: the core may have been imported anew since the Workbench was made
        message, hint = getattr(error, "message", None), getattr(error, "hint", None)
        if isinstance(message, str) and isinstance(hint, str):
            error_state(message, hint)
            return
        _log.exception("A page could not be drawn")
        error_state(
            "Something unexpected happened while drawing this part of the page.",
            "Reload the page. If it comes back, the log of the dashboard names the cause.",
            title="Not drawn",
        )
