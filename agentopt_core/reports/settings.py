"""The configurations of several runs, field by field and in training terms."""

from __future__ import annotations

from collections.abc import Sequence

from agentopt_core.config import RunConfig
from agentopt_core.saying import DASH
from agentopt_core.views import Setting
from agentopt_core.words import JsonObject, digest

_ENDPOINT = {
    "kind": "API",
    "model": "model",
    "base_url": "address",
    "api_key_env": "variable of the key",
    "timeout_s": "time of one attempt (s)",
    "temperature": "temperature",
    "max_tokens": "tokens per reply",
    "vision": "takes images",
    "demo_latency_ms": "demo latency (ms)",
}

LABELS = {
    "agent.kind": "Agent: kind",
    "agent.shell": "Agent: shell",
    **{f"agent.endpoint.{name}": f"Agent: {label}" for name, label in _ENDPOINT.items()},
    "agent.turn_cap": "Agent: replies per rollout",
    "agent.tool_output_tokens": "Agent: tokens of one tool output",
    "agent.failed_calls_limit": "Agent: failed calls of a function before it goes without",
    "agent.calls_per_rollout": "Agent: calls per rollout",
    **{f"optimizer.endpoint.{name}": f"Optimizer: {label}" for name, label in _ENDPOINT.items()},
    "optimizer.max_actions": "Optimizer: actions per step",
    "optimizer.retries": "Optimizer: retries of a refused proposal",
    "optimizer.prompt_tokens": "Optimizer: prompt budget (tokens)",
    "optimizer.tool_calling": "Optimizer: calls tools",
    "optimizer.progressive": "Optimizer: progressive update",
    "optimizer.strategy": "Optimizer: what a step works from",
    "optimizer.batch_size": "Optimizer: tasks of a batch, or failures of a part",
    "training.epochs": "Accepted epochs, at most (E)",
    "training.patience": "Patience (C)",
    "training.acceptance": "Acceptance rule",
    "training.roll_back": "Roll-back",
    "training.early_stop": "Early stop",
    "training.max_evaluations": "Evaluations, at most",
    "training.open_test": "Opens the test split at the end",
    "training.validation": "Validation",
    "training.null_edits": "Null edits",
    "training.stop_at_perfect": "Stops when all is solved",
    "evidence.budget": "Evidence: false-accept budget of the run",
    "evidence.reruns": "Evidence: reruns of flipped tasks (r)",
    "evidence.repeats": "Evidence: runs of each task (k)",
    "evidence.least_tasks": "Evidence: least scored tasks",
    "evidence.protected": "Evidence: protected tasks",
    "evidence.provisional": "Evidence: goes on from likely gains",
    "evidence.provisional_p": "Evidence: p of a likely gain",
    "search.proposals": "Search: proposals a step",
    "search.first_sample": "Search: tasks of the first round",
    "search.growth": "Search: growth of the sample",
    "search.merge": "Search: merges the two best",
    "health.max_functions": "Health: functions, at most",
    "health.credit": "Health: credit is measured",
    "health.control": "Health: credit beside a fresh run",
    "health.min_users": "Health: least tasks for a credit",
    "health.removal": "Health: removals",
    "health.unused_after": "Health: evaluations without a call",
    "health.drop_unsuccessful": "Health: drops what never succeeded before the test",
    "approval.mode": "Approval",
    "approval.when": "Approval: before or after the evaluation",
    "approval.timeout_s": "Approval: time limit (s)",
    "approval.on_timeout": "Approval: decided when time is up",
    "approval.long_code_lines": "Approval: long code (lines)",
    "approval.relied_on_share": "Approval: share of tasks that relies on a function",
    "approval.weak_p": "Approval: weak evidence (p)",
    "budget.usd": "Budget (USD)",
    "budget.tokens": "Budget (tokens)",
    "budget.requests": "Budget (requests)",
    "sandbox.wall_s": "Call: wall clock (s)",
    "sandbox.cpu_s": "Call: CPU (s)",
    "sandbox.memory_mb": "Call: memory (MiB)",
    "sandbox.output_kb": "Call: output (KiB)",
    "sandbox.result_kb": "Call: result (KiB)",
    "sandbox.file_mb": "Call: size of a file (MiB)",
    "sandbox.scratch_mb": "Call: scratch folder (MiB)",
    "sandbox.scratch_without_quota": "Call: scratch folder without quota",
    "sandbox.minimum": "Weakest isolation",
    "sandbox.workers": "Calls at the same time",
    "sandbox.packages": "Packages a function may import",
    "grader.kind": "Grader",
    "grader.code": "Grader: code",
    "grader.judge": "Grader: judge",
    **{f"grader.judge.{name}": f"Judge: {label}" for name, label in _ENDPOINT.items()},
    "concurrency": "Rollouts in flight",
    "seed": "Seed",
}
"""A field that is not named here stands by its path."""

_LONG = 120


def settings(configs: Sequence[RunConfig]) -> list[Setting]:
    """Every field of the configurations but the name, with its value in each; prompts by their digest."""
    flat = [dict(_flat(config)) for config in configs]
    fields = list(dict.fromkeys(field for one in flat for field in one))
    return [
        Setting(
            field=field,
            label=LABELS.get(field) or field.replace("prompts.texts.", "Prompt: "),
            values=tuple(one.get(field, DASH) for one in flat),
        )
        for field in fields
    ]


def _flat(config: RunConfig) -> list[tuple[str, str]]:
    data: JsonObject = config.model_dump(mode="json", exclude={"name"})
    found: list[tuple[str, str]] = []

    def walk(path: str, value: object) -> None:
        if isinstance(value, dict):
            for name, inner in value.items():
                walk(f"{path}.{name}" if path else name, inner)
        else:
            found.append((path, _words(path, value)))

    walk("", data)
    return found


def _words(path: str, value: object) -> str:
    if value is None:
        return "not set"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return ", ".join(map(str, value)) or "none"
    text = str(value)
    if path.startswith("prompts.") or path == "grader.code" or len(text) > _LONG:
        return f"{len(text)} characters, digest {digest(text)}" if text else "empty"
    return text or "empty"
