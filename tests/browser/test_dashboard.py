"""What only a real browser can show: deep links, a live run, reloads, downloads, both themes."""

import io
import re
import zipfile
from contextlib import suppress

import pytest
from playwright.sync_api import Locator, Page, TimeoutError, expect

from agentopt_core.config import DEMO_LABEL
from scripts.served import serving, stop_trainers
from tests.browser.conftest import settled

TITLES = {
    "": "Overview",
    "tasks": "Tasks",
    "train": "Train",
    "review": "Review",
    "functions": "Functions",
    "compare": "Compare",
    "traces": "Traces",
    "studies": "Studies",
}
POINTS = "[data-testid=stVegaLiteChart] g.mark-symbol.role-mark path"
FINISHED_MS = 240_000


def points(page: Page) -> int:
    """Evaluations on the accuracy curve."""
    return page.locator(POINTS).count()


def ground(page: Page) -> tuple[int, ...]:
    """The colour behind everything, as red, green, blue."""
    color = page.evaluate("getComputedStyle(document.querySelector('[data-testid=stApp]')).backgroundColor")
    return tuple(int(part) for part in re.findall(r"\d+", color)[:3])


@pytest.mark.parametrize("path", TITLES)
def test_a_deep_link_works_on_a_fresh_server(fresh_server, tab, path):
    page = tab(f"{fresh_server.url}/{path}")
    expect(page.locator("h1")).to_have_text(TITLES[path])
    expect(page.get_by_role("link", name="Functions")).to_be_visible()
    expect(page).to_have_title(re.compile("AgentOpt|" + TITLES[path]))


def test_one_click_trains_and_the_curve_rises_through_a_reload_and_in_a_second_tab(server, tab):
    page = tab(server.url)
    page.get_by_role("button", name="Start training").first.click()
    page.wait_for_url("**/train?run=*")
    address = page.url
    expect(page.get_by_text(DEMO_LABEL)).to_be_visible()
    page.wait_for_function(
        "document.querySelectorAll('[data-testid=stVegaLiteChart] g.mark-symbol.role-mark path').length >= 2"
    )
    expect(page.get_by_role("button", name="Pause")).to_be_visible()

    page.reload()
    settled(page)
    assert page.url == address
    expect(page.get_by_role("button", name="Pause")).to_be_visible()
    second = tab(address)
    expect(second.locator("h1")).to_have_text(page.locator("h1").inner_text())

    for each in (page, second):
        expect(each.get_by_text("See and export what it learned")).to_be_visible(timeout=FINISHED_MS)
        expect(each.locator("[data-testid=stVegaLiteChart] text", has_text="rolled back").first).to_be_visible()
        assert points(each) >= 3
        assert not each.get_by_role("button", name="Pause").count()


def test_a_run_outlives_a_dashboard_that_is_killed_and_is_there_again_in_the_next_one(tmp_path, tab):
    home = tmp_path / "home"
    try:
        with serving(home) as first:
            page = tab(first.url)
            page.get_by_role("button", name="Start training").first.click()
            page.wait_for_url("**/train?run=*")
            run_id = page.url.partition("run=")[2]
            expect(page.locator(POINTS).first).to_be_visible()
            page.close()
            first.process.kill()
        with serving(home) as second:
            page = tab(f"{second.url}/train?run={run_id}")
            expect(page.get_by_role("button", name="Pause")).to_be_visible()
            expect(page.get_by_text("See and export what it learned")).to_be_visible(timeout=FINISHED_MS)
    finally:
        stop_trainers(home)


def press(button: Locator, outcome: Locator) -> None:
    """A click in the very moment in which the controls change can miss them, as a person's would: click again then."""
    for _ in range(8):
        button.click()
        try:
            outcome.wait_for(timeout=6_000)
        except TimeoutError:
            continue
        return
    pytest.fail(f"{outcome} never appeared")


def test_a_paused_run_waits_until_it_is_resumed_and_can_be_stopped(server, tab):
    page = tab(server.url)
    page.get_by_role("button", name="Start training").nth(1).click()
    pause, resume = page.get_by_role("button", name="Pause"), page.get_by_role("button", name="Resume")
    press(pause, resume)
    press(resume, pause)
    stop_now = page.get_by_text("Stop now")
    press(page.locator(".st-key-stop button"), stop_now)
    stop_now.click()
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_text("stops where it is")).to_be_visible()
    dialog.get_by_role("button", name="Stop this run").click()
    expect(page.get_by_text(re.compile("Stopped by ")).first).to_be_visible()
    expect(resume).to_be_visible()


def test_another_run_is_opened_from_the_list_of_runs(server, tab):
    page = tab(f"{server.url}/train?run={server.run_id}")
    page.get_by_role("combobox", name="Run").click()
    page.get_by_role("option", name="bold").click()
    page.wait_for_url(f"**/train?run={server.hostile_id}")
    expect(page.locator("h1")).to_contain_text("**bold**")


def click_cell(page: Page, x: int, y: int, until: str) -> None:
    """A table is drawn on a canvas of its own and takes clicks once it has seen the pointer: try until it did."""
    table = page.locator("[data-testid=stDataFrame]").first
    for _ in range(30):
        with suppress(TimeoutError):  # the click before this one may have led away from the table
            table.hover(position={"x": x, "y": y}, timeout=1_000)
            table.click(position={"x": x, "y": y}, timeout=1_000)
        with suppress(TimeoutError):
            page.wait_for_url(lambda url: until in url, timeout=1_000, wait_until="commit")
            return
    pytest.fail(f"{page.url} never had {until}")


