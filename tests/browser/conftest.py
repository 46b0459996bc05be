"""A real server with a home of its own, and a real Chromium in front of it."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, Request, expect, sync_playwright

from agentopt_core.config import RunConfig, TrainingConfig
from agentopt_core.tasks import Task, TaskSet
from agentopt_core.workbench import Workbench
from scripts.find_chromium import find_chromium, launch_flags
from scripts.served import serve, serving, train_to_the_end

PROBES = ("/_stcore/health", "/_stcore/host-config")
"""On a deep link `streamlit run` has its frontend look below the page first; the browser reports these as not found."""
WAIT_MS = 60_000
expect.set_options(timeout=WAIT_MS)


HOSTILE = '<img src=x onerror="document.title=1"> **bold** $x^2$ :red[r] :material/home: [l](http://example.test)'


@dataclass(frozen=True)
class Server:
    """A running dashboard; `run_id` is a finished run in its home, `hostile_id` one whose every name is hostile."""

    url: str
    run_id: str = ""
    hostile_id: str = ""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.browser)


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    path = find_chromium()
    if path is None:
        pytest.skip("no Chromium on this machine: scripts/find_chromium.py says how to get one")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=launch_flags())
        yield browser
        browser.close()


@pytest.fixture(scope="package")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    home = tmp_path_factory.mktemp("served") / "home"
    bench = Workbench(home, live=False)
    sample = bench.task_set("files-and-everyday")
    question = HOSTILE + "\u202e" + "A" * 5_000
    tasks = tuple(Task(id=id, question=question, answer=HOSTILE) for id in (HOSTILE, "t", "u"))
    hostile = TaskSet(id="hostile", name=HOSTILE, description=HOSTILE, tasks=tasks)
    bench.close()
    short = RunConfig(name=HOSTILE, training=TrainingConfig(epochs=1, patience=0))
    run_id, hostile_id = (
        train_to_the_end(home, RunConfig(name="Seeded run"), sample),
        train_to_the_end(home, short, hostile),
    )
    with serve(home) as url:
        yield Server(url, run_id, hostile_id)


@pytest.fixture
def fresh_server(tmp_path: Path) -> Iterator[Server]:
    """A server nobody has asked anything yet, with an empty home."""
    with serve(tmp_path / "home") as url:
        yield Server(url)


@pytest.fixture
def bare_server(tmp_path: Path) -> Iterator[Server]:
    """The same by Streamlit's own command, which knows app.py alone."""

    def command(port: int) -> list[str]:
        return [sys.executable, "-m", "streamlit", "run", "app.py", "--server.port", str(port)]

    with serving(tmp_path / "home", command=command) as dashboard:
        yield Server(dashboard.url)


Tab = Callable[..., Page]


@pytest.fixture
def tab(browser: Browser) -> Iterator[Tab]:
    """Opens tabs, and fails the test if one of them had an error or talked to another machine."""
    faults: list[str] = []

    def heard(message: ConsoleMessage) -> None:
        probe = message.location.get("url", "").endswith(PROBES)
        if message.type == "error" and not probe:
            faults.append(f"console: {message.text}")

    def asked(request: Request) -> None:
        if not request.url.startswith(("http://127.0.0.1:", "ws://127.0.0.1:", "data:", "blob:")):
            faults.append(f"request left the machine: {request.url}")

    context = browser.new_context(viewport={"width": 1440, "height": 900}, accept_downloads=True)
    context.set_default_timeout(WAIT_MS)
    context.on("request", asked)
    context.on("console", heard)
    context.on("weberror", lambda error: faults.append(f"page: {error.error}"))

    def open_tab(url: str, **emulated: str) -> Page:
        page = context.new_page()
        if emulated:
            page.emulate_media(**emulated)
        page.goto(url)
        settled(page)
        return page

    yield open_tab
    context.close()
    assert not faults


def settled(page: Page) -> None:
    """Waits until the page was drawn and no script run is under way."""
    page.wait_for_selector("[data-testid=stApp][data-test-script-state=notRunning] h1")
