"""The event log: what a person reads of an event."""

from __future__ import annotations

from typing import Literal, NamedTuple, assert_never

from agentopt_core.actions import Update
from agentopt_core.events import Event, ProposalsScreened, ReviewDecided
from agentopt_core.rollouts import Proportion
from agentopt_core.series import series_words


class Sentence(NamedTuple):
    """A line of the log."""

    text: str
    severity: Literal["info", "good", "warning", "error"] = "info"


def percent(result: Proportion | None) -> str:
    """`75.0 % (30 of 40)`, faults named apart; `nothing scored` when there is no measurement."""
    if result is None or result.accuracy is None:
        return "nothing scored"
    faults = f", {result.faults} faults" if result.faults else ""
    return f"{100 * result.accuracy:.1f} % ({result.correct} of {result.n}{faults})"


def sentence(event: Event) -> Sentence | None:
    """What to say about an event; None when it is one of thousands that went as they should."""
    # By kind, not by class: a journal may be read by code that was loaded again since the event was made.
    if event.kind == "run_started":
        begins = "went on with" if event.resumed else "began"
        return Sentence(
            f"Process {event.pid} {begins} the training on {event.train_tasks} tasks; "
            f"functions run isolated at level '{event.level}'.",
            "info" if event.level in ("namespaces", "landlock") else "warning",
        )
    if event.kind == "request_finished":
        if not event.error:
            return None
        return Sentence(
            f"A request of the {event.purpose.role} failed after {event.attempts} attempts: {event.error}", "warning"
        )
    if event.kind == "evaluation_started":
        names = ", ".join(event.functions.names) or "no functions"
        what = "Baseline" if event.evaluation == 0 else f"Evaluation {event.evaluation}"
        return Sentence(f"{what}{_series(event.series)} started on {event.n} {event.split} tasks with {names}.")
    if event.kind == "rollout_finished":
        if not event.rollout.is_fault:
            return None
        return Sentence(f"Task {event.rollout.task_id} could not be run: {event.rollout.note}", "warning")
    if event.kind == "evaluation_finished":
        what = "Baseline" if event.evaluation == 0 else f"Evaluation {event.evaluation}"
        what += "" if event.split == "train" else f" on the {event.split} split"
        what += _series(event.series)
        return Sentence(f"{what}: {percent(event.result)} in {event.wall_s:.1f} s.")
    if event.kind == "step_started" and event.by:
        return Sentence(f"Step {event.step}: {event.by} changes the set of evaluation {event.accepted_evaluation}.")
    if event.kind == "step_started":
        return Sentence(
            f"Step {event.step}: the optimizer reads evaluation {event.accepted_evaluation} "
            f"(about {event.prompt_tokens} tokens)."
        )
    if event.kind == "optimizer_asked":
        return None
    if event.kind == "proposal_refused":
        refusal = event.refusal
        return Sentence(
            f"Step {event.step}: {refusal.op} '{refusal.name}' refused at attempt {refusal.attempt}: {refusal.reason}",
            "warning",
        )
    if event.kind == "proposal_made":
        return Sentence(f"Step {event.step}, proposal {event.number}: {_changes(event.update)}.")
    if event.kind == "proposals_screened":
        return _screened(event)
    if event.kind == "update_proposed":
        does = "is to" if event.update.by else "proposes:"
        return Sentence(f"Step {event.step} {does} {_changes(event.update)}.")
    if event.kind == "review_requested":
        return Sentence(f"Step {event.step} waits for a review: {len(event.findings)} findings.", "warning")
    if event.kind == "trial_finished":
        return Sentence(
            f"Step {event.step} was tried by {event.by} on {event.after.n} tasks: {event.after.correct} solved, "
            f"{event.before.correct} before."
        )
    if event.kind == "review_decided":
        return _decision(event)
    if event.kind == "command_declined":
        return Sentence(f"'{event.command}' from {event.by} was declined: {event.reason}", "warning")
    if event.kind == "verdict_reached":
        if event.verdict == "baseline" and event.evaluation:
            return Sentence(f"{event.reason.rstrip('.')}: {percent(event.best)}.")
        return _verdict(event.verdict, event.reason, event.candidate, event.best)
    if event.kind == "split_opened":
        whom = "the baseline" if event.subject == "baseline" else "the chosen functions"
        return Sentence(f"The test split ({event.n} tasks, sealed until now) is opened for {whom}.")
    if event.kind == "held_out_measured":
        return Sentence(
            f"On the test split: from {percent(event.baseline)} to {percent(event.chosen)}, {len(event.fixed)} fixed "
            f"and {len(event.broken)} broken (exact p = {event.p_value:.2g}).",
            "good",
        )
    if event.kind == "credit_measured":
        low, high = event.interval or (0.0, 0.0)
        return Sentence(
            f"Credit of '{event.function}' in evaluation {event.evaluation}: {percent(event.with_function)} with it, "
            f"{percent(event.without)} without it on {event.with_function.n} training tasks that used it; "
            f"{len(event.helped)} helped, {len(event.hurt)} hurt (95 %: {100 * low:+.1f} to {100 * high:+.1f} points, "
            f"exact p = {event.p_value:.2g})."
        )
    if event.kind == "functions_dropped":
        told = "; ".join(f"{name}: {reason}" for name, reason in event.reasons.items())
        return Sentence(f"Left out of the set the run ends with: {told}.", "warning")
    if event.kind == "command_obeyed":
        return Sentence(f"'{event.command}' from {event.by} took effect.")
    if event.kind == "warned":
        return Sentence(f"{event.message} {event.hint}".strip(), "warning")
    if event.kind == "run_failed":
        return Sentence(f"The run stopped: {event.message} {event.hint}".strip(), "error")
    if event.kind == "run_finished":
        begin = f"from {percent(event.baseline)} to" if event.baseline.n else "at"
        return Sentence(f"The run ended ({event.reason}): {begin} {percent(event.best)}.", "good")
    assert_never(event)


