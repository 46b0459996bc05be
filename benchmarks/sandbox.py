"""What a sandboxed call costs at each level, beside a bare fork of the same interpreter. Prints ratios of one run.

    python benchmarks/sandbox.py [--json] [--rounds N]

`bare fork` forks and waits in an interpreter that imported what the zygote imports, and does nothing else. Levels are
measured in turns, so that whatever else the machine does falls on all of them.
"""

import argparse
import asyncio
import json
import os
import statistics
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from agentopt_core.config import SandboxLimits
from agentopt_core.functions import Function
from agentopt_core.rollouts import LEVELS
from agentopt_core.sandbox import ProcessSandbox
from agentopt_core.sandbox.levels import obstacle

ROOT = Path(__file__).resolve().parents[1]
BARE_FORK = """
import gc, os, statistics, sys, time
sys.path.insert(0, sys.argv[1])
from agentopt_core.sandbox.zygote.warm import warm
warm(sys.argv[2:])
gc.collect()
gc.freeze()
gc.disable()
for line in sys.stdin:
    took = []
    for _ in range(int(line)):
        begin = time.perf_counter()
        pid = os.fork()
        if pid == 0:
            os._exit(0)
        os.waitpid(pid, 0)
        took.append(time.perf_counter() - begin)
    print(statistics.median(took) * 1000, flush=True)
"""
ADD = "def add(a, b):\n    return a + b\n"
CODE = {"standard": ADD, "full": f"import numpy, pandas, scipy, sympy\n{ADD}"}
MODULES = {"standard": (), "full": SandboxLimits().packages}
FRESH = {"standard": "pass", "full": "import numpy, numpy.random, pandas, scipy.stats, scipy.optimize, sympy"}
OF_BARE_FORK = {"standard": 6.0, "full": 2.5}
OF_FRESH = 30.0
OF_LIMITS = 1.7
LAG_MS = 5.0
TIMES = 25
MANY = 300
TASKS = 200


def function(kind: str) -> Function:
    return Function(name="add", description="", parameters={"type": "object"}, code=CODE[kind])


class BareFork:
    """A process that forks and waits when asked."""

    def __init__(self, modules: tuple[str, ...]) -> None:
        command = [sys.executable, "-s", "-P", "-c", BARE_FORK, str(ROOT), *modules]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def median_ms(self, times: int) -> float:
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.write(f"{times}\n")
        self._process.stdin.flush()
        return float(self._process.stdout.readline())

    def close(self) -> None:
        self._process.communicate()


async def measure(kind: str, levels: list[str], rounds: int) -> dict[str, object]:
    add = function(kind)
    boxes = {level: ProcessSandbox(SandboxLimits(workers=2), level) for level in levels}
    bare = BareFork(MODULES[kind])
    calls: dict[str, list[float]] = {level: [] for level in levels}
    forks: list[float] = []
    result: dict[str, object] = {}
    try:
        bare.median_ms(TIMES)
        for box in boxes.values():
            await asyncio.gather(*(box.call(add, {"a": 1, "b": 2}) for _ in range(20)))
        for _ in range(rounds):
            forks.append(bare.median_ms(TIMES))
            for level, box in boxes.items():
                took = [(await box.call(add, {"a": 1, "b": 2})).ms for _ in range(TIMES)]
                calls[level].append(statistics.median(took))
        for level, box in boxes.items():
            begin = time.perf_counter()
            await asyncio.gather(*(box.call(add, {"a": number, "b": 2}) for number in range(MANY)))
            result[level] = {
                "call_ms": statistics.median(calls[level]),
                "calls_per_s": MANY / (time.perf_counter() - begin),
                "lag_ms": await loop_lag_ms(box, add),
            }
    finally:
        for box in boxes.values():
            await box.close()
        bare.close()
    return {"bare_fork_ms": statistics.median(forks), "levels": result}


async def loop_lag_ms(box: ProcessSandbox, add: Function) -> float:
    """Median delay of the event loop's next turn while many tasks call functions."""
    calls = [asyncio.create_task(box.call(add, {"a": number, "b": 2})) for number in range(TASKS)]
    lags = []
    while not all(call.done() for call in calls):
        begin = time.perf_counter()
        await asyncio.sleep(0.001)
        lags.append((time.perf_counter() - begin) * 1000 - 1)
    return statistics.median(lags)


