"""The Functions page in a real Chromium: clicks in the canvas table and in the graph, and the dialogs."""

import re

from playwright.sync_api import TimeoutError, expect


def drawn(page, selector: str) -> None:
    expect(page.locator(selector).first).to_be_visible()
    page.wait_for_function("!document.querySelector('[data-testid=stStatusWidget]')")


def test_a_cell_of_the_matrix_opens_its_conversation(server, tab):
    page = tab(f"{server.url}/functions?run={server.run_id}&view=Tasks")
    table = page.locator("[data-testid=stDataFrame]").first
    drawn(page, "[data-testid=stDataFrame] canvas")
    box = table.bounding_box()
    assert box is not None
    for _ in range(20):  # the canvas takes no click before it has laid itself out
        page.mouse.click(box["x"] + 290, box["y"] + 40 + 30 * 2 + 15)
        page.wait_for_timeout(1_000)
        if "/traces" in page.url or not table.count():
            break
    expect(page).to_have_url(re.compile(rf"/traces\?run={server.run_id}&task=[^&]+&evaluation=0"))


def test_a_mark_of_the_lineage_selects_its_version_and_survives_a_reload(server, tab):
    page = tab(f"{server.url}/functions?run={server.run_id}&view=Lineage")
    drawn(page, ".js-plotly-plot .points path")
    for _ in range(30):  # the figure takes a click once it has laid itself out and shows what the pointer is at
        boxes = [mark.bounding_box() for mark in page.locator(".js-plotly-plot .points path.point").all()]
        box = min((box for box in boxes if box), key=lambda box: box["x"], default=None)  # the baseline stands first
        if box is not None:
            x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
            page.mouse.move(x - 60, y - 60)
            page.mouse.move(x, y, steps=4)
            try:
                page.locator(".hoverlayer .hovertext").first.wait_for(timeout=1_000)
            except TimeoutError:
                continue
            page.mouse.click(x, y)
            break
    title = page.locator("h3").first
    expect(title).to_have_text("Baseline")
    page.reload()
    expect(title).to_have_text("Baseline")


def test_what_is_wrong_is_told_while_a_function_is_written(server, tab):
    page = tab(f"{server.url}/functions?run={server.run_id}")
    page.get_by_role("button", name="New function").click()
    code = page.get_by_role("dialog").get_by_role("textbox", name="Code")
    code.fill("import socket\ndef my_function(x):\n    return x\n")
    code.blur()
    expect(page.get_by_text("It imports socket, but functions have no network.")).to_be_visible()
    again = page.get_by_role("button", name="Start a new run from it")
    expect(again).to_have_count(1)  # what a rerun replaces is there for a moment beside its successor
    expect(again).to_be_disabled()