def _changes(update: Update) -> str:
    changes = ", ".join(f"{action.op} '{action.name}'" for action in update.actions) or "no change"
    whole = "a whole new set: " if update.from_scratch else ""
    refused = f"; {len(update.refusals)} refused" if update.refusals else ""
    return f"{whole}{changes}{refused}"


def _verdict(verdict: str, reason: str, candidate: Proportion | None, best: Proportion) -> Sentence:
    if verdict == "baseline":
        return Sentence(f"Baseline: {percent(best)}.")
    if verdict == "unchanged":
        return Sentence(f"Nothing to evaluate: {reason}", "warning")
    said = {"kept": "Kept", "rejected": "Rejected"}.get(verdict, "Rolled back")
    if candidate is None:
        return Sentence(f"{said}: {reason}", "warning")
    return Sentence(f"{said} at {percent(candidate)}: {reason}", "good" if verdict == "kept" else "warning")


def _series(series: str) -> str:
    return f", {series_words(series)}" if series else ""


def _screened(event: ProposalsScreened) -> Sentence:
    winner = next((one for one in event.proposals if one.number == event.chosen), None)
    written = sum(not one.merged_of for one in event.proposals)
    head = f"Step {event.step}: of {written} proposals"
    if winner is None:
        return Sentence(f"{head} none changes the set.", "warning")
    if not winner.rounds:
        return Sentence(f"{head} {winner.name} is the only one that makes a new set; it goes on without a screening.")
    last = winner.rounds[-1]
    return Sentence(
        f"{head} {winner.name} goes on to the whole evaluation: {percent(last.after)} in the screening, "
        f"{percent(last.before)} before ({last.fixed} fixed, {last.broken} broken)."
    )


def _decision(event: ReviewDecided) -> Sentence:
    what = {"approve": "approved", "reject": "rejected"}[event.choice]
    part = f", of its changes only {', '.join(event.only) or 'none'}" if event.only is not None else ""
    edited = f", edited: {', '.join(event.edited)}" if event.edited else ""
    reason = f": {event.reason}" if event.reason else "."
    return Sentence(
        f"Step {event.step} was {what} by {event.by}{part}{edited}{reason}",
        "good" if event.choice == "approve" else "warning",
    )
