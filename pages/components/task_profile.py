"""What a set of tasks is made of, as pictures, and what it can show."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd
import plotly.graph_objects as go
import streamlit as st

from agentopt_core.evaluation.power import smallest_gain
from agentopt_core.importing import Profile
from pages.components.colors import ACCENT
from pages.components.say import plain, shorten, size
from pages.components.task_table import KINDS

BARS = 12
"""Values one picture shows; the rest is added up."""


def pictures(profile: Profile) -> None:
    """Splits, kinds of answers, levels, subjects and files: one picture each where there is more than one value."""
    kinds = {KINDS.get(kind, kind): n for kind, n in profile.kinds.items()}  # type: ignore[call-overload]
    parts: list[tuple[str, Mapping[str, int]]] = [("Splits", profile.splits), ("Answers compared as", kinds)]
    parts += [("Levels", _in_order(profile.levels)), ("Subjects", profile.subjects), ("Files", profile.media)]
    drawn = [(title, counts) for title, counts in parts if len(counts) > 1]
    said = [(title, counts) for title, counts in parts if len(counts) == 1]
    if drawn:
        with st.grid(2 if len(drawn) == 4 else min(3, len(drawn)), min_column_width=280):
            for title, counts in drawn:
                with st.container(border=True, gap="xxsmall"):
                    st.markdown(f"**{title}**")
                    st.plotly_chart(
                        bars(counts), key=f"bars_{title}", config={"displayModeBar": False},
                        alt=f"{title}: {_words(counts)}",
                    )  # fmt: skip
    alone = [f"{title}: {plain(next(iter(counts)), 60)} ({next(iter(counts.values())):,})" for title, counts in said]
    if profile.attachments:
        alone.append(f"{profile.attachments:,} files, {size(profile.attachment_bytes)} together")
    if alone:
        st.caption(" · ".join(alone))


def bars(counts: Mapping[str, int]) -> go.Figure:
    """Horizontal bars with their numbers, the first on top."""
    shown = dict(list(counts.items())[:BARS])
    rest = sum(counts.values()) - sum(shown.values())
    if rest:
        shown[f"{len(counts) - BARS} more"] = rest
    names = [shorten(name, 26) or "(blank)" for name in shown]
    figure = go.Figure(
        go.Bar(
            x=list(shown.values()),
            y=list(range(len(names))),
            orientation="h",
            text=[f"{n:,}" for n in shown.values()],
            textposition="outside",
            cliponaxis=False,
            marker_color=ACCENT,
            customdata=[shorten(name, 120) for name in shown],
            hovertemplate="%{customdata}: %{x} tasks<extra></extra>",
        )
    )
    # Names are put in as they are: in tick labels Plotly would read <b> and $...$ as markup.
    figure.update_yaxes(tickvals=list(range(len(names))), ticktext=[_unmarked(name) for name in names])
    figure.update_yaxes(autorange="reversed", showgrid=False, ticksuffix=" ")
    figure.update_xaxes(visible=False, range=[0, 1.18 * max(shown.values(), default=1)])
    figure.update_layout(height=30 * len(names) + 16, margin={"l": 4, "r": 4, "t": 4, "b": 4}, bargap=0.35)
    return figure


def power(profile: Profile) -> None:
    """The smallest gain each split can show: said before anybody trains."""
    parts = []
    for split, n in profile.scorable_splits.items():
        gain = smallest_gain(n)
        tasks = f"**{n} {split}** {'task' if n == 1 else 'tasks'}"
        parts.append(
            f"{tasks}: too few to show any gain"
            if gain is None
            else f"{tasks}: a gain of **{100 * gain:.0f} points** or more"
        )
    if not parts:
        return
    st.markdown("What these tasks can show  \n" + "  \n".join(parts))
    st.caption(
        "Smallest gain in accuracy that a before-and-after comparison on the same tasks shows in four of five cases "
        "(80 % power, two-sided 5 %). Smaller gains need more tasks."
    )


def repeats(profile: Profile) -> None:
    """Questions asked twice; those in two splits first, since they let training see what is tested."""
    if not profile.repeated:
        st.caption(":green[:material/check_circle:] No question is asked twice, none stands in two splits.")
        return
    if profile.leaks:
        some = "One question stands" if profile.leaks == 1 else f"{profile.leaks} questions stand"
        st.warning(
            f"{some} in more than one split: what is trained on is also tested. Draw the splits anew (tab Splits): "
            "the same question then stays in one of them.",
            title="Leak between splits",
        )
    inside = profile.repeated - profile.leaks
    if inside:
        st.caption(f"{inside} {'question is' if inside == 1 else 'questions are'} asked more than once in one split.")
    frame = pd.DataFrame(
        {
            "splits": [", ".join(repeat.splits) for repeat in profile.repeats],
            "times": [repeat.count for repeat in profile.repeats],
            "tasks": [", ".join(shorten(id, 40) for id in repeat.ids) for repeat in profile.repeats],
            "rows": [", ".join(map(str, repeat.rows)) for repeat in profile.repeats],
        }
    )
    st.dataframe(
        frame, hide_index=True, height=240 if len(frame) > 6 else "auto", alt="Questions that are asked more than once",
        column_config={
            "splits": st.column_config.TextColumn("Splits", width="small"),
            "times": st.column_config.NumberColumn("Times", width=70),
            "tasks": st.column_config.TextColumn("Tasks", width="large"),
            "rows": st.column_config.TextColumn("Rows", width="small"),
        },
    )  # fmt: skip


def in_words(profile: Profile) -> str:
    """The set in one line of Markdown."""
    splits = ", ".join(f"{n:,} {split}" for split, n in profile.splits.items())
    unscored = profile.tasks - profile.scorable
    without = f" {unscored:,} without an answer: they can run, but not be scored." if unscored else ""
    files = f" {profile.attachments:,} files." if profile.attachments else ""
    return f"{profile.tasks:,} {'task' if profile.tasks == 1 else 'tasks'} ({splits}).{without}{files}"


def _in_order(levels: Mapping[str, int]) -> dict[str, int]:
    """Levels by their own order, not by number: 1, 2, 3 read as a scale."""
    return dict(sorted(levels.items(), key=lambda item: (item[0].startswith("("), len(item[0]), item[0])))


def _unmarked(name: str) -> str:
    return name.replace("&", "&amp;").replace("<", "&lt;").replace("$", "&#36;")


def _words(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{plain(name, 40)} {n}" for name, n in list(counts.items())[:BARS])
