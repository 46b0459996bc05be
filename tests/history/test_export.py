from __future__ import annotations

import ast
import io
import json
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from agentopt_core.config import DEMO_LABEL, RunConfig
from agentopt_core.errors import ConfigError, NotFound
from agentopt_core.functions import Function, FunctionSet
from agentopt_core.history import export_functions, export_zip
from agentopt_core.history.export_source import module_source, text_literal
from agentopt_core.history.run_folder import RunFolder
from agentopt_core.history.store import HistoryStore
from agentopt_core.rollouts import ToolUse

from .helpers import (
    BETTER_ROLLOUTS,
    DOUBLE,
    NONE,
    SCHEMA,
    WITH_DOUBLE,
    began,
    call,
    decided,
    finished_run,
    history,
    measured,
    new_run,
    rollout,
    share,
    task_set,
    write,
)

CLASHING = (
    Function(
        name="area",
        description="uses a helper and a constant",
        parameters=SCHEMA,
        code='import math\nSCALE = 2\n\ndef helper(x):\n    """Twice."""\n    return SCALE * x\n\n\n'
        "def area(x):\n    return helper(x) + math.floor(0.5)\n",
    ),
    Function(
        name="depth",
        description='says """ and\n# more',
        parameters=SCHEMA,
        code="from math import *\nSCALE = 100\n\ndef helper(x):\n    return SCALE * x + floor(0.5)\n\n\n"
        "def depth(x):\n    return helper(x)\n",
    ),
    Function(
        name="summed",
        description="hides a builtin",
        parameters=SCHEMA,
        code="def sum(items):\n    return 'mine'\n\ndef summed(x):\n    return sum([x])\n",
    ),
    Function(
        name="total",
        description="needs the builtin",
        parameters=SCHEMA,
        code="import math\n\ndef total(x):\n    return sum([x, math.ceil(0.5)])\n",
    ),
    Function(
        name="counter",
        description="keeps a state",
        parameters=SCHEMA,
        code="SEEN = []\n\ndef counter(x):\n    global SEEN\n    SEEN = SEEN + [x]\n    return len(SEEN)\n",
    ),
    Function(
        name="tricky",
        description="quotes and backslashes",
        parameters=SCHEMA,
        code="helper = 1\ndef tricky(x):\n    return '''a''' + \"\"\"b\"\"\" + 'c\\n' + str(x)\n",
    ),
    Function(
        name="point",
        description="a data class",
        parameters=SCHEMA,
        code="from __future__ import annotations\nfrom dataclasses import dataclass\n\n@dataclass\nclass P:\n"
        "    x: float\n\ndef point(x):\n    return P(x)\n",
    ),
)
EXPECTED = {"area": 6, "depth": 300, "summed": "mine", "total": 4, "counter": 1, "tricky": "abc\n3", "point": {"x": 3}}


def learned_run(
    home: Path, *functions: Function, calls: tuple[ToolUse, ...] = (), private: bool = False
) -> tuple[HistoryStore, str]:
    """A run whose baseline holds functions, with recorded calls of them."""
    tasks = task_set().with_(private=private)
    folder = RunFolder.create(home, RunConfig(), tasks)
    told = [rollout("t0", True, calls), *BETTER_ROLLOUTS[1:]]
    functions_set = FunctionSet(functions=functions)
    write(
        folder,
        [began(folder), *measured(0, None, functions_set, told), decided(None, 0, "baseline", 0, 0, share(told))],
    )
    return history(home), folder.run_id


def pytest_in(folder: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(folder)]
    return subprocess.run(command, cwd="/", capture_output=True, text=True, check=False)


def test_an_export_is_imported_by_a_fresh_interpreter_and_passes_its_own_tests(tmp_path: Path) -> None:
    calls = tuple(call(name, 3, value) for name, value in EXPECTED.items())
    store, run_id = learned_run(tmp_path, *CLASHING, calls=calls)
    folder = export_functions(store, run_id, tmp_path / "out")
    assert sorted(path.name for path in folder.iterdir()) == [
        "functions.py",
        "manifest.json",
        "test_functions.py",
        "tools.json",
    ]
    program = "import functions; print(functions.area(3), functions.depth(3), functions.__all__)"
    command = [sys.executable, "-I", "-c", f"import sys; sys.path.insert(0, {str(folder)!r}); {program}"]
    printed = subprocess.run(command, cwd="/", capture_output=True, text=True, check=True).stdout
    assert printed == f"6 300 {[function.name for function in CLASHING]}\n"
    done = pytest_in(folder)
    assert "14 passed" in done.stdout, done.stdout


def test_the_exported_tests_notice_other_code(tmp_path: Path) -> None:
    store, run_id = learned_run(tmp_path, DOUBLE, calls=(call("double", 0.1, 0.2), call("double", 1, 2)))
    folder = export_functions(store, run_id, tmp_path / "out")
    path = folder / "functions.py"
    path.write_text(path.read_text().replace("2 * x", "2 * x + 1e-6"))
    assert "3 failed, 1 passed" in pytest_in(folder).stdout


def test_an_export_holds_nothing_of_tasks_that_must_not_be_published(tmp_path: Path) -> None:
    calls = (call("double", 12345, 24690),)
    for private in (False, True):
        store, run_id = learned_run(tmp_path / str(private), DOUBLE, calls=calls, private=private)
        test = (export_functions(store, run_id, tmp_path / f"out-{private}") / "test_functions.py").read_text()
        assert ("12345" in test) is not private
        assert pytest_in(tmp_path / f"out-{private}").returncode == 0


