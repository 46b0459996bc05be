"""AgentOpt beside AutoGen 0.2's AgentOptimizer: same tasks, same endpoint of fixed latency, one after the other.

    python benchmarks/side_by_side.py --anchor ../shared/anchors/autogen_bench

The anchor folder holds the server (`mock_server.py`), the tasks (`tasks.py`) and AutoGen's driver (`run_autogen.py`).
AutoGen is installed once into build/autogen. Ratios matter, not seconds; both are measured per rollout, since AgentOpt
may end when nothing is left to gain while AutoGen always runs all epochs.
"""

from __future__ import annotations

import argparse
import json
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
import venv
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
AUTOGEN = "autogen-agentchat==0.2.40"
TASKS, EPOCHS, LATENCY_MS = 40, 3, 50


@contextmanager
def server(anchor: Path, n_funcs: int) -> Iterator[str]:
    """The anchor's endpoint on a free port; yields its address."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, str(anchor / "mock_server.py"), "--port", str(port), "--latency-ms", str(LATENCY_MS)]
    process = subprocess.Popen([*command, "--n-funcs", str(n_funcs)])
    url = f"http://127.0.0.1:{port}"
    try:
        while process.poll() is None:
            try:
                urllib.request.urlopen(f"{url}/stats", timeout=1).close()
                break
            except OSError:
                time.sleep(0.02)
        yield url
    finally:
        process.terminate()
        process.wait()


def autogen_python() -> Path:
    """The Python of an environment with AutoGen 0.2, made once."""
    folder = ROOT / "build" / "autogen"
    python = folder / "bin" / "python"
    if not (folder / "ready").exists():
        print(f"Installing {AUTOGEN} into {folder.relative_to(ROOT)} ...", file=sys.stderr)
        venv.create(folder, with_pip=True, clear=True)
        subprocess.run([python, "-m", "pip", "install", "--quiet", AUTOGEN], check=True)
        (folder / "ready").touch()
    return python


def run_autogen(anchor: Path, url: str) -> dict[str, float]:
    """AutoGen's driver, in a copy of the anchor since it writes beside itself."""
    with tempfile.TemporaryDirectory() as scratch:
        copy = Path(shutil.copytree(anchor, Path(scratch) / "anchor"))
        out = copy / "out.json"
        command = [autogen_python(), "run_autogen.py", "--base-url", url, "--tasks", TASKS, "--epochs", EPOCHS]
        subprocess.run([*map(str, command), "--out", str(out)], cwd=copy, check=True, stdout=subprocess.DEVNULL)
        report = json.loads(out.read_text())
    rollouts = TASKS * len(report["epochs"])
    return {"wall_s": report["wall_s"], "rollouts": rollouts, "best": max(e["acc"] for e in report["epochs"])}


def run_agentopt(anchor: Path, url: str, concurrency: int) -> dict[str, float]:
    """Our command line on the same tasks."""
    with tempfile.TemporaryDirectory() as scratch:
        subprocess.run([sys.executable, str(anchor / "tasks.py"), str(TASKS), "1"], cwd=scratch, check=True)
        command = [sys.executable, "-m", "agentopt_core", "train", "--tasks", f"{scratch}/tasks.jsonl", "--json"]
        command += ["--base-url", f"{url}/v1", "--model", "mock", "--epochs", str(EPOCHS), "--patience", "3"]
        command += ["--concurrency", str(concurrency), "--home", f"{scratch}/home"]
        done = subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    result = json.loads(done.stdout)
    rollouts = sum(row["n"] for row in result["epochs"])
    return {"wall_s": result["wall_s"], "rollouts": rollouts, "best": result["best"]}


def stats(url: str) -> dict[str, int]:
    """The server's own count of requests and of the most in flight."""
    with urllib.request.urlopen(f"{url}/stats", timeout=5) as answer:
        found: dict[str, int] = json.load(answer)
    return found


def main() -> int:
    """Run AutoGen and AgentOpt and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--anchor", type=Path, default=ROOT.parent / "shared" / "anchors" / "autogen_bench")
    anchor = parser.parse_args().anchor.resolve()
    if not (anchor / "mock_server.py").exists():
        print(f"side by side: skipped, {anchor} is not there (give --anchor DIR)")
        return 0
    with server(anchor, 1) as url:
        rows = [("AutoGen 0.2.40", run_autogen(anchor, url), stats(url)["max_inflight"])]
        for concurrency in (1, 8, 32):
            urllib.request.urlopen(urllib.request.Request(f"{url}/reset", data=b"", method="POST")).close()
            ours = run_agentopt(anchor, url, concurrency)
            rows.append((f"AgentOpt, concurrency {concurrency}", ours, stats(url)["max_inflight"]))
    theirs = rows[0][1]["wall_s"] / rows[0][1]["rollouts"]
    print(f"{TASKS} tasks, {EPOCHS} epochs, {LATENCY_MS} ms a reply")
    print(f"{'':26}{'wall s':>8}{'rollouts':>10}{'ms/rollout':>12}{'of AutoGen':>12}{'in flight':>11}{'best':>7}")
    for name, run, in_flight in rows:
        each = run["wall_s"] / run["rollouts"]
        print(
            f"{name:26}{run['wall_s']:8.2f}{run['rollouts']:10.0f}{1000 * each:12.1f}{each / theirs:12.2f}"
            f"{in_flight:11d}{100 * run['best']:6.0f} %"
        )
    return 0


if __name__ == "__main__":
    sys.exit(main())
