"""The frame around every page: browser tab, logo, navigation.

Every page begins with `bootstrap()`. On a fresh server a deep link to `/train` runs that page without app.py (Streamlit
finds `pages/` by itself until `st.navigation` was called once); the page then draws the frame and has itself run again,
by app.py this time: a page that stayed would be another page to Streamlit at the next click, and would forget what was
typed and uploaded. So nothing a page relies on may live in app.py alone.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import streamlit as st
from streamlit.navigation.page import Page as StreamlitPage

from pages.components.states import answered
from pages.components.workbench import workbench

ROOT = Path(__file__).resolve().parents[2]
"""The folder that holds app.py."""
ASSETS = ROOT / "pages" / "assets"

OVERVIEW = "pages/overview.py"
TASKS = "pages/tasks.py"
TRAIN = "pages/train.py"
REVIEW = "pages/review.py"
FUNCTIONS = "pages/functions.py"
COMPARE = "pages/compare.py"
TRACES = "pages/traces.py"
STUDIES = "pages/studies.py"

_thread = threading.local()
_FRAMED = "framed"
"""In the state of a session whose frame was drawn at least once."""


@contextmanager
def inside_app() -> Iterator[None]:
    """Marks what runs in this thread meanwhile as framed by app.py already."""
    _thread.framed = True
    try:
        yield
    finally:
        _thread.framed = False


def frame() -> StreamlitPage:
    """Draw browser tab, logo and navigation. Returns the page that the address asks for."""
    st.session_state[_FRAMED] = True
    st.set_page_config(page_title="AgentOpt", page_icon=str(ASSETS / "icon.png"), layout="wide")
    answered()
    st.logo(str(ASSETS / "logo.png"), size="medium", link=None)
    return navigation(_waiting())


def navigation(waiting: int = 0) -> StreamlitPage:
    """The pages, in the order of the navigation; `waiting` updates wait for a person."""
    return st.navigation(
        [
            st.Page(OVERVIEW, title="Overview", icon=":material/space_dashboard:", default=True),
            st.Page(TASKS, title="Tasks", icon=":material/checklist:"),
            st.Page(TRAIN, title="Train", icon=":material/show_chart:"),
            st.Page(REVIEW, title=review_title(waiting), icon=":material/rate_review:"),
            st.Page(FUNCTIONS, title="Functions", icon=":material/function:"),
            st.Page(COMPARE, title="Compare", icon=":material/compare_arrows:"),
            st.Page(TRACES, title="Traces", icon=":material/forum:"),
            st.Page(STUDIES, title="Studies", icon=":material/experiment:"),
        ],
        position="top",
    )


def review_title(waiting: int) -> str:
    """The Review page in the navigation, with how many updates wait for a person."""
    return f"Review ({waiting})" if waiting else "Review"


def _waiting() -> int:
    """How many updates wait for a person. The frame is drawn in any case: the page says what is wrong."""
    try:
        return len(workbench().waiting_reviews())
    except Exception:
        return 0


def bootstrap() -> None:
    """First line of every page: draw the frame unless app.py did."""
    if not getattr(_thread, "framed", False):
        first = _FRAMED not in st.session_state
        frame()
        if first:  # later runs carry clicks, which running again would lose
            st.rerun()
