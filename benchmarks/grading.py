"""What a verdict costs: the simple graders on one core, and algebra beside the library called directly.

    python benchmarks/grading.py [--json] [--rounds N]

Verdicts by simple graders are whole: the answer is found, compared, and the reason written. No pair of a round equals
another, so that nothing can be remembered. For algebra the same pairs go to `math_verify` in the same kind of pool and
to the grader, in turns; both keep as many comparisons under way.
"""

import argparse
import asyncio
import json
import multiprocessing
import statistics
import sys
import time
from collections import deque
from pathlib import Path

from pebble import ProcessPool

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from agentopt_core.cli.grade import pair_of
from agentopt_core.grading import MathPool, StandardGrader
from agentopt_core.grading.math import settled
from agentopt_core.rollouts import Answer
from agentopt_core.tasks import Task

PAIRS = Path(__file__).resolve().parents[1] / "tests" / "grading" / "pairs.jsonl"
PER_SECOND = 20_000
OF_DIRECT = 1.5
VERDICTS = 20_000
WORKERS = 2
IN_FLIGHT = 64
PEOPLE = ("Ann", "Ben", "Carla", "Dev")


def task(kind: str, gold: str, **fields: object) -> Task:
    return Task(id="t", question="", answer=gold, answer_type=kind, **fields)


def simple_cases(kind: str, number: int) -> tuple[Task, Answer]:
    """The pair of that number; every third one is wrong."""
    off = number + (number % 3 == 0)
    name, other = PEOPLE[number % 4], PEOPLE[off % 4]
    match kind:
        case "numeric":
            return task(kind, f"{number}.5"), Answer(text=f"${off:,}.50", source="tool")
        case "choice":
            choices = tuple(f"{person} {number}" for person in PEOPLE)
            return task(kind, f"{name} {number}", choices=choices), Answer(text=f"{other} {number}", source="tool")
        case "tabmwp":
            return task(kind, f"{number:,}"), Answer(text=f"{off} hats", source="tool")
        case "gaia":
            return task(kind, f"{name}, {number}"), Answer(text=f"{other},{number}", source="tool")
        case "regex":
            return task(kind, f"{name} [0-9]+"), Answer(text=f"{other} {number}", source="tool")
        case "message":
            reply = f"Step 1: I add {number} and 1.\nSo it costs {number}.\n\nAnswer: **${off}**"
            return task("numeric", str(number)), Answer(text=reply, source="message")
        case _:
            return task(kind, f"{name} {number}"), Answer(text=f"{other} {number}", source="tool")


def verdicts_per_second(kind: str, round_: int) -> float:
    cases = [simple_cases(kind, number + round_ * VERDICTS) for number in range(VERDICTS)]
    grader = StandardGrader()
    begin = time.process_time()
    for case in cases:
        grader.judge(*case)
    return VERDICTS / (time.process_time() - begin)


def start_direct() -> None:
    import logging

    logging.disable(logging.WARNING)
    direct("1", "1")


def direct(gold: str, answer: str) -> bool:
    from math_verify import LatexExtractionConfig, parse, verify

    ours, theirs = (
        parse(rf"\boxed{{{text}}}", [LatexExtractionConfig()], parsing_timeout=None) for text in (gold, answer)
    )
    return bool(verify(ours, theirs, timeout_seconds=None))


def direct_seconds(pool: ProcessPool, pairs: list[tuple[Task, Answer]]) -> float:
    begin = time.perf_counter()
    waiting: deque = deque()
    for one, answer in pairs:
        if len(waiting) == IN_FLIGHT:
            waiting.popleft().exception()
        waiting.append(pool.schedule(direct, args=(one.answer, answer.text), timeout=2.0))
    for future in waiting:
        future.exception()
    return time.perf_counter() - begin


async def our_seconds(grader: StandardGrader, pairs: list[tuple[Task, Answer]]) -> float:
    room = asyncio.Semaphore(IN_FLIGHT)

    async def one(pair: tuple[Task, Answer]) -> None:
        async with room:
            await grader.grade(*pair)

    begin = time.perf_counter()
    await asyncio.gather(*map(one, pairs))
    return time.perf_counter() - begin


def math_pairs() -> dict[str, list[tuple[Task, Answer]]]:
    """All mathematical pairs of the tests that a direct call survives, and those that rules do not settle."""
    lines = [line for line in PAIRS.read_bytes().split(b"\n") if b'"math"' in line]
    pairs = [(pair.task, pair.answer) for pair in map(pair_of, lines)]
    pairs = [(one, answer) for one, answer in pairs if answer.text]
    return {
        "all pairs": pairs,
        "pairs that need algebra": [
            (one, answer) for one, answer in pairs if settled(one.answer or "", answer.text) is None
        ],
    }


def algebra(rounds: int) -> dict[str, dict[str, float]]:
    found = {}
    with MathPool(WORKERS) as ours, ProcessPool(
        WORKERS, context=multiprocessing.get_context("spawn"), initializer=start_direct
    ) as theirs:  # fmt: skip
        grader = StandardGrader("math", ours)
        for name, pairs in math_pairs().items():
            asyncio.run(our_seconds(grader, pairs))
            direct_seconds(theirs, pairs)
            took = [(asyncio.run(our_seconds(grader, pairs)), direct_seconds(theirs, pairs)) for _ in range(rounds)]
            mine, direct_s = (statistics.median(column) for column in zip(*took, strict=True))
            found[name] = {
                "pairs": len(pairs),
                "pairs_per_s": len(pairs) / mine,
                "direct_per_s": len(pairs) / direct_s,
                "times_direct": statistics.median(one / other for one, other in took),
            }
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description="The cost of a verdict.")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--rounds", type=int, default=5)
    args = parser.parse_args()
    kinds = ("exact", "text", "numeric", "choice", "tabmwp", "gaia", "regex", "message")
    simple = {kind: max(verdicts_per_second(kind, round_) for round_ in range(args.rounds)) for kind in kinds}
    math = algebra(args.rounds)
    if args.json:
        print(json.dumps({"verdicts_per_s": simple, "algebra": math}))
        return
    print("grader    verdicts/s on one core (best round; answer found, compared, reason written)")
    for kind, per_second in simple.items():
        print(f"{kind:9} {per_second:8,.0f} {_mark(per_second >= PER_SECOND)}")
    print(f"target: >= {PER_SECOND:,}\n\nalgebra, {WORKERS} processes          pairs  pairs/s  direct/s  x direct")
    for name, one in math.items():
        mark = _mark(one["times_direct"] <= OF_DIRECT)
        print(f"{name:28} {one['pairs']:5}  {one['pairs_per_s']:7.0f}  {one['direct_per_s']:8.0f}  "
              f"{one['times_direct']:8.2f} {mark}")  # fmt: skip
    print(f"target: <= {OF_DIRECT} x the time of math_verify called directly in such a pool")


def _mark(holds: bool) -> str:
    return "+" if holds else "!"


if __name__ == "__main__":
    main()
