"""What the table of a study says, in sentences: what was measured and how, and what follows for its question."""

from __future__ import annotations

from collections.abc import Sequence

from agentopt_core.config import DEMO_LABEL
from agentopt_core.saying import FIT
from agentopt_core.studies.journal import StudyMade
from agentopt_core.studies.paper import beside
from agentopt_core.studies.plan import StudyFile
from agentopt_core.studies.result import ALL, Change, Row, StudyTable

SIGNIFICANT = 0.05
"""Of p after Holm."""


def answer(file: StudyFile, table: StudyTable) -> list[str]:
    """What the figures say on the study's question, as far as it is measured."""
    rows = [row for row in table.rows if row.after is not None]
    if not rows:
        return ["Nothing is measured yet."]
    whole = [row for row in rows if row.tasks == ALL] or rows
    match file.kind:
        case "ablation":
            said = _ablation(whole)
        case "sweep":
            said = _sweep(whole)
        case "models":
            said = _models(whole)
        case "transfer":
            said = _transfer(rows)
        case "agents":
            said = [_gain(row) for row in whole]
    if table.measured < table.planned:
        said.insert(0, f"{table.measured} of {table.planned} runs are measured so far: the figures will move.")
    return said


def notes(file: StudyFile, made: StudyMade, table: StudyTable) -> list[str]:
    """How the table was made, and what it does not show; the demo label and the paper's source where they belong."""
    fit = any(row.split == "train" for row in table.rows)
    said = [
        "Accuracy of the set that a run ended with: the best one by its rule, and without roll-back the last one. It "
        "is measured on the test split, which training never saw, once a run."
        if not fit
        else f"Where no test split was measured, the accuracy is of the training tasks: {FIT}.",
        f"n counts tasks x seeds. The {len(file.seeds)} seeds repeat the same tasks, so each task counts once with its "
        "mean: the 95 % intervals are over tasks (Wilson; Newcombe's for paired differences), as wide as so few tasks "
        "make them."
        if len(file.seeds) > 1
        else "One seed: the intervals tell what other tasks would do, and nothing of what another seed would.",
        f"p: exact two-sided sign-flip test over tasks{'' if len(file.seeds) > 1 else ' (McNemar)'}; 'Holm' raises it "
        f"for the {table.gains} gains, and for the {table.comparisons} differences to the reference, of this table.",
    ]
    if file.kind == "transfer":
        said.append(
            "Before: the untrained agent on the same tasks. Transferred functions are measured as they are; nothing is "
            "trained on the other set. Each look at a test split is recorded with its run."
        )
    if file.kind in ("ablation", "sweep"):
        said.append("Arms may differ in what they cost: requests and evaluations stand beside the accuracy.")
    return [*said, *beside(file.kind, {one.domain for one in made.task_sets.values()}), *_label(made)]


def _label(made: StudyMade) -> list[str]:
    return [DEMO_LABEL] if made.demo else []


def _ablation(rows: Sequence[Row]) -> list[str]:
    said = []
    for tasks in dict.fromkeys(row.tasks for row in rows):
        here = [row for row in rows if row.tasks == tasks]
        full = next((row for row in here if row.arm == "full"), None)
        if full is None or full.after is None:
            continue
        where = "" if len({row.tasks for row in rows}) == 1 else f"{full.tasks_title}: "
        order = sorted(here, key=lambda row: -(row.after.share if row.after else 0))
        measured = _of_what(full)
        told = ", ".join(f"{row.title.lower()} {_percent(row.after.share)}" for row in order if row.after)
        above = [row for row in here if row.against is not None and row.against.share > 1e-9]
        if above:
            said.append(
                f"{where}The mechanism predicts that the full method ends highest, and here it does not "
                f"({measured}): {told}. " + " ".join(_above(row) for row in above)
            )
        else:
            said.append(f"{where}As the mechanism predicts, no arm ends above the full method ({measured}): {told}.")
        sure = [row for row in here if row.against and row.against.holm < SIGNIFICANT]
        if not sure:
            said.append(f"{where}No difference to the full method is beyond chance after Holm (p < 0.05).")
        said += [f"{where}{row.title}: {_change(row.against)} to the full method." for row in sure if row.against]
    return said


def _above(row: Row) -> str:
    assert row.against is not None
    why = {
        "no_early_stop": " Early stop only ends a run sooner: without it the same search goes on, at more cost.",
        "no_roll_back": " Without roll-back a run keeps walking, which may find more than it loses.",
        "neither": " Without roll-back a run keeps walking, which may find more than it loses.",
        "whole_set": " Here a whole set is easily written at once.",
    }.get(row.arm, "")
    chance = " Chance alone may do that." if row.against.holm >= SIGNIFICANT else ""
    return f"{row.title}: {_change(row.against)}.{chance}{why}"


