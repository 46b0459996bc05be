"""How functions run: how strongly they must be isolated, what one call may use, what it may import."""

from __future__ import annotations

from typing import Any

import streamlit as st

from agentopt_core.errors import AgentOptError
from agentopt_core.rollouts import LEVELS, PROTECTION, Isolation
from pages.components.endpoint_form import KEEP
from pages.components.say import plain
from pages.components.states import error_state

_NUMBERS = {
    "wall_s": ("Time a call (s)", "Seconds of wall clock; then the call is ended.", 0.1, 3600.0, 1.0),
    "cpu_s": ("CPU a call (s)", "Seconds of processor time, over all its threads.", 0.1, 3600.0, 1.0),
    "memory_mb": ("Memory a call (MiB)", "Beyond what the warm process holds already.", 64, None, 64),
    "output_kb": ("Output kept (KiB)", "Printed text beyond it is cut, and the cut is said.", 1, None, 64),
    "result_kb": ("Result (KiB)", "JSON a call may return.", 1, None, 256),
    "file_mb": ("One file (MiB)", "Size of a file in the folder a call may write to.", 0, 4096, 8),
    "scratch_mb": ("All files (MiB)", "In memory, gone after the call. 0: no folder to write to.", 0, 4096, 16),
    "workers": ("Calls at once", "Empty: one per core, at least 2.", 1, None, 1),
}
SANDBOX_PATHS = {
    "minimum": ("sandbox", "minimum"),
    "packages": ("sandbox", "packages"),
    "calls_per_rollout": ("agent", "calls_per_rollout"),
    **{name: ("sandbox", name) for name in _NUMBERS},
}
"""Form field -> where its value lives in the configuration."""


def sandbox_fields() -> None:
    """The fields, in an expander."""
    with st.expander("Functions: isolation, limits, packages"):
        st.selectbox(
            "Weakest isolation", LEVELS, key="form_minimum", help="A run that would get less does not start.",
            format_func=lambda level: f"{level}: {PROTECTION[level]}", **KEEP,
        )  # fmt: skip
        offered: list[str] = st.session_state.get("form_packages") or []
        st.multiselect(
            "Packages, beside the standard library", sorted({"numpy", "pandas", "scipy", "sympy", *offered}),
            key="form_packages", accept_new_options=True,
            help="What is installed on this machine may be offered; nothing is ever installed by a run.", **KEEP,
        )  # fmt: skip
        with st.grid(4, min_column_width=150, vertical_alignment="bottom"):
            for name, field in _NUMBERS.items():
                _number(name, *field)
            _number(
                "calls_per_rollout", "Calls a rollout", "Of functions and Python; more are declined.", 1, 100_000, 10
            )


def _number(name: str, label: str, why: str, low: float, high: float | None, step: float) -> None:
    bounds: dict[str, Any] = {"min_value": low, "max_value": high, "step": step}
    st.number_input(label, key=f"form_{name}", help=why, placeholder="automatic", **bounds, **KEEP)


def isolation_note(isolation: Isolation) -> None:
    """What functions are isolated by here, what that misses, and what a better level lacks."""
    st.caption(f":material/shield: Functions run isolated. {plain(isolation.sentence, 900)}")


def sandbox_refused(error: AgentOptError) -> None:
    """Why functions cannot run as the form asks, and the way out."""
    error_state(error.message, error.hint, title="Functions cannot run as asked")
