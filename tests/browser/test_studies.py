"""A study in a real browser: started from its form, gone on with while no tab is open, taken along as a table."""

from __future__ import annotations

import csv
from pathlib import Path

from playwright.sync_api import expect

from tests.browser.conftest import settled

STUDY_MS = 240_000
"""Milliseconds that five short runs of the demo model may take."""


def test_a_study_started_from_the_page_ends_without_a_tab_and_shows_its_table(fresh_server, tab, tmp_path: Path):
    page = tab(f"{fresh_server.url}/studies?kind=ablation")
    for label, value in (("Seeds", "1"), ("Epochs, at most (E)", "1"), ("Patience (C)", "0")):
        field = page.get_by_label(label, exact=True)
        field.fill(value)
        field.press("Enter")
    expect(page.get_by_text("5 (5 × 1 × 1 seeds)")).to_be_visible()
    page.get_by_role("button", name="Start study").click()
    page.wait_for_url("**study=*")
    address = page.url
    expect(page.get_by_text("0 of 5 runs measured")).to_be_visible()
    page.close()
    again = tab(address)
    expect(again.get_by_text("Done: All 5 runs were measured.")).to_be_visible(timeout=STUDY_MS)
    settled(again)
    expect(again.get_by_text("Demo model (scripted, offline)").first).to_be_visible()
    expect(again.get_by_test_id("stPlotlyChart").first).to_be_visible()
    with again.expect_download() as download:
        again.get_by_test_id("stDownloadButton").filter(has_text="CSV").get_by_role("button").click()
    file = tmp_path / "study.csv"
    download.value.save_as(file)
    with file.open(newline="") as lines:
        rows = list(csv.DictReader(lines))
    assert len(rows) == 5
    assert {row["rollouts_n"] for row in rows} == {"12"}
