"""How fast the dashboard is with a long history: python benchmarks/ui.py [--rollouts 200000 1000000] [--pages train]

A real server over a seeded home (benchmarks/seeded.py), a real Chromium in front of it. For every page:

cold    a server nobody has asked anything, a browser without a cache: from the address to the page with its content
warm    the same page again, on the same server and in the same browser
click   from the pointer going down to the end of the last script run it caused, its elements in the page
nodes   elements in the page once it is drawn
event   from an event in the journal of a run under way to its number on the screen

Each figure is the best of `--times`, since this measures the program and not what else the machine does. In turns the
same page is opened with an empty home, and each figure also given as a multiple of that: seconds depend on the machine
and on what else it does, multiples much less.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from playwright.sync_api import Browser, BrowserContext, Locator, Page, sync_playwright
from playwright.sync_api import Error as BrowserError

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from agentopt_core.events import RolloutFinished, to_line
from agentopt_core.functions import FunctionSet
from agentopt_core.history.run_folder import RunFolder
from benchmarks.seeded import LIVE, Seeded, rollout_of, seed
from scripts.find_chromium import find_chromium, launch_flags
from scripts.served import serve

WAIT_MS = 60_000
QUIET_MS = 300
"""A click's script has ended for good when no other began for so long."""
EVENTS = 5
"""Events whose way to the screen is measured."""


@dataclass(frozen=True)
class Click:
    """Something on a page to click, found as a person finds it."""

    what: str
    where: Callable[[Page], Locator]


@dataclass(frozen=True)
class Case:
    """A page, its address in a seeded home, and what stands on it once it is drawn there."""

    name: str
    address: Callable[[Seeded], str]
    shows: str = "h1"
    clicks: tuple[Click, ...] = ()


TABLE, CURVE, DIFF = (
    "[data-testid=stDataFrame] canvas",
    "[data-testid=stVegaLiteChart] svg, [data-testid=stVegaLiteChart] canvas",
    "[data-testid=diff]",
)


def tab(name: str) -> Click:
    """A tab of the page."""
    return Click(f"tab {name}", lambda page: page.get_by_role("tab", name=name, exact=True))


def choice(name: str) -> Click:
    """One of a few choices that stand side by side."""
    return Click(
        f"choice {name}", lambda page: page.locator("[data-testid=stButtonGroup]").get_by_text(name, exact=True)
    )


CASES = (
    Case("overview", lambda home: "/", TABLE, (choice("Finished"), choice("All"))),
    Case("tasks", lambda home: "/tasks", TABLE, (tab("Make-up"), tab("Upload"))),
    Case("train", lambda home: f"/train?run={home.large}", CURVE, (choice("Warnings"),)),
    Case("review", lambda home: f"/review?run={home.large}", DIFF),
    Case(
        "functions",
        lambda home: f"/functions?run={home.large}",
        TABLE,
        (choice("Lineage"), choice("Tasks"), choice("Evidence"), choice("Functions")),
    ),
    Case(
        "compare",
        lambda home: f"/compare?runs={home.large},{home.finished}",
        CURVE,
        (choice("Held-out test"), choice("Baseline")),
    ),
    Case("traces", lambda home: f"/traces?run={home.large}", TABLE),
    Case("studies", lambda home: "/studies", "h3", (choice("Sweep"), choice("Transfer grid"))),
)
"""Every page. A new page, or a new thing to click, is a line here."""


@dataclass
class Figures:
    """What was measured of one page of one home; times in milliseconds, each as often as it was taken."""

    cold: list[float] = field(default_factory=list)
    warm: list[float] = field(default_factory=list)
    clicks: dict[str, list[float]] = field(default_factory=dict)
    nodes: int = 0


DRAWN = """
shows => {
    const app = document.querySelector('[data-testid=stApp][data-test-script-state=notRunning]');
    return app && app.querySelector('h1') && app.querySelector(shows)
        && !app.querySelector('[data-testid=stSkeleton], [data-testid=stAppSkeleton]');
}
"""

WATCH = """
() => {
    const app = document.querySelector('[data-testid=stApp]');
    const seen = window.seen = {began: null, ran: false, ended: null};
    addEventListener('pointerdown', () => { seen.began ??= performance.now(); }, {capture: true});
    new MutationObserver(() => {
        if (seen.began === null) return;
        const running = app.dataset.testScriptState !== 'notRunning';
        seen.ran ||= running;
        seen.ended = seen.ran && !running ? performance.now() : null;
    }).observe(app, {attributes: true, attributeFilter: ['data-test-script-state']});
}
"""

SETTLED = "quiet => seen.ended !== null && performance.now() - seen.ended > quiet && seen.ended - seen.began"


def opened(page: Page, address: str, shows: str) -> float:
    """Milliseconds from the address to the drawn page."""
    began = time.perf_counter()
    page.goto(address, wait_until="commit")
    try:
        page.wait_for_function(DRAWN, arg=shows, polling="raf", timeout=WAIT_MS)
    except BrowserError as error:
        sys.exit(f"{address} was not drawn: {error.message.splitlines()[0]} It shows: {page.inner_text('body')[:500]}")
    return 1000 * (time.perf_counter() - began)


