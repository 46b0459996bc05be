"""The filters of the Traces page. The address holds them all: each control shows what stands there."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

import streamlit as st

from agentopt_core.series import series_words
from agentopt_core.views.traces import TRACE_OUTCOMES, TRACE_SORTS, TraceEvaluation, TraceFacets, TraceFilter
from pages.components.say import shorten
from pages.components.updates import VERDICTS

OUTCOMES = {
    "solved": "✓ solved",
    "failed": "✗ failed",
    "not_scored": "○ not scored",
    "fixed": "▲ fixed by the set",
    "broken": "▼ broken by the set",
}
SORTS = {
    "newest": "newest first",
    "oldest": "oldest first",
    "task": "by task",
    "slowest": "slowest first",
    "dearest": "most expensive first",
    "calls": "most calls first",
}
ENDS = {"turn_cap": "ended at the turn limit", "refused": "refused", "fault": "fault of the infrastructure"}
SPLITS = {"train": "training tasks", "val": "validation tasks", "test": "held-out test"}
PLACE = ("evaluation", "split", "series")
FILTERS = (*PLACE, "step", "outcome", "function", "error", "text")
"""What "clear filters" takes out of the address."""


class Place(NamedTuple):
    """Where a rollout was measured; `open` in the address names one as `3.train.again-1`."""

    evaluation: int
    split: str
    series: str

    @property
    def address(self) -> str:
        """As it stands in the address."""
        return f"{self.evaluation}.{self.split}.{self.series}"


def addressed_filter(facets: TraceFacets) -> TraceFilter:
    """The filter that the address asks for. What cannot be read there is as if it were not there."""
    asked = st.query_params
    number = asked.get("evaluation") or _of_step(facets, asked.get("step"))
    return TraceFilter(
        evaluation=int(number) if number and number.isdecimal() and len(number) < 9 else None,
        split=_known(asked.get("split"), SPLITS),
        series=None if asked.get("series") == "any" else asked.get("series", "")[:80],
        outcome=_known(asked.get("outcome"), TRACE_OUTCOMES),
        function=asked.get("function", "")[:200],
        error=asked.get("error", "")[:200],
        text=asked.get("text", "").strip()[:200],
        sort=_known(asked.get("sort"), TRACE_SORTS) or "newest",
    )


def _known(value: str | None, known: Sequence[str] | dict[str, str]) -> str | None:
    return value if value in known else None


def _of_step(facets: TraceFacets, step: str | None) -> str | None:
    found = [one for one in facets.evaluations if step and str(one.step) == step]
    return str(found[0].evaluation) if found else None


def filters(facets: TraceFacets, which: TraceFilter) -> None:
    """The controls, in a line that wraps; each change goes to the address and back to the first page."""
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        places = {Place(one.evaluation, one.split, one.series): one for one in facets.evaluations}
        current = next((place for place in places if _stands_for(place, which)), None)

        def narrow(place: Place | None) -> None:
            for name in (*PLACE, "step"):
                st.query_params.pop(name, None)
            if place is not None:
                st.query_params.update({name: str(value) for name, value in place._asdict().items() if value != ""})

        _choice("Measured in", "place", list(places), current, lambda one: evaluation_name(places[one]), narrow, 230)
        _choice("Outcome", "outcome", list(TRACE_OUTCOMES), which.outcome, OUTCOMES.__getitem__, width=150)
        functions = _with(facets.functions, which.function)
        _choice("Function used", "function", functions, which.function or None, lambda one: shorten(one, 60), width=190)
        errors = _with(facets.errors, which.error)
        _choice("Error or grader", "error", errors, which.error or None, error_name, width=190)
        key = f"traces_text_{which.text}"
        st.text_input(
            "Text", which.text, key=key, max_chars=200, width=200, icon=":material/search:",
            placeholder="Text: question, answer, code", label_visibility="collapsed",
            on_change=lambda: _ask("text", st.session_state[key].strip()),
        )  # fmt: skip
        _choice("Order", "sort", list(TRACE_SORTS), which.sort, SORTS.__getitem__, width=150)
        if any(name in st.query_params for name in FILTERS):
            st.button("Clear filters", icon=":material/filter_alt_off:", on_click=_clear, key="clear_filters")


def _stands_for(place: Place, which: TraceFilter) -> bool:
    return (place.evaluation, place.series) == (which.evaluation, which.series) and which.split in (None, place.split)


def _with(known: Sequence[str], chosen: str) -> list[str]:
    return [*known, *([chosen] if chosen and chosen not in known else [])]


def _choice(
    label: str,
    name: str,
    options: list[object],
    current: object,
    words: Callable[[object], str],
    then: Callable[[object], None] | None = None,
    width: int = 160,
) -> None:
    # The key holds what the address says: a control never stands on a choice made for another address.
    key = f"traces_{name}_{current}"

    def chosen() -> None:
        picked = st.session_state[key]
        if then is None:
            _ask(name, picked)
        else:
            then(picked)
            first_page()

    st.selectbox(
        label, options, index=options.index(current) if current in options else None, format_func=words,
        placeholder=f"{label}: any", key=key, on_change=chosen, width=width, label_visibility="collapsed",
    )  # fmt: skip


def _ask(name: str, value: object) -> None:
    if value:
        st.query_params[name] = str(value)
    else:
        st.query_params.pop(name, None)
    first_page()


def first_page() -> None:
    """Have the address ask for the first page of the list."""
    st.query_params.pop("page", None)


def _clear() -> None:
    for name in (*FILTERS, "page"):
        st.query_params.pop(name, None)


def evaluation_name(one: TraceEvaluation) -> str:
    """What people call an evaluation: its number, whose set, what became of it."""
    if one.split == "test":
        what = "held-out test"
    elif one.series == "control" or one.series.startswith("mask-"):
        return f"{one.evaluation} · {shorten(series_words(one.series), 60)}"
    else:
        what = "baseline" if one.step is None else f"update {one.step}"
        what += f", {VERDICTS[one.verdict][0]}" if one.verdict not in ("", "baseline") else ""
    parts = [what, "validation" if one.split == "val" else "", shorten(series_words(one.series), 60)]
    return f"{one.evaluation} · {', '.join(filter(None, parts))}"


def error_name(error: str) -> str:
    """An entry of the error filter in words."""
    if error.startswith("grader:"):
        return f"graded by {shorten(error.removeprefix('grader:'), 40)}"
    return ENDS.get(error) or f"call failed: {shorten(error, 40)}"
