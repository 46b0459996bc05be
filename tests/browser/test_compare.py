"""Comparing runs in a real browser: choose, look at one task's two conversations, take the report along."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.conftest import settled


def test_two_runs_are_chosen_and_the_choice_is_an_address(server, tab):
    page = tab(f"{server.url}/compare?runs={server.run_id}")
    expect(page.get_by_text("Only one run is chosen")).to_be_visible()
    page.get_by_role("radio", name="Held-out test").click()
    page.wait_for_url("**measure=test**")
    page.get_by_role("combobox", name="Runs").click()
    page.get_by_role("option").first.click()
    page.wait_for_url("**runs=*%2C*")
    settled(page)
    again = tab(page.url)
    expect(again.get_by_test_id("stVegaLiteChart").first).to_be_visible()
    expect(again.get_by_text("cannot be paired").first).to_be_visible()


def test_fixed_tasks_are_filtered_and_the_filter_stays_after_a_reload(server, tab):
    page = tab(f"{server.url}/compare?runs={server.run_id}")
    page.get_by_role("radio", name="Fixed (").click()
    page.wait_for_url("**show=fixed**")
    page.reload()
    settled(page)
    expect(page.get_by_role("radio", name="Fixed (")).to_have_attribute("aria-checked", "true")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_report_is_downloaded_and_opens_from_a_file_without_any_request(
    server, tab, browser: Browser, tmp_path: Path, scheme: str
):
    page = tab(f"{server.url}/compare?runs={server.run_id},{server.hostile_id}")
    with page.expect_download() as download:
        page.get_by_role("button", name="Report (one HTML file)").click()
    file = tmp_path / "report.html"
    download.value.save_as(file)
    offline = browser.new_context(offline=True, color_scheme=scheme)
    opened = offline.new_page()
    asked: list[str] = []
    opened.on("request", lambda request: asked.append(request.url))
    faults: list[str] = []
    opened.on("console", lambda message: faults.append(message.text))
    opened.goto(file.as_uri())
    expect(opened.get_by_role("heading", level=1)).to_contain_text("Seeded run")
    expect(opened.get_by_role("img", name="Accuracy by evaluation")).to_be_visible()
    assert opened.title() == "Comparison of runs"
    assert asked == [file.as_uri()]
    assert faults == []
    ground = opened.evaluate("getComputedStyle(document.body).backgroundColor")
    assert ground == ("rgb(255, 255, 255)" if scheme == "light" else "rgb(16, 19, 26)")
    offline.close()