def _sweep(rows: Sequence[Row]) -> list[str]:
    said = []
    for tasks in dict.fromkeys(row.tasks for row in rows):
        here = [row for row in rows if row.tasks == tasks and row.after]
        best = max(here, key=lambda row: row.after.share if row.after else 0.0)
        worst = min(here, key=lambda row: row.after.share if row.after else 0.0)
        where = "" if len({row.tasks for row in rows}) == 1 else f"{best.tasks_title}: "
        assert best.after
        assert worst.after
        said.append(
            f"{where}From {_percent(worst.after.share)} ({worst.title}) to {_percent(best.after.share)} "
            f"({best.title}), "
            f"{_of_what(best)}."
        )
        sure = [row for row in here if row.against and row.against.holm < SIGNIFICANT]
        if not sure:
            said.append(f"{where}No setting differs from the reference beyond chance after Holm (p < 0.05).")
        said += [f"{where}{row.title}: {_change(row.against)} to the reference." for row in sure if row.against]
    return said


def _models(rows: Sequence[Row]) -> list[str]:
    best = max(rows, key=lambda row: row.after.share if row.after else 0.0)
    same = sum(bool(row.after and best.after and row.after.share == best.after.share) for row in rows) - 1
    alike = f", like {same} other{'s' * (same != 1)}" if same else ""
    highest = f"{_percent(best.after.share if best.after else None)}{_price(best)}"
    said = [f"Highest: {best.title}, {highest}{alike} ({_of_what(best)})."]
    if not any(row.against and row.against.holm < SIGNIFICANT for row in rows):
        said.append("No pair of models differs from the first beyond chance after Holm (p < 0.05).")
    free = all(row.cost_usd in (None, 0.0) for row in rows)
    priced = [row for row in rows if row.cost_usd is not None]
    near = [row for row in priced if row.after and best.after and row.after.high >= best.after.low and row is not best]
    if near and not free:
        cheap = min(near, key=lambda row: row.cost_usd or 0.0)
        if best.cost_usd is None or (cheap.cost_usd or 0.0) < best.cost_usd:
            said.append(
                f"Cheapest whose interval overlaps with that one's: {cheap.title}, "
                f"{_percent(cheap.after.share if cheap.after else None)}{_price(cheap)}."
            )
    return said


def _transfer(rows: Sequence[Row]) -> list[str]:
    best, counted = 0, 0
    for tasks in dict.fromkeys(row.tasks for row in rows):
        here = {row.arm: row.after.share for row in rows if row.tasks == tasks and row.after}
        if len(here) > 1 and tasks in here:
            counted += 1
            best += here[tasks] >= max(here.values())
    said = [f"Training on the same task set is best, or as good as the best, on {best} of {counted} sets."] * bool(
        counted
    )
    away = [row for row in rows if row.arm != row.tasks and row.gain]
    helped = [row for row in away if row.gain and row.gain.holm < SIGNIFICANT and row.gain.share > 0]
    harmed = [row for row in away if row.gain and row.gain.holm < SIGNIFICANT and row.gain.share < 0]
    if away:
        said.append(
            f"Of {len(away)} transfers to other tasks {len(helped)} help and {len(harmed)} harm beyond chance after "
            "Holm (p < 0.05)."
        )
    return said


def _gain(row: Row) -> str:
    if row.gain is None or row.before is None or row.after is None:
        return f"{row.title}: nothing to compare."
    sure = "" if row.gain.holm < SIGNIFICANT else " Chance alone may do that."
    return (
        f"{row.title}, {row.tasks_title}, {row.split} split: "
        f"from {_percent(row.before.share)} to {_percent(row.after.share)}, "
        f"{_change(row.gain)}.{sure}"
    )


def _change(change: Change) -> str:
    return (
        f"{100 * change.share:+.1f} points (95 % interval {100 * change.low:+.1f} to {100 * change.high:+.1f}, "
        f"n = {change.tasks} tasks, p = {change.p:.2g}, Holm {change.holm:.2g})"
    )


def _price(row: Row) -> str:
    return "" if row.cost_usd is None else f" at ${row.cost_usd:.3f} a run"


def _of_what(row: Row) -> str:
    """What an accuracy is of: split and n."""
    return f"{row.split} split, n = {row.after.tasks if row.after else 0} tasks"


def _percent(share: float | None) -> str:
    return "—" if share is None else f"{100 * share:.1f} %"
