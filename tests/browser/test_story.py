"""The whole story as a user lives it: upload, train with a person in the loop, compare, look closely, take along."""

from __future__ import annotations

import io
import json
import re
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from agentopt_core.workbench import SAMPLES
from scripts.served import serve
from tests.browser.conftest import settled
from tests.browser.test_dashboard import FINISHED_MS
from tests.browser.test_tasks import drop


@pytest.fixture(scope="module")
def own_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with serve(tmp_path_factory.mktemp("story") / "home") as url:
        yield url


def own_tasks() -> bytes:
    """Thirty tasks that the demo model knows how to learn, as somebody would bring them: a JSONL file."""
    lines = (SAMPLES / "number-and-algebra" / "tasks.jsonl").read_text(encoding="utf-8").splitlines()
    tasks = [json.loads(line) for line in lines]
    rows = [task for task in tasks if task["split"] in ("train", "test")]
    return "".join(json.dumps(row) + "\n" for row in rows).encode()


def start_training(page: Page, name: str) -> str:
    """Fill the form: a person always decides, after the evaluation. Returns the run's id."""
    page.get_by_label("Name of the run").fill(name)
    page.get_by_label("Name of the run").press("Enter")
    page.get_by_role("button", name="a person, always").or_(page.get_by_text("a person, always")).first.click()
    expect(page.get_by_text("after its evaluation").first).to_be_visible()
    page.get_by_role("button", name="Start training").click()
    page.wait_for_url("**/train?run=*")
    return page.url.partition("run=")[2].partition("&")[0]


def waiting(page: Page, url: str, run_id: str, update: int) -> None:
    """Open the card of an update once it waits."""
    page.goto(f"{url}/train?run={run_id}")
    settled(page)
    expect(page.get_by_text(f"update {update} waits for a decision").first).to_be_visible(timeout=FINISHED_MS)
    page.get_by_role("link", name="Decide on the Review page").click()
    page.wait_for_url("**/review?run=*")
    settled(page)
    expect(page.get_by_role("heading", name=re.compile(rf"Update {update} of "))).to_be_visible()
    expect(page.locator(".st-key-approve button")).to_be_visible()


def decided(page: Page, by: str, did: str) -> None:
    expect(page.get_by_text(re.compile(rf"{by} {did}")).first).to_be_visible()


