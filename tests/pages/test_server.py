"""What the server tells the browser beside the page."""

import re
import urllib.request
from pathlib import Path

import pytest
import streamlit

from pages.components.server import NEEDED
from scripts.served import serve

SCRIPTS = Path(streamlit.__file__).parent / "static" / "static" / "js"


@pytest.mark.parametrize("name", sorted({name for names in NEEDED.values() for name in names}))
def test_a_script_that_is_announced_exists_once_in_the_installed_streamlit(name):
    assert len([*SCRIPTS.glob(f"{name}.*.js")]) == 1


def test_a_page_announces_the_scripts_that_its_first_screen_needs_and_they_can_be_fetched(tmp_path):
    with serve(tmp_path) as url:
        with urllib.request.urlopen(f"{url}/compare") as page:
            announced = re.findall(r"<([^>]+)>; rel=modulepreload", page.headers["Link"])
        assert any("PlotlyChart" in path for path in announced)
        for path in announced:
            with urllib.request.urlopen(url + path) as script:
                assert script.status == 200
        with urllib.request.urlopen(f"{url}/_stcore/health") as other:
            assert other.headers["Link"] is None