def clicked(page: Page, click: Click) -> float | None:
    """Milliseconds from the click to the end of what it caused; None where there is nothing of the kind to click."""
    target = click.where(page).first
    if not target.count():
        return None
    page.evaluate(WATCH)
    target.click()
    try:
        settled = page.wait_for_function(SETTLED, arg=QUIET_MS, polling="raf", timeout=WAIT_MS)
    except BrowserError as error:
        sys.exit(f"{click.what} at {page.url} caused no run of the script: {error.message.splitlines()[0]}")
    return float(settled.json_value())


def visit(browser: Browser, home: Path, address: str, shows: str, case: Case, found: Figures) -> None:
    """One look at a page, on a server of its own."""
    with serve(home) as url, a_context(browser) as context:
        page = context.new_page()
        found.cold.append(opened(page, url + address, shows))
        page.close()
        page = context.new_page()
        found.warm.append(opened(page, url + address, shows))
        page.wait_for_load_state("networkidle")
        found.nodes = max(found.nodes, page.evaluate("document.querySelectorAll('*').length"))
        for click in case.clicks:
            taken = clicked(page, click)
            if taken is not None:
                found.clicks.setdefault(click.what, []).append(taken)


def measure_events(browser: Browser, seeded: Seeded) -> list[float]:
    """Milliseconds from each of some events of the run under way to the screen."""
    run = RunFolder(seeded.home / "runs" / seeded.live)
    done = LIVE.train // 3
    taken = []
    with run.hold(), serve(seeded.home) as url, a_context(browser) as context:
        page = context.new_page()
        opened(page, f"{url}/train?run={seeded.live}", "[data-testid=stProgress]")
        for number in range(done, done + EVENTS):
            rollout = rollout_of(LIVE, 2, FunctionSet(), number)
            line = to_line(RolloutFinished(evaluation=LIVE.steps, functions_digest="", rollout=rollout))
            page.wait_for_timeout(370 * (number - done))  # at another moment of the page's clock each time
            began = time.perf_counter()
            with run.journal.open("ab") as journal:
                journal.write(line)
            page.locator("[data-testid=stProgress]", has_text=f"{number + 1} of {LIVE.train}").wait_for(timeout=WAIT_MS)
            taken.append(1000 * (time.perf_counter() - began))
    return taken


@contextmanager
def a_context(browser: Browser) -> Iterator[BrowserContext]:
    """A browser that has been nowhere."""
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    try:
        yield context
    finally:
        context.close()


HEAD = """| page | cold ms | x empty | warm ms | x empty | click ms (the slowest kind) | nodes |
|---|---|---|---|---|---|---|"""


def row(name: str, empty: Figures, full: Figures) -> str:
    """The best of each figure, with its multiple of the empty home's; of the clicks the slowest kind."""
    clicks = {what: min(taken) for what, taken in full.clicks.items()}
    slowest = max(clicks, key=lambda what: clicks[what], default="")
    click = f"{clicks[slowest]:.0f} ({slowest})" if clicks else "-"
    cold, warm = min(full.cold), min(full.warm)
    return (
        f"| {name} | {cold:.0f} | {cold / min(empty.cold):.2f} | {warm:.0f} | {warm / min(empty.warm):.2f} "
        f"| {click} | {full.nodes:,} |"
    )


def measure(browser: Browser, seeded: Seeded, cases: Sequence[Case], times: int, say: Callable[[str], None]) -> None:
    """Every page with that home and, in turns, with an empty one."""
    size = f"{seeded.runs} runs, {seeded.rollouts:,} rollouts, {seeded.rows:,} rows, history {seeded.history_mb:.0f} MB"
    speed = f"ingest {seeded.rows_a_second:,.0f} rows/s, {seeded.events_a_second:,.0f} events/s"
    say(f"\n{size}; {speed}; best of {times}\n\n{HEAD}")
    for case in cases:
        empty, full = Figures(), Figures()
        for _ in range(times):
            visit(browser, seeded.home.parent / "empty", f"/{case.name.replace('overview', '')}", "h1", case, empty)
            visit(browser, seeded.home, case.address(seeded), case.shows, case, full)
        say(row(case.name, empty, full))
    events = measure_events(browser, seeded)
    say(
        f"\nAn event of the run under way is on the screen after {min(events):.0f} to {max(events):.0f} ms. "
        f"Load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores."
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rollouts", type=int, nargs="+", default=[200_000, 1_000_000])
    parser.add_argument("--pages", nargs="+", choices=[case.name for case in CASES], help="only these pages")
    parser.add_argument("--times", type=int, default=3)
    parser.add_argument("--markdown", type=Path, help="also write the tables into this file")
    args = parser.parse_args()
    said: list[str] = []

    def say(text: str) -> None:
        said.append(text)
        print(text, flush=True)

    cases = [case for case in CASES if not args.pages or case.name in args.pages]
    chromium = find_chromium()
    if chromium is None:
        sys.exit("No Chromium found; scripts/find_chromium.py says how to get one.")
    try:
        with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=chromium, args=launch_flags())
            for rollouts in args.rollouts:
                measure(browser, seed(Path(folder) / f"home-{rollouts}", rollouts), cases, args.times, say)
            browser.close()
    except BrowserError as error:
        sys.exit(f"The browser did not see what it waited for: {error.message.splitlines()[0]}")
    finally:
        if args.markdown:
            args.markdown.write_text("\n".join(said).strip() + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
