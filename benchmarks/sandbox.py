"""What a sandboxed call costs beside a bare fork of the same interpreter. Prints ratios: times belong to a machine.

    python benchmarks/sandbox.py [--json]

`bare fork` forks and waits in an interpreter that imported what the zygote imports, and does nothing else.
"""

import argparse
import asyncio
import json
import statistics
import subprocess
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from agentopt_core.config import SandboxLimits
from agentopt_core.functions import Function
from agentopt_core.sandbox import ProcessSandbox

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
FULL = "import numpy, pandas, scipy, sympy\n"
MODULES = {"standard": (), "full": SandboxLimits().packages}
FRESH = "import numpy, numpy.random, pandas, scipy.stats, scipy.optimize, sympy"
TARGETS = {"standard": 6.0, "full": 2.5}


def function(name: str, code: str) -> Function:
    return Function(name=name, description="", parameters={"type": "object"}, code=code)


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


async def measure(kind: str, rounds: int = 8, times: int = 40, many: int = 400) -> dict[str, float]:
    sandbox = ProcessSandbox(SandboxLimits(workers=2))
    bare = BareFork(MODULES[kind])
    add = function("add", (FULL if kind == "full" else "") + ADD)
    try:
        bare.median_ms(times)
        for _ in range(20):
            await sandbox.call(add, {"a": 1, "b": 2})
        calls, forks = [], []
        for _ in range(rounds):  # alternating, so that whatever else the machine does falls on both
            forks.append(bare.median_ms(times))
            calls.append(statistics.median([(await sandbox.call(add, {"a": 1, "b": 2})).ms for _ in range(times)]))
        begin = time.perf_counter()
        await asyncio.gather(*(sandbox.call(add, {"a": number, "b": 2}) for number in range(many)))
        per_second = many / (time.perf_counter() - begin)
    finally:
        await sandbox.close()
        bare.close()
    bare_ms, call_ms = statistics.median(forks), statistics.median(calls)
    return {"bare_fork_ms": bare_ms, "call_ms": call_ms, "ratio": call_ms / bare_ms, "calls_per_s": per_second}


def fresh_interpreter_ms(code: str) -> float:
    begin = time.perf_counter()
    subprocess.run([sys.executable, "-c", code], check=True)
    return (time.perf_counter() - begin) * 1000


def main() -> None:
    parser = argparse.ArgumentParser(description="The cost of a sandboxed call, as ratios.")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    args = parser.parse_args()
    results = {}
    for kind, fresh in (("standard", "import json, re, random"), ("full", FRESH)):
        results[kind] = asyncio.run(measure(kind))
        fresh_ms = statistics.median(fresh_interpreter_ms(fresh) for _ in range(3))
        results[kind] |= {"target": TARGETS[kind], "fresh_interpreter_ratio": fresh_ms / results[kind]["call_ms"]}
    if args.json:
        print(json.dumps(results))
        return
    for kind, result in results.items():
        print(
            f"{kind:9} p50 call {result['call_ms']:.2f} ms = {result['ratio']:.2f} x bare fork "
            f"({result['bare_fork_ms']:.2f} ms; target <= {result['target']} x), "
            f"{result['fresh_interpreter_ratio']:.0f} x faster than a fresh interpreter, "
            f"{result['calls_per_s']:.0f} calls/s with 2 workers"
        )


if __name__ == "__main__":
    main()