def memory_mb(kind: str, level: str) -> float:
    """Proportional memory of a zygote with two workers, once each has run a call."""

    async def run() -> float:
        box = ProcessSandbox(SandboxLimits(workers=2), level)
        try:
            await asyncio.gather(*(box.call(function(kind), {"a": 1, "b": 2}) for _ in range(20)))
            return sum(map(pss_kb, descendants(os.getpid()))) / 1024
        finally:
            await box.close()

    return asyncio.run(run())


def pss_kb(pid: int) -> int:
    with suppress(OSError), open(f"/proc/{pid}/smaps_rollup") as file:
        return next(int(line.split()[1]) for line in file if line.startswith("Pss:"))
    return 0


def descendants(root: int) -> list[int]:
    parents = {}
    for name in filter(str.isdigit, os.listdir("/proc")):
        with suppress(OSError), open(f"/proc/{name}/stat") as file:
            parents[int(name)] = int(file.read().rpartition(")")[2].split()[1])
    found, waiting = [], [root]
    while waiting:
        waiting = [pid for pid, parent in parents.items() if parent in waiting]
        found += waiting
    return found


def fresh_interpreter_ms(code: str) -> float:
    begin = time.perf_counter()
    subprocess.run([sys.executable, "-c", code], check=True)
    return (time.perf_counter() - begin) * 1000


def main() -> None:
    parser = argparse.ArgumentParser(description="The cost of a sandboxed call, as ratios.")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--rounds", type=int, default=8)
    args = parser.parse_args()
    levels = [level for level in LEVELS if obstacle(level) is None]
    results = {}
    for kind in ("standard", "full"):
        results[kind] = asyncio.run(measure(kind, levels, args.rounds))
        results[kind]["fresh_interpreter_ms"] = statistics.median(fresh_interpreter_ms("pass") for _ in range(5))
        results[kind]["fresh_imports_ms"] = statistics.median(fresh_interpreter_ms(FRESH[kind]) for _ in range(3))
        results[kind]["memory_mb"] = {level: memory_mb(kind, level) for level in (levels[0], "limits")}
    if args.json:
        print(json.dumps(results))
        return
    for kind, result in results.items():
        show(kind, result)


def show(kind: str, result: dict) -> None:
    bare, fresh = result["bare_fork_ms"], result["fresh_imports_ms"]
    limits = result["levels"]["limits"]["call_ms"]
    memory = ", ".join(f"{level} {mb:.0f} MiB" for level, mb in result["memory_mb"].items())
    print(f"\n{kind} jail: bare fork {bare:.2f} ms, fresh interpreter {result['fresh_interpreter_ms']:.1f} ms, "
          f"with the same imports {fresh:.0f} ms; memory with 2 workers: {memory}")  # fmt: skip
    print("level       p50 ms  x bare fork  x limits  x faster than fresh  calls/s  loop lag p50 ms")
    for level, found in result["levels"].items():
        call = found["call_ms"]
        marks = [
            _mark(call / bare <= OF_BARE_FORK[kind]),
            _mark(call / limits <= OF_LIMITS),
            _mark(kind != "full" or fresh / call >= OF_FRESH),
            _mark(found["lag_ms"] < LAG_MS),
        ]
        columns = [f"{level:11} {call:6.2f}", f"{call / bare:9.2f} {marks[0]}", f"{call / limits:6.2f} {marks[1]}"]
        columns += [f"{fresh / call:17.0f} {marks[2]}", f"{found['calls_per_s']:7.0f}"]
        print("  ".join([*columns, f"{found['lag_ms']:14.2f} {marks[3]}"]))
    faster = f", >= {OF_FRESH:g} x faster than fresh imports" if kind == "full" else ""
    print(
        f"targets: <= {OF_BARE_FORK[kind]:g} x bare fork{faster}, "
        f"namespaces <= {OF_LIMITS} x limits, lag < {LAG_MS:g} ms"
    )


def _mark(holds: bool) -> str:
    return "+" if holds else "!"


if __name__ == "__main__":
    main()