def test_a_row_of_the_runs_table_opens_its_run(server, tab):
    page = tab(server.url)
    click_cell(page, 55, 50, "/train?run=")
    expect(page.get_by_text(re.compile(r"[0-9]+ training tasks")).first).to_be_visible()


def test_a_selected_version_is_in_the_address_and_survives_a_reload(server, tab):
    page = tab(f"{server.url}/functions?run={server.run_id}")
    title = page.locator("h3").first
    before = title.inner_text()
    click_cell(page, 18, 90, "name=")
    expect(title).not_to_have_text(before)
    shown = title.inner_text()
    page.reload()
    settled(page)
    expect(title).to_have_text(shown)


def test_from_the_curve_to_a_diff_is_one_click(server, tab):
    page = tab(f"{server.url}/train?run={server.run_id}")
    page.get_by_role("link", name="Diff").first.click()
    page.wait_for_url("**/functions?run=*")
    expect(page.locator(".ao-diff td.add").first).to_be_visible()
    colors = "new Set([...document.querySelectorAll('.ao-diff span')].map(e => getComputedStyle(e).color))"
    page.wait_for_function(f"{colors}.size > 2")


def test_a_click_on_a_point_of_the_curve_shows_its_update_and_the_way_to_its_conversations(server, tab):
    page = tab(f"{server.url}/train?run={server.run_id}")
    point = page.locator(POINTS).last
    point.wait_for()
    for number in range(points(page)):
        page.locator(POINTS).nth(number).click(force=True)
        page.wait_for_timeout(600)
        if "update=" in page.url:
            break
    expect(page).to_have_url(re.compile("update=[0-9]+"))
    step = re.search("update=([0-9]+)", page.url)[1]
    detail = page.locator(".st-key-update_detail")
    expect(detail.get_by_text(f"Update {step}", exact=True)).to_be_visible()
    expect(detail.get_by_role("link", name="Review")).to_be_visible()
    expect(detail.get_by_role("link", name="Diff").first).to_be_visible()


def test_the_export_downloads_a_zip_of_plain_python(server, tab):
    page = tab(f"{server.url}/functions?run={server.run_id}")
    with page.expect_download() as started:
        page.get_by_role("button", name="Download zip").click()
    archive = zipfile.ZipFile(io.BytesIO(started.value.path().read_bytes()))
    assert any(name.endswith("functions.py") for name in archive.namelist())
    assert any(name.endswith("tools.json") for name in archive.namelist())


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_pages_and_diff_follow_the_theme(server, tab, scheme):
    page = tab(f"{server.url}/functions?run={server.run_id}", color_scheme=scheme)
    expect(page.locator(".ao-diff").first).to_be_visible()
    line = page.locator(".ao-diff td.add").first.evaluate("e => getComputedStyle(e).backgroundColor")
    shades = (sum(ground(page)), sum(int(part) for part in re.findall(r"\d+", line)[:3]))
    assert all(shade > 600 for shade in shades) if scheme == "light" else all(shade < 200 for shade in shades)


@pytest.mark.parametrize(
    "path", ["", "tasks", "train?run={hostile}", "functions?run={hostile}", "train?run=<img src=x>"]
)
def test_hostile_text_stays_text_in_the_browser(server, tab, path):
    page = tab(f"{server.url}/{path.format(hostile=server.hostile_id)}")
    main = page.locator("[data-testid=stMain]")
    assert main.locator("img, script, .katex, a[href*=example]").count() == 0
    assert page.title() != "1"


@pytest.mark.parametrize(
    "path",
    [
        "", "tasks", "train", "train?run={run}", "review?run={run}", "functions?run={run}", "compare?runs={run}",
        "traces?run={run}", "studies",
    ],
)  # fmt: skip
def test_every_page_fits_a_phone(server, tab, path):
    page = tab(f"{server.url}/{path.format(run=server.run_id)}")
    page.set_viewport_size({"width": 390, "height": 844})
    page.wait_for_function("document.documentElement.scrollWidth <= 390")


def test_the_curve_is_above_the_fold_and_the_page_is_light(server, tab):
    page = tab(f"{server.url}/train?run={server.run_id}")
    chart = page.locator("[data-testid=stVegaLiteChart]")
    expect(chart).to_be_visible()
    box = chart.bounding_box()
    assert box is not None
    assert box["y"] + box["height"] <= 900
    assert page.evaluate("document.querySelectorAll('*').length") < 5_000


@pytest.mark.parametrize("started", ["fresh_server", "bare_server"])
def test_what_is_typed_on_the_very_first_page_of_a_server_stays(request, started, tab):
    page = tab(f"{request.getfixturevalue(started).url}/train")

    def field(label: str) -> Locator:
        return page.locator(f'input[aria-label="{label}"]')

    expect(field("Epochs, at most (E)")).to_have_value("10")
    field("Epochs, at most (E)").fill("9")
    field("Epochs, at most (E)").press("Enter")
    page.get_by_text("OpenAI-compatible endpoint").first.click()
    expect(field("Model of the optimizer")).to_be_visible()
    expect(field("Epochs, at most (E)")).to_have_value("9")
    expect(field("Patience (C)")).to_have_value("10")
