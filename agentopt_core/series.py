"""What an evaluation is measured for beside the measurement that counts, in words.

`EvaluationStarted.series` is empty for the measurement that counts. The others are: `again-1` the same set once more
(what noise alone does) · `try-1` a trial on some tasks before a decision · `mask-NAME` the set without that function,
on the tasks that used it, and `control` the whole set once more on these · `screen-3-2` the second proposal of step 3
in its screening · of the evidence gate `repeat-2` the second run of each task at the first look, `rerun-7.1` the first
rerun of the tasks that flipped under candidate 7, under both sets, and `afresh` the first look at an accepted set that
did not choose it.
"""

from __future__ import annotations


def series_words(series: str) -> str:
    """The series in a few words; empty for the measurement that counts."""
    word, _, rest = series.partition("-")
    step, _, proposal = rest.partition("-")
    words = {
        "": "",
        "again": f"once more without a change ({rest})",
        "try": f"trial {rest}",
        "mask": f"without {rest}, on the tasks that used it",
        "control": "the whole set once more on tasks that used a function",
        "screen": f"screening of proposal {proposal} of step {step}",
        "repeat": f"run {rest} of each task",
        "rerun": f"tasks that flipped once more ({rest})",
        "afresh": f"the accepted set afresh{f' (run {rest})' if rest else ''}",
    }
    return words.get(word, series)
