"""`dashboard`: one line when it answers, a sentence when the port is taken, nothing left behind at its end."""

from __future__ import annotations

import socket
import subprocess
import urllib.error
import urllib.request

import pytest

from tests.commands import ROOT, agentopt, command, environ


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def test_it_says_in_one_line_where_it_is_and_its_end_is_the_servers_end(tmp_path):
    port = free_port()
    process = subprocess.Popen(
        command("dashboard", "--port", port, "--home", tmp_path),
        cwd=ROOT,
        env=environ(),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        assert process.stdout.readline().startswith(f"AgentOpt is at http://127.0.0.1:{port} ")
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/_stcore/health", timeout=5) as health:
            assert health.status == 200
    finally:
        process.terminate()
        rest, _ = process.communicate(timeout=30)
    assert "Traceback" not in rest
    with pytest.raises(urllib.error.URLError):
        urllib.request.urlopen(f"http://127.0.0.1:{port}/_stcore/health", timeout=5)


def test_a_taken_port_is_said_with_another_to_choose(tmp_path):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        done = agentopt("dashboard", "--port", port, "--home", tmp_path)
    assert done.returncode == 2
    assert f"Port {port}" in done.stderr
    assert f"PORT={port + 1}" in done.stderr
