"""What a run will take: before it starts, and while it goes on. Bounds and ranges, not promises."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise
from statistics import median
from typing import NamedTuple

from agentopt_core.config import Endpoint, RunConfig
from agentopt_core.grading.judge import TRIES
from agentopt_core.optimizer.parts import MOST_PARTS
from agentopt_core.tokens import estimate_tokens
from agentopt_core.views import CurvePoint, Forecast, PastRun, RunSummary

RECENT = 5
"""Evaluations by whose time the rest of a run is reckoned."""
REPLIES = (1, 4)
"""Replies a rollout is taken to need where no earlier run shows it."""
REPLY_TOKENS = (60, 250)
"""Completion tokens of one reply, likewise."""
OUTPUT_TOKENS = 200
"""Prompt tokens that the output of a call adds, likewise."""
STEP_REPLY_TOKENS = 700
"""Completion tokens of one action of the optimizer, likewise."""
JUDGE_TOKENS = (150, 20)
"""Prompt tokens beside the question, and completion tokens, of one judgement."""


class Workload(NamedTuple):
    """The tasks of a run: how many of each split are run, how many of them a model judges, how long they are."""

    train: int
    judged: int = 0
    test: int = 0
    judged_test: int = 0
    val: int = 0
    judged_val: int = 0
    question_tokens: float = 100.0
    """Estimated tokens of a question, on average."""


class Amount(NamedTuple):
    """Prompt and completion tokens."""

    prompt: float = 0.0
    completion: float = 0.0

    def times(self, number: float) -> Amount:
        """So many of them."""
        return Amount(self.prompt * number, self.completion * number)


def forecast(config: RunConfig, work: Workload, past: Sequence[PastRun] = ()) -> Forecast:
    """What a run takes.

    Requests: at least the baseline with one reply per task; at most the worst case of Algorithm 2, 1 + E x (C + 1)
    evaluations, with every rollout at its turn cap, every optimizer step with all its retries, and all answers judged
    at the second try. Tokens, cost and time: from the soonest end by E or C to that worst case, with rollouts as they
    were in `past`, else as the length of the questions suggests. A search asks for several proposals a step, and
    screens them on samples of the training tasks. The test split is run once or twice: untrained, and with what was
    chosen. In batches an evaluation runs a batch, and all steps but the first measure the accepted set on theirs too;
    divided, a step asks the optimizer once for each part.
    """
    whole = work.train
    work = _of_a_step(config, work)
    in_batches = work.train < whole
    most, least = config.training.evaluations_limit, soonest(config)
    asked = config.search.proposals
    screened = (most - 1) * config.search.rollouts(work.train)  # at most: none where all proposals are alike

    def range_of(tasks: Workload, screened: int) -> tuple[int, int]:
        kept = config.training.epochs
        fewest = _rollouts(config, tasks, least, 0, in_batches)
        return fewest, _rollouts(config, tasks, most, kept, in_batches) + screened

    rollouts = range_of(work, screened)
    judged = work._replace(train=work.judged, test=work.judged_test, val=work.judged_val)
    judgements = range_of(judged, min(screened, (most - 1) * (asked + 1) * work.judged))
    turns = config.agent.turn_cap
    step_requests = asked * config.optimizer.max_actions * (1 + config.optimizer.retries) * _parts(config, work)
    requests_max = rollouts[1] * turns + (most - 1) * step_requests + judgements[1] * TRIES
    requests_max = min(requests_max, config.budget.requests or requests_max)
    roles = (
        (config.agent.endpoint, _scaled(_per_rollout(work, past), rollouts)),
        (config.optimizer.endpoint, _scaled(_per_step(config, work, past), ((least - 1) * asked, (most - 1) * asked))),
        (config.grader.judge, _scaled(_per_judgement(work), judgements)),
    )
    amounts = [(endpoint, range_) for endpoint, range_ in roles if endpoint is not None]
    tokens = (sum(sum(low) for _, (low, _) in amounts), sum(sum(high) for _, (_, high) in amounts))
    return Forecast(
        train_tasks=whole,
        step_tasks=work.train,
        val_tasks=work.val,
        test_tasks=work.test,
        evaluations_min=least,
        evaluations_max=most,
        rollouts_max=rollouts[1],
        requests_per_rollout=f"between 1 and {turns} (the turn cap)",
        requests_min=min(work.train + work.test, requests_max),
        requests_max=requests_max,
        tokens=_whole(_capped(tokens, config.budget.tokens)),
        usd=_capped(_cost(amounts), config.budget.usd),
        seconds=_seconds(config, rollouts, (least - 1, most - 1), past),
        past=tuple(past),
    )


def soonest(config: RunConfig) -> int:
    """Evaluations of the soonest end by a rule: every update kept (E), or every one withdrawn (C)."""
    training = config.training
    ends = [1 + training.epochs, training.evaluations_limit]
    if training.early_stop and training.roll_back:
        ends.append(2 + training.patience)
    return min(ends)


def time_left(run: RunSummary, curve: Sequence[CurvePoint], evaluations_limit: int) -> tuple[float, float] | None:
    """Seconds until a rule ends a run: soonest (every further update kept, or every one withdrawn) and at most.

    By the median time from one finished evaluation to the next, with the optimizer's work in it; None before there
    are two. A perfect score, a budget or a person may end it sooner; a pause or a review takes longer.
    """
    ends = [point.at for point in curve][-RECENT - 1 :]
    if len(ends) < 2:
        return None
    renewed = sum(point.renewed for point in curve)  # in batches a step measures two sets
    each = median(later - earlier for earlier, later in pairwise(ends)) * (2 if renewed else 1)
    room = max(0, evaluations_limit - (run.evaluations - renewed))
    to_keep, to_withdraw = run.max_epochs - run.epoch, run.patience + 1 - run.withdrawn_in_a_row
    least = min(max(0, to_keep), max(0, to_withdraw), room)
    most = min(max(0, to_keep * (run.patience + 1) - run.withdrawn_in_a_row), room)
    return each * least, each * max(least, most)


def _rollouts(config: RunConfig, work: Workload, evaluations: int, kept: int, in_batches: bool) -> int:
    """Rollouts of a run with so many evaluations, of which so many were kept."""
    training = config.training
    validated = {"off": 0, "kept": min(evaluations, 1 + kept), "all": evaluations}[training.validation]
    again = 0
    if training.acceptance == "evidence":
        validated = _judged(config, evaluations, kept)
        if kept:  # protected training tasks that seem to break are run again
            again = 2 * config.evidence.reruns * len(config.evidence.protected) * (evaluations - 1)
    looks = 2 if kept else 1
    measured = 2 * (evaluations - 1) if in_batches and evaluations > 1 else evaluations
    measured += training.null_edits + credit_passes(config, kept)
    return measured * work.train + validated * work.val + looks * work.test + again


def _of_a_step(config: RunConfig, work: Workload) -> Workload:
    """The workload with the training tasks of one evaluation: a batch, where the run trains in batches."""
    if config.optimizer.strategy != "batch" or config.optimizer.batch_size >= work.train:
        return work
    size = config.optimizer.batch_size
    return work._replace(train=size, judged=math.ceil(work.judged * size / work.train))


def _parts(config: RunConfig, work: Workload) -> int:
    """Requests of an action at the same time, when every training task fails."""
    if config.optimizer.strategy != "divide_and_merge":
        return 1
    return max(1, min(MOST_PARTS, math.ceil(work.train / config.optimizer.batch_size)))


def _judged(config: RunConfig, evaluations: int, kept: int) -> int:
    """Times the validation split is run by the evidence gate, at most where candidates were kept, and at least else.

    At most every candidate is judged against a look at the accepted set, each accepted set is looked at afresh, and
    every task flips and is run again under both sets. At least no candidate gets past the training tasks.
    """
    if not kept:
        return 0
    gate = config.evidence
    return gate.repeats * (evaluations + kept) + 2 * gate.reruns * (evaluations - 1)


def credit_passes(config: RunConfig, kept: int) -> int:
    """Passes over the training tasks that credit takes at most, with so many sets kept: each function masked on every
    task, and a control. In fact only the tasks that used a function are run again, mostly far fewer.
    """
    health = config.health
    if health.credit == "off" or not kept:
        return 0
    cap = health.max_functions or kept * config.optimizer.max_actions
    sizes = [min(cap, number * config.optimizer.max_actions) for number in range(1, kept + 1)]
    return sum(size + health.control for size in (sizes if health.credit == "kept" else sizes[-1:]))


def _per_rollout(work: Workload, past: Sequence[PastRun]) -> tuple[Amount, Amount]:
    if past:
        return _between([Amount(run.prompt_tokens, run.completion_tokens) for run in past])
    start = work.question_tokens + OUTPUT_TOKENS  # the system prompt and the descriptions of functions
    few, many = REPLIES
    grown = (REPLY_TOKENS[1] + OUTPUT_TOKENS) * many * (many - 1) / 2
    return (
        Amount(start * few, REPLY_TOKENS[0] * few),
        Amount(start * many + grown, REPLY_TOKENS[1] * many),
    )


def _per_step(config: RunConfig, work: Workload, past: Sequence[PastRun]) -> tuple[Amount, Amount]:
    if known := [run for run in past if run.steps]:
        return _between([Amount(run.step_prompt_tokens, run.step_completion_tokens) for run in known])
    read = [
        min(config.optimizer.prompt_tokens, work.train * sum(one)) for one in _per_rollout(work, ())
    ]  # the histories, as far as they fit
    most = config.optimizer.max_actions * _parts(config, work)
    return Amount(read[0], STEP_REPLY_TOKENS), Amount(read[1] * most, STEP_REPLY_TOKENS * most)


def _per_judgement(work: Workload) -> tuple[Amount, Amount]:
    one = Amount(work.question_tokens + JUDGE_TOKENS[0], JUDGE_TOKENS[1])
    return one, one.times(TRIES)


def _between(amounts: Sequence[Amount]) -> tuple[Amount, Amount]:
    ordered = sorted(amounts, key=sum)
    return ordered[0], ordered[-1]


def _scaled(each: tuple[Amount, Amount], numbers: tuple[int, int]) -> tuple[Amount, Amount]:
    return each[0].times(max(0, numbers[0])), each[1].times(max(0, numbers[1]))


def _cost(amounts: Sequence[tuple[Endpoint, tuple[Amount, Amount]]]) -> tuple[float, float] | None:
    """US dollars of all roles; None as soon as one price is unknown."""
    from agentopt_core.llm.prices import price_per_million  # brings openai along, which is slow to import

    total = [0.0, 0.0]
    for endpoint, range_ in amounts:
        price = (0.0, 0.0) if endpoint.is_demo else price_per_million(endpoint.model, endpoint.base_url)
        if price is None:
            return None
        for end, amount in enumerate(range_):
            total[end] += (amount.prompt * price[0] + amount.completion * price[1]) / 1e6
    return total[0], total[1]


def _seconds(
    config: RunConfig, rollouts: tuple[int, int], steps: tuple[int, int], past: Sequence[PastRun]
) -> tuple[float, float] | None:
    """Rollouts share the concurrency; steps come one after another."""
    if not past:
        return None
    each = sorted(run.seconds for run in past)
    step = sorted(run.step_seconds for run in past if run.steps) or [0.0]
    low = rollouts[0] * each[0] / config.concurrency + steps[0] * step[0]
    return low, rollouts[1] * each[-1] / config.concurrency + steps[1] * step[-1]


def _capped(range_: tuple[float, float] | None, cap: float | None) -> tuple[float, float] | None:
    if range_ is None or cap is None:
        return range_
    return min(range_[0], cap), min(range_[1], cap)


def _whole(range_: tuple[float, float] | None) -> tuple[int, int] | None:
    return None if range_ is None else (math.ceil(range_[0]), math.ceil(range_[1]))


def mean_tokens(questions: Sequence[str]) -> float:
    """Estimated tokens of a question, on average; 0 without any."""
    return sum(map(estimate_tokens, questions)) / len(questions) if questions else 0.0
