"""The Overview in a real browser: ticks, the menu of a row, a note typed while a run goes on, the sample run."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from agentopt_core.config import AgentConfig, Endpoint, OptimizerConfig, RunConfig
from agentopt_core.workbench import Workbench
from scripts.served import serve
from tests.history.helpers import finished_run

TRIES = 10


@pytest.fixture
def served(tmp_path):
    """Home and address of a dashboard with two finished runs; it goes on until the tabs are closed."""
    home = tmp_path / "home"
    for name in ("First", "Second"):
        finished_run(home, name=name)
    with serve(home) as url:
        yield home, url


def click_cell(page: Page, x: int, row: int, until) -> None:
    """A table is drawn on a canvas of its own and takes clicks once it has seen the pointer: try until it did."""
    table = page.locator("[data-testid=stDataFrame]").first
    for _ in range(TRIES):
        table.hover(position={"x": x, "y": 52 + 35 * row})
        table.click(position={"x": x, "y": 52 + 35 * row})
        for _ in range(20):
            page.wait_for_timeout(200)
            if until():
                return
    pytest.fail("The table took no click.")


def test_two_ticked_runs_are_compared_archived_and_brought_back(served, tab):
    page = tab(served[1])
    expect(page.locator("[data-testid=stMetricValue]").first).to_have_text("2")
    click_cell(page, 16, 0, page.get_by_text("1 ticked").is_visible)
    click_cell(page, 16, 1, page.get_by_text("2 ticked").is_visible)
    expect(page.locator("a[href*='compare?runs=']")).to_have_attribute("href", re.compile("-sums-.*-sums-"))
    page.get_by_role("button", name="Archive").last.click()
    expect(page.get_by_text("2 runs: archived.").first).to_be_visible()
    page.get_by_role("button", name="Undo").click()
    expect(page.locator("[data-testid=stDataFrame]")).to_be_visible()
    expect(page.get_by_role("button", name="Undo")).to_have_count(0)


def test_a_note_is_typed_from_the_menu_of_a_row_while_a_run_goes_on(served, tab):
    home, url = served
    page = tab(url)
    bench = Workbench(home, live=False)
    slow = Endpoint(demo_latency_ms=400.0)
    config = RunConfig(name="Goes on", agent=AgentConfig(endpoint=slow), optimizer=OptimizerConfig(endpoint=slow))
    run_id = bench.start(config, "files-and-everyday", by="test")
    expect(page.get_by_text("Goes on").first).to_be_visible()
    entry = page.get_by_test_id("stDataFrameButtonActionMenu").get_by_text("Name, tags, note")
    click_cell(page, 145, 2, entry.is_visible)
    entry.click()
    text = page.locator("[role=dialog] textarea")
    text.fill("Typed **slowly**")
    shown = len(bench.curve(run_id))
    for _ in range(120):
        page.wait_for_timeout(500)
        if len(bench.curve(run_id)) > shown + 1:
            break
    page.wait_for_timeout(3_000)  # the page looks for news every two seconds
    expect(text).to_have_value("Typed **slowly**")
    page.locator("[role=dialog]").get_by_role("button", name="Save").click()
    expect(page.get_by_text("Saved: note.")).to_be_visible()
    assert "Typed **slowly**" in [run.note for run in bench.runs()]
    bench.close()


def test_an_empty_home_shows_a_finished_run_after_one_click(fresh_server, tab):
    page = tab(fresh_server.url)
    page.get_by_role("button", name="Load the sample run").click()
    page.wait_for_url("**/train?run=*")
    expect(page.locator("h1")).to_have_text("Sample run, demo model")
    expect(page.get_by_text("The sample run is loaded.")).to_be_visible()
