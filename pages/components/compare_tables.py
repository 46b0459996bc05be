"""Runs beside each other as tables: results and cost, every pair, and where the settings differ."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
import streamlit as st

from agentopt_core.reports.sentences import difference_parts, letter, p_words
from agentopt_core.rollouts import Proportion
from agentopt_core.views import ComparedRun, Comparison, Setting
from pages.components.run_list import STATUS, models
from pages.components.say import DASH, accuracy, compact, cost, duration, interval, shorten, title


def runs_frame(runs: Sequence[ComparedRun]) -> pd.DataFrame:
    """One row a run."""
    rows = []
    for position, one in enumerate(runs):
        run, held_out = one.run, one.run.held_out
        rows.append(
            {
                "letter": letter(position),
                "run": title(run),
                "status": [STATUS[run.status][0]],
                "baseline": _share(run.baseline),
                "best": _share(run.best),
                "test": _share(held_out.chosen) if held_out else run.hold_out_label,
                "epochs": f"{run.epoch} of {run.max_epochs}",
                "rolled_back": one.rolled_back,
                "functions": run.functions,
                "tokens": compact(run.usage.tokens),
                "cost": cost(run.usage),
                "time": DASH if run.wall_s is None else duration(run.wall_s),
                "model": shorten(models(run), 60),
                "seed": one.seed,
                "link": f"/train?run={run.run_id}",
            }
        )
    return pd.DataFrame(rows)


def _share(result: Proportion | None) -> str:
    if result is None or result.accuracy is None:
        return DASH
    return f"{accuracy(result)} ({interval(result)}; n = {result.n})"


def runs_table(runs: Sequence[ComparedRun]) -> None:
    """Results with n and 95 % interval, and what they took."""
    text, number = st.column_config.TextColumn, st.column_config.NumberColumn
    st.dataframe(
        runs_frame(runs),
        hide_index=True,
        placeholder=DASH,
        alt="The compared runs with accuracy, interval, n, cost and time",
        column_config={
            "letter": text("", width=30, pinned=True),
            "run": text("Run", width=150, pinned=True),
            "status": st.column_config.MultiselectColumn(
                "Status", options=[word for word, _, _ in STATUS.values()],
                color=[color for _, _, color in STATUS.values()], width=95,
            ),
            "baseline": text("Baseline (training)", help="Accuracy at the start; 95 % interval, n", width=190),
            "best": text("Best (training)", help="Accuracy of the accepted functions; 95 % interval, n", width=190),
            "test": text("Held-out test", help="On the test split, which training never saw", width=190),
            "epochs": text("Epochs", help="Accepted, of at most E", width=70),
            "rolled_back": number("Rolled back", help="Candidates that were withdrawn", width=85),
            "functions": number("Functions", width=75),
            "tokens": text("Tokens", width=65),
            "cost": text("Cost", width=65, help="A dash: a price is not known"),
            "time": text("Time", width=85, help="Of all trainers of the run together"),
            "model": text("Model", width=110),
            "seed": number("Seed", width=55),
            "link": st.column_config.LinkColumn("", display_text="Open", width=55),
        },
    )  # fmt: skip


def pairs_frame(pairs: Sequence[Comparison], letters: dict[str, str]) -> pd.DataFrame:
    """One row a comparison; differences in percentage points."""
    rows = []
    for pair in pairs:
        difference, interval = difference_parts(pair)
        rows.append(
            {
                "pair": f"{letters[pair.before.place.run_id]} → {letters[pair.after.place.run_id]}",
                "n": pair.n or None,
                "first": accuracy(pair.common_before),
                "second": accuracy(pair.common_after),
                "difference": difference,
                "interval": interval,
                "fixed": pair.fixed if pair.n else None,
                "broken": pair.broken if pair.n else None,
                "p": p_words(pair.p_value),
                "holm": p_words(pair.holm),
                "left_out": sum(pair.left_out.values()),
            }
        )
    return pd.DataFrame(rows)


def pairs_table(pairs: Sequence[Comparison], letters: dict[str, str]) -> None:
    """Every two runs on the tasks they share."""
    text, number = st.column_config.TextColumn, st.column_config.NumberColumn
    st.dataframe(
        pairs_frame(pairs, letters),
        hide_index=True,
        placeholder=DASH,
        alt="Every pair of runs: difference, interval, exact p",
        column_config={
            "pair": text("Pair", width=60),
            "n": number("n", help="Common tasks, scored in both", width=50),
            "first": text("First", width=70),
            "second": text("Second", width=70),
            "difference": text("Difference (points)", width=120),
            "interval": text("95 % interval", help="Paired: Newcombe 1998, method 10", width=120),
            "fixed": number("Fixed", help="Failed by the first, solved by the second", width=60),
            "broken": number("Broken", help="Solved by the first, failed by the second", width=65),
            "p": text("Exact p", help="McNemar, two-sided", width=75),
            "holm": text("p, all counted", help="Raised for the number of comparisons (Holm)", width=105),
            "left_out": number("Left out", help="Tasks that could not be paired", width=75),
        },
    )  # fmt: skip


def settings_frame(found: Sequence[Setting], letters: Sequence[str]) -> pd.DataFrame:
    """One row a field, one column a run."""
    return pd.DataFrame(
        [
            {
                "setting": one.label,
                **{name: shorten(value, 160) for name, value in zip(letters, one.values, strict=True)},
            }
            for one in found
        ]
    )


def settings_table(found: Sequence[Setting], letters: Sequence[str]) -> None:
    """Fields that differ; the equal ones are folded away."""
    differing = [one for one in found if one.differs]
    equal = [one for one in found if not one.differs]
    if differing:
        st.dataframe(
            settings_frame(differing, letters),
            hide_index=True,
            alt="Settings in which the runs differ",
            column_config={"setting": "Setting"},
        )
    else:
        st.caption("The configurations are the same in every field.")
    with st.expander(f"{len(equal)} settings are equal", key="equal_settings", on_change="rerun") as folded:
        if folded.open and equal:
            rows = [{"setting": one.label, "value": shorten(one.values[0], 160)} for one in equal]
            st.dataframe(pd.DataFrame(rows), hide_index=True, alt="Settings that are equal", height=320)
