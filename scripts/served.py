"""A dashboard of its own for tests and screenshots: a free port, a given home, no key, ended afterwards."""

from __future__ import annotations

import contextlib
import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from agentopt_core.cli.dashboard import server_command
from agentopt_core.config import RunConfig
from agentopt_core.errors import AgentOptError
from agentopt_core.tasks import TaskSet
from agentopt_core.views import LIVE
from agentopt_core.workbench import Workbench

ROOT = Path(__file__).resolve().parents[1]
START_S = 90.0
"""Seconds the dashboard may take to answer."""


@contextlib.contextmanager
def serve(home: Path) -> Iterator[str]:
    """A dashboard on 127.0.0.1; gives its address. Its server and the trainers of its home are stopped at the end."""
    try:
        with serving(home) as dashboard:
            yield dashboard.url
    finally:
        stop_trainers(home)


@dataclass(frozen=True)
class Dashboard:
    """A running dashboard."""

    url: str
    process: subprocess.Popen[bytes]


@contextlib.contextmanager
def serving(home: Path, port: int = 0, command: Callable[[int], list[str]] = server_command) -> Iterator[Dashboard]:
    """The same with its process, on a port of one's choice; the trainers of its home are left alone at the end."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        probe.bind(("127.0.0.1", port))
        port = probe.getsockname()[1]
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("OPENAI_", "STREAMLIT_"))}
    log = home.parent / f"{home.name}.log"
    with log.open("ab") as output:
        process = subprocess.Popen(
            command(port),
            cwd=ROOT,
            env={**environment, "AGENTOPT_HOME": str(home)},
            stdout=output,
            stderr=output,
        )
    try:
        _wait_for(f"http://127.0.0.1:{port}/_stcore/health", process, log)
        yield Dashboard(f"http://127.0.0.1:{port}", process)
    finally:
        process.terminate()
        process.wait(30)


def train_to_the_end(home: Path, config: RunConfig, task_set: TaskSet) -> str:
    """A finished run in a home that no dashboard holds; returns its id."""
    bench = Workbench(home, live=False)
    folder = bench.create(config, task_set)
    bench.close()
    command = [sys.executable, "-m", "agentopt_core", "trainer", str(folder.path)]
    subprocess.run(command, cwd=ROOT, check=True, timeout=600)
    return folder.run_id


def _wait_for(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + START_S
    while time.monotonic() < deadline and process.poll() is None:
        with contextlib.suppress(OSError), urllib.request.urlopen(url, timeout=5) as reply:
            if reply.read() == b"ok":
                return
        time.sleep(0.1)
    raise RuntimeError(f"The dashboard did not start: {log.read_text(errors='replace')[-2000:]}")


def stop_trainers(home: Path) -> None:
    """Ask every study and trainer of a home to stop."""
    bench = Workbench(home, live=False)
    for study in bench.studies():
        with contextlib.suppress(AgentOptError):  # no process works on it
            bench.command_study(study.study_id, "stop", "served")
    for run in bench.runs():
        if run.status in LIVE:
            with contextlib.suppress(AgentOptError):  # it has ended since
                bench.command(run.run_id, "stop", "served")
    bench.close()
