"""What the evidence gate asks of a task set: refused before a run begins, and on the form."""

from __future__ import annotations

from collections.abc import Sequence

from agentopt_core.config import EvidenceConfig
from agentopt_core.errors import TaskSetError


def require_validation(config: EvidenceConfig, training: Sequence[str], validation: Sequence[str]) -> None:
    """Refuse what cannot be judged, by the ids of the tasks that are run. Raises: TaskSetError."""
    if len(validation) < config.least_tasks:
        have = f"{len(validation)} task{'s' if len(validation) != 1 else ''}"
        raise TaskSetError(
            f"The evidence gate judges on the validation split, which has {have}; it needs {config.least_tasks}.",
            "Divide the task set anew on the Tasks page, with a larger validation split, or choose another acceptance.",
        )
    unknown = sorted(set(config.protected) - {*training, *validation})
    if unknown:
        raise TaskSetError(
            f"Tasks are to be protected that are neither training nor validation tasks: {', '.join(unknown)[:200]}.",
            "Write the ids as the Tasks page shows them.",
        )
