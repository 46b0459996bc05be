"""The one Workbench of this server, and the seam through which tests hand in another."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import streamlit as st

if TYPE_CHECKING:
    from agentopt_core.workbench import Workbench

_provider: Callable[[], Workbench] | None = None


def provide_workbench(provider: Callable[[], Workbench] | None) -> None:
    """From now on `workbench()` asks `provider`; None goes back to the real one."""
    global _provider
    _provider = provider


def workbench() -> Workbench:
    """The Workbench that all sessions of this server share; it owns the history file and the ingest thread.

    Raises: HistoryLocked when another process owns the history.
    """
    if _provider is not None:
        return _provider()
    from agentopt_core.workbench import default_home

    return _open(str(default_home(os.environ)))


@st.cache_resource(show_spinner=False, on_release=lambda opened: opened.close())
def _open(home: str) -> Workbench:
    from agentopt_core.workbench import Workbench

    return Workbench(Path(home))