def test_an_export_says_what_the_functions_do_on_unseen_tasks_and_holds_no_call_of_them(tmp_path: Path) -> None:
    folder = finished_run(tmp_path)
    on_test = [
        event.with_(split="test") if hasattr(event, "split") else event
        for event in measured(4, None, WITH_DOUBLE, (rollout("u1", True, (call("double", 777, 1554),)),))
    ]
    write(folder, on_test)
    out = export_functions(history(tmp_path), folder.run_id, tmp_path / "out")
    manifest = json.loads((out / "manifest.json").read_text())
    assert (manifest["test"]["correct"], manifest["test"]["n"], manifest["test"]["split"]) == (4, 6, "test")
    assert manifest["test_baseline"]["correct"] == 1
    assert (
        "On test tasks that training did not see: 66.7 % (4 of 6), 16.7 % (1 of 6) at the start."
        in (out / "functions.py").read_text()
    )
    assert "777" not in (out / "test_functions.py").read_text()


def test_functions_that_share_nothing_stand_side_by_side_as_they_were_written() -> None:
    half = Function(
        name="half", description="", parameters=SCHEMA, code="import math\ndef half(x):\n    return x / 2\n"
    )
    third = Function(
        name="third", description="", parameters=SCHEMA, code="import math\ndef third(x):\n    return x / 3"
    )
    source = module_source([half, third], [])
    assert half.code in source
    assert third.code in source
    assert "_learned" not in source


@pytest.mark.parametrize("text", ["", "a", "'''\"\"\"", 'ends in "', "back\\", "a\rb", "nul \x00", "ümlaut \u2028"])
def test_any_code_can_be_kept_as_a_text(text: str) -> None:
    assert eval(text_literal(text)) == text


def test_hostile_names_and_descriptions_stay_in_their_comments() -> None:
    function = DOUBLE.with_(description="nice\nimport os; os.system('x')\r\x0b\u2028print(1)")
    source = module_source([function], ["run of\nexit(1)"])
    assert [type(node).__name__ for node in ast.parse(source).body] == ["FunctionDef", "Assign"]


def test_an_export_says_where_it_comes_from_and_that_a_model_wrote_it(tmp_path: Path) -> None:
    run = finished_run(tmp_path)
    folder = export_functions(history(tmp_path), run.run_id, tmp_path / "out")
    manifest = json.loads((folder / "manifest.json").read_text())
    assert manifest["run_id"] == run.run_id
    assert (manifest["demo"], manifest["note"]) == (True, DEMO_LABEL)
    assert (manifest["accuracy"]["accuracy"], manifest["accuracy"]["n"]) == (0.75, 4)
    assert manifest["accuracy"]["split"] == "train"
    assert manifest["functions"][0]["digest"] == DOUBLE.digest
    assert json.loads((folder / "tools.json").read_text()) == [DOUBLE.as_tool()]
    source = (folder / "functions.py").read_text()
    assert "A language model wrote this code" in source
    assert DEMO_LABEL in source


def test_recorded_calls_are_few_successful_and_steady(tmp_path: Path) -> None:
    calls = [call("double", x, 2 * x) for x in range(9)]
    calls += [call("double", 0, 7), call("double", 100, error="odd"), call("double", 50, "x" * 50_000)]
    store, run_id = learned_run(tmp_path, DOUBLE, calls=tuple(calls))
    folder = export_functions(store, run_id, tmp_path / "out")
    tree = ast.parse((folder / "test_functions.py").read_text())
    [recorded] = [node.value for node in tree.body if isinstance(node, ast.Assign) and "RECORDED" in ast.unparse(node)]
    found = ast.literal_eval(recorded)
    assert len(found) == 5
    assert all(value == 2 * arguments["x"] and arguments["x"] not in (0, 50, 100) for _, arguments, value in found)


def test_an_earlier_export_is_replaced_and_other_content_is_not(tmp_path: Path) -> None:
    run = finished_run(tmp_path)
    store = history(tmp_path)
    folder = export_functions(store, run.run_id, tmp_path / "out")
    assert export_functions(store, run.run_id, folder) == folder
    (folder / "functions.py").write_text("# my own changes\n")
    with pytest.raises(ConfigError, match=r"functions\.py was changed"):
        export_functions(store, run.run_id, folder)
    assert (folder / "functions.py").read_text() == "# my own changes\n"
    other = tmp_path / "other"
    other.mkdir()
    (other / "thesis.txt").write_text("years of work")
    with pytest.raises(ConfigError, match="something else"):
        export_functions(store, run.run_id, other)
    with pytest.raises(ConfigError, match="is a file"):
        export_functions(store, run.run_id, other / "thesis.txt")
    assert [path.name for path in other.iterdir()] == ["thesis.txt"]


def test_the_zip_holds_the_same_files_and_the_same_bytes_every_time(tmp_path: Path) -> None:
    run = finished_run(tmp_path)
    store = history(tmp_path)
    folder = export_functions(store, run.run_id, tmp_path / "out")
    packed = export_zip(store, run.run_id)
    with zipfile.ZipFile(io.BytesIO(packed)) as file:
        found = {name: file.read(name) for name in file.namelist()}
    assert found == {f"{run.run_id}/{path.name}": path.read_bytes() for path in folder.iterdir()}
    assert export_zip(store, run.run_id) == packed


def test_a_run_that_has_learned_nothing_cannot_be_exported(tmp_path: Path) -> None:
    folder = new_run(tmp_path)
    write(folder, [began(folder), *measured(0, None, NONE, BETTER_ROLLOUTS)])
    with pytest.raises(NotFound, match="no accepted function"):
        export_functions(history(tmp_path), folder.run_id, tmp_path / "out")
    assert not (tmp_path / "out").exists()