def test_from_an_upload_to_a_report_with_a_person_in_the_loop(own_server, tab):
    page = tab(f"{own_server}/tasks?view=Upload")

    # Bring tasks
    drop(page, ("mine.jsonl", own_tasks()))
    page.get_by_role("button", name="Save task set").click()
    expect(page.get_by_role("button", name="Delete")).to_be_visible()

    # Configure and start, under one's own name
    page.goto(f"{own_server}/train")
    settled(page)
    page.get_by_role("button", name="root").or_(page.locator("[data-testid=stPopover] button").last).first.click()
    page.get_by_label("Your name").fill("Ada")
    page.get_by_label("Your name").press("Enter")
    expect(page.get_by_role("button", name=re.compile("Ada"))).to_be_visible()
    page.keyboard.press("Escape")
    page.get_by_role("combobox", name="Task set").click()
    page.get_by_role("option", name=re.compile("mine")).click()
    run_id = start_training(page, "With people")

    # Reject with a reason, in a page that stays open
    page.get_by_role("link", name="Decide on the Review page").wait_for(timeout=FINISHED_MS)
    page.get_by_role("link", name="Decide on the Review page").click()
    page.wait_for_url("**/review?run=*")
    expect(page.get_by_text("exact two-sided p").first).to_be_visible()
    page.locator(".st-key-panel_reject button").click()
    page.get_by_label("Reason").fill("It fits single tasks; make it general.")
    page.locator(".st-key-reject button").click()
    decided(page, "Ada", "rejected it at .*: It fits single tasks")

    # Edit, then approve
    waiting(page, own_server, run_id, 2)
    page.locator(".st-key-panel_edit button").click()
    code = page.get_by_label("Code")
    expect(code).to_have_value(re.compile("def "))  # a field is there a moment before its text
    code.fill(code.input_value() + "\n# looked through\n")
    code.press("Control+Enter")
    expect(page.get_by_text("It passes the static checks")).to_be_visible()
    page.locator(".st-key-approve_edited button").click()
    decided(page, "Ada", "approved it, with edits to")

    # Approve a part of an update that changes more than one function; approve the others whole
    partly = False
    for update in range(3, 9):
        page.goto(f"{own_server}/train?run={run_id}")
        settled(page)
        waits = page.get_by_text(f"update {update} waits for a decision").first
        ended = page.get_by_text("See and export what it learned")
        expect(waits.or_(ended)).to_be_visible(timeout=FINISHED_MS)
        if ended.is_visible():
            break
        waiting(page, own_server, run_id, update)
        part = page.locator(".st-key-panel_part button")
        if part.count() and not partly:
            part.click()
            page.get_by_test_id("stCheckbox").first.click()
            page.locator(".st-key-approve_part button").click()
            decided(page, "Ada", "approved it only")
            partly = True
            break
        page.locator(".st-key-approve button").click()
        decided(page, "Ada", "approved it")
    assert partly

    # Roll back to the baseline by hand: it becomes a step of the run
    page.goto(f"{own_server}/functions?run={run_id}&version=0")
    settled(page)
    page.get_by_role("radio", name="Lineage").or_(page.get_by_text("Lineage", exact=True)).first.click()
    page.get_by_role("button", name="Roll back to this").click()
    page.get_by_role("button", name="Put it into this run").click()
    expect(page.get_by_text("in the run's queue").first).to_be_visible()

    # Stop it, then compare it with another run
    page.goto(f"{own_server}/train?run={run_id}")
    settled(page)
    page.locator(".st-key-stop button").click()
    page.get_by_text("Stop now").click()
    page.get_by_role("dialog").get_by_role("button", name=re.compile("Stop")).last.click()
    expect(page.get_by_text(re.compile("Stopped by")).first).to_be_visible()
    page.goto(own_server)
    settled(page)
    page.get_by_role("button", name="Load the sample run").click()
    page.wait_for_url("**/train?run=*")
    sample = page.url.partition("run=")[2].partition("&")[0]
    page.goto(f"{own_server}/compare?runs={sample},{run_id}")
    settled(page)
    expect(page.get_by_text(re.compile("exact p [=<] ")).first).to_be_visible()

    # One conversation, under two versions
    page.goto(f"{own_server}/traces?run={sample}&evaluation=1&outcome=fixed")
    settled(page)
    expect(page.get_by_text("Question").first).to_be_visible()
    expect(page.get_by_text("Gold answer")).to_be_visible()

    # Take it along: the functions and the report
    page.goto(f"{own_server}/functions?run={sample}")
    settled(page)
    with page.expect_download() as download:
        page.get_by_role("button", name="Download zip").click()
    names = zipfile.ZipFile(io.BytesIO(Path(download.value.path()).read_bytes())).namelist()
    assert any(name.endswith("functions.py") for name in names)
    page.goto(f"{own_server}/compare?runs={sample}")
    settled(page)
    with page.expect_download() as download:
        page.get_by_role("button", name="Report (one HTML file)").click()
    report = Path(download.value.path()).read_text(encoding="utf-8")
    assert "Demo model" in report
    assert "http://" not in report.replace("http://www.w3.org", "")


def test_of_two_browsers_that_decide_the_same_update_one_wins_and_the_other_is_told(own_server, tab):
    first = tab(f"{own_server}/train")
    run_id = start_training(first, "Two people")
    first.get_by_role("link", name="Decide on the Review page").wait_for(timeout=FINISHED_MS)
    second = tab(f"{own_server}/review?run={run_id}&update=1")
    first.get_by_role("link", name="Decide on the Review page").click()
    first.wait_for_url("**/review?run=*")
    second.locator(".st-key-panel_reject button").click()
    second.get_by_label("Reason").fill("Typed while somebody else decides.")
    first.locator(".st-key-approve button").click()
    expect(first.get_by_text(re.compile("approved it")).first).to_be_visible()
    expect(second.get_by_text(re.compile("approved it")).first).to_be_visible()
    expect(second.get_by_label("Reason")).to_have_count(0)


def test_a_key_answers_and_the_same_key_in_a_text_field_only_types(own_server, tab):
    page = tab(f"{own_server}/train")
    run_id = start_training(page, "By keyboard")
    page.get_by_role("link", name="Decide on the Review page").wait_for(timeout=FINISHED_MS)
    page.goto(f"{own_server}/review?run={run_id}&update=1")
    settled(page)
    page.keyboard.press("x")
    reason = page.get_by_label("Reason")
    reason.click()
    reason.press_sequentially("approve a part, try later")
    expect(reason).to_have_value("approve a part, try later")
    expect(page.locator(".st-key-approve button")).to_be_visible()
    page.locator("h1").click()
    page.keyboard.press("Shift+A")
    expect(page.get_by_text(re.compile("approved it")).first).to_be_visible()
