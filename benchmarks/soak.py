"""Hours of training in one go: many calls, some hostile, and what they leave behind. Nothing may grow.

    python benchmarks/soak.py [--calls N] [--seconds S] [--level L] [--json]

Ends with 1 when processes, descriptors, files or memory grew between the first tenth of the calls and the end.
"""

import argparse
import asyncio
import json
import os
import random
import sys
import tempfile
import time
from contextlib import suppress
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from agentopt_core.config import SandboxLimits
from agentopt_core.functions import Function
from agentopt_core.sandbox import ProcessSandbox, find_isolation
from benchmarks.sandbox import descendants, pss_kb

PEACEFUL = {
    "add": "def f(x): return x + 1",
    "text": "import re\ndef f(x): return re.sub('a', 'b', 'banana' * 50)",
    "table": "import statistics\ndef f(x): return statistics.median(range(1000))",
    "numpy": "import numpy\ndef f(x): return float(numpy.linalg.norm(numpy.arange(100.0)))",
    "sympy": "import sympy\ndef f(x): return str(sympy.expand((sympy.Symbol('x') + 1) ** 3))",
}
HOSTILE = {
    "endless loop": "def f(x):\n    while True: pass",
    "memory": "def f(x): return len([bytes(10**6) for _ in range(10**5)])",
    "output": "def f(x):\n    while True: print('x' * 10000)",
    "exit": "import os\ndef f(x): os._exit(1)",
    "crash": "import ctypes\ndef f(x): ctypes.string_at(0)",
    "garbage": "import os\ndef f(x):\n    os.write(3, b'\\xff' * 9000)\n    os._exit(0)",
    "descriptors": "import os\ndef f(x): return [os.open('/dev/null', os.O_RDONLY) for _ in range(10**6)]",
    "threads": "import time, threading as t\ndef f(x):\n    while 1: t.Thread(target=time.sleep, args=(9,)).start()",
    "files": "def f(x):\n    for n in range(10**6): open(str(n), 'w').close()",
    "disk": "def f(x):\n    with open('big', 'wb') as file:\n        while True: file.write(bytes(10**6))",
    "recursion": "def f(x): return f(x)",
    "processes": "import os\ndef f(x): return os.fork()",
    "kill": "import os, signal\ndef f(x): os.kill(os.getpid(), signal.SIGKILL)",
    "network": "import socket\ndef f(x): return str(socket.create_connection(('127.0.0.1', 9)))",
}
HOSTILE_SHARE = 0.05
IN_FLIGHT = 8
TOLERATED_MB = 64


def measured(calls: int, began: float) -> dict:
    """What there is now: of this process, and of everything below it."""
    below = descendants(os.getpid())
    return {
        "calls": calls,
        "seconds": round(time.monotonic() - began),
        "processes": len(below),
        "descriptors": len(os.listdir("/proc/self/fd")),
        "host_mb": round(pss_kb(os.getpid()) / 1024, 1),
        "sandbox_mb": round(sum(map(pss_kb, below)) / 1024, 1),
        "temp_entries": len(list(Path(tempfile.gettempdir()).iterdir())),
    }


async def soak(level: str, calls: int, seconds: float) -> tuple[list[dict], dict[str, int]]:
    box = ProcessSandbox(SandboxLimits(wall_s=1, cpu_s=1, memory_mb=256, scratch_mb=16, workers=2), level)
    draw = random.Random(0)
    began = time.monotonic()
    numbers = iter(range(calls))
    every = max(1, calls // 20)
    samples: list[dict] = []
    outcomes = {"peaceful": 0, "peaceful failed": 0, "hostile": 0}

    async def work() -> None:
        for number in numbers:
            if time.monotonic() - began > seconds:
                return
            if draw.random() < HOSTILE_SHARE:
                await box.call(_function(draw.choice(list(HOSTILE.values()))), {"x": number})
                outcomes["hostile"] += 1
            elif draw.random() < 0.02:
                notebook = box.notebook()
                await notebook.run(f"x = {number}")
                result = await notebook.run("x")
                await notebook.close()
                outcomes["peaceful" if result.value == number else "peaceful failed"] += 1
            else:
                result = await box.call(_function(draw.choice(list(PEACEFUL.values()))), {"x": number})
                outcomes["peaceful" if result.ok else "peaceful failed"] += 1
            if number % every == every - 1:
                samples.append(measured(number + 1, began))
                print(json.dumps(samples[-1]), file=sys.stderr, flush=True)

    try:
        await asyncio.gather(*(work() for _ in range(IN_FLIGHT)))
    finally:
        await box.close()
    samples.append({**measured(sum(outcomes.values()), began), "closed": True})
    return samples, outcomes


def _function(code: str) -> Function:
    return Function(name="f", description="", parameters={"type": "object"}, code=code)


def grown(samples: list[dict]) -> list[str]:
    """What is more at the end than after the first tenth, beyond what calls in flight explain."""
    early, late, closed = samples[min(1, len(samples) - 2)], samples[-2], samples[-1]
    found = [name for name in ("processes", "descriptors") if late[name] > early[name] + 2 * IN_FLIGHT]
    found += [name for name in ("host_mb", "sandbox_mb") if late[name] > early[name] + TOLERATED_MB]
    found += ["temp_entries"] if closed["temp_entries"] > early["temp_entries"] else []
    found += ["processes after the end"] if closed["processes"] else []
    return found


def main() -> int:
    parser = argparse.ArgumentParser(description="Many calls, some hostile: nothing may leak.")
    parser.add_argument("--calls", type=int, default=200_000)
    parser.add_argument("--seconds", type=float, default=3600)
    # Hostile code runs at levels that keep it from files; where there is none, there is nothing to soak.
    parser.add_argument("--level", choices=("namespaces", "landlock"), default=find_isolation().level)
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, suppress(KeyboardInterrupt):
        tempfile.tempdir = folder
        samples, outcomes = asyncio.run(soak(args.level, args.calls, args.seconds))
        leaks = grown(samples)
        if args.json:
            print(json.dumps({"level": args.level, "samples": samples, "outcomes": outcomes, "leaks": leaks}))
        else:
            first, last = samples[min(1, len(samples) - 2)], samples[-2]
            print(f"level {args.level}: {outcomes} in {last['seconds']} s")
            for name in ("processes", "descriptors", "host_mb", "sandbox_mb", "temp_entries"):
                print(f"  {name:13} {first[name]} after {first['calls']} calls, {last[name]} after {last['calls']}")
            print(f"  after close   {samples[-1]['processes']} processes, {samples[-1]['temp_entries']} files")
            print(f"leaks: {', '.join(leaks) or 'none'}")
        return 1 if leaks or outcomes["peaceful failed"] else 0
    return 1


if __name__ == "__main__":
    sys.exit(main())
