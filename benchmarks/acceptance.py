"""How often each acceptance rule keeps what is no better, and what is: a noisy model with known chances.

    python -m benchmarks.acceptance [--runs 500] [--figure docs/acceptance.svg]

The trainer, the gate and the rules are the real ones; only the model is simulated: each task has a chance of being
solved under each set, and each run of it is a coin with that chance.
500 runs of each line take about ten minutes on one core.
"""

from __future__ import annotations

import argparse
import asyncio
import html
import random
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from agentopt_core.actions import AddFunction, Update, Withdrawn
from agentopt_core.config import EvidenceConfig, TrainingConfig
from agentopt_core.functions import Function, FunctionSet
from agentopt_core.rollouts import Answer, Evaluation, Proportion, Rollout, Score
from agentopt_core.tasks import Split, Task
from agentopt_core.testing import ListSink
from agentopt_core.training.control import Control
from agentopt_core.training.evidence import EvidenceRule
from agentopt_core.training.recorded import Recorded
from agentopt_core.training.trainer import Trainer

Chances = Callable[[int, str], float]
"""(candidate, 0 for the baseline; task) -> the chance of solving the task."""
TRAIN, VALIDATION = 50, 100
STEPS = 10
"""Candidates a run tries, at most: more than nine withdrawn in a row end it."""


def base(task_id: str) -> float:
    """How likely the baseline solves a task: uneven, as real tasks are, 45 % on average."""
    return (0.05, 0.2, 0.4, 0.7, 0.9)[int(task_id[1:]) % 5]


def same(candidate: int, task_id: str) -> float:
    """No better by construction: exactly the baseline's chances."""
    return base(task_id)


