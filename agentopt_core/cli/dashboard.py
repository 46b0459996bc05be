"""`dashboard`: start the Streamlit dashboard and say where it is."""

from __future__ import annotations

import argparse
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

from agentopt_core.cli.common import Subparsers, add_command, add_home
from agentopt_core.errors import SetupError

ROOT = Path(__file__).resolve().parents[2]
APP = "pages.components.server:app"
START_S = 60.0
"""Seconds the dashboard may take to answer."""


def register(subparsers: Subparsers) -> None:
    """Add `dashboard`."""
    parser = add_command(subparsers, "dashboard", run, "start the dashboard on this machine", "dashboard --port 8501")
    parser.add_argument("--port", type=int, default=8501, help="port on 127.0.0.1 (default: 8501)")
    add_home(parser)


def server_command(port: int, app: str = APP) -> list[str]:
    """What serves the dashboard on 127.0.0.1, from the project's folder.

    uvicorn itself, not `streamlit run`: that one binds the socket so that asyncio does not see it is TCP, and leaves
    Nagle's algorithm on. Each answer in two parts then waits 40 ms for the browser to acknowledge the first part, and a
    first page is a hundred and fifty answers.
    """
    return [
        *(sys.executable, "-m", "uvicorn", app, "--host", "127.0.0.1", "--port", str(port)),
        *("--no-access-log", "--log-level", "warning", "--ws-per-message-deflate", "false"),
        *("--timeout-graceful-shutdown", "3"),  # open pages keep their connection
    ]


def run(args: argparse.Namespace) -> int:
    """Start the server, say one line when it answers, and stay until it ends."""
    if _taken(args.port):
        raise SetupError(
            f"Port {args.port} on 127.0.0.1 is in use; perhaps the dashboard runs already: http://127.0.0.1:{args.port}.",
            f"Open it, end it, or choose another port: make run PORT={args.port + 1}",
        )
    environ = dict(os.environ)
    if args.home:
        environ["AGENTOPT_HOME"] = str(args.home.resolve())
    server = subprocess.Popen(server_command(args.port), cwd=ROOT, env=environ)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))  # through `finally`: the server must not outlive this command
    try:
        if _answers(args.port, server):
            print(f"AgentOpt is at http://127.0.0.1:{args.port} (Ctrl+C ends it; runs go on)", flush=True)
        return server.wait()
    except KeyboardInterrupt:
        # Ctrl+C in a terminal reached the server too; it closes the history before it ends.
        server.wait()
        return 0
    finally:
        if server.poll() is None:
            server.terminate()
            server.wait()


def _taken(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def _answers(port: int, server: subprocess.Popen[bytes]) -> bool:
    deadline = time.monotonic() + START_S
    while time.monotonic() < deadline and server.poll() is None:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/_stcore/health", timeout=1):
                return True
        except (urllib.error.URLError, OSError):
            time.sleep(0.05)
    return False
