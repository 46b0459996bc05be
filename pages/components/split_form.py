"""Drawing splits: shares, what they are spread over, seed, and at once what comes of it."""

from __future__ import annotations

import streamlit as st

from agentopt_core.importing import Draft, Profile, SplitPlan
from pages.components.task_profile import pictures, power, repeats
from pages.components.workbench import workbench

BY = {
    "auto": "Level, or else subject",
    "level": "Level",
    "subject": "Subject",
    "none": "Nothing: draw at random",
}


def split_form(source: str | Draft, key: str) -> tuple[SplitPlan, Profile]:
    """The plan as the controls say, and the profile of the set under it."""
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        first, second = st.slider(
            "Where training ends and testing begins, in per cent of the tasks",
            0, 100, (50, 70), step=5, key=f"shares_{key}", width=420,
            help="Left of the first handle: training. Between the two: validation. Right of the second: test.",
        )  # fmt: skip
        by = st.selectbox(
            "Same shares in every", list(BY), format_func=BY.__getitem__, key=f"by_{key}", width=230,
            help="Every level (or subject) is spread over the splits in these shares.",
        )  # fmt: skip
        seed = st.number_input("Seed", 0, 2**31 - 1, 0, key=f"seed_{key}", width=140)
    first = max(5, first)
    plan = SplitPlan(train=first / 100, val=(second - first) / 100 if second > first else 0,
                     test=1 - max(first, second) / 100, seed=seed, by=by)  # fmt: skip
    shares = {split: plan.share(split) for split in ("train", "val", "test")}
    st.caption(
        ", ".join(f"{100 * share:.0f} % {split}" for split, share in shares.items())
        + ". Tasks of one group, and tasks that ask the same, stay together. The test split is sealed: no agent and no "
        "optimizer sees it in training; it is opened for the baseline and the chosen functions only."
    )
    profile = workbench().split_preview(source, plan)
    left, right = st.columns([2, 3], gap="large")
    with left:
        pictures(profile.with_(levels={}, subjects={}, kinds={}, media={}, attachments=0))
    with right:
        power(profile)
        repeats(profile)
    return plan, profile
