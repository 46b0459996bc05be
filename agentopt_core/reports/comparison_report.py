"""Several runs beside each other as one page to read."""

from __future__ import annotations

from collections.abc import Sequence

from agentopt_core.config import DEMO_LABEL
from agentopt_core.reports.page import folded, notes, section, share, table, text
from agentopt_core.reports.run_report import HIDDEN, MOST_UPDATES
from agentopt_core.reports.sentences import (
    SUBJECTS,
    cautions,
    comparison_sentence,
    count_sentence,
    difference_parts,
    left_out_sentence,
    letter,
    p_words,
)
from agentopt_core.reports.svg import curves_svg
from agentopt_core.saying import DASH, accuracy, cost, count, duration, title
from agentopt_core.views import ComparedRun, Comparison, Setting, Subject


def comparison_body(
    runs: Sequence[ComparedRun], by_subject: dict[Subject, list[Comparison]], settings: Sequence[Setting], private: bool
) -> str:
    """The report as HTML, without the frame. `by_subject`: every pair of runs, for each that may stand for them."""
    letters = {one.run.run_id: letter(position) for position, one in enumerate(runs)}
    pairs = by_subject.get("best", [])
    lead = comparison_sentence(pairs[0], *_names(pairs[0], letters)) if pairs else "Nothing can be compared yet."
    return "".join(
        [
            "<p class='kind'>AgentOpt · comparison of runs</p>",
            f"<h1>{' · '.join(f'{letters[one.run.run_id]}: {text(title(one.run), 60)}' for one in runs)}</h1>",
            notes([DEMO_LABEL] if any(one.run.is_demo for one in runs) else [], "warn"),
            f"<p class='lead'>{text(lead, 900)}</p>",
            curves_svg(runs),
            notes(cautions(runs, pairs, "best")),
            notes([HIDDEN] if private else [], "warn"),
            section("Runs", _runs(runs)),
            *(
                section(f"Pair by pair: {SUBJECTS[subject].lower()}", _pairs(found, letters, private))
                for subject, found in by_subject.items()
                if found
            ),
            section("Where the settings differ", _settings(settings, list(letters.values()))),
        ]
    )


def _names(pair: Comparison, letters: dict[str, str]) -> tuple[str, str]:
    return letters[pair.before.place.run_id], letters[pair.after.place.run_id]


def _runs(runs: Sequence[ComparedRun]) -> str:
    reached, took = [], []
    for position, one in enumerate(runs):
        run = one.run
        reached.append(
            (
                letter(position),
                f"{text(title(run), 80)}<br><small>{text(run.run_id)}</small>",
                share(run.baseline),
                share(run.best),
                share(run.held_out.chosen) if run.held_out else text(run.hold_out_label),
                f"{run.epoch} of {run.max_epochs}",
                str(one.rolled_back),
                str(run.functions),
            )
        )
        took.append(
            (
                letter(position),
                count(run.usage.requests),
                count(run.usage.tokens),
                cost(run.usage),
                DASH if run.wall_s is None else duration(run.wall_s),
                text(run.agent_model, 60),
                text(run.optimizer_model, 60),
                DASH if one.seed is None else str(one.seed),
            )
        )
    heads = ("", "Run", "Baseline (training)", "Best (training)", "Held-out test", "Epochs", "Rolled back", "Functions")
    spent = ("", "Requests", "Tokens", "Cost (USD)", "Time", "Agent model", "Optimizer model", "Seed")
    return table(heads, reached, (5, 6, 7)) + table(spent, took, (1, 2, 3, 4, 7))


def _pairs(pairs: Sequence[Comparison], letters: dict[str, str], private: bool) -> str:
    rows = []
    for pair in pairs:
        first, second = _names(pair, letters)
        rows.append(
            (
                f"<span class='tag'>{first} → {second}</span>",
                str(pair.n),
                accuracy(pair.common_before),
                accuracy(pair.common_after),
                *(f"<span class='tag'>{text(part)}</span>" for part in difference_parts(pair)),
                str(pair.fixed),
                str(pair.broken),
                text(p_words(pair.p_value)),
                text(p_words(pair.holm)),
                text(left_out_sentence(pair).removeprefix("Left out: ") or "none", 400),
            )
        )
    heads = ("Pair", "n", "First", "Second", "Difference (points)", "95 % interval", "Fixed", "Broken", "Exact p",
             "p, all counted", "Left out")  # fmt: skip
    told = notes([
        f"{count_sentence(pairs)} Tasks are paired where id, question and answer are the same. Interval: Newcombe "
        "1998, method 10; p: McNemar's exact test, two-sided."
    ])  # fmt: skip
    changed = "" if private else "".join(_changed(pair, letters) for pair in pairs)
    return told + table(heads, rows, (1, 2, 3, 4, 5, 6, 7, 8, 9)) + changed


def _changed(pair: Comparison, letters: dict[str, str]) -> str:
    found = [task for task in pair.tasks if task.before != task.after]
    if not found:
        return ""
    first, second = _names(pair, letters)
    rows = [
        (f"<span class='{task.change}'>{'✓' if task.after else '✕'} {task.change}</span>", text(task.task_id, 80),
         text(task.question)) for task in found[:MOST_UPDATES]
    ]  # fmt: skip
    cut = f" (the first {MOST_UPDATES})" if len(found) > MOST_UPDATES else ""
    head = f"{first} → {second}: {len(found)} tasks that changed{cut}"
    return folded(head, table(("Change", "Task", "Question"), rows))


def _settings(found: Sequence[Setting], letters: Sequence[str]) -> str:
    if not found:
        return ""
    differing = [(text(one.label), *(text(value) for value in one.values)) for one in found if one.differs]
    equal = [(text(one.label), text(one.values[0])) for one in found if not one.differs]
    body = table(("Setting", *letters), differing) if differing else notes(["In none."])
    return body + folded(f"{len(equal)} settings are equal", table(("Setting", "Value"), equal))
