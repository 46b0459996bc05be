"""Imports point one way: a newcomer can read the house from the ground up."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
CORE = ROOT / "agentopt_core"
FLOORS = [
    {
        *("words", "errors", "functions", "actions", "tasks", "rollouts", "chat", "config", "events", "commands"),
        *("views", "reviews", "significance", "seams", "prompts", "testing", "tokens", "lenient_json", "task_lines"),
        *("attached", "image_files", "saying", "proposals", "seen", "evidence", "series", "__init__"),
    },
    {"importing", "grading", "llm", "sandbox", "history"},
    {"agents", "optimizer"},
    {"execution"},
    {"evaluation"},
    {"training"},
    {"studies"},
    {"doctor", "presets", "diagnosis", "forecast", "reports", "workbench"},
    {"cli"},
    {"__main__"},
]
LEVEL = {name: level for level, floor in enumerate(FLOORS) for name in floor}
MODULES = sorted(CORE.rglob("*.py"))


def imports(path: Path) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
            found.add(node.module)
            found.update(f"{node.module}.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
    return found


def part(path: Path) -> str:
    return path.relative_to(CORE).parts[0].removesuffix(".py")


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(CORE)))
def test_a_module_imports_only_from_its_own_folder_and_the_floors_below(path):
    here = part(path)
    for module in imports(path):
        if not module.startswith("agentopt_core.") or (there := module.split(".")[1]) == here:
            continue
        if there in LEVEL:
            below = LEVEL[there] < LEVEL[here] or (LEVEL[there] == LEVEL[here] and LEVEL[here] in (0, 1, 7))
            assert below, f"{path.name} imports {module}"


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(CORE)))
def test_the_core_knows_no_streamlit(path):
    assert not any(module.split(".")[0] in {"streamlit", "plotly", "altair", "pages"} for module in imports(path))


def test_every_part_of_the_core_has_its_floor():
    assert {part(path) for path in MODULES} <= set(LEVEL)
