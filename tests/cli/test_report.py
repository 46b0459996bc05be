"""`report` and `export-tables`: a run taken along, as other programs ask for it."""

from __future__ import annotations

import json
from pathlib import Path

import pyarrow.parquet

from agentopt_core.history.tables import TABLE_NAMES
from tests.commands import agentopt, result_of
from tests.workbench.runs import sums, trained


def test_two_runs_become_one_html_file(tmp_path: Path) -> None:
    home = tmp_path / "home"
    runs = [trained(home, "----", marks, tasks=sums(4, 0)).run_id for marks in ("++--", "+++-")]
    file = tmp_path / "new folder" / "both.html"
    told = result_of(agentopt("report", *runs, "--html", file, "--home", home, "--json"))
    assert told == {"file": str(file), "bytes": file.stat().st_size}
    html = file.read_text()
    assert html.startswith("<!doctype html>")
    assert all(run in html for run in runs)
    assert str(tmp_path) not in html


def test_tables_are_written_one_file_each(tmp_path: Path) -> None:
    home = tmp_path / "home"
    run = trained(home, "----", "++--", tasks=sums(4, 0)).run_id
    folder = tmp_path / "tables"
    told = result_of(agentopt("export-tables", run, "--to", folder, "--format", "parquet", "--home", home, "--json"))
    assert set(told["files"]) == {f"{name}.parquet" for name in TABLE_NAMES if name != "rollouts_with_traces"}
    assert pyarrow.parquet.read_table(folder / "evaluations.parquet")["accuracy"].to_pylist() == [0.0, 0.5]
    chosen = agentopt("export-tables", run, "--to", folder, "--format", "json", "--table", "rollouts", "--home", home)
    assert "Wrote 1 table to" in chosen.stdout
    assert len(json.loads((folder / "rollouts.json").read_text())) == 8


def test_a_run_that_does_not_exist_is_a_sentence_and_no_file(tmp_path: Path) -> None:
    file = tmp_path / "gone.html"
    done = agentopt("report", "gone", "--html", file, "--home", tmp_path / "home")
    assert done.returncode == 2
    assert "There is no run 'gone'" in done.stderr
    assert not file.exists()
