"""The paper's own figures (arXiv 2402.11359, tables 1, 2 and 4), to stand beside a study on the paper's task sets.

They are single runs of gpt-4-1106-preview on 80 (MATH, by type) or 100 test tasks, without seeds: no cell's before and
after differ by more than chance may bring (two-sided p of Fisher's test is at least .14 for each).
"""

from __future__ import annotations

from typing import NamedTuple

from agentopt_core.studies.plan import StudyKind
from agentopt_core.tasks import TaskSet

SOURCE = "arXiv 2402.11359: single runs of gpt-4-1106-preview, n = 80 (MATH) or 100, no repeated seeds"


class Reported(NamedTuple):
    """Test accuracy in per cent, untrained and trained."""

    before: float
    after: float

    @property
    def words(self) -> str:
        """As it stands beside ours."""
        return f"{self.before:g} → {self.after:g} %"


_COLUMNS = (
    "Prealgebra", "Algebra", "Intermediate Algebra", "Geometry", "Counting & Probability", "Precalculus",
    "Number Theory", "GAIA", "TabMWP",
)  # fmt: skip
_AGENTS: dict[str, tuple[tuple[float, float], ...]] = {
    "function_calling": (
        (78.8, 82.6), (66.3, 65.0), (30.0, 38.8), (40.0, 42.5), (72.5, 76.3), (32.5, 35.0), (56.3, 67.5), (16, 23),
        (51, 56),
    ),
    "react": (
        (87.5, 87.5), (83.8, 82.5), (50.0, 51.3), (53.8, 58.8), (73.8, 78.8), (53.8, 62.5), (68.8, 72.5), (12, 18),
        (59, 70),
    ),
}  # fmt: skip
_ABLATION: dict[str, dict[str, tuple[float, float]]] = {
    "Number Theory": {"full": (56.3, 67.5), "neither": (56.3, 63.8), "whole_set": (56.3, 60.0)},
    "Intermediate Algebra": {"full": (30.0, 38.8), "neither": (30.0, 36.3), "whole_set": (30.0, 28.8)},
    "Counting & Probability": {"full": (72.5, 76.3), "neither": (72.5, 72.5), "whole_set": (72.5, 70.0)},
}
OTHER_MODELS = (
    "The paper's other agent models on a mix of MATH: Code-Llama-34B 7.5 → 11.3 %, Mixtral-8x7B 23.8 → 28.8 %, "
    "GPT-3.5 25.0 → 28.8 %."
)
TRANSFER = "In the paper, training on the same domain was best in 2 of 3 cases."
BATCHES = "In the paper, batches of 5, 10, 15 or 20 of 100 Intermediate Algebra tasks mostly brought no gain."


def domain_of(task_set: TaskSet) -> str:
    """Which of the paper's task sets these tasks are of: a type of MATH, `MATH`, `TabMWP`, `GAIA`; empty for others.

    By where each task was imported from: tasks that only look alike are not taken for them.
    """
    importers = {task.source.importer if task.source else "" for task in task_set.each()}
    if importers == {"tabmwp"}:
        return "TabMWP"
    if importers == {"gaia"}:
        return "GAIA"
    if importers and importers <= {"math", "prm800k"}:
        subjects = {task.subject for task in task_set.each()}
        only = next(iter(subjects)) if len(subjects) == 1 else ""
        return only if only in _COLUMNS else "MATH"
    return ""


def reported(kind: StudyKind, arm: str, domain: str) -> Reported | None:
    """What the paper reports for that arm on that task set; None where it reports nothing."""
    found: tuple[float, float] | None = None
    if kind == "agents" and arm in _AGENTS and domain in _COLUMNS:
        found = _AGENTS[arm][_COLUMNS.index(domain)]
    elif kind == "ablation":
        found = _ABLATION.get(domain, {}).get(arm)
    return Reported(*found) if found else None


def beside(kind: StudyKind, domains: set[str]) -> list[str]:
    """What the paper says on the question, where a task set is the paper's; for below the table."""
    if not any(domains):
        return []
    said = {"models": OTHER_MODELS, "transfer": TRANSFER, "sweep": BATCHES}.get(kind)
    return [*([said] if said else []), f"The paper's figures: {SOURCE}."]
