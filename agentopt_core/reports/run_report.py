"""A run as one page to read: what came of it and how sure that is, every update, what it learned, how it was made."""

from __future__ import annotations

import json
from datetime import UTC, datetime

from agentopt_core.config import DEMO_LABEL
from agentopt_core.evidence import outcome_word
from agentopt_core.reports.diff import diff_table
from agentopt_core.reports.evidence import evidence_section
from agentopt_core.reports.facts import RunFacts
from agentopt_core.reports.health import credit_table, gap_notes
from agentopt_core.reports.page import cards, code, folded, notes, pairs, prose, section, share, table, text
from agentopt_core.reports.screening import screening
from agentopt_core.reports.sentences import cautions, comparison_sentence
from agentopt_core.reports.settings import settings
from agentopt_core.reports.svg import curves_svg
from agentopt_core.rollouts import Proportion
from agentopt_core.saying import (
    DASH,
    accuracy,
    cost,
    count,
    dropped,
    duration,
    held_out,
    interval,
    measured,
    outcome,
    points,
    stop_reason,
    title,
)
from agentopt_core.views import ActionView, UpdateView

MOST_UPDATES = 300
"""Updates that are told in full; the tables of the run hold all."""
MOST_NAMES = 60
HIDDEN = "The tasks of this run must not be published: nothing of them stands here, nor what may quote them."


def run_body(facts: RunFacts) -> str:
    """The report of one run as HTML, without the frame."""
    run = facts.compared.run
    return "".join(
        [
            "<p class='kind'>AgentOpt · training run</p>",
            f"<h1>{text(title(run))}</h1>",
            f"<p class='note'>{text(run.task_set, 80)} · {text(run.agent_model, 80)} · {_moment(run.created_at)} · "
            f"{text(run.status)} · {text(run.hold_out_label)}</p>",
            notes([DEMO_LABEL] if run.is_demo else [], "warn"),
            f"<p class='lead'>{text(outcome(run), 900)}</p>",
            f"<p>{text(held_out(run), 900)}</p>",
            f"<p>{text(dropped(run), 900)}</p>" if run.dropped else "",
            _paired(facts),
            _figures(facts),
            curves_svg([facts.compared]),
            notes(cautions([facts.compared], [], "best")),
            gap_notes(facts),
            notes([HIDDEN] if facts.private else [], "warn"),
            section("Evaluations", evaluations(facts)),
            section("Evidence", evidence_section(facts.updates, private=facts.private)),
            section("Updates", _updates(facts)),
            section("What it learned", _functions(facts)),
            section("What each function is worth", credit_table(facts)),
            section("Decisions of people", _decisions(facts)),
            section("Tasks that changed", _tasks(facts)),
            section("What it took", _usage(facts)),
            section("How it was made", _made(facts)),
        ]
    )


def _paired(facts: RunFacts) -> str:
    run = facts.compared.run
    if facts.gain is None or run.baseline is None or not run.best_evaluation:
        return ""
    return f"<p>{text(comparison_sentence(facts.gain, 'the baseline', 'the best'), 900)}</p>"


def _figures(facts: RunFacts) -> str:
    run = facts.compared.run
    found = run.held_out
    gain = (points(run.baseline, run.best) or DASH).removesuffix(" points")
    shown = [
        (f"Best, training ({_n(run.best)})", accuracy(run.best), f"95 %: {interval(run.best)}"),
        (f"Baseline, training ({_n(run.baseline)})", accuracy(run.baseline), f"95 %: {interval(run.baseline)}"),
        ("Gain, training (points)", gain, f"{run.functions} functions, epoch {run.epoch}"),
        (
            f"Held-out test ({_n(found.chosen)})" if found else "Held-out test",
            accuracy(found.chosen) if found else DASH,
            f"95 %: {interval(found.chosen)}" if found else run.hold_out_label,
        ),
        ("Cost", cost(run.usage), f"{count(run.usage.tokens)} tokens, {count(run.usage.requests)} requests"),
    ]
    return cards(shown)


def _n(result: Proportion | None) -> str:
    return f"n = {result.n}" if result else "not measured"


def evaluations(facts: RunFacts) -> str:
    """Every evaluation with its verdict and the reason, verbatim."""
    curve = facts.compared.curve
    if not curve:
        return ""
    rows = [
        (
            str(point.evaluation),
            f"<span class='tag {point.verdict}'>{text(point.outcome)}</span>",
            share(point.result),
            share(point.validation),
            text(", ".join(point.functions), 200),
            text(point.reason, 900),
        )
        for point in curve[-MOST_UPDATES:]
    ]
    heads = ("No.", "Verdict", "Training tasks", "Validation", "Functions", "Reason")
    return _cut(len(curve)) + table(heads, rows, (0,))


def _updates(facts: RunFacts) -> str:
    shown = facts.updates[-MOST_UPDATES:]
    return _cut(len(facts.updates)) + "".join(_update(update, facts) for update in shown)


def _cut(number: int) -> str:
    return notes([f"The last {MOST_UPDATES} of {number}; the run's tables hold all."]) if number > MOST_UPDATES else ""


