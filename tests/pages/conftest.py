import html
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from pages.components.workbench import provide_workbench
from tests.pages.fakes import FakeWorkbench

APP = str(Path(__file__).resolve().parents[2] / "app.py")

Open = Callable[..., AppTest]


def open_page(bench: FakeWorkbench, page: str = "overview", **params: str) -> AppTest:
    """The dashboard at one address, drawn once."""
    provide_workbench(lambda: bench)
    at = AppTest.from_file(APP, default_timeout=20).run()
    if page != "overview":
        at.switch_page(f"pages/{page}.py")
    for name, value in params.items():
        at.query_params[name] = value
    return at.run()


@pytest.fixture
def page() -> Iterator[Open]:
    yield open_page
    provide_workbench(None)


def log_lines(at: AppTest) -> list[str]:
    """The words of the event log, as it stands on the page."""
    [table] = [str(block.value) for block in at.html if "ao-log" in str(block.value)] or [""]
    return [html.unescape(words) for words in re.findall(r"<td>([^<]*)</td></tr>", table)]


def texts(at: AppTest) -> str:
    """Everything the page says in words."""
    kinds = (at.title, at.subheader, at.markdown, at.caption, at.error, at.warning, at.html, at.metric, at.code)
    parts = [str(element.value) for kind in kinds for element in kind]
    parts += [str(getattr(element, "label", "")) for element in (*at.button, *at.page_link, *at.metric)]
    parts += [element.proto.text for element in at.get("progress")]
    return "\n".join(parts).replace("\\", "").replace("\u2060", "")
