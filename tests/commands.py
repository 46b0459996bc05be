"""The command line as a user runs it: a process of its own, with an environment without keys."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]


def environ(extra: Mapping[str, str] | None = None) -> dict[str, str]:
    """This process's environment without any key or home of AgentOpt."""
    kept = {name: value for name, value in os.environ.items() if "API_KEY" not in name and name != "AGENTOPT_HOME"}
    return {**kept, **(extra or {})}


def command(*args: object) -> list[str]:
    """The argument list of one command."""
    return [sys.executable, "-m", "agentopt_core", *map(str, args)]


def agentopt(
    *args: object, env: Mapping[str, str] | None = None, timeout: float = 120
) -> subprocess.CompletedProcess[str]:
    """Run one command to its end."""
    return subprocess.run(
        command(*args), cwd=ROOT, env=environ(env), capture_output=True, text=True, timeout=timeout, check=False
    )


def result_of(done: subprocess.CompletedProcess[str]) -> Any:
    """The JSON object a command printed last."""
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.strip().splitlines()[-1])


def write_tasks(path: Path, rows: Iterable[Mapping[str, object]]) -> Path:
    """A JSONL task file."""
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path
