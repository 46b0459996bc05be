"""A run that begins with functions: its baseline is measured with them, and it says where they came from."""

import subprocess
import sys
from pathlib import Path

import pytest

from agentopt_core.config import RunConfig, TrainingConfig
from agentopt_core.errors import ConfigError, ProtocolError
from agentopt_core.functions import Function, FunctionSet, Initial, Origin
from agentopt_core.workbench import Workbench
from scripts.served import ROOT

HALF = Function(
    name="half",
    description="Half of x.",
    parameters={"type": "object", "properties": {"x": {"type": "number"}}, "required": ["x"]},
    code="def half(x):\n    return x / 2\n",
)
CONFIG = RunConfig(name="Forked", training=TrainingConfig(epochs=1, patience=0, open_test=False))


@pytest.fixture
def bench(tmp_path: Path):
    opened = Workbench(tmp_path, live=False)
    yield opened
    opened.close()


def test_a_run_begins_with_the_functions_it_was_given(bench):
    origin = Origin(kind="file", file="tools.py", by="Ada")
    given = Initial(functions=FunctionSet(functions=(HALF,)), origin=origin)
    folder = bench.create(CONFIG, bench.task_set("files-and-everyday"), given)
    subprocess.run(
        [sys.executable, "-m", "agentopt_core", "trainer", str(folder.path)], cwd=ROOT, check=True, timeout=300
    )
    assert bench.function_sets(folder.run_id)[0] == given.functions
    assert bench.run(folder.run_id).origin == "Begun with the functions of tools.py, by Ada."
    assert bench.lineage(folder.run_id)[0].functions == ("half",)


def test_a_run_cannot_begin_with_functions_it_could_not_import(bench):
    bad = HALF.with_(code="import requests\ndef half(x):\n    return requests.get(x)\n")
    with pytest.raises(ConfigError, match="half: It imports requests"):
        bench.fork(FunctionSet(functions=(bad,)), CONFIG, "files-and-everyday", "Ada", Origin(kind="hand"))
    assert not bench.runs()


def test_a_run_whose_first_functions_are_damaged_is_listed_with_the_reason(bench):
    given = Initial(functions=FunctionSet(functions=(HALF,)), origin=Origin(kind="hand"))
    folder = bench.create(CONFIG, bench.task_set("files-and-everyday"), given)
    assert folder.initial() == given
    (folder.path / "initial.json").write_text("{}")
    with pytest.raises(ProtocolError, match=r"initial\.json"):
        folder.initial()
    run = bench.run(folder.run_id)
    assert run.status == "damaged"
    assert "initial.json" in run.status_reason
