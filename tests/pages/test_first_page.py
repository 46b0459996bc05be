"""What the first page of a new server makes its visitor wait for."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
OVERVIEW = """
import sys
from streamlit.testing.v1 import AppTest
page = AppTest.from_file(sys.argv[1], default_timeout=60).run()
assert not page.exception and page.title
print(*sys.modules)
"""


def test_the_overview_loads_no_library_that_only_other_pages_draw_with(tmp_path: Path) -> None:
    environment = {**os.environ, "AGENTOPT_HOME": str(tmp_path / "home")}
    command = [sys.executable, "-c", OVERVIEW, str(ROOT / "app.py")]
    found = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=120, check=True)
    loaded = set(found.stdout.split())
    assert "agentopt_core.workbench" in loaded
    assert not loaded & {"altair", "pygments", "sympy"}