def shuffled(candidate: int, task_id: str) -> float:
    """No better on average: half of the tasks 15 points up, the other half 15 down, others with each candidate."""
    chance = (0.2, 0.35, 0.5, 0.65, 0.8)[int(task_id[1:]) % 5]
    if candidate == 0:
        return chance
    return chance + (0.15 if (int(task_id[1:]) // 5 + candidate) % 2 else -0.15)


def traded(candidate: int, task_id: str) -> float:
    """No better on average, and unfair to the rule: a tenth of the tasks gain 90 points, half lose 18."""
    number = int(task_id[1:])
    if candidate == 0:
        return 0.05 if number % 10 == 0 else 0.6
    if number % 10 == 0:
        return 0.95
    return 0.42 if number % 2 else 0.6


def better_at(first: int) -> Chances:
    """As the baseline up to candidate `first`, which is 20 points better on every task, as all after it are."""

    def chances(candidate: int, task_id: str) -> float:
        start = (0.1, 0.2, 0.4, 0.6, 0.75)[int(task_id[1:]) % 5]
        return start + 0.2 * (candidate >= first)

    return chances


class NoisyModel:
    """Measures sets by drawing: the n-th added function makes candidate n."""

    def __init__(self, chances: Chances, seed: int) -> None:
        self._chances = chances
        self._random = random.Random(seed)
        self.rollouts = 0

    async def measure(
        self,
        index: int,
        step: int | None,
        functions: FunctionSet,
        tasks: tuple[Task, ...],
        split: Split,
        recorded: Mapping[str, Rollout],
        series: str = "",
    ) -> Evaluation:
        """Draw each task once."""
        candidate = max((int(name.removeprefix("f")) for name in functions.names), default=0)
        self.rollouts += len(tasks)
        rollouts = tuple(drawn(task.id, self._random.random() < self._chances(candidate, task.id)) for task in tasks)
        return Evaluation(index=index, functions=functions, split=split, rollouts=rollouts)


class Adds:
    """An optimizer that adds one function a step."""

    async def step(self, step: int, accepted: Evaluation, failure_record: tuple[Withdrawn, ...]) -> Update:
        """Function number `step`."""
        code = f"def f{step}():\n    return {step}\n"
        return Update(
            actions=(AddFunction(function=Function(name=f"f{step}", description="", parameters={}, code=code)),)
        )


@cache
def drawn(task_id: str, correct: bool) -> Rollout:
    """A scored rollout."""
    score = Score(correct=correct, method="simulated", extracted="", rule="tool", reason="")
    return Rollout(task_id=task_id, answer=Answer(text="", source="tool"), score=score)


def split_tasks(split: Split, n: int) -> tuple[Task, ...]:
    """Tasks that are nothing but an id."""
    return tuple(Task(id=f"{split[0]}{number}", question="?", answer="1", split=split) for number in range(n))


def trained(
    chances: Chances, seed: int, training: TrainingConfig, evidence: EvidenceConfig, validation: int = VALIDATION
) -> tuple[list[int], int]:
    """One run: the steps whose candidate counted as an improvement, and the rollouts it took."""
    model, sink = NoisyModel(chances, seed), ListSink()
    tasks = split_tasks("train", TRAIN)
    rule = None
    if training.acceptance == "evidence":
        rule = EvidenceRule(
            config=evidence,
            evaluator=model,
            tasks=tasks,
            validation=split_tasks("val", validation),
            recorded=Recorded(),
        )
    trainer = Trainer(
        evaluator=model,
        optimizer=Adds(),
        tasks=tasks,
        config=training,
        sink=sink,
        control=Control(list, sink),
        recorded=Recorded(),
        rule=rule,
    )
    asyncio.run(trainer.train())
    verdicts = [event for event in sink.events if event.kind == "verdict_reached"]
    return [event.step or 0 for event in verdicts if event.step and event.withdrawn_in_a_row == 0], model.rollouts


class Row(NamedTuple):
    """One line of the result: in how many of the runs it happened, and the rollouts of a run on average."""

    label: str
    hits: int
    runs: int
    rollouts: float

    @property
    def share(self) -> Proportion:
        """As a share with its interval."""
        return Proportion(correct=self.hits, n=self.runs)


def false_accepts(label: str, chances: Chances, runs: int, **rule: Any) -> Row:
    """Runs of `STEPS` candidates that are no better, in which at least one was accepted."""
    training = TrainingConfig(epochs=1, patience=STEPS - 1, **rule)
    done = [trained(chances, seed, training, EvidenceConfig()) for seed in range(runs)]
    return Row(label, sum(bool(kept) for kept, _ in done), runs, sum(made for _, made in done) / runs)


def false_accepts_after_a_gain(label: str, runs: int) -> Row:
    """The same where the first candidate is 20 points better and the others are no better than that one."""
    training = TrainingConfig(epochs=2, patience=STEPS - 1, acceptance="evidence")
    done = [trained(better_at(1), seed, training, EvidenceConfig()) for seed in range(runs)]
    return Row(label, sum(len(kept) > 1 for kept, _ in done), runs, sum(made for _, made in done) / runs)


def accepts(place: int, runs: int) -> Row:
    """Runs that accept the candidate in that place, the first that is better: 20 points, on every task."""
    training = TrainingConfig(epochs=1, patience=place - 1, acceptance="evidence")
    done = [trained(better_at(place), seed, training, EvidenceConfig()) for seed in range(runs)]
    return Row(f"better as candidate {place}", sum(place in kept for kept, _ in done), runs,
               sum(made for _, made in done) / runs)  # fmt: skip


def main() -> None:
    """Simulate, print the table, draw the figure."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--runs", type=int, default=500, help="simulated runs of each line (default: %(default)s)")
    parser.add_argument("--figure", type=Path, help="where the figure goes, as SVG")
    args = parser.parse_args()
    wrong: list[Row] = []
    for rule in ("strict", "accept_ties", "evidence"):
        wrong.append(_told(false_accepts(f"{rule}: the same chances", same, args.runs, acceptance=rule)))
    for label, chances in (("15 points up and down", shuffled), ("few gain much, many lose little", traded)):
        wrong.append(_told(false_accepts(f"evidence: {label}", chances, args.runs, acceptance="evidence")))
    wrong.append(_told(false_accepts_after_a_gain("evidence: after a true gain", args.runs)))
    right = [_told(accepts(place, args.runs)) for place in (1, 3, 5, 10)]
    if args.figure:
        args.figure.write_text(figure(wrong, right), encoding="utf-8")


def _told(row: Row) -> Row:
    low, high = row.share.interval or (0.0, 1.0)
    print(
        f"{row.label:<46} {row.hits:>4} of {row.runs}  {100 * row.hits / row.runs:5.1f} % "
        f"(95 %: {100 * low:.1f}-{100 * high:.1f})  {row.rollouts:7.0f} rollouts a run",
        flush=True,
    )
    return row


LINE, LEFT, WIDE = 26, 300, 420
"""Pixels of a line, before the bars, and of 100 %."""


def figure(wrong: list[Row], right: list[Row]) -> str:
    """Two groups of bars with their 95 % intervals: what was accepted wrongly, and rightly."""
    parts: list[str] = []
    y = _group(parts, 24, f"No candidate is better: runs of {STEPS} candidates that accept one all the same",
               wrong, EvidenceConfig().budget, "budget 5 %")  # fmt: skip
    y = _group(parts, y + 18, f"A candidate is 20 points better ({VALIDATION} validation tasks): it is accepted",
               right, 0.8, "80 %")  # fmt: skip
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {LEFT + WIDE + 90} {y}" role="img" '
        f'font-family="system-ui, sans-serif" font-size="13"><rect width="100%" height="100%" fill="#fff"/>'
        f"<title>False and true accepts of the acceptance rules</title>{''.join(parts)}</svg>\n"
    )


def _group(parts: list[str], y: int, title: str, rows: list[Row], mark: float, said: str) -> int:
    parts.append(f'<text x="12" y="{y}" font-weight="600">{html.escape(title)}</text>')
    top = y + 12
    for row in rows:
        y += LINE
        share = row.hits / row.runs
        low, high = row.share.interval or (0.0, 1.0)
        middle = y - 4
        end = max(high, mark) if share < mark else high  # the words stand clear of the mark
        parts.append(
            f'<text x="{LEFT - 10}" y="{y}" text-anchor="end">{html.escape(row.label)}</text>'
            f'<rect x="{LEFT}" y="{y - 13}" width="{WIDE * share:.1f}" height="17" fill="#4F72E3" opacity=".75"/>'
            f'<path d="M{LEFT + WIDE * low:.1f} {middle}H{LEFT + WIDE * high:.1f}" stroke="#222" stroke-width="1.6"/>'
            f'<text x="{LEFT + WIDE * end + 7:.1f}" y="{y}">{100 * share:.1f} %</text>'
        )
    x = LEFT + WIDE * mark
    parts.append(
        f'<path d="M{x:.1f} {top}V{y + 6}" stroke="#D9822B" stroke-width="1.6" stroke-dasharray="4 3"/>'
        f'<text x="{x:.1f}" y="{y + 20}" text-anchor="middle" fill="#A35C12">{said}</text>'
    )
    return y + 32


if __name__ == "__main__":
    main()
