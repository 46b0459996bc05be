"""How the dashboard is served: what the browser is told with the page, and how the answers travel."""

import urllib.request
from pathlib import Path

import pytest

from agentopt_core.cli.dashboard import server_command
from pages.components.server import PAGES
from scripts.served import serve, serving


def test_every_page_is_told_where_the_server_is_and_is_asked_for_anew_each_time(tmp_path):
    with serve(tmp_path) as url:
        assert {"", "train", "review"} <= PAGES
        for page in PAGES:
            with urllib.request.urlopen(f"{url}/{page}") as answer:
                assert answer.headers["Cache-Control"] == "no-cache"
                assert "BACKEND_BASE_URL: window.location.origin" in answer.read().decode()
        with urllib.request.urlopen(f"{url}/_stcore/health") as other:
            assert other.read() == b"ok"


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="reads the server's connections from /proc")
def test_an_answer_in_two_parts_does_not_wait_for_the_browser_to_acknowledge_the_first(tmp_path):
    def command(port: int) -> list[str]:
        return server_command(port, app="tests.servers.socket_options:app")

    with serving(tmp_path, command=command) as server, urllib.request.urlopen(server.url) as answer:
        assert answer.read() == b"yes"
