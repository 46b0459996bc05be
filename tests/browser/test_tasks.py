"""Bringing tasks of one's own, as a user does it: drop files, look, save."""

from __future__ import annotations

import io
import json
import zipfile
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from agentopt_core.importing import TEMPLATES
from tests.browser.conftest import settled

SHARED = Path(__file__).resolve().parents[3] / "shared" / "data"
needs_shared = pytest.mark.skipif(not SHARED.is_dir(), reason="the task files beside the repository are not here")


def drop(page: Page, *files: tuple[str, bytes] | Path) -> None:
    payload = [
        file if isinstance(file, Path) else {"name": file[0], "mimeType": "", "buffer": file[1]} for file in files
    ]
    page.locator("input[type=file]").set_input_files(payload)


def choose(page: Page, tab: str) -> None:
    page.get_by_role("tab", name=tab).click()


def test_an_upload_becomes_a_task_set_one_can_train_on(server, tab):
    page = tab(f"{server.url}/tasks?view=Upload")
    rows = b'{"question": "1+1?", "answer": "2"}\n{"question": "no answer"}\n{"question": "2+2?", "answer": "4"}\n'
    drop(page, ("sums.jsonl", rows))
    expect(page.get_by_text("1 without an answer")).to_be_visible()
    page.get_by_role("button", name="Save task set").click()
    expect(page.get_by_role("button", name="Delete")).to_be_visible()
    page.get_by_role("button", name="Delete").click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("sums")
    dialog.get_by_role("button", name="Delete").click()
    expect(dialog).to_be_hidden()
    expect(page.get_by_text("sums")).to_have_count(0)


def test_a_zip_with_files_beside_the_tasks_is_read_and_its_files_are_shown(server, tab):
    page = tab(f"{server.url}/tasks?view=Upload")
    drop(page, ("mine.zip", TEMPLATES["tasks-with-files.zip"]))
    expect(page.get_by_text("3 files.")).to_be_visible()
    expect(page.get_by_text("apples,31")).to_be_visible()


def test_splits_are_drawn_before_saving_and_shown_at_once(server, tab):
    page = tab(f"{server.url}/tasks?view=Upload")
    rows = "question,answer\n" + "".join(f"What is {k} plus {k}?,{2 * k}\n" for k in range(40))
    drop(page, ("doubles.csv", rows.encode()))
    choose(page, "Splits")
    page.get_by_text("Draw the splits anew").click()
    expect(page.get_by_text("12 test tasks: a gain of")).to_be_visible()
    page.get_by_role("button", name="Save task set").click()
    expect(page.get_by_text("40 tasks (20 train, 8 val, 12 test)")).to_be_visible()


def test_a_file_nobody_can_read_is_answered_with_a_sentence(server, tab):
    page = tab(f"{server.url}/tasks?view=Upload")
    drop(page, ("photo.jsonl", bytes(range(256)) * 20))
    expect(page.get_by_text("Not read")).to_be_visible()
    expect(page.get_by_text("Traceback")).to_have_count(0)


def test_hostile_questions_answers_and_file_names_stay_text(server, tab):
    page = tab(f"{server.url}/tasks?view=Upload")
    hostile = r'<img src=x onerror="document.title=1"> :material/home: [l](http://example.test) $\href{http://a}{b}$'
    row = json.dumps({"question": hostile, "answer": hostile, "subject": hostile, "id": hostile})
    drop(page, (f"{hostile[:20]}.jsonl", row.encode()))
    expect(page.get_by_role("button", name="Save task set")).to_be_visible()
    settled(page)
    main = page.locator("[data-testid=stMain]")
    assert main.locator("img, script, a[href*=example], a[href='http://a']").count() == 0
    assert page.title() != "1"


@needs_shared
def test_gsm8k_is_dropped_as_it_comes(server, tab):
    page = tab(f"{server.url}/tasks?view=Upload")
    drop(page, SHARED / "gsm8k" / "train.jsonl", SHARED / "gsm8k" / "test.jsonl")
    expect(page.get_by_text("GSM8K").first).to_be_visible()
    expect(page.get_by_text("600 tasks (300 train, 300 test)")).to_be_visible()


@needs_shared
def test_tabmwp_is_dropped_with_its_pictures(server, tab):
    page = tab(f"{server.url}/tasks?view=Upload")
    pictures = sorted((SHARED / "tabmwp" / "tables").glob("*.png"))
    drop(page, SHARED / "tabmwp" / "problems_test1k.json", *pictures)
    expect(page.get_by_text("274 tasks (274 test).")).to_be_visible()
    expect(page.get_by_text("60 files.")).to_be_visible()
    expect(page.locator("[data-testid=stImage] img").first).to_be_visible()


@needs_shared
def test_gaia_is_dropped_as_a_zip_of_its_folder(server, tab):
    page = tab(f"{server.url}/tasks?view=Upload")
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        folder = SHARED / "gaia_format_synthetic"
        for file in sorted(folder.rglob("*")):
            if file.is_file():
                archive.write(file, file.relative_to(folder.parent))
    drop(page, ("gaia.zip", packed.getvalue()))
    expect(page.get_by_text("GAIA").first).to_be_visible()
    choose(page, "Issues")
    expect(page.get_by_text("1 row is left out, ")).to_be_visible()
