"""One event as rows of the history's tables: pure, so that the tables depend on the journals alone."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator

from agentopt_core.actions import Update
from agentopt_core.events import Event
from agentopt_core.functions import Function
from agentopt_core.history.sentences import sentence
from agentopt_core.rollouts import Proportion, Rollout, Usage
from agentopt_core.words import Word

Values = dict[str, object]
TableRow = tuple[str, Values]
"""Table name, and the values of one row."""


def rows_of(run_id: str, offset: int, event: Event) -> Iterator[TableRow]:
    """The rows that an event at a byte offset of a run's journal gives."""
    here: Values = {"run_id": run_id, "journal_offset": offset}
    dated: Values = {**here, "happened_at": event.at}
    said = sentence(event)
    if said is not None:
        yield "log", {**dated, "kind": event.kind, "severity": said.severity, "text": said.text}
    # By kind, not by class: see sentences.py.
    if event.kind == "run_started":
        values: Values = {
            name: getattr(event, name)
            for name in (
                "resumed",
                "pid",
                "level",
                "isolation",
                "train_tasks",
                "test_tasks",
                "val_tasks",
                "sealed_tasks",
            )
        }
        values["skipped"] = json.dumps(event.skipped, sort_keys=True)
        yield "trainers", {**dated, **values, "environment": json.dumps(event.environment, sort_keys=True)}
    elif event.kind == "request_finished":
        purpose = {name: getattr(event.purpose, name) for name in ("role", "evaluation", "step", "task_id")}
        values = {"model": event.model, "ms": event.ms, "attempts": event.attempts, "error": event.error}
        yield "requests", {**dated, **purpose, **_usage(event.usage), **values}
    elif event.kind == "evaluation_started":
        functions = event.functions.functions
        yield from _functions(run_id, functions)
        values = {name: getattr(event, name) for name in ("evaluation", "step", "split", "series", "n")}
        values["functions"] = [function.digest for function in functions]
        values["names"] = [function.name for function in functions]
        yield "evaluation_starts", {**dated, **values, "functions_digest": event.functions.digest}
    elif event.kind == "rollout_finished":
        place = {name: getattr(event, name) for name in ("evaluation", "split", "series")}
        yield "rollouts", {**dated, **place, "functions_digest": event.functions_digest, **_rollout(event.rollout)}
        yield from _tool_calls({**here, **place}, event.rollout)
    elif event.kind == "evaluation_finished":
        values = {name: getattr(event, name) for name in ("evaluation", "split", "series", "wall_s")}
        values["functions_digest"] = event.functions_digest
        yield "evaluation_ends", {**dated, **values, **_proportion("result", event.result)}
    elif event.kind == "step_started":
        values = {name: getattr(event, name) for name in ("step", "accepted_evaluation", "prompt_tokens")}
        yield "step_starts", {**dated, **values}
    elif event.kind == "optimizer_asked":
        values = {name: getattr(event, name) for name in ("step", "part", "request", "tokens", "budget", "packed")}
        yield "optimizer_requests", {**dated, **values, "causes": json.dumps([c.model_dump() for c in event.causes])}
    elif event.kind == "proposal_refused":
        yield "refusals", {**dated, "step": event.step, **event.refusal.model_dump()}
    elif event.kind == "proposal_made":
        yield from _functions(run_id, _functions_in(event.update))
    elif event.kind == "proposals_screened":
        values = {name: getattr(event, name) for name in ("step", "accepted_evaluation", "evaluation", "chosen")}
        values["proposals"] = json.dumps([one.model_dump(mode="json") for one in event.proposals], ensure_ascii=False)
        yield "screenings", {**dated, **values}
    elif event.kind == "update_proposed":
        update = event.update
        values = {"ended": update.ended, "from_scratch": update.from_scratch, "rationale": update.rationale}
        values["made_by"] = update.by
        yield "updates", {**dated, "step": event.step, **values, "seconds": event.seconds}
        for number, action in enumerate(update.actions):
            function = None if action.op == "remove" else action.function
            yield from _functions(run_id, [function] if function else [])
            values = {"number": number, "step": event.step, "op": action.op, "name": action.name}
            yield "actions", {**here, **values, "function_digest": function.digest if function else None}
    elif event.kind == "review_requested":
        values = {name: getattr(event, name) for name in ("step", "evaluation", "rule", "rule_reason", "deadline")}
        values["findings"] = json.dumps([finding.model_dump() for finding in event.findings], ensure_ascii=False)
        values |= {"review_time": event.when, "on_timeout": event.on_timeout, "evidence": _json(event.evidence)}
        yield "reviews", {**dated, **values}
    elif event.kind == "trial_finished":
        values = {name: getattr(event, name) for name in ("step", "series", "evaluation")}
        values |= {name: list(getattr(event, name)) for name in ("fixed", "broken", "edited")}
        shares = {**_proportion("before", event.before), **_proportion("after", event.after)}
        yield "trials", {**dated, **values, "given_by": event.by, **shares}
    elif event.kind == "review_decided":
        yield from _functions(run_id, _functions_in(event.update))
        values = {name: getattr(event, name) for name in ("step", "command_id", "choice", "reason")}
        values |= {"review_time": event.when, "given_by": event.by, "edited": list(event.edited)}
        values["approved"] = None if event.only is None else list(event.only)
        values["replacement"] = event.update.model_dump_json() if event.update else None
        yield "decisions", {**dated, **values}
    elif event.kind == "command_declined":
        values = {name: getattr(event, name) for name in ("command_id", "command", "step", "reason")}
        yield "declined", {**dated, **values, "given_by": event.by}
    elif event.kind == "verdict_reached":
        names = ("step", "evaluation", "verdict", "reason", "epoch", "withdrawn_in_a_row")
        values = {name: getattr(event, name) for name in names}
        shares = {**_proportion("best", event.best), **_proportion("candidate", event.candidate)}
        yield "verdicts", {**dated, **values, **shares, "evidence": _json(event.evidence)}
    elif event.kind == "split_opened":
        values = {name: getattr(event, name) for name in ("evaluation", "subject", "functions_digest", "n")}
        yield "openings", {**dated, **values}
    elif event.kind == "held_out_measured":
        values = {name: getattr(event, name) for name in ("p_value", "candidates")}
        values |= {"fixed": list(event.fixed), "broken": list(event.broken)}
        shares = {**_proportion("baseline", event.baseline), **_proportion("chosen", event.chosen)}
        yield "held_out", {**dated, **values, **shares}
    elif event.kind == "credit_measured":
        names = ("evaluation", "function", "function_digest", "used", "control", "p_value")
        values = {name: getattr(event, name) for name in names}
        low, high = event.interval or (None, None)
        values |= {"helped": list(event.helped), "hurt": list(event.hurt), "low": low, "high": high}
        shares = {**_proportion("with", event.with_function), **_proportion("without", event.without)}
        yield "credits", {**dated, **values, **shares}
    elif event.kind == "functions_dropped":
        values = {"names": list(event.reasons), "reasons": list(event.reasons.values())}
        yield "drops", {**dated, "evaluation": event.evaluation, **values}
    elif event.kind == "command_obeyed":
        yield "commands", {**dated, "command_id": event.command_id, "command": event.command, "given_by": event.by}
    elif event.kind == "run_finished":
        values = {"failed": False, "stop": event.stop, "reason": event.reason, "hint": "", "wall_s": event.wall_s}
        yield "run_ends", {**dated, **values}
    elif event.kind == "run_failed":
        values = {"failed": True, "stop": None, "reason": event.message, "hint": event.hint, "wall_s": None}
        yield "run_ends", {**dated, **values}


