"""Makes docs/screenshots/*.png from the running dashboard with finished runs of the demo model, in light and dark.

.venv/bin/python scripts/screenshots.py
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from playwright.sync_api import Browser, Page, sync_playwright  # noqa: E402

from agentopt_core.config import ApprovalConfig, EvidenceConfig, RunConfig, SearchConfig, TrainingConfig  # noqa: E402
from agentopt_core.workbench import Workbench  # noqa: E402
from scripts.find_chromium import find_chromium, launch_flags  # noqa: E402
from scripts.served import serve, train_to_the_end  # noqa: E402

TARGET = ROOT / "docs" / "screenshots"
SIZE = {"width": 1440, "height": 900}
READY = "[data-testid=stApp][data-test-script-state=notRunning] h1"


def main() -> None:
    """Train, serve, look."""
    chromium = find_chromium()
    if chromium is None:
        sys.exit("No Chromium found; scripts/find_chromium.py says how to get one.")
    TARGET.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        home = Path(folder) / "home"
        first, second = train_samples(home)
        gated = train_with_evidence(home)
        study = run_study(home)
        sample = load_sample(home)
        browser = playwright.chromium.launch(executable_path=chromium, args=launch_flags())
        with serve(home) as url:
            caught_up(browser, url, runs=len(list((home / "runs").iterdir())))
            for scheme in ("light", "dark"):
                shoot(browser, url, sample, (first, second), scheme)
                look(browser, f"{url}/train?run={gated}", scheme, "train-evidence", below="Evidence")
                look(browser, f"{url}/studies?study={study}", scheme, "study")
        with serve(Path(folder) / "empty") as url:
            for scheme in ("light", "dark"):
                look(browser, f"{url}/", scheme, "start")
        browser.close()


def train_samples(home: Path) -> tuple[str, str]:
    """A finished run of each sample set and a second seed of one of them; returns the two that can be compared."""
    bench = Workbench(home, live=False)
    samples = [bench.task_set(one.id) for one in bench.task_sets() if one.is_sample]
    bench.close()
    training = TrainingConfig(null_edits=1, validation="all")
    runs = [
        train_to_the_end(home, RunConfig(name=f"{sample.name}, seed {seed}", seed=seed, training=training), sample)
        for seed, sample in enumerate([*samples, samples[0]])
    ]
    return runs[0], runs[-1]


def train_with_evidence(home: Path) -> str:
    """A run with several proposals a step, each judged on the validation split."""
    bench = Workbench(home, live=False)
    tasks = bench.task_set("number-and-algebra")
    bench.close()
    training = TrainingConfig(acceptance="evidence", epochs=3, patience=3, null_edits=1)
    evidence = EvidenceConfig(provisional=True)
    search = SearchConfig(proposals=3)
    config = RunConfig(name="Judged by evidence", training=training, evidence=evidence, search=search)
    return train_to_the_end(home, config, tasks)


def run_study(home: Path) -> str:
    """The shortest of the studies that ship with the project."""
    command = [sys.executable, "-m", "agentopt_core", "study", "run", "docs/studies/agents.toml", "--home", str(home)]
    subprocess.run([*command, "--json"], cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
    return next((home / "studies").iterdir()).name


def load_sample(home: Path) -> str:
    """The finished run that ships with the project, and one whose first update waits for a person."""
    bench = Workbench(home, live=False)
    run_id = bench.load_sample_run(by="Ada")
    asks = RunConfig(name="With a reviewer", approval=ApprovalConfig(mode="always"))
    bench.start(asks, "files-and-everyday", by="Ada")
    bench.close()
    return run_id


def caught_up(browser: Browser, url: str, runs: int) -> None:
    """Wait until the history of a new server has read all runs and an update waits."""
    page = opened(browser, url, "light")
    page.locator("[data-testid=stMetricValue]", has_text=str(runs)).first.wait_for(timeout=60_000)
    page.get_by_text("Review (1)").wait_for(timeout=120_000)
    page.context.close()


def shoot(browser: Browser, url: str, run_id: str, pair: tuple[str, str], scheme: str) -> None:
    """Every page of the home, the finished run and a run under way."""
    addresses = {
        "overview": "/",
        "tasks": "/tasks",
        "train-form": "/train",
        "train": f"/train?run={run_id}",
        "review": "/review",
        "review-decided": f"/review?run={run_id}&update=4",
        "functions": f"/functions?run={run_id}",
        "lineage": f"/functions?run={run_id}&view=Lineage",
        "matrix": f"/functions?run={run_id}&view=Tasks",
        "evidence": f"/functions?run={run_id}&view=Evidence",
        "compare": f"/compare?runs={','.join(pair)}",
        "traces": f"/traces?run={run_id}&evaluation=1&outcome=fixed",
    }
    for name, address in addresses.items():
        look(browser, f"{url}{address}", scheme, name)
    page = opened(browser, f"{url}/", scheme)
    page.get_by_role("button", name="Start training").nth(2).click()
    page.wait_for_function(
        "document.querySelectorAll('[data-testid=stVegaLiteChart] g.mark-symbol.role-mark path').length >= 4",
        timeout=120_000,
    )
    page.screenshot(path=TARGET / f"live-{scheme}.png")
    page.get_by_text("See and export what it learned").wait_for(timeout=300_000)
    page.context.close()


def look(browser: Browser, address: str, scheme: str, name: str, below: str = "") -> None:
    """One picture of one address, from a heading on where one is named."""
    page = opened(browser, address, scheme)
    if below:
        page.get_by_role("heading", name=below, exact=True).evaluate("heading => heading.scrollIntoView()")
        page.wait_for_timeout(500)
    page.screenshot(path=TARGET / f"{name}-{scheme}.png")
    page.context.close()


def opened(browser: Browser, address: str, scheme: str) -> Page:
    """The page, drawn and at rest."""
    page = browser.new_context(viewport=SIZE, color_scheme=scheme).new_page()
    page.goto(address)
    page.wait_for_selector(READY, timeout=60_000)
    page.wait_for_load_state("networkidle")
    page.wait_for_timeout(1_500)  # charts and tables draw themselves after the script has ended
    return page


if __name__ == "__main__":
    main()