def _update(update: UpdateView, facts: RunFacts) -> str:
    did = ", ".join(f"{action.op} {action.name}" for action in update.actions) or "no valid action"
    word = outcome_word(update.verdict, update.evidence)
    parts = [
        f"<h3><span class='verdict {update.verdict}'>{text(word)}</span>Update {update.step}: {text(did, 200)}</h3>"
    ]
    if update.candidate:
        parts.append(
            f"<p>{text(measured(update.base))} → {text(measured(update.candidate))}: {len(update.fixed)} fixed"
            f"{_names(update.fixed, facts)}, {len(update.broken)} broken{_names(update.broken, facts)}.</p>"
        )
    if update.reason:
        parts.append(f"<p>Reason: {text(update.reason, 2_000)}</p>")
    if found := facts.screenings.get(update.step):
        parts.append(screening(found, facts.private))
    if update.rationale and not facts.private:
        parts.append(folded("What the optimizer said", prose(update.rationale), is_open=len(update.rationale) < 400))
    if update.refusals and not facts.private:
        rows = [(text(one.op), text(one.name), text(one.reason, 600)) for one in update.refusals]
        parts.append(folded(f"{len(rows)} proposals refused", table(("Action", "Function", "Why"), rows)))
    if update.verdict == "kept":
        parts += [_diff(action) for action in update.actions]
    return f"<div class='update'>{''.join(parts)}</div>"


def _names(ids: tuple[str, ...], facts: RunFacts) -> str:
    if not ids or facts.private:
        return ""
    more = f" and {len(ids) - MOST_NAMES} more" if len(ids) > MOST_NAMES else ""
    return f" ({text(', '.join(ids[:MOST_NAMES]), 2_000)}{more})"


def _diff(action: ActionView) -> str:
    old, new = action.before, action.after
    if old and new:
        shown = diff_table(old.code, new.code, (f"{action.name}, before", f"{action.name}, after"))
    else:  # the whole function came or went: nothing to set beside it
        whole = new or old
        shown = code(whole.code) if whole else ""
    return folded(f"Code: {text(action.op)} {text(action.name)}", shown)


def _functions(facts: RunFacts) -> str:
    if not len(facts.functions):
        return notes(["No update was kept, so the agent carries no function."])
    return "".join(
        f"<h3>{text(function.name)}</h3>{prose(function.description)}{code(function.code)}"
        + folded("Parameters", code(json.dumps(function.parameters, indent=1, ensure_ascii=False)))
        for function in facts.functions.each()
    )


def _decisions(facts: RunFacts) -> str:
    rows = []
    for one in facts.decisions:
        part = f"only {', '.join(one.approved)}; " if one.approved is not None else ""
        edited = f"edited {', '.join(one.edited)}; " if one.edited else ""
        reason = "" if facts.private else one.reason
        rows.append(
            (_moment(one.at), str(one.step), text(one.by), text(one.choice), text(f"{part}{edited}{reason}", 2_000))
        )
    return table(("When (UTC)", "Update", "Who", "Decision", "What and why"), rows, (1,)) if rows else ""


def _tasks(facts: RunFacts) -> str:
    if facts.private or facts.gain is None or not facts.compared.run.best_evaluation:
        return ""
    return changed_tasks(facts)


def changed_tasks(facts: RunFacts) -> str:
    """Tasks that the baseline and the best did not answer alike, each with its question."""
    changed = [task for task in facts.gain.tasks if task.before != task.after] if facts.gain else []
    rows = [
        (f"<span class='{task.change}'>{'✓' if task.after else '✕'} {task.change}</span>", text(task.task_id, 80),
         text(task.question)) for task in changed[:MOST_UPDATES]
    ]  # fmt: skip
    return table(("Change", "Task", "Question"), rows) if rows else notes(["None."])


def _usage(facts: RunFacts) -> str:
    run = facts.compared.run
    roles = {**facts.usage, "all together": run.usage}
    rows = [
        (text(role), count(each.requests), count(each.prompt_tokens), count(each.completion_tokens), cost(each))
        for role, each in roles.items()
    ]
    heads = ("Role", "Requests", "Prompt tokens", "Completion tokens", "Cost (USD)")
    time = DASH if run.wall_s is None else duration(run.wall_s)
    return table(heads, rows, (1, 2, 3, 4)) + notes(
        [f"Time of all trainers together: {time}. A dash: a price is not known, which is not zero."]
    )


def _made(facts: RunFacts) -> str:
    run = facts.compared.run
    seed = DASH if facts.compared.seed is None else str(facts.compared.seed)
    budget = facts.config.budget if facts.config else None
    limits = [
        f"${budget.usd:g}" if budget and budget.usd else "",
        f"{count(budget.tokens)} tokens" if budget and budget.tokens else "",
        f"{count(budget.requests)} requests" if budget and budget.requests else "",
    ]
    rows = [
        ("Run", text(run.run_id)),
        ("Tasks", f"{text(run.task_set)}: {run.train_tasks} training, {run.test_tasks} test"),
        *((f"Skipped: {number}", text(reason, 300)) for reason, number in run.skipped.items()),
        ("Agent", text(run.agent_model)),
        ("Optimizer", text(run.optimizer_model)),
        ("Ended", text(stop_reason(run), 600)),
        ("Seed", seed),
        ("Budget", text(", ".join(filter(None, limits)) or "no limit")),
        ("Functions isolated", text(run.level or "not yet known")),
        *((name, text(value)) for name, value in sorted(facts.environment.items())),
    ]
    body = pairs(rows)
    if facts.config is None:
        return body + notes(["The configuration of this run cannot be read."], "warn")
    fields = [(text(one.label), text(one.values[0])) for one in settings([facts.config])]
    return body + folded("Configuration", table(("Setting", "Value"), fields))


def _moment(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%d %H:%M UTC")