def _usage(usage: Usage) -> Values:
    return usage.model_dump()


def _proportion(name: str, result: Proportion | None) -> Values:
    return {f"{name}_{part}": getattr(result, part, None) for part in ("correct", "n", "faults")}


def _json(word: Word | None) -> str | None:
    return word.model_dump_json() if word else None


def _functions_in(update: Update | None) -> list[Function]:
    return [action.function for action in update.actions if action.op != "remove"] if update else []


def _functions(run_id: str, functions: Iterable[Function]) -> Iterator[TableRow]:
    for function in functions:
        text = json.dumps(function.model_dump(mode="json"), ensure_ascii=False, sort_keys=True)
        yield "functions", {"run_id": run_id, "digest": function.digest, "name": function.name, "function": text}


def _rollout(rollout: Rollout) -> Values:
    score = rollout.score
    return {
        "task_id": rollout.task_id,
        "ended": rollout.ended,
        "correct": score.correct if score else None,
        "answer": rollout.answer.text,
        "extracted": score.extracted if score else None,
        "method": score.method if score else None,
        "reason": score.reason if score else rollout.note,
        "turns": sum(message.role == "assistant" for message in rollout.messages),
        "calls": len(rollout.calls),
        "failed_calls": sum(not call.result.ok for call in rollout.calls),
        **_usage(rollout.usage),
        "seconds": rollout.seconds,
        "trace": rollout.model_dump_json(),
    }


def _tool_calls(here: Values, rollout: Rollout) -> Iterator[TableRow]:
    for number, call in enumerate(rollout.calls):
        error = call.result.error
        yield (
            "tool_calls",
            {
                **here,
                "number": number,
                "task_id": rollout.task_id,
                "tool": call.tool,
                "ok": call.result.ok,
                "error_type": error.type if error else None,
                "error_message": error.message if error else None,
                "ms": call.result.ms,
            },
        )
